/* SPDX-License-Identifier: ISC */

#include "broker/operation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/shell.h"
#include "wsmerror.h"

enum { ARENA_LIMIT = 256 * 1024, BUSY = 170, ABORTED = 995 };

static const struct {
    const char *name;
    uint32_t number;
    bool follow_on;
} kinds[OPERATION_KINDS] = {
#define O(kind, plugin_number, action, follow, shown) \
    [OPERATION_##kind] = {.name = shown, .number = plugin_number, .follow_on = follow},
    OPERATION_TABLE(O)
#undef O
};

const char *operation_kind_name(enum operation_kind kind)
{
    return kind > OPERATION_none && kind < OPERATION_KINDS ? kinds[kind].name : "none";
}

static uint64_t microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Short enough to read over the telephone, and never used twice. */
static void decision_make(struct operation *operation)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    static uint64_t start;
    uint64_t number;

    if (start == 0)
        start = random_u64() >> 24 << 20 | 1;
    number = start + operation->id;
    for (size_t i = 0; i < 12; i++) {
        operation->decision[11 - i] = digits[number & 31];
        number >>= 5;
    }
}

void operation_audit(const struct operation *operation)
{
    struct audit *audit = operation->broker->audit;

    audit_text(audit, "decision", operation->decision[0] != '\0' ? operation->decision : NULL);
    audit_text(audit, "application", operation->application->path);
    audit_text(audit, "user", operation->caller.name);
    audit_text(audit, "account", operation->caller.token->account);
    audit_text(audit, "mechanism", operation->caller.mechanism);
    audit_text(audit, "address", operation->caller.address);
    audit_text(audit, "operation", operation_kind_name(operation->kind));
    audit_text(audit, "resource", operation->resource_uri);
    audit_text(audit, "message-id", operation->message_id);
    audit_text(audit, "operation-id", operation->operation_id);
    audit_text(audit, "shell", operation->shell_id);
    audit_text(audit, "command", operation->command_id);
}

static void operation_audit_verdict(const struct operation *operation, const char *verdict,
                                    uint32_t code, const char *reason)
{
    struct audit *audit = operation->broker->audit;
    const struct record *record = operation->record;
    const struct plugin *plugin = operation->application->authorizer;

    audit_begin(audit, "verdict");
    audit_text(audit, "verdict", verdict);
    operation_audit(operation);
    audit_number(audit, "code", code);
    audit_text(audit, "reason", reason);
    audit_text(audit, "plugin", plugin != NULL ? plugin->name : NULL);
    audit_number(audit, "latency-us", operation->latency);
    if (record != NULL) {
        audit_text(audit, "run-as", record->token != NULL ? record->token->account : NULL);
        if (record->token != NULL)
            audit_number(audit, "uid", record->token->uid);
        audit_flag(audit, "administrator", record->administrator);
        audit_number(audit, "shells", quota_shells(record->account));
        audit_number(audit, "operations", quota_operations(record->account));
        audit_number(audit, "slot-messages", quota_slot_messages(record->account));
    }
    audit_end(audit);
}

/* ---- ends ---- */

void operation_end(struct operation *operation)
{
    struct broker *broker = operation->broker;

    audit_action_cancel(&operation->acting);
    quota_return(&operation->slots);
    authz_release(operation->application, &operation->context);
    record_unref(operation->record);
    list_remove(&operation->net_link);
    list_remove(&operation->record_link);
    list_remove(&operation->shell_link);
    map_remove_u64(&broker->operations, operation->id);
    token_unref(operation->caller.token);
    arena_free(&operation->arena);
    free(operation);
}

struct refused {
    uint32_t code;
    const char *text;
    const char *location;
    const struct plugin *plugin;
    const char *extended;
};

/*
 * An HTTP 500 with nothing in it: what web hosting answers when the authorization plug-in could
 * not be loaded or started.
 */
static const struct refused without_body = {.code = 0};

