/* SPDX-License-Identifier: ISC */

#include "broker/configuration.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/kept.h"

/* Of one application: more is a winrmd-config gone wrong. */
enum { TOLD_LIMIT = 16 * 1024 * 1024 };

/* ---- as winrmd-config tells it ---- */

void configuration_take_service(struct configuration *configuration,
                                const struct message_config_service *service)
{
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

bool configuration_take_listener(struct configuration *configuration,
                                 const struct message_config_listener *told)
{
    struct listener *listener;

    if (told->address == NULL || told->port > UINT16_MAX)
        return false;
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
    return true;
}

bool configuration_take_application(struct configuration *configuration,
                                    const struct message_config_application *told)
{
    struct application_settings *settings;
    size_t count = configuration->application_count;

    if (told->path == NULL || told->path[0] != '/' || told->directory == NULL)
        return false;
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
    message_encode(&settings->told, MESSAGE_config_application, told);
    configuration->applications =
        mem_resize(configuration->applications, count + 1, sizeof(*configuration->applications));
    configuration->applications[configuration->application_count++] = settings;
    return true;
}

static struct application_settings *told_application(const struct configuration *configuration,
                                                     uint32_t number)
{
    return number < configuration->application_count ? configuration->applications[number] : NULL;
}

void configuration_take_plugin(struct configuration *configuration,
                               const struct message_config_plugin *told)
{
    struct application_settings *settings = told_application(configuration, told->application);
    struct message_config_plugin noted = *told;

    if (settings == NULL)
        return;
    /* The number of the application is only a place in a file: two that differ in it are equal. */
    noted.application = 0;
    message_encode(&settings->told, MESSAGE_config_plugin, &noted);
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

void configuration_take_resource(struct configuration *configuration,
                                 const struct message_config_resource *told)
{
    struct application_settings *settings = told_application(configuration, told->application);
    struct message_config_resource noted = *told;
    struct plugin *plugin;

    if (settings == NULL || told->plugin >= settings->plugin_count || told->uri == NULL)
        return;
    noted.application = 0;
    message_encode(&settings->told, MESSAGE_config_resource, &noted);
    plugin = &settings->plugins[told->plugin];
    plugin->resources =
        mem_resize(plugin->resources, plugin->resource_count + 1, sizeof(*plugin->resources));
    plugin->resources[plugin->resource_count++] =
        (struct resource){.uri = mem_text(told->uri),
                          .exact_match = told->exact_match,
                          .supports_options = told->supports_options,
                          .capabilities = told->capabilities};
}

void configuration_link(struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->application_count; i++) {
        struct application_settings *settings = configuration->applications[i];

        for (size_t k = 0; k < settings->plugin_count; k++)
            if (settings->plugins[k].authorization)
                settings->authorizer = &settings->plugins[k];
    }
}

/* ---- what was told ---- */

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
