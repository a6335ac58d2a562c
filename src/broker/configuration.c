/* SPDX-License-Identifier: ISC */

#include "broker/configuration.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/identities.h"
#include "broker/kept.h"

enum {
    TOLD_LIMIT = 16 * 1024 * 1024, /* of one application: more is a winrmd-config gone wrong */
    END_PATIENCE = 2000
};

static struct configuration_reader *reader_of(const struct channel *channel)
{
    return child_of(channel)->owner;
}

static struct configuration *told_configuration(const struct channel *channel)
{
    return reader_of(channel)->configuration;
}

/* ---- what winrmd-config says ---- */

static void handle_open(struct channel *channel, const union message_body *body)
{
    const char *path = body->config_open.path != NULL ? body->config_open.path : "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status = {0};

    if (fd >= 0 && body->config_open.keep > 0) {
        fstat(fd, &status);
        fd = kept_read(told_configuration(channel), body->config_open.keep, fd);
    }
    channel_send(channel, config_opened, .error = fd < 0 ? (uint32_t)errno : 0,
                 .mode = status.st_mode & 07777, .file = fd);
}

static void handle_made(struct channel *channel, const union message_body *body)
{
    const struct message_config_made *made = &body->config_made;

    if (made->path == NULL || !kept_make(told_configuration(channel), made))
        reader_of(channel)->problems++;
}

static void handle_service(struct channel *channel, const union message_body *body)
{
    struct configuration *configuration = told_configuration(channel);
    const struct message_config_service *service = &body->config_service;

    if (configuration->audit != NULL)
        return;
    configuration->net_processes = service->net_processes;
    configuration->connections = service->connections;
    configuration->guest_connections = service->guest_connections;
    configuration->address_connections = service->address_connections;
    configuration->request_time = service->request_time;
    configuration->requests = service->requests;
    configuration->shell_users = service->shell_users;
    configuration->remote_shell_access = !service->no_shell_access;
    configuration->remote_access = !service->no_remote_access;
    configuration->control = mem_text(service->control);
    configuration->audit = mem_text(service->audit);
    configuration->users = mem_text(service->users);
    configuration->pam_service = mem_text(service->pam_service);
    configuration->session_service = mem_text(service->session_service);
    configuration->cgroup = mem_text(service->cgroup);
    configuration->pam_timeout = service->pam_timeout;
    configuration->basic_cache = service->basic_cache;
    configuration->certificate_map = mem_text(service->certificate_map);
    configuration->keytab = mem_text(service->keytab);
    configuration->realms = mem_alloc((service->realms.count + 1) * sizeof(char *));
    for (uint32_t i = 0; i < service->realms.count; i++)
        if (service->realms.item[i].name != NULL)
            configuration->realms[configuration->realm_count++] =
                mem_text(service->realms.item[i].name);
    configuration->ntlm_users = mem_text(service->ntlm_users);
    configuration->ntlm_domain = mem_text(service->ntlm_domain);
    configuration->negotiate_lifetime = service->negotiate_lifetime;
}

static void handle_listener(struct channel *channel, const union message_body *body)
{
    struct configuration *configuration = told_configuration(channel);
    const struct message_config_listener *told = &body->config_listener;
    struct listener *listener;

    if (told->address == NULL || told->port > UINT16_MAX) {
        reader_of(channel)->problems++;
        return;
    }
    configuration->listeners =
        mem_resize(configuration->listeners, configuration->listener_count + 1, sizeof(*listener));
    listener = &configuration->listeners[configuration->listener_count++];
    *listener = (struct listener){.name = mem_text(told->name),
                                  .address = mem_text(told->address),
                                  .port = (uint16_t)told->port,
                                  .methods = told->methods,
                                  .header_limit = told->header_limit,
                                  .must_seal = told->must_seal,
                                  .channel_binding = told->channel_binding,
                                  .tls = told->tls,
                                  .tls_minimum = mem_text(told->tls_minimum),
                                  .ciphers = mem_text(told->ciphers),
                                  .ciphersuites = mem_text(told->ciphersuites),
                                  .files = {-1, kept_fd(configuration, told->certificate),
                                            kept_fd(configuration, told->key),
                                            kept_fd(configuration, told->client_ca)},
                                  .socket = -1};
}