static void operation_answer_refused(struct operation *operation, const struct refused *refused)
{
    quota_return(&operation->slots);
    if (operation->net != NULL && operation->net->channel != NULL)
        channel_send(operation->net->channel, operation_refused, .request = operation->request,
                     .code = refused->code, .text = refused->text, .location = refused->location,
                     .provider = refused->plugin != NULL ? refused->plugin->name : NULL,
                     .provider_path = refused->plugin != NULL ? refused->plugin->filename : NULL,
                     .extended = refused->extended, .decision = operation->decision);
    operation_end(operation);
}

void operation_refuse(struct operation *operation, uint32_t code, const char *text)
{
    operation_answer_refused(operation, &(struct refused){.code = code, .text = text});
}

void operation_refuse_provider(struct operation *operation, uint32_t code, const char *text,
                               const struct plugin *plugin, const char *extended)
{
    operation_answer_refused(
        operation,
        &(struct refused){.code = code, .text = text, .plugin = plugin, .extended = extended});
}

/* ---- act: what an allowed operation does ---- */

static void act_get(struct operation *operation)
{
    struct shell *shell = operation->shell_id != NULL ? shell_find(operation, true) : NULL;

    if (shell != NULL)
        shell_describe(shell, operation);
    else if (operation->shell_id != NULL)
        operation_refuse(operation, ERROR_WSMAN_UNEXPECTED_SELECTORS, NULL);
    else
        operation_refuse(operation, ERROR_WSMAN_INVALID_RESOURCE_URI, NULL);
}

static void act_delete(struct operation *operation)
{
    struct shell *shell = operation->shell_id != NULL ? shell_find(operation, true) : NULL;

    if (shell != NULL)
        shell_delete(shell, operation);
    else if (operation->shell_id != NULL)
        operation_refuse(operation, ERROR_WSMAN_UNEXPECTED_SELECTORS, NULL);
    else
        operation_refuse(operation, ERROR_WSMAN_INVALID_RESOURCE_URI, NULL);
}

static void act_command(struct operation *operation)
{
    struct shell *shell = shell_find(operation, false);

    /* It may have ended while the plug-in was asked. */
    if (shell != NULL)
        shell_grant(shell, operation);
    else
        operation_refuse(operation, ERROR_WSMAN_UNEXPECTED_SELECTORS, NULL);
}

static void act_unsupported(struct operation *operation)
{
    const struct plugin *plugin = NULL;
    const char *uri = operation->resource_uri;

    if (uri == NULL || application_find_resource(operation->application, uri, &plugin) == NULL)
        operation_refuse(operation, ERROR_WSMAN_INVALID_RESOURCE_URI, NULL);
    else
        operation_refuse(operation, ERROR_WSMAN_ACTION_NOT_SUPPORTED, NULL);
}

static void (*const acts[OPERATION_KINDS])(struct operation *) = {
    [OPERATION_get] = act_get,
    [OPERATION_delete] = act_delete,
    [OPERATION_shell] = shell_create,
    [OPERATION_command] = act_command,
};

static void operation_act(struct audit_action *action, bool written)
{
    struct operation *operation = container_of(action, struct operation, acting);
    char text[160];

    if (operation->net == NULL) {
        operation_end(operation);
    } else if (operation->unavailable) {
        operation_answer_refused(operation, &without_body);
    } else if (operation->verdict == ERROR_ACCESS_DENIED) {
        snprintf(text, sizeof(text), "Access is denied; the audit tells why under decision %s.",
                 operation->decision);
        operation_refuse_provider(operation, ERROR_ACCESS_DENIED, text,
                                  operation->application->authorizer, operation->extended);
    } else if (operation->verdict != 0) {
        snprintf(text, sizeof(text),
                 "The operation was not authorized; the audit tells why under decision %s.",
                 operation->decision);
        operation_refuse_provider(operation, operation->verdict, text,
                                  operation->application->authorizer, operation->extended);
    } else if (!written && !operation->ending) {
        operation_refuse(operation, ERROR_WSMAN_ENDPOINT_UNAVAILABLE,
                         "The service cannot write its audit trail and grants nothing new.");
    } else {
        operation->state = OPERATION_acting;
        if (acts[operation->kind] != NULL)
            acts[operation->kind](operation);
        else
            act_unsupported(operation);
    }
}

