/* SPDX-License-Identifier: ISC */

#include "broker/configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"

/* The configuration being told; valid while configuration_read() runs its loop. */
struct reading {
    struct configuration *configuration;
    struct child *process; /* NULL once it has ended, which may be in the turn of its last word */
    bool complete;
};

static struct reading *reading_of(struct channel *channel)
{
    return child_of(channel)->owner;
}

static void handle_open(struct channel *channel, const union message_body *body)
{
    const char *path = body->config_open.path != NULL ? body->config_open.path : "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    channel_send(channel, config_opened, .error = fd < 0 ? (uint32_t)errno : 0, .file = fd);
}

static void handle_service(struct channel *channel, const union message_body *body)
{
    struct configuration *configuration = reading_of(channel)->configuration;
    const struct message_config_service *service = &body->config_service;

    configuration->net_processes = service->net_processes;
    configuration->control = mem_text(service->control);
    configuration->audit = mem_text(service->audit);
    configuration->users = mem_text(service->users);
}

static void handle_listener(struct channel *channel, const union message_body *body)
{
    struct configuration *configuration = reading_of(channel)->configuration;
    const struct message_config_listener *told = &body->config_listener;
    struct listener *listener;

    if (told->address == NULL || told->port > UINT16_MAX) {
        configuration->problems++;
        return;
    }
    configuration->listeners =
        mem_resize(configuration->listeners, configuration->listener_count + 1, sizeof(*listener));
    listener = &configuration->listeners[configuration->listener_count++];
    *listener = (struct listener){.name = mem_text(told->name),
                                  .address = mem_text(told->address),
                                  .port = (uint16_t)told->port,
                                  .basic = told->basic,
                                  .header_limit = told->header_limit,
                                  .socket = -1};
}

static void handle_application(struct channel *channel, const union message_body *body)
{
    struct configuration *configuration = reading_of(channel)->configuration;
    const struct message_config_application *told = &body->config_application;
    struct application *application;
    size_t count = configuration->application_count;

    if (told->path == NULL || told->path[0] != '/' || told->directory == NULL) {
        configuration->problems++;
        return;
    }
    application = mem_alloc(sizeof(*application));
    *application = (struct application){
        .broker = child_of(channel)->broker,
        .number = (uint32_t)count,
        .path = mem_text(told->path),
        .directory = mem_text(told->directory),
        .account = mem_text(told->account),
        .record_idle = told->record_idle,
        .authorization_timeout = told->authorization_timeout,
        .count_requests_only = told->count_requests_only,
        .max_envelope = told->max_envelope,
        .max_operation_time = told->max_operation_time,
        .max_shell_idle = told->max_shell_idle,
        .quota_refresh = told->quota_refresh,
        .system_window = told->system_window,
        .system_operations = told->system_operations,
    };
    application->may_map_to = mem_alloc(told->may_map_to.count * sizeof(char *));
    for (uint32_t i = 0; i < told->may_map_to.count; i++)
        if (told->may_map_to.item[i].name != NULL)
            application->may_map_to[application->may_map_to_count++] =
                mem_text(told->may_map_to.item[i].name);
    buffer_init(&application->throttle_times, sizeof(uint64_t) * (size_t)UINT32_MAX);
    configuration->applications =
        mem_resize(configuration->applications, count + 1, sizeof(struct application *));
    configuration->applications[configuration->application_count++] = application;
}

static struct application *told_application(struct channel *channel, uint32_t number)
{
    struct configuration *configuration = reading_of(channel)->configuration;

    return number < configuration->application_count ? configuration->applications[number] : NULL;
}

static void handle_plugin(struct channel *channel, const union message_body *body)
{
    const struct message_config_plugin *told = &body->config_plugin;
    struct application *application = told_application(channel, told->application);

    if (application == NULL)
        return;
    application->plugins = mem_resize(application->plugins, application->plugin_count + 1,
                                      sizeof(*application->plugins));
    application->plugins[application->plugin_count++] =
        (struct plugin){.name = mem_text(told->name),
                        .filename = mem_text(told->filename),
                        .extra_info = mem_text(told->extra_info),
                        .sdk_version = told->sdk_version,
                        .authorization = told->authorization,
                        .supports_quota = told->supports_quota,
                        .enabled = told->enabled};
}

static void handle_resource(struct channel *channel, const union message_body *body)
{
    const struct message_config_resource *told = &body->config_resource;
    struct application *application = told_application(channel, told->application);
    struct plugin *plugin;

    if (application == NULL || told->plugin >= application->plugin_count || told->uri == NULL)
        return;
    plugin = &application->plugins[told->plugin];
    plugin->resources =
        mem_resize(plugin->resources, plugin->resource_count + 1, sizeof(*plugin->resources));
    plugin->resources[plugin->resource_count++] =
        (struct resource){.uri = mem_text(told->uri),
                          .exact_match = told->exact_match,
                          .supports_options = told->supports_options,
                          .capabilities = told->capabilities};
}

