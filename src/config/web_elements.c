/* SPDX-License-Identifier: ISC */

#include <string.h>

#include "base/text.h"
#include "config/web_reader.h"
#include "messages.h"

static unsigned web_line(const struct web_reader *web)
{
    return (unsigned)XML_GetCurrentLineNumber(web->parser);
}

void web_problem(struct web_reader *web, const char *cause, const char *remedy)
{
    problem_add(web->problems, web->file, web_line(web), cause, remedy);
}

/* ---- attributes ---- */

/* Spellings of published documents that differ from the schema. */
static const char *attribute_name(const char *written)
{
    if (text_equal_case(written, "SupportOptions"))
        return "SupportsOptions";
    if (text_equal_case(written, "MaxEnumerationIdleTimeoutSeconds"))
        return "MaxEnumerateIdleTimeoutSeconds";
    return written;
}

static bool attribute_of_xml(const char *name)
{
    return strcmp(name, "xmlns") == 0 || text_starts(name, "xmlns:") || text_starts(name, "xml:");
}

static void attribute_unknown(struct web_reader *web, const struct web_row *row, const char *name,
                              const struct setting_group *group)
{
    char known[PROBLEM_TEXT] = "";

    for (size_t i = 0; group != NULL && i < group->count; i++) {
        strncat(known, i > 0 ? ", " : "", sizeof(known) - strlen(known) - 1);
        strncat(known, group->rows[i].name, sizeof(known) - strlen(known) - 1);
    }
    web_problem(web, say("%s has no attribute %.200s", row->name, name),
                known[0] != '\0' ? say("remove it, or write one of %s", known) : "remove it");
}

/* An element's attributes into its settings; `place` and `values` are set up here. */
static void attributes_take(struct web_reader *web, const struct web_row *row,
                            enum setting_section section, struct setting_place *place, void *values,
                            const XML_Char **attributes)
{
    const struct setting_group *group = setting_group(section);
    struct arena *arena = &web->config->arena;

    *place = (struct setting_place){
        .group = group, .file = web->file, .what = row->name, .line = web_line(web)};
    setting_defaults(group, values, web->application->set.directory, arena);
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        int number = setting_find(group, attribute_name(attributes[i]), true);

        if (number >= 0)
            setting_take(place, values, number, attributes[i + 1], place->line,
                         web->application->set.directory, arena, web->problems);
        else if (!attribute_of_xml(attributes[i]))
            attribute_unknown(web, row, attributes[i], group);
    }
    setting_require(place, web->problems);
}

static void enter_plain(struct web_reader *web, const struct web_row *row,
                        const XML_Char **attributes)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        if (!attribute_of_xml(attributes[i]))
            attribute_unknown(web, row, attributes[i], NULL);
}

/* ---- elements ---- */

static void enter_operations(struct web_reader *web, const struct web_row *row,
                             const XML_Char **attributes)
{
    attributes_take(web, row, SECTION_operations_configuration, &web->application->web_place,
                    &web->application->web, attributes);
}

static struct config_plugin *plugin_new(struct web_reader *web)
{
    struct config_plugin *plugin = arena_alloc(&web->config->arena, sizeof(*plugin));

    list_init(&plugin->link);
    list_init(&plugin->resources);
    web->plugin = plugin;
    return plugin;
}

/* Problems from here on speak of the plug-in by its name. */
static void plugin_named(struct web_reader *web, const struct web_row *row)
{
    if (web->plugin->name != NULL)
        web->plugin->place.what =
            arena_printf(&web->config->arena, "%s \"%.512s\"", row->name, web->plugin->name);
}

static void enter_authorization(struct web_reader *web, const struct web_row *row,
                                const XML_Char **attributes)
{
    struct config_plugin *plugin = plugin_new(web);
    struct settings_authorization_plugin *set = &plugin->set.authorizer;

    attributes_take(web, row, SECTION_authorization_plugin, &plugin->place, set, attributes);
    plugin->authorization = true;
    plugin->name = set->name;
    plugin->filename = set->filename;
    plugin->sdk_version = (uint32_t)set->sdk_version;
    plugin->supports_quota = set->supports_quota;
    plugin->enabled = true;
    plugin_named(web, row);
    list_prepend(&web->application->plugins, &plugin->link);
}

/* BUFFERING_none: not a mode. */
static uint32_t buffering_mode(const char *word)
{
    static const char *const words[] = {
#define B(name, word) [BUFFERING_##name] = word,
        BUFFERING_TABLE(B)
#undef B
    };

    for (uint32_t mode = BUFFERING_none + 1; mode < BUFFERINGS; mode++)
        if (word != NULL && text_equal_case(word, words[mode]))
            return mode;
    return BUFFERING_none;
}

static void enter_plugin(struct web_reader *web, const struct web_row *row,
                         const XML_Char **attributes)
{
    struct config_plugin *plugin = plugin_new(web);
    struct settings_plugin *set = &plugin->set.operations;

    attributes_take(web, row, SECTION_plugin, &plugin->place, set, attributes);
    plugin->name = set->name;
    plugin->filename = set->filename;
    plugin->sdk_version = (uint32_t)set->sdk_version;
    plugin->enabled = set->enabled;
    plugin->buffering = buffering_mode(set->output_buffering_mode);
    setting_defaults(setting_group(SECTION_quotas), &plugin->quotas,
                     web->application->set.directory, &web->config->arena);
    plugin_named(web, row);
    list_append(&web->application->plugins, &plugin->link);
}

static void enter_quotas(struct web_reader *web, const struct web_row *row,
                         const XML_Char **attributes)
{
    attributes_take(web, row, SECTION_quotas, &web->plugin->quotas_place, &web->plugin->quotas,
                    attributes);
}

