/* SPDX-License-Identifier: ISC */

/*
 * How a shell begins, and a command of it: what of a Create can be refused is, its host is started,
 * its client gets a ticket for that, and the plug-in begins it in time or not at all.
 */
#include <stdlib.h>

#include "base/guid.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "broker/shell_host.h"
#include "faults.h"

enum { BEGIN_PATIENCE = 2000 };

/* ---- for how long ---- */

static void shell_lifetime_expired(struct loop_timer *timer)
{
    struct shell *shell = container_of(timer, struct shell, lifetime);

    if (shell->state == SHELL_starting)
        shell->end_code = FAULT_timed_out;
    shell_begin_end(shell,
                    shell->ends_at_limit ? "its MaxRunTimems elapsed" : "its lifetime elapsed");
}

/* As long as the client said, or the plug-in's Quotas. */
static void shell_live_until(struct shell *shell)
{
    uint64_t lifetime = shell->operation->lifetime;
    uint64_t most = shell->plugin->quotas.max_run_time;

    shell->ends_at_limit = most > 0 && (lifetime == 0 || most < lifetime);
    if (shell->ends_at_limit)
        lifetime = most;
    if (lifetime > 0)
        loop_timer_start(shell->broker->loop, &shell->lifetime, lifetime);
}

static void shell_begin_expired(struct loop_timer *timer)
{
    struct shell *shell = container_of(timer, struct shell, begin);

    if (shell->state == SHELL_starting) {
        shell->end_code = FAULT_timed_out;
        shell_begin_end(shell, "its host did not start in time");
    } else if (shell->state != SHELL_live) {
        shell_begin_end(shell, "its client left before it had begun");
    }
}

/* The idle time-out of a new shell: what its client asked for, or what holds for all. */
static uint64_t idle_of(const struct operation *operation, const struct plugin *plugin)
{
    uint64_t most = shell_idle_most(operation->application->settings, plugin);

    if (operation->idle_timeout != 0)
        return operation->idle_timeout;
    return plugin->quotas.idle_timeout < most ? plugin->quotas.idle_timeout : most;
}

/* ---- creation ---- */

/* What of a Create can be refused before a host is started. */
static uint32_t shell_check(const struct operation *operation, const struct plugin **plugin,
                            bool *takes_options)
{
    const struct application *application = operation->application;
    const struct resource *resource =
        operation->resource_uri != NULL
            ? application_find_resource(application->settings, operation->resource_uri, plugin)
            : NULL;

    if (resource == NULL)
        return FAULT_invalid_resource_uri;
    if ((resource->capabilities & CAPABILITY_shell) == 0)
        return FAULT_not_a_shell;
    *takes_options = resource->supports_options;
    if (operation->options > 0 && !resource->supports_options)
        return FAULT_options_not_supported;
    if (operation->shell_id != NULL && !guid_valid(operation->shell_id))
        return FAULT_shell_id;
    if (operation->shell_id != NULL && shell_id_is_used(application, operation->shell_id))
        return FAULT_shell_id_conflict;
    if (!shell_idle_allowed(application->settings, *plugin, operation->idle_timeout))
        return FAULT_idle_timeout;
    return 0;
}

/* The shell that this very Create has made: its client lost the answer (docs/protocol.md, P-3.4.4).
 */
static struct shell *shell_made_by(const struct operation *operation)
{
    struct shell *shell = shell_find(operation, false);
    bool made = shell != NULL && shell->state == SHELL_live &&
                operation_repeats(operation, shell->operation);

    return made ? shell : NULL;
}

