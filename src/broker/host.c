/* SPDX-License-Identifier: ISC */

#include "broker/host.h"

#include <stdlib.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/identities.h"
#include "confine/limits.h"
#include "ipc/ticket.h"

enum { SHUTDOWN_SERVICE = 2 /* WSMAN_PLUGIN_SHUTDOWN_SERVICE */, STOP_PATIENCE = 3000 };

struct child *host_start(struct broker *broker, struct application_settings *settings,
                         const struct plugin *plugin, uint32_t startup_flags, const char *account,
                         const uint8_t *ticket_key, const struct limits *limits,
                         const struct channel_events *events, void (*gone)(struct child *, bool))
{
    enum process role = plugin->authorization ? PROCESS_authz_host : PROCESS_shell_host;
    struct child *host = child_start(broker, role, "winrmd-host", settings->directory,
                                     identity_of_role(broker, NULL, role, settings), events, gone);

    if (host != NULL)
        host_brief(host, settings, plugin, startup_flags, account, ticket_key, limits);
    return host;
}

void host_brief(struct child *host, struct application_settings *settings,
                const struct plugin *plugin, uint32_t startup_flags, const char *account,
                const uint8_t *ticket_key, const struct limits *limits)
{
    static const struct limits none;
    const struct limits *own = limits != NULL ? limits : &none;
    /* Only an authorization plug-in may name accounts. */
    size_t count = plugin->authorization ? settings->may_map_to_count : 0;
    struct ipc_item *accounts;

    host->settings = application_settings_ref(settings);
    host->plugin = plugin;
    accounts = mem_alloc(count * sizeof(*accounts));
    for (size_t i = 0; i < count; i++)
        accounts[i].name = settings->may_map_to[i];
    channel_send(host->channel, host_start, .authorization = plugin->authorization,
                 .application = settings->path + 1, .plugin = plugin->name,
                 .filename = plugin->filename, .sdk_version = plugin->sdk_version,
                 .extra_info = plugin->extra_info, .supports_quota = plugin->supports_quota,
                 .startup_flags = startup_flags,
                 .may_map_to = {.item = accounts, .count = (uint32_t)count},
                 .key = {.data = ticket_key, .length = ticket_key != NULL ? TICKET_KEY_SIZE : 0},
                 .account = account, .max_memory = own->memory,
                 .max_processes = (uint32_t)own->processes, .max_files = (uint32_t)own->files,
                 .no_new_privileges = !plugin->authorization && settings->no_new_privileges);
    free(accounts);
}

void host_stop(struct child *host)
{
    channel_send(host->channel, host_stop, .reason = SHUTDOWN_SERVICE);
    channel_set_state(host->channel, CHANNEL_stopping);
    child_end_within(host, STOP_PATIENCE);
}

void host_handle_crashing(struct channel *channel, const union message_body *body)
{
    struct child *host = child_of(channel);
    const char *entry = body->host_crashing.entry;

    if (host->crash_entry != NULL)
        child_pointless(host);
    free(host->crash_entry);
    host->crash_entry = mem_text(entry != NULL ? entry : "none");
}

void host_audit_lost(const struct child *host, const char *shell, const char *reason,
                     const char *effect)
{
    struct audit *audit = host->broker->audit;

    broker_count(host->broker, COUNTER_host_crashes);
    audit_begin(audit, "host-lost");
    audit_text(audit, "application", host->settings->path);
    audit_text(audit, "plugin", host->plugin->name);
    audit_text(audit, "shell", shell);
    audit_text(audit, "reason", reason);
    audit_text(audit, "entry-point", host->crash_entry);
    audit_text(audit, "effect", effect);
    audit_end(audit);
}

void host_handle_stray(struct channel *channel, const union message_body *body)
{
    struct child *host = child_of(channel);
    struct broker *broker = host->broker;

    child_pointless(host);
    if (channel_is_ended(channel))
        return;

    broker_count(broker, COUNTER_stray_completions);
    audit_begin(broker->audit, "stray-completion");
    audit_text(broker->audit, "application", host->settings->path);
    audit_text(broker->audit, "plugin", host->plugin->name);
    audit_text(broker->audit, "function", body->authz_stray.function);
    audit_text(broker->audit, "reason", body->authz_stray.cause);
    audit_end(broker->audit);
}
