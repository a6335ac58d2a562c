/* SPDX-License-Identifier: ISC */

/*
 * How a shell ends, whatever the way: its host is asked, or is gone; every slot is back before a
 * Delete is answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "broker/shell_host.h"

enum { END_PATIENCE = 8000 /* the host gives a plug-in 5 s to complete what was cancelled */ };

void shell_command_ended(struct shell *shell, struct operation *operation, const char *reason)
{
    bool began = operation->state == OPERATION_living;

    quota_return(&operation->slots);
    if (began) {
        broker_count(shell->broker, COUNTER_commands_ended);
        shell_audit(shell, operation, "command-end", reason);
    }
    /* Its creation's response is still out: that request is no longer about a live command. */
    if (!list_empty(&operation->net_link))
        shell_leave(shell);
    operation_end(operation);
}

void shell_begin_end(struct shell *shell, const char *reason)
{
    if (shell->state == SHELL_ending)
        return;
    shell->end_reason = reason;
    loop_timer_stop(shell->broker->loop, &shell->idle);
    loop_timer_stop(shell->broker->loop, &shell->lifetime);
    loop_timer_stop(shell->broker->loop, &shell->begin);
    shell_host_end(shell, shell->state == SHELL_starting ? 0 : END_PATIENCE);
    shell->state = SHELL_ending;
}

void shell_delete(struct shell *shell, struct operation *operation)
{
    operation->shell = shell;
    list_append(&shell->deletes, &operation->shell_link);
    shell_begin_end(shell, "deleted");
}

static void shell_answer_deletes(struct shell *shell)
{
    while (!list_empty(&shell->deletes)) {
        struct operation *operation =
            container_of(shell->deletes.next, struct operation, shell_link);

        list_remove(&operation->shell_link);
        operation->shell = NULL;
        operation->state = OPERATION_answered;
        quota_return(&operation->slots);
        channel_send(operation->net->channel, operation_ended, .request = operation->request,
                     .operation = operation->id);
    }
}

static void shell_free(struct shell *shell)
{
    loop_timer_stop(shell->broker->loop, &shell->idle);
    loop_timer_stop(shell->broker->loop, &shell->lifetime);
    loop_timer_stop(shell->broker->loop, &shell->begin);
    map_remove(&shell->broker->shells, shell->key, shell->key_length);
    explicit_bzero(shell->ticket_key, sizeof(shell->ticket_key));
    application_settings_unref(shell->settings);
    free(shell->nets);
    free(shell->session_id);
    free(shell->id);
    free(shell->key);
    while (!list_empty(&shell->watchers)) {
        struct shell_watcher *watcher =
            container_of(shell->watchers.next, struct shell_watcher, link);

        list_remove(&watcher->link);
        watcher->over(watcher);
    }
    free(shell);
}

void shell_over(struct shell *shell, const char *reason)
{
    struct operation *operation = shell->operation;
    bool began = operation->state == OPERATION_living;

    if (shell->end_reason != NULL)
        reason = shell->end_reason;
    shell->state = SHELL_ending;
    while (!list_empty(&shell->commands))
        shell_command_ended(shell, container_of(shell->commands.next, struct operation, shell_link),
                            reason);
    shell_change_over(shell);
    while (!list_empty(&shell->requests)) {
        struct operation *request =
            container_of(shell->requests.next, struct operation, shell_link);

        list_remove(&request->shell_link);
        request->shell = NULL;
    }
    quota_return(&operation->slots);
    if (began) {
        broker_count(shell->broker, COUNTER_shells_ended);
        shell_audit(shell, operation, "shell-end", reason);
    }
    shell_host_leave(shell);
    shell_answer_deletes(shell);
    operation_end(operation);
    shell_free(shell);
}

/* Create has not been answered yet. */
static bool create_waits(const struct shell *shell)
{
    return shell->operation->state == OPERATION_acting && shell->operation->net != NULL;
}

static void create_refuse(struct shell *shell, uint32_t code, const char *text)
{
    struct operation *operation = shell->operation;

    shell_host_leave(shell);
    operation->shell = NULL;
    operation_refuse(operation, shell->end_code != 0 ? shell->end_code : code, text);
    shell_free(shell);
}

void shell_host_lost(struct shell *shell, uint32_t code, const char *reason)
{
    char text[512];

    if (!create_waits(shell)) {
        shell_over(shell, reason);
        return;
    }
    snprintf(text, sizeof(text), "The plug-in %s cannot be used: %s.", shell->plugin->name,
             shell->end_reason != NULL ? shell->end_reason : reason);
    create_refuse(shell, code, text);
}

void shell_session_failed(struct shell *shell, uint32_t code, const char *why)
{
    char text[2048];

    shell_audit(shell, shell->operation, "session-refused", why);
    if (!create_waits(shell)) {
        shell_over(shell, "its session could not be opened");
        return;
    }
    snprintf(text, sizeof(text), "The session of %.512s cannot be opened: %s.",
             shell->operation->record->token->account,
             shell->end_reason != NULL ? shell->end_reason : why);
    create_refuse(shell, code, text);
}

/* ---- many ---- */

struct closing {
    const struct record *record;           /* NULL: all */
    const struct application *application; /* NULL: all */
    const char *reason;
    uint32_t net;
    uint32_t host;
};

static void close_visit(void *value, void *context)
{
    struct shell *shell = value;
    struct closing *closing = context;

    if ((closing->record == NULL || shell->operation->record == closing->record) &&
        (closing->application == NULL || shell->operation->application == closing->application))
        shell_begin_end(shell, closing->reason);
}

void shell_close_of_record(const struct record *record, const char *reason)
{
    struct closing closing = {.record = record, .reason = reason};

    map_each(&record->application->broker->shells, close_visit, &closing);
}

void shell_close_of_application(const struct application *application, const char *reason)
{
    struct closing closing = {.application = application, .reason = reason};

    map_each(&application->broker->shells, close_visit, &closing);
}

void shell_close_all(struct broker *broker, const char *reason)
{
    struct closing closing = {.reason = reason};

    map_each(&broker->shells, close_visit, &closing);
}

static void net_gone_visit(void *value, void *context)
{
    shell_host_revoke(value, ((struct closing *)context)->net);
}

static void net_lost_visit(void *value, void *context)
{
    const struct closing *closing = context;
    struct shell *shell = value;

    if (shell->number == closing->host)
        shell_host_revoke(shell, closing->net);
}

void shell_net_lost(struct broker *broker, uint32_t net, uint32_t host)
{
    struct closing closing = {.net = net, .host = host};

    map_each(&broker->shells, net_lost_visit, &closing);
}

void shell_net_gone(struct broker *broker, uint32_t net)
{
    struct closing closing = {.net = net};

    map_each(&broker->shells, net_gone_visit, &closing);
}
