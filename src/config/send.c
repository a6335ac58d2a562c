/* SPDX-License-Identifier: ISC */

#include "config/send.h"

#include <stdlib.h>

#include "base/memory.h"

/* list_each() on a constant list. */
#define ring(head) ((struct list *)(uintptr_t)(head))

static uint32_t bounded(uint64_t number)
{
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

/*
 * The plug-in API and clients count a shell's idle time-out in 31 bits of milliseconds; that is
 * also what no limit means.
 */
static uint64_t shell_idle(uint64_t written)
{
    return written == 0 || written > INT32_MAX ? INT32_MAX : written;
}

/* The largest number that fits is what no limit means; the broker is told 0. */
static uint64_t unless_unlimited(uint64_t written)
{
    return written < INT32_MAX ? written : 0;
}

static const char *text_or_none(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static bool send_listener(struct channel *channel, const struct config_listener *listener)
{
    return channel_send(
        channel, config_listener, .name = listener->name, .address = listener->host,
        .port = listener->port, .methods = listener->methods,
        .header_limit = bounded(listener->set.header_limit), .tls = listener->encrypted,
        .tls_minimum = listener->set.tls_minimum, .ciphers = listener->set.ciphers,
        .ciphersuites = listener->set.ciphersuites, .must_seal = listener->must_seal,
        .channel_binding = listener->binding, .certificate = listener->certificate.kept,
        .key = listener->key.kept, .client_ca = listener->client_ca.kept);
}

static bool send_resource(struct channel *channel, uint32_t application, uint32_t plugin,
                          const struct config_resource *resource)
{
    return channel_send(channel, config_resource, .application = application, .plugin = plugin,
                        .uri = resource->set.uri, .exact_match = resource->set.exact_match,
                        .supports_options = resource->set.supports_options,
                        .capabilities = resource->capabilities);
}

#define QUOTAS_OF(quotas)                                                                       \
    .max_shells = bounded((quotas)->max_shells),                                                \
    .max_shells_per_user = bounded((quotas)->max_shells_per_user),                              \
    .max_users = bounded((quotas)->max_users), .max_commands = bounded((quotas)->max_commands), \
    .max_operations = bounded((quotas)->max_operations),                                        \
    .max_operations_per_user = bounded((quotas)->max_operations_per_user),                      \
    .idle_timeout = (quotas)->idle_timeout, .max_idle_timeout = (quotas)->max_idle_timeout,     \
    .max_processes = bounded((quotas)->max_processes), .max_memory = bounded((quotas)->max_memory)

static bool send_plugin(struct channel *channel, uint32_t application, uint32_t number,
                        const struct config_plugin *plugin)
{
    bool sent = channel_send(
        channel, config_plugin, .application = application, .authorization = plugin->authorization,
        .name = plugin->name, .filename = plugin->filename, .sdk_version = plugin->sdk_version,
        .supports_quota = plugin->supports_quota, .enabled = plugin->enabled,
        .extra_info = plugin->extra_info, .buffering = plugin->buffering,
        QUOTAS_OF(&plugin->quotas), .max_run_time = unless_unlimited(plugin->quotas.max_run_time),
        .max_files = bounded(unless_unlimited(plugin->quotas.max_files)));

    list_each(link, ring(&plugin->resources))
        sent = sent && send_resource(channel, application, number,
                                     container_of(link, struct config_resource, link));
    return sent;
}

static bool send_application(struct channel *channel, uint32_t number,
                             const struct config_application *application)
{
    const struct settings_application *set = &application->set;
    const struct settings_operations_configuration *web = &application->web;
    struct ipc_item *accounts = mem_alloc((set->may_map_to.count + 1) * sizeof(*accounts));
    uint32_t plugin = 0;
    bool sent;

    for (size_t i = 0; i < set->may_map_to.count; i++)
        accounts[i] = (struct ipc_item){.name = set->may_map_to.text[i]};
    sent = channel_send(
        channel, config_application, .path = application->path, .directory = set->directory,
        .account = set->account[0] != '\0' ? set->account : NULL,
        .may_map_to = {.item = accounts, .count = (uint32_t)set->may_map_to.count},
        .allow_root = set->allow_root, .record_idle = set->record_idle_timeout,
        .authorization_timeout = set->authorization_timeout,
        .count_requests_only = set->count_requests_only, .max_envelope = bounded(web->max_envelope),
        .max_operation_time = web->max_operation_time,
        .max_shell_idle = shell_idle(web->max_shell_idle), .quota_refresh = web->quota_refresh,
        .system_window = web->system_window, .system_operations = bounded(web->system_operations),
        .shells_per_user = bounded(set->shells_per_user),
        .operations_per_user = bounded(set->operations_per_user),
        .batch_items = bounded(set->batch_items), .enumerate_idle = web->max_enumerate_idle,
        .no_new_privileges = set->no_new_privileges);
    list_each(link, ring(&application->plugins))
        sent = sent && send_plugin(channel, number, plugin++,
                                   container_of(link, struct config_plugin, link));
    channel_flush(channel);
    free(accounts);
    return sent;
}

static bool send_service(struct channel *channel, const struct config *config)
{
    const struct settings_authentication *set = &config->authentication;
    struct ipc_item *realms = mem_alloc((set->realms.count + 1) * sizeof(*realms));
    bool sent;

    for (size_t i = 0; i < set->realms.count; i++)
        realms[i] = (struct ipc_item){.name = set->realms.text[i]};
    sent = channel_send(
        channel, config_service, .net_processes = bounded(config->service.net_processes),
        .control = config->service.control, .audit = config->audit.file, .users = config->users,
        .pam_service = config->pam_service,
        .session_service =
            set->session_service[0] != '\0' ? set->session_service : set->pam_service,
        .cgroup = config->service.cgroup, .pam_timeout = set->pam_timeout,
        .basic_cache = set->basic_cache, .certificate_map = text_or_none(set->certificate_map),
        .keytab = text_or_none(set->keytab),
        .realms = {.item = realms, .count = (uint32_t)set->realms.count},
        .ntlm_users = text_or_none(set->ntlm_users), .ntlm_domain = text_or_none(set->ntlm_domain),
        .negotiate_lifetime = set->negotiate_lifetime,
        .connections = bounded(config->connections.total),
        .guest_connections = bounded(config->connections.unauthenticated),
        .address_connections = bounded(config->connections.per_source),
        .request_time = config->connections.request_time,
        .requests = bounded(config->limits.requests),
        .shell_users = bounded(config->limits.shell_users),
        .no_shell_access = !config->limits.remote_shell_access,
        .no_remote_access = !config->limits.remote_access);
    free(realms);
    return sent;
}

static bool send_model(struct channel *channel, const struct config *config)
{
    uint32_t application = 0;
    bool sent = send_service(channel, config);

    list_each(link, ring(&config->listeners))
        sent = sent && send_listener(channel, container_of(link, struct config_listener, link));
    list_each(link, ring(&config->applications))
        sent = sent && send_application(channel, application++,
                                        container_of(link, struct config_application, link));
    return sent;
}

bool config_send(struct channel *channel, const struct config *config,
                 const struct config_problems *problems)
{
    bool sent = problems->count > 0 || send_model(channel, config);

    for (size_t i = 0; sent && i < problems->kept; i++)
        sent =
            channel_send(channel, config_problem, .file = problems->list[i].file,
                         .line = problems->list[i].line, .cause = problems->list[i].cause,
                         .remedy = problems->list[i].remedy, .warning = problems->list[i].warning);
    sent = sent && channel_send(channel, config_end, .problems = bounded(problems->count));
    channel_flush(channel);
    return sent && !channel_is_ended(channel) && channel_backlog(channel) == 0;
}