/* One that starts, under the id that its client has chosen, or else one that is made here. */
static struct shell *shell_new(struct operation *operation, const struct plugin *plugin,
                               bool takes_options)
{
    struct broker *broker = operation->broker;
    struct shell *shell = mem_alloc(sizeof(*shell));
    char guid[GUID_SIZE];

    shell->named = operation->shell_id != NULL;
    if (!shell->named) {
        guid_make(guid);
        operation->shell_id = arena_text(&operation->arena, guid);
    }
    shell->state = SHELL_starting;
    shell->broker = broker;
    shell->operation = operation;
    shell->plugin = plugin;
    shell->takes_options = takes_options;
    shell->settings = application_settings_ref(operation->application->settings);
    shell->id = mem_text(operation->shell_id);
    shell->number = (uint32_t)broker_next_id(broker);
    shell->session_id = mem_text(operation->session_id);
    shell->buffering = plugin->buffering;
    shell->idle_timeout = idle_of(operation, plugin);
    shell->created_at = shell->used_at = loop_now(broker->loop);
    shell->lifetime.expired = shell_lifetime_expired;
    shell->begin.expired = shell_begin_expired;
    random_bytes(shell->ticket_key, sizeof(shell->ticket_key));
    list_init(&shell->commands);
    list_init(&shell->deletes);
    list_init(&shell->requests);
    list_init(&shell->watchers);
    operation->shell = shell;
    shell_register(shell);
    return shell;
}

void shell_create(struct operation *operation)
{
    const struct plugin *plugin = NULL;
    bool takes_options = false;
    uint32_t code = shell_check(operation, &plugin, &takes_options);
    struct broker *broker = operation->broker;
    struct shell *shell = shell_made_by(operation);

    if (shell != NULL) {
        shell_describe(shell, operation);
        channel_send(operation->net->channel, operation_ended, .request = operation->request,
                     .operation = operation->id);
        return;
    }
    if (code != 0) {
        operation_refuse(operation, code, NULL);
        return;
    }
    shell = shell_new(operation, plugin, takes_options);
    shell_enter(shell);
    shell_live_until(shell);
    /* WSManPluginStartup may block; the client waits no longer than it said. */
    loop_timer_start(broker->loop, &shell->begin, operation_patience(operation));
    if (!shell_host_start(shell))
        shell_host_lost(shell, FAULT_provider_failure, "winrmd-host cannot be started");
}

/* The host has loaded the plug-in: winrmd-net may hand over what the client sent. */
void shell_host_ready(struct shell *shell)
{
    struct operation *operation = shell->operation;

    if (operation->net == NULL) {
        shell_begin_end(shell, "its client left before it had begun");
        return;
    }
    shell->state = SHELL_granted;
    loop_timer_stop(shell->broker->loop, &shell->begin);
    shell_send_details(shell, operation);
    shell_grant(shell, operation);
}

void shell_creation_written(struct operation *operation)
{
    struct shell *shell = operation->shell;

    if (operation->state == OPERATION_acting) {
        shell_begin_end(shell, "its client left before it had begun");
        return;
    }
    /* The answer may be in the host's socket, ahead of which its report has been written. */
    if (operation->kind == OPERATION_command)
        shell_host_void(shell, operation);
    else
        loop_timer_start(shell->broker->loop, &shell->begin, BEGIN_PATIENCE);
    shell_leave(shell);
}

/* ---- it has begun ---- */

void shell_has_begun(struct shell *shell)
{
    struct operation *operation = shell->operation;

    shell->state = SHELL_live;
    operation->state = OPERATION_living;
    if (operation->application->settings->count_requests_only)
        quota_return_operation(&operation->slots);
    broker_count(shell->broker, COUNTER_shells_started);
    shell_audit(shell, operation, "shell-begin", NULL);
    shell_idle_again(shell);
}

void shell_command_began(struct shell *shell, struct operation *operation, const char *command_line)
{
    operation->state = OPERATION_living;
    operation->command_line = arena_text(&operation->arena, command_line);
    if (operation->application->settings->count_requests_only)
        quota_return_operation(&operation->slots);
    broker_count(shell->broker, COUNTER_commands_started);
    shell_audit(shell, operation, "command-begin", NULL);
}