/* ---- verdict ---- */

static const char *verdict_reason(const struct authz_answer *answer)
{
    switch (answer->lost) {
    case AUTHZ_late:
        return "the authorization plug-in did not answer AuthzOperation in time";
    case AUTHZ_crashed:
        return "the authorization plug-in's host was lost during AuthzOperation";
    case AUTHZ_unavailable:
        return "the authorization plug-in could not be loaded or started";
    default:
        return answer->extended;
    }
}

static void operation_judged(void *asker, const struct authz_answer *answer)
{
    struct operation *operation = asker;
    struct broker *broker = operation->broker;

    operation->latency = microseconds() - operation->asked_at;
    operation->context = answer->context;
    operation->verdict = answer->code;
    /* Only AuthzUser may redirect (WSManPluginAuthzUserComplete). */
    if (operation->verdict == ERROR_WSMAN_REDIRECT_REQUESTED)
        operation->verdict = ERROR_WSMAN_INVALID_REDIRECT_ERROR;
    operation->unavailable = answer->lost == AUTHZ_unavailable;
    if (answer->lost == AUTHZ_answered && answer->code != 0)
        operation->extended = arena_text(&operation->arena, answer->extended);
    if (operation->verdict == ERROR_WSMAN_INVALID_REDIRECT_ERROR)
        operation->extended = NULL;
    if (operation->verdict != 0) {
        /* A context reported with an error goes back at once. */
        authz_release(operation->application, &operation->context);
        quota_return(&operation->slots);
    }
    broker_count(broker,
                 operation->verdict == 0 ? COUNTER_verdicts_allowed : COUNTER_verdicts_denied);
    operation_audit_verdict(operation, operation->verdict == 0 ? "allowed" : "denied",
                            operation->verdict,
                            operation->verdict == 0 ? NULL : verdict_reason(answer));
    operation->state = OPERATION_at_audit;
    audit_then(broker->audit, &operation->acting);
}

uint64_t operation_patience(const struct operation *operation)
{
    uint64_t passed = loop_now(operation->broker->loop) - operation->begun_at;

    return operation->timeout > passed ? operation->timeout - passed : 0;
}

static void operation_ask(struct operation *operation)
{
    struct authz_sender sender = {
        .caller = &operation->caller, .url = operation->url, .locale = operation->locale};

    operation->state = OPERATION_at_verdict;
    operation->asked_at = microseconds();
    authz_ask_operation(operation->application, &sender, kinds[operation->kind].number,
                        operation->action, operation->resource_uri, operation_patience(operation),
                        operation_judged, operation);
}

/* ---- quotas, then the question or, for a follow-on message, the shell ---- */

static void operation_refuse_quota(struct operation *operation, const struct quota_refusal *refusal)
{
    decision_make(operation);
    broker_count(operation->broker, COUNTER_quota_refusals);
    operation_audit_verdict(operation, "over-quota", refusal->code, refusal->text);
    operation_refuse(operation, refusal->code, refusal->text);
}

static void operation_check(struct operation *operation)
{
    const struct record *record = operation->record;
    struct quota_refusal refusal = {0};
    uint64_t now = loop_now(operation->broker->loop);
    bool follow_on = kinds[operation->kind].follow_on;
    bool needs_shell = follow_on || operation->kind == OPERATION_command;
    struct shell *shell = needs_shell ? shell_find(operation, false) : NULL;

    if ((!operation->ending &&
         !quota_rate_check(record->account, &record->limits, now, &refusal)) ||
        (!follow_on && !(needs_shell && shell == NULL) &&
         !quota_reserve(record->account, &record->limits, operation->kind == OPERATION_shell,
                        operation->ending, &operation->slots, &refusal))) {
        operation_refuse_quota(operation, &refusal);
        return;
    }
    quota_rate_count(record->account, &record->limits, now);
    if (needs_shell && shell == NULL)
        operation_refuse(operation, ERROR_WSMAN_UNEXPECTED_SELECTORS, NULL);
    else if (follow_on &&
             (operation->kind == OPERATION_send || operation->kind == OPERATION_receive ||
              operation->kind == OPERATION_signal))
        shell_grant(shell, operation);
    else if (follow_on)
        operation_refuse(operation, ERROR_WSMAN_ACTION_NOT_SUPPORTED, NULL);
    else
        operation_ask(operation);
}