/* Keeps what was said, without the number of the application, which is only a place in a file. */
static void settings_note(struct application_settings *settings, enum message_type type,
                          union message_body *body)
{
    switch (type) {
    case MESSAGE_config_plugin:
        body->config_plugin.application = 0;
        break;
    case MESSAGE_config_resource:
        body->config_resource.application = 0;
        break;
    default:
        break;
    }
    message_encode(&settings->told, type, body);
}

static void handle_application(struct channel *channel, const union message_body *body)
{
    struct configuration *configuration = told_configuration(channel);
    const struct message_config_application *told = &body->config_application;
    struct application_settings *settings;
    union message_body copy = *body;
    size_t count = configuration->application_count;

    if (told->path == NULL || told->path[0] != '/' || told->directory == NULL) {
        reader_of(channel)->problems++;
        return;
    }
    settings = mem_alloc(sizeof(*settings));
    *settings = (struct application_settings){
        .references = 1,
        .path = mem_text(told->path),
        .directory = mem_text(told->directory),
        .account = mem_text(told->account),
        .allow_root = told->allow_root,
        .record_idle = told->record_idle,
        .authorization_timeout = told->authorization_timeout,
        .count_requests_only = told->count_requests_only,
        .max_envelope = told->max_envelope,
        .max_operation_time = told->max_operation_time,
        .max_shell_idle = told->max_shell_idle,
        .quota_refresh = told->quota_refresh,
        .system_window = told->system_window,
        .system_operations = told->system_operations,
        .shells_per_user = told->shells_per_user,
        .operations_per_user = told->operations_per_user,
        .batch_items = told->batch_items,
        .enumerate_idle = told->enumerate_idle,
        .no_new_privileges = told->no_new_privileges,
    };
    settings->may_map_to = mem_alloc(told->may_map_to.count * sizeof(char *));
    for (uint32_t i = 0; i < told->may_map_to.count; i++)
        if (told->may_map_to.item[i].name != NULL)
            settings->may_map_to[settings->may_map_to_count++] =
                mem_text(told->may_map_to.item[i].name);
    buffer_init(&settings->told, TOLD_LIMIT);
    settings_note(settings, MESSAGE_config_application, &copy);
    configuration->applications =
        mem_resize(configuration->applications, count + 1, sizeof(*configuration->applications));
    configuration->applications[configuration->application_count++] = settings;
}

static struct application_settings *told_application(const struct channel *channel, uint32_t number)
{
    struct configuration *configuration = told_configuration(channel);

    return number < configuration->application_count ? configuration->applications[number] : NULL;
}

static void handle_plugin(struct channel *channel, const union message_body *body)
{
    const struct message_config_plugin *told = &body->config_plugin;
    struct application_settings *settings = told_application(channel, told->application);
    union message_body copy = *body;

    if (settings == NULL)
        return;
    settings_note(settings, MESSAGE_config_plugin, &copy);
    settings->plugins =
        mem_resize(settings->plugins, settings->plugin_count + 1, sizeof(*settings->plugins));
    settings->plugins[settings->plugin_count++] =
        (struct plugin){.name = mem_text(told->name),
                        .filename = mem_text(told->filename),
                        .extra_info = mem_text(told->extra_info),
                        .sdk_version = told->sdk_version,
                        .authorization = told->authorization,
                        .supports_quota = told->supports_quota,
                        .enabled = told->enabled,
                        .buffering = told->buffering,
                        .quotas = {.max_shells = told->max_shells,
                                   .max_shells_per_user = told->max_shells_per_user,
                                   .max_users = told->max_users,
                                   .max_commands = told->max_commands,
                                   .max_operations = told->max_operations,
                                   .max_operations_per_user = told->max_operations_per_user,
                                   .max_processes = told->max_processes,
                                   .max_memory = told->max_memory,
                                   .max_files = told->max_files,
                                   .max_run_time = told->max_run_time,
                                   .idle_timeout = told->idle_timeout,
                                   .max_idle_timeout = told->max_idle_timeout}};
}

static void handle_resource(struct channel *channel, const union message_body *body)
{
    const struct message_config_resource *told = &body->config_resource;
    struct application_settings *settings = told_application(channel, told->application);
    union message_body copy = *body;
    struct plugin *plugin;

    if (settings == NULL || told->plugin >= settings->plugin_count || told->uri == NULL)
        return;
    settings_note(settings, MESSAGE_config_resource, &copy);
    plugin = &settings->plugins[told->plugin];
    plugin->resources =
        mem_resize(plugin->resources, plugin->resource_count + 1, sizeof(*plugin->resources));
    plugin->resources[plugin->resource_count++] =
        (struct resource){.uri = mem_text(told->uri),
                          .exact_match = told->exact_match,
                          .supports_options = told->supports_options,
                          .capabilities = told->capabilities};
}