/* file:line: cause; remedy. Line 0 is about the file as a whole. */
static void handle_problem(struct channel *channel, const union message_body *body)
{
    const struct message_config_problem *problem = &body->config_problem;
    char line[16] = "";

    reading_of(channel)->configuration->problems++;
    if (problem->line > 0)
        snprintf(line, sizeof(line), ":%u", problem->line);
    fprintf(stderr, "%s%s: %s%s%s\n", problem->file != NULL ? problem->file : "?", line,
            problem->cause != NULL ? problem->cause : "wrong", problem->remedy != NULL ? "; " : "",
            problem->remedy != NULL ? problem->remedy : "");
}

static void handle_end(struct channel *channel, const union message_body *body)
{
    struct reading *reading = reading_of(channel);

    reading->configuration->problems +=
        reading->configuration->problems == 0 && body->config_end.problems > 0
            ? body->config_end.problems
            : 0;
    reading->complete = true;
    /* Nothing is permitted after its last word. */
    channel_set_state(channel, CHANNEL_stopping);
    child_end_within(child_of(channel), 2000);
    loop_stop(channel_loop(channel));
}

static void reading_gone(struct child *process, bool crashed)
{
    struct reading *reading = process->owner;

    (void)crashed;
    if (reading == NULL)
        return;
    reading->process = NULL;
    loop_stop(process->broker->loop);
}

static void configuration_link(struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->application_count; i++) {
        struct application *application = configuration->applications[i];

        for (size_t k = 0; k < application->plugin_count; k++)
            if (application->plugins[k].authorization)
                application->authorizer = &application->plugins[k];
    }
}

struct configuration *configuration_read(struct broker *broker, const char *path)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_config_open] = handle_open,
        [MESSAGE_config_service] = handle_service,
        [MESSAGE_config_listener] = handle_listener,
        [MESSAGE_config_application] = handle_application,
        [MESSAGE_config_plugin] = handle_plugin,
        [MESSAGE_config_resource] = handle_resource,
        [MESSAGE_config_problem] = handle_problem,
        [MESSAGE_config_end] = handle_end,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct configuration *configuration = mem_alloc(sizeof(*configuration));
    struct reading reading = {.configuration = configuration};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        fprintf(stderr, "winrmd: %s cannot be opened (%s); name another file with --config\n", path,
                strerror(errno));
    else
        reading.process =
            child_start(broker, PROCESS_config, "winrmd-config", NULL, &events, reading_gone);
    if (reading.process != NULL) {
        reading.process->owner = &reading;
        channel_set_state(reading.process->channel, CHANNEL_serving);
        channel_send(reading.process->channel, config_read, .path = path, .file = fd);
        loop_run(broker->loop);
        if (!reading.complete)
            fprintf(stderr, "winrmd: winrmd-config ended before it had read %s\n", path);
    } else if (fd >= 0) {
        close(fd);
    }
    if (reading.process != NULL)
        reading.process->owner = NULL;
    if (!reading.complete || configuration->problems > 0) {
        configuration_free(configuration);
        return NULL;
    }
    configuration_link(configuration);
    return configuration;
}

static void plugin_clear(struct plugin *plugin)
{
    for (size_t i = 0; i < plugin->resource_count; i++)
        free(plugin->resources[i].uri);
    free(plugin->resources);
    free(plugin->name);
    free(plugin->filename);
    free(plugin->extra_info);
}

static void application_free(struct application *application)
{
    for (size_t i = 0; i < application->plugin_count; i++)
        plugin_clear(&application->plugins[i]);
    for (size_t i = 0; i < application->may_map_to_count; i++)
        free(application->may_map_to[i]);
    free(application->may_map_to);
    free(application->plugins);
    free(application->path);
    free(application->directory);
    free(application->account);
    free(application->authz.failure);
    map_free(&application->records);
    map_free(&application->quotas);
    buffer_free(&application->throttle_times);
    free(application);
}

void configuration_free(struct configuration *configuration)
{
    if (configuration == NULL)
        return;
    for (size_t i = 0; i < configuration->application_count; i++)
        application_free(configuration->applications[i]);
    for (size_t i = 0; i < configuration->listener_count; i++) {
        struct listener *listener = &configuration->listeners[i];

        if (listener->socket >= 0)
            close(listener->socket);
        free(listener->name);
        free(listener->address);
        free(listener->url);
    }
    free(configuration->listeners);
    free(configuration->applications);
    free(configuration->control);
    free(configuration->audit);
    free(configuration->users);
    free(configuration);
}

const struct resource *application_find_resource(const struct application *application,
                                                 const char *uri, const struct plugin **plugin)
{
    const struct resource *best = NULL;
    size_t best_length = 0;

    for (size_t i = 0; i < application->plugin_count; i++) {
        const struct plugin *candidate = &application->plugins[i];

        for (size_t k = 0;
             !candidate->authorization && candidate->enabled && k < candidate->resource_count;
             k++) {
            const struct resource *resource = &candidate->resources[k];
            size_t length = strlen(resource->uri);
            bool exact = strcmp(resource->uri, uri) == 0;

            if (!exact && (resource->exact_match || strncmp(resource->uri, uri, length) != 0))
                continue;
            if (best != NULL && !exact && length <= best_length)
                continue;
            best = resource;
            best_length = exact ? SIZE_MAX : length;
            *plugin = candidate;
        }
    }
    return best;
}