/* ---- user ---- */

static bool redirect_valid(const char *location, uint32_t *code)
{
    size_t length = strlen(location);
    bool valid = strncmp(location, "http://", 7) == 0 || strncmp(location, "https://", 8) == 0;

    for (size_t i = 0; i < length; i++)
        valid = valid && (unsigned char)location[i] > 0x20 && (unsigned char)location[i] < 0x7f;
    if (length > 2048)
        *code = ERROR_REDIRECT_LOCATION_TOO_LONG;
    else if (!valid || strlen(strchr(location, ':')) < 4)
        *code = ERROR_REDIRECT_LOCATION_INVALID;
    else
        return true;
    return false;
}

static void operation_refuse_redirect(struct operation *operation, const char *location)
{
    uint32_t code = ERROR_WSMAN_REDIRECT_REQUESTED;
    bool valid = redirect_valid(location, &code);

    if (valid)
        broker_count(operation->broker, COUNTER_redirects);
    operation_audit_verdict(operation, valid ? "redirected" : "denied", code,
                            valid ? location : "the plug-in's redirect is no absolute http URL");
    operation_answer_refused(operation,
                             &(struct refused){.code = code, .location = valid ? location : NULL});
}

void operation_recorded(struct operation *operation, const struct record_refusal *refusal)
{
    char text[160];

    if (refusal->code == 0) {
        operation_check(operation);
        return;
    }
    decision_make(operation);
    operation->latency = microseconds() - operation->asked_at;
    broker_count(operation->broker, COUNTER_verdicts_denied);
    if (refusal->location != NULL) {
        operation_refuse_redirect(operation, refusal->location);
        return;
    }
    operation_audit_verdict(operation, "denied", refusal->code, refusal->reason);
    if (refusal->lost == AUTHZ_unavailable) {
        operation_answer_refused(operation, &without_body);
    } else if (!refusal->by_user_call) {
        operation_refuse_provider(operation, refusal->code, NULL,
                                  operation->application->authorizer, refusal->extended);
    } else {
        snprintf(text, sizeof(text), "%s; the audit tells why under decision %s.",
                 refusal->code == ERROR_ACCESS_DENIED ? "Access is denied"
                 : refusal->lost == AUTHZ_late
                     ? "Authorization was not decided within the OperationTimeout or the "
                       "service's own limit"
                     : "The user could not be authorized",
                 operation->decision);
        operation_refuse(operation, refusal->code, text);
    }
}

/* ---- from winrmd-net ---- */

static const char *kept(struct operation *operation, const char *text)
{
    return arena_text(&operation->arena, text);
}

static struct operation *operation_new(struct child *net, const struct message_operation *message,
                                       const struct session *session,
                                       struct application *application)
{
    struct operation *operation = mem_alloc(sizeof(*operation));