static void handle_problem(struct channel *channel, const union message_body *body)
{
    struct configuration_reader *reader = reader_of(channel);

    if (!body->config_problem.warning)
        reader->problems++;
    reader->problem(reader, &body->config_problem);
}

static void handle_end(struct channel *channel, const union message_body *body)
{
    struct configuration_reader *reader = reader_of(channel);

    if (reader->problems == 0)
        reader->problems = body->config_end.problems;
    reader->complete = true;
    /* Nothing is permitted after its last word; its end follows, and with it done(). */
    channel_set_state(channel, CHANNEL_stopping);
    child_end_within(child_of(channel), END_PATIENCE);
}

/* ---- reading ---- */

static void configuration_link(struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->application_count; i++) {
        struct application_settings *settings = configuration->applications[i];

        for (size_t k = 0; k < settings->plugin_count; k++)
            if (settings->plugins[k].authorization)
                settings->authorizer = &settings->plugins[k];
    }
}

static void tell_problem(struct configuration_reader *reader, const char *cause, const char *remedy)
{
    reader->problems++;
    reader->problem(reader, &(struct message_config_problem){
                                .file = reader->path, .cause = cause, .remedy = remedy});
}

static void reader_clear(struct configuration_reader *reader)
{
    configuration_free(reader->configuration);
    free(reader->path);
    if (reader->file >= 0)
        close(reader->file);
    reader->configuration = NULL;
    reader->path = NULL;
    reader->process = NULL;
    reader->file = -1;
}

static void reader_end(struct configuration_reader *reader)
{
    struct configuration *configuration = reader->configuration;

    if (reader->problems == 0) {
        configuration_link(configuration);
        reader->configuration = NULL;
    } else {
        configuration = NULL;
    }
    reader_clear(reader);
    reader->done(reader, configuration);
}

static void reading_gone(struct child *process, bool crashed)
{
    struct configuration_reader *reader = process->owner;

    (void)crashed;
    if (reader == NULL)
        return;
    reader->process = NULL;
    if (!reader->complete)
        tell_problem(reader, "winrmd-config ended before it had read the configuration",
                     "the log may tell why");
    if (reader->problems == 0 && reader->broker->root)
        accounts_want_configured(&reader->accounts, reader->configuration);
    if (!accounts_begin(&reader->accounts, reader->broker))
        reader_end(reader);
}

/* Hands the file to winrmd-config. */
static bool reading_begin(struct configuration_reader *reader)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_config_open] = handle_open,
        [MESSAGE_config_made] = handle_made,
        [MESSAGE_config_service] = handle_service,
        [MESSAGE_config_listener] = handle_listener,
        [MESSAGE_config_application] = handle_application,
        [MESSAGE_config_plugin] = handle_plugin,
        [MESSAGE_config_resource] = handle_resource,
        [MESSAGE_config_problem] = handle_problem,
        [MESSAGE_config_end] = handle_end,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct broker *broker = reader->broker;
    int file = reader->file;

    reader->process =
        child_start(broker, PROCESS_config, "winrmd-config", NULL,
                    identity_of_role(broker, reader->configuration, PROCESS_config, NULL), &events,
                    reading_gone);
    if (reader->process == NULL) {
        tell_problem(reader, "winrmd-config cannot be started", "the log tells why");
        return false;
    }
    reader->process->owner = reader;
    reader->file = -1;
    channel_set_state(reader->process->channel, CHANNEL_serving);
    channel_send(reader->process->channel, config_read, .path = reader->path, .file = file);
    return true;
}

static void account_problem(struct accounts_search *search, const char *cause, const char *remedy)
{
    tell_problem(container_of(search, struct configuration_reader, accounts), cause, remedy);
}

/* winrmd's own accounts come before the configuration is read, the others after that. */
static void accounts_done(struct accounts_search *search)
{
    struct configuration_reader *reader =
        container_of(search, struct configuration_reader, accounts);

    if (reader->complete || reader->problems > 0 || !reading_begin(reader))
        reader_end(reader);
}

bool configuration_read(struct broker *broker, const char *path,
                        struct configuration_reader *reader)
{
    char cause[128];
    bool begun;

