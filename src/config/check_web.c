/* SPDX-License-Identifier: ISC */

/* What web.config must fulfil beyond the rules of each setting in tables/settings.h. */
#include <string.h>

#include "base/text.h"
#include "config/model.h"
#include "messages.h"

#define say(...) problem_text(problems, __VA_ARGS__)

static void check_resource(const struct config_plugin *plugin,
                           const struct config_resource *resource, struct config_problems *problems)
{
    const char *file = resource->place.file;
    unsigned line = resource->place.line;

    (void)plugin;
    if (resource->capabilities == 0)
        problem_add(problems, file, line, say("%s has no Capability", resource->place.what),
                    "write <Capability Type=\"Shell\"/> in it");
    if ((resource->capabilities & CAPABILITY_shell) != 0 &&
        resource->capabilities != CAPABILITY_shell)
        problem_add(problems, file, line,
                    say("%s has the capability Shell beside others", resource->place.what),
                    "remove the others: the service itself answers them for a shell");
}

/* Two resources of one application with the same URI: which plug-in would be meant? */
static void check_resource_once(const struct config_application *application,
                                const struct config_resource *resource,
                                struct config_problems *problems)
{
    list_each(link, (struct list *)(uintptr_t)&application->plugins) {
        const struct config_plugin *plugin = container_of(link, struct config_plugin, link);

        list_each(inner, (struct list *)(uintptr_t)&plugin->resources) {
            const struct config_resource *other = container_of(inner, struct config_resource, link);

            if (other == resource)
                return;
            if (other->set.uri == NULL || resource->set.uri == NULL ||
                !text_equal_case(other->set.uri, resource->set.uri))
                continue;
            problem_add(problems, resource->place.file, resource->place.line,
                        say("%s stands here a second time", resource->place.what),
                        say("remove it here or in line %u", other->place.line));
            return;
        }
    }
}

static void check_filename(const struct config_plugin *plugin, struct config_problems *problems)
{
    const char *name = plugin->filename;
    const char *cause = NULL;

    if (name == NULL || name[0] == '\0')
        return;
    if (strchr(name, '\\') != NULL)
        cause = "contains a backslash";
    else if (strchr(name, '%') != NULL)
        cause = "contains a variable";
    else if (name[0] != '/' && strchr(name, '/') != NULL)
        cause = "is a relative path with a folder in it";
    if (cause != NULL)
        problem_add(problems, plugin->place.file, setting_line(&plugin->place, "Filename"),
                    say("Filename=\"%.200s\" of %s %s", name, plugin->place.what, cause),
                    "write the file's name alone (it is looked for in the application's folder, "
                    "then in the plug-in folder of the installation) or an absolute path");
}

static void check_name_once(const struct config_application *application,
                            const struct config_plugin *plugin, struct config_problems *problems)
{
    list_each(link, (struct list *)(uintptr_t)&application->plugins) {
        const struct config_plugin *other = container_of(link, struct config_plugin, link);

        if (other == plugin)
            return;
        if (other->name == NULL || plugin->name == NULL || strcmp(other->name, plugin->name) != 0)
            continue;
        problem_add(problems, plugin->place.file, plugin->place.line,
                    say("Name=\"%s\" belongs to two plug-ins", plugin->name),
                    say("give this one or the one in line %u another name", other->place.line));
        return;
    }
}

static void check_buffering(const struct config_plugin *plugin, struct config_problems *problems)
{
    const char *word = plugin->authorization ? NULL : plugin->set.operations.output_buffering_mode;

    if (word == NULL || plugin->buffering != BUFFERING_none)
        return;
    problem_add(problems, plugin->place.file, setting_line(&plugin->place, "OutputBufferingMode"),
                say("OutputBufferingMode=\"%s\" of %s is no mode", word, plugin->place.what),
                "write \"Block\", \"Drop\" or \"None\"");
}

/* What a client would get that names no idle time-out has to be one that it may ask for. */
static void check_idle(const struct config_plugin *plugin, struct config_problems *problems)
{
    const struct settings_quotas *quotas = &plugin->quotas;
    const struct setting_place *place = &plugin->quotas_place;

    if (place->line == 0 || quotas->idle_timeout <= quotas->max_idle_timeout ||
        place->lines[setting_find(place->group, "IdleTimeoutms", false)] == 0)
        return;
    problem_add(problems, place->file, setting_line(place, "IdleTimeoutms"),
                say("IdleTimeoutms of %s is larger than its MaxIdleTimeoutms", place->what),
                "write a smaller one, or a larger MaxIdleTimeoutms");
}

static void check_plugin(const struct config_application *application,
                         const struct config_plugin *plugin, struct config_problems *problems)
{
    check_filename(plugin, problems);
    check_name_once(application, plugin, problems);
    check_buffering(plugin, problems);
    check_idle(plugin, problems);
    if (!plugin->authorization && list_empty(&plugin->resources))
        problem_add(problems, plugin->place.file, plugin->place.line,
                    say("%s has no Resource", plugin->place.what),
                    "write Resources in it with one Resource at least");
    list_each(link, (struct list *)(uintptr_t)&plugin->resources) {
        const struct config_resource *resource = container_of(link, struct config_resource, link);

        check_resource(plugin, resource, problems);
        check_resource_once(application, resource, problems);
    }
}

void config_check_web(struct config_application *application, struct config_problems *problems)
{
    size_t operations = 0;

    list_each(link, &application->plugins) {
        const struct config_plugin *plugin = container_of(link, struct config_plugin, link);

        if (!plugin->authorization)
            operations++;
        check_plugin(application, plugin, problems);
    }
    if (operations == 0)
        problem_add(problems, application->web_place.file, 0, "there is no operations plug-in",
                    "write one at least: PluginModules/OperationsPlugins/Plugin");
}