    operation->broker = net->broker;
    operation->id = broker_next_id(net->broker);
    operation->kind = (enum operation_kind)message->kind;
    operation->application = application;
    operation->net = net;
    operation->begun_at = loop_now(net->broker->loop);
    operation->request = message->request;
    operation->acting.act = operation_act;
    arena_init(&operation->arena, ARENA_LIMIT);
    list_init(&operation->record_link);
    list_init(&operation->shell_link);
    list_append(&net->operations, &operation->net_link);
    operation->caller = (struct caller){.name = kept(operation, session->caller.name),
                                        .mechanism = kept(operation, session->caller.mechanism),
                                        .address = kept(operation, session->caller.address),
                                        .token = token_ref(session->caller.token)};
    operation->action = kept(operation, message->action);
    operation->resource_uri = kept(operation, message->resource_uri);
    operation->url = kept(operation, message->url);
    operation->message_id = kept(operation, message->message_id);
    operation->operation_id = kept(operation, message->operation_id);
    operation->locale = kept(operation, message->locale);
    operation->data_locale = kept(operation, message->data_locale);
    operation->shell_id = kept(operation, message->shell_id);
    operation->command_id = kept(operation, message->command_id);
    operation->shell_name = kept(operation, message->shell_name);
    operation->input_streams = kept(operation, message->input_streams);
    operation->output_streams = kept(operation, message->output_streams);
    operation->timeout = message->timeout > 0 && message->timeout < application->max_operation_time
                             ? message->timeout
                             : application->max_operation_time;
    operation->idle_timeout = message->idle_timeout;
    operation->options = message->options;
    operation->ending = message->kind == OPERATION_delete ||
                        (message->kind == OPERATION_signal && message->ending) ||
                        message->kind == OPERATION_release;
    map_put_u64(&net->broker->operations, operation->id, operation);
    return operation;
}

void operation_begin(struct child *net, const struct message_operation *message)
{
    struct broker *broker = net->broker;
    const struct session *session = session_find(broker, net, message->session);
    struct quota_refusal refusal = {0};
    struct operation *operation;

    /* A session or a kind that does not exist: only a broken or captured winrmd-net sends these. */
    if (session == NULL || message->application >= broker->configuration->application_count ||
        message->kind == OPERATION_none || message->kind >= OPERATION_KINDS || broker->stopping) {
        channel_send(net->channel, operation_refused, .request = message->request,
                     .code =
                         session == NULL ? ERROR_ACCESS_DENIED : ERROR_WSMAN_ENDPOINT_UNAVAILABLE);
        return;
    }
    operation = operation_new(net, message, session,
                              broker->configuration->applications[message->application]);
    if (!kinds[operation->kind].follow_on)
        decision_make(operation);
    if (!quota_throttle(operation->application, operation->ending, loop_now(broker->loop),
                        &refusal)) {
        operation_refuse_quota(operation, &refusal);
        return;
    }
    operation->state = OPERATION_at_record;
    operation->asked_at = microseconds();
    record_enter(operation);
}

/* Nobody waits for the answer any more. */
static void operation_abandon(struct operation *operation)
{
    list_remove(&operation->net_link);
    operation->net = NULL;
    switch (operation->state) {
    case OPERATION_at_record:
        record_leave_waiting(operation);
        operation_end(operation);
        break;
    case OPERATION_at_verdict:
    case OPERATION_at_audit:
        /* It ends when the verdict comes; the slot is free now. */
        quota_return(&operation->slots);
        break;
    case OPERATION_acting:
    case OPERATION_granted:
        if (operation->kind == OPERATION_delete)
            operation_end(operation);
        else
            shell_creation_written(operation);
        break;
    case OPERATION_living:
        shell_leave(operation->shell);
        break;
    default:
        if (kinds[operation->kind].follow_on && operation->shell != NULL)
            shell_leave(operation->shell);
        operation_end(operation);
        break;
    }
}

void operation_cancel(struct child *net, uint64_t request)
{
    list_each(link, &net->operations) {
        struct operation *operation = container_of(link, struct operation, net_link);

        if (operation->request != request || operation->state >= OPERATION_granted)
            continue;
        channel_send(net->channel, operation_refused, .request = request, .code = ABORTED);
        operation_abandon(operation);
        return;
    }
}

void operation_written(struct child *net, uint64_t id)
{
    struct operation *operation = map_get_u64(&net->broker->operations, id);

    if (operation == NULL || operation->net != net || operation->state < OPERATION_granted)
        return;
    operation_abandon(operation);
}

void operation_net_gone(struct child *net)
{
    while (!list_empty(&net->operations))
        operation_abandon(container_of(net->operations.next, struct operation, net_link));
}