    reader->broker = broker;
    reader->path = mem_text(path);
    reader->complete = false;
    reader->problems = 0;
    reader->process = NULL;
    reader->configuration = mem_alloc(sizeof(*reader->configuration));
    reader->accounts = (struct accounts_search){.problem = account_problem, .done = accounts_done};
    reader->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (reader->file < 0) {
        snprintf(cause, sizeof(cause), "it cannot be opened (%s)", strerror(errno));
        tell_problem(reader, cause, "name another file with --config");
        reader_clear(reader);
        return false;
    }
    if (broker->root)
        accounts_want_system(&reader->accounts, reader->configuration);
    begun = accounts_begin(&reader->accounts, broker) || reading_begin(reader);
    if (!begun)
        reader_clear(reader);
    return begun;
}

void configuration_read_stop(struct configuration_reader *reader)
{
    accounts_stop(&reader->accounts);
    if (reader->process != NULL) {
        reader->process->owner = NULL;
        child_kill(reader->process);
    }
    if (reader->path != NULL)
        reader_clear(reader);
}

void configuration_print_problem(const struct message_config_problem *problem)
{
    char line[16] = "";

    if (problem->line > 0)
        snprintf(line, sizeof(line), ":%u", problem->line);
    fprintf(stderr, "%s%s: %s%s%s\n", problem->file != NULL ? problem->file : "?", line,
            problem->cause != NULL ? problem->cause : "wrong", problem->remedy != NULL ? "; " : "",
            problem->remedy != NULL ? problem->remedy : "");
}

/* ---- what was read ---- */

static void plugin_clear(struct plugin *plugin)
{
    for (size_t i = 0; i < plugin->resource_count; i++)
        free(plugin->resources[i].uri);
    free(plugin->resources);
    free(plugin->name);
    free(plugin->filename);
    free(plugin->extra_info);
}

struct application_settings *application_settings_ref(struct application_settings *settings)
{
    settings->references++;
    return settings;
}

void application_settings_unref(struct application_settings *settings)
{
    if (settings == NULL || --settings->references > 0)
        return;
    for (size_t i = 0; i < settings->plugin_count; i++)
        plugin_clear(&settings->plugins[i]);
    for (size_t i = 0; i < settings->may_map_to_count; i++)
        free(settings->may_map_to[i]);
    for (size_t i = 0; settings->mapped != NULL && i < settings->may_map_to_count; i++)
        account_clear(&settings->mapped[i]);
    free(settings->mapped);
    account_clear(&settings->service);
    free(settings->may_map_to);
    free(settings->plugins);
    free(settings->path);
    free(settings->directory);
    free(settings->account);
    buffer_free(&settings->told);
    free(settings);
}

bool application_settings_equal(const struct application_settings *one,
                                const struct application_settings *other)
{
    size_t length = buffer_length(&one->told);

    return length == buffer_length(&other->told) &&
           memcmp(buffer_bytes(&one->told), buffer_bytes(&other->told), length) == 0;
}

void configuration_free(struct configuration *configuration)
{
    if (configuration == NULL)
        return;
    for (size_t i = 0; i < configuration->application_count; i++)
        application_settings_unref(configuration->applications[i]);
    for (size_t i = 0; i < configuration->listener_count; i++) {
        struct listener *listener = &configuration->listeners[i];

        if (listener->socket >= 0)
            close(listener->socket);
        free(listener->name);
        free(listener->address);
        free(listener->url);
        free(listener->tls_minimum);
        free(listener->ciphers);
        free(listener->ciphersuites);
        free(listener->binding);
    }
    for (size_t i = 0; i < SYSTEM_ACCOUNTS; i++)
        account_clear(&configuration->system_accounts[i]);
    kept_free(configuration);
    free(configuration->listeners);
    free(configuration->applications);
    free(configuration->control);
    free(configuration->audit);
    free(configuration->users);
    free(configuration->pam_service);
    free(configuration->session_service);
    free(configuration->cgroup);
    free(configuration->certificate_map);
    free(configuration->keytab);
    for (size_t i = 0; i < configuration->realm_count; i++)
        free(configuration->realms[i]);
    free(configuration->realms);
    free(configuration->ntlm_users);
    free(configuration->ntlm_domain);
    free(configuration);
}

const struct resource *application_find_resource(const struct application_settings *settings,
                                                 const char *uri, const struct plugin **plugin)
{
    const struct resource *best = NULL;
    size_t best_length = 0;

    for (size_t i = 0; i < settings->plugin_count; i++) {
        const struct plugin *candidate = &settings->plugins[i];

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