static void enter_parameters(struct web_reader *web, const struct web_row *row,
                             const XML_Char **attributes)
{
    enter_plain(web, row, attributes);
    buffer_reset(&web->parameters);
    buffer_text(&web->parameters, "<InitializationParameters>");
}

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buffer_text(out, "&amp;");
            break;
        case '<':
            buffer_text(out, "&lt;");
            break;
        case '>':
            buffer_text(out, "&gt;");
            break;
        case '"':
            buffer_text(out, "&quot;");
            break;
        case '\t':
        case '\n':
        case '\r':
            buffer_printf(out, "&#%d;", *text);
            break;
        default:
            buffer_append(out, text, 1);
        }
    }
}

static void enter_param(struct web_reader *web, const struct web_row *row,
                        const XML_Char **attributes)
{
    struct setting_place place;
    struct settings_param param = {0};

    attributes_take(web, row, SECTION_param, &place, &param, attributes);
    if (param.name == NULL || param.value == NULL)
        return;
    buffer_text(&web->parameters, "<Param Name=\"");
    append_escaped(&web->parameters, param.name);
    buffer_text(&web->parameters, "\" Value=\"");
    append_escaped(&web->parameters, param.value);
    buffer_text(&web->parameters, "\"/>");
}

static void leave_parameters(struct web_reader *web)
{
    buffer_text(&web->parameters, "</InitializationParameters>");
    if (web->parameters.failed) {
        web_problem(web,
                    say("InitializationParameters of %s are too long", web->plugin->place.what),
                    say("write %d bytes at most", LIMIT_PAYLOAD));
        return;
    }
    web->plugin->extra_info =
        arena_text_n(&web->config->arena, (const char *)buffer_bytes(&web->parameters),
                     buffer_length(&web->parameters));
}

static void enter_resource(struct web_reader *web, const struct web_row *row,
                           const XML_Char **attributes)
{
    struct config_resource *resource = arena_alloc(&web->config->arena, sizeof(*resource));

    web->resource = resource;
    attributes_take(web, row, SECTION_resource, &resource->place, &resource->set, attributes);
    if (resource->set.uri != NULL)
        resource->place.what =
            arena_printf(&web->config->arena, "Resource \"%.512s\"", resource->set.uri);
    list_append(&web->plugin->resources, &resource->link);
}

static void enter_capability(struct web_reader *web, const struct web_row *row,
                             const XML_Char **attributes)
{
    static const char *const names[] = {"Get",    "Put",       "Create",    "Delete",
                                        "Invoke", "Enumerate", "Subscribe", "Shell"};
    struct setting_place place;
    struct settings_capability capability = {0};

    attributes_take(web, row, SECTION_capability, &place, &capability, attributes);
    if (capability.type == NULL)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!text_equal_case(names[i], capability.type))
            continue;
        web->resource->capabilities |= 1u << i; /* the order of enum capability */
        return;
    }
    web_problem(web, say("Type=\"%s\" of Capability is not known", capability.type),
                "write Get, Put, Create, Delete, Invoke, Enumerate, Subscribe or Shell");
}

static void enter_unbuilt(struct web_reader *web, const struct web_row *row,
                          const XML_Char **attributes)
{
    (void)attributes;
    web_problem(web,
                say("%s asks for something that this version of winrmd does not have", row->name),
                "remove the element");
    web->skipped = 1;
}

/* The attributes of the elements around the section are none of our business. */
static void enter_foreign(struct web_reader *web, const struct web_row *row,
                          const XML_Char **attributes)
{
    (void)web;
    (void)row;
    (void)attributes;
}

#define ONCE      true, false
#define ONCE_EACH true, true
#define MANY      false, false

const struct web_row web_rows[] = {
    {WEB_configuration, WEB_none, "configuration", ONCE, enter_foreign, NULL},
    {WEB_server, WEB_configuration, "system.webServer", MANY, enter_foreign, NULL},
    {WEB_section, WEB_server, "system.management.wsmanagement.config", ONCE, enter_plain, NULL},
    {WEB_operations, WEB_section, "OperationsConfiguration", ONCE, enter_operations, NULL},
    {WEB_modules, WEB_section, "PluginModules", ONCE, enter_plain, NULL},
    {WEB_modules, WEB_operations, "PluginModules", ONCE, enter_plain, NULL},
    {WEB_authorization, WEB_modules, "AuthorizationPlugin", ONCE, enter_authorization, NULL},
    {WEB_operations_plugins, WEB_modules, "OperationsPlugins", ONCE, enter_plain, NULL},
    {WEB_plugin, WEB_operations_plugins, "Plugin", MANY, enter_plugin, NULL},
    {WEB_parameters, WEB_authorization, "InitializationParameters", ONCE_EACH, enter_parameters,
     leave_parameters},
    {WEB_parameters, WEB_plugin, "InitializationParameters", ONCE_EACH, enter_parameters,
     leave_parameters},
    {WEB_param, WEB_parameters, "Param", MANY, enter_param, NULL},
    {WEB_resources, WEB_plugin, "Resources", ONCE_EACH, enter_plain, NULL},
    {WEB_resource, WEB_resources, "Resource", MANY, enter_resource, NULL},
    {WEB_capability, WEB_resource, "Capability", MANY, enter_capability, NULL},
    {WEB_security, WEB_resource, "Security", MANY, enter_unbuilt, NULL},
    {WEB_quotas, WEB_plugin, "Quotas", ONCE_EACH, enter_quotas, NULL},
};

const size_t web_row_count = sizeof(web_rows) / sizeof(web_rows[0]);
