/* SPDX-License-Identifier: ISC */

/*
 * From a new operation to its verdict: throttle, user record, rate, slots, AuthzOperation, and the
 * line in the audit. Follow-on messages are done with at the quotas.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "broker/configuration_resource.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "faults.h"

enum { REDIRECT_LIMIT = 2048 /* characters */ };

static uint64_t microseconds(void)
{
    struct timespec now = clock_read(CLOCK_MONOTONIC);

    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void operation_judge_abandoned(struct operation *operation)
{
    const char *call =
        operation->state == OPERATION_at_record ? record_awaited_call(operation) : "AuthzOperation";
    char reason[128];

    snprintf(reason, sizeof(reason), "the client left before %s was answered", call);
    if (operation->broker->stopping)
        snprintf(reason, sizeof(reason), "the service was stopping");
    operation_make_decision(operation);
    operation->latency = microseconds() - operation->asked_at;
    operation_audit_refused(operation, AUTHZ_stopping, FAULT_aborted, reason);
}

/* ---- verdict ---- */

static void operation_judged(void *asker, const struct authz_answer *answer)
{
    struct operation *operation = asker;
    struct broker *broker = operation->broker;
    const char *reason = answer->extended;
    const char *refusal;
    char text[128];

    operation->context = answer->context;
    if (operation->net == NULL) {
        operation_end(operation);
        return;
    }
    operation->latency = microseconds() - operation->asked_at;
    operation->verdict = answer->code;
    /* Only AuthzUser may redirect (WSManPluginAuthzUserComplete). */
    if (operation->verdict == FAULT_redirect)
        operation->verdict = FAULT_redirect_elsewhere;
    refusal =
        configuration_resource_refusal(operation->resource_uri, operation->record->administrator);
    if (operation->verdict == 0 && refusal != NULL) {
        operation->verdict = FAULT_access_denied;
        operation->by_service = true;
        reason = refusal;
    }
    if (operation->verdict == 0 && operation->record->revoked) {
        operation->verdict = FAULT_access_denied;
        operation->by_service = true;
        reason = "an administrator revoked the user";
    }
    operation->unavailable = answer->lost == AUTHZ_unavailable;
    if (answer->lost == AUTHZ_answered && answer->code != 0)
        operation->extended = arena_text(&operation->arena, answer->extended);
    if (operation->verdict == FAULT_redirect_elsewhere)
        operation->extended = NULL;
    if (operation->verdict != 0) {
        /* A context reported with an error goes back at once. */
        authz_release(operation->application, &operation->context);
        quota_return(&operation->slots);
    }
    if (answer->lost != AUTHZ_answered)
        reason = authz_lost_reason(answer->lost, "AuthzOperation", text);
    if (operation->verdict == 0) {
        broker_count(broker, COUNTER_verdicts_allowed);
        operation_audit_verdict(operation, "allowed", 0, NULL);
    } else {
        operation_audit_refused(operation, answer->lost, operation->verdict, reason);
    }
    operation->state = OPERATION_at_audit;
    audit_then(broker->audit, &operation->acting);
}

static void operation_ask(struct operation *operation)
{
    struct authz_sender sender = {
        .caller = &operation->caller, .url = operation->url, .locale = operation->locale};

    operation->state = OPERATION_at_verdict;
    operation->asked_at = microseconds();
    authz_ask_operation(operation->application, &sender, operation_kind_number(operation->kind),
                        operation->action, operation->resource_uri, operation_patience(operation),
                        operation_judged, operation);
}

/* ---- quotas, then the question or, for a follow-on message, the shell or enumeration ---- */

static void operation_audit_foreign(const struct operation *operation, uint32_t code,
                                    const char *reason)
{
    broker_count(operation->broker, COUNTER_verdicts_denied);
    operation_audit_verdict(operation, "denied", code, reason);
}

void operation_refuse_shell(struct operation *operation)
{
    if (shell_is_foreign(operation))
        operation_audit_foreign(operation, FAULT_not_found, "the shell belongs to another user");
    operation_refuse(operation, FAULT_not_found, NULL);
}

void operation_refuse_enumeration(struct operation *operation)
{
    if (enumeration_is_foreign(operation))
        operation_audit_foreign(operation, FAULT_enumeration_context,
                                "the enumeration belongs to another user");
    operation_refuse(operation, FAULT_enumeration_context, NULL);
}

static void operation_refuse_quota(struct operation *operation, const struct quota_refusal *refusal)
{
    operation_make_decision(operation);
    broker_count(operation->broker, COUNTER_quota_refusals);
    operation_audit_verdict(operation, "over-quota", refusal->code, refusal->text);
    operation_refuse(operation, refusal->code, refusal->text);
}

/*
 * What of the quotas a new operation needs, of which plug-in, of which shell; nothing is taken when
 * one refuses.
 */
static bool operation_take_slots(struct operation *operation, const struct shell *shell,
                                 bool ending, struct quota_refusal *refusal)
{
    const struct record *record = operation->record;
    const struct plugin *plugin = NULL;
    struct quota_want want = {.shell = operation->kind == OPERATION_shell, .ending = ending};

    if (shell == NULL && operation->kind != OPERATION_shell)
        shell = shell_find(operation, true);
    if (shell != NULL)
        plugin = shell->plugin;
    else if (operation->resource_uri != NULL)
        application_find_resource(operation->application->settings, operation->resource_uri,
                                  &plugin);
    if (plugin != NULL)
        want.plugin = plugin->name;
    if (operation->kind == OPERATION_command)
        want.within = &shell->operation->slots;
    return quota_reserve(record->account, &record->limits, &want, &operation->slots, refusal);
}

static bool operation_reserve(struct operation *operation, const struct shell *shell,
                              struct quota_refusal *refusal)
{
    if (operation->kind == OPERATION_enumerate && !enumeration_allowed(operation, refusal))
        return false;
    if (operation_take_slots(operation, shell, operation->ending, refusal))
        return true;
    /* The first one holds the slot, and begins nothing twice (docs/protocol.md, P-3.4.3). */
    operation->again = operation->kind == OPERATION_command && shell_runs_command(shell, operation);
    return operation->again;
}

void operation_reserve_again(struct operation *operation)
{
    struct quota_refusal refusal;

    if (operation->slots.account == NULL)
        operation_take_slots(operation, NULL, true, &refusal);
}

static bool follows_enumeration(const struct operation *operation)
{
    return operation->kind == OPERATION_pull || operation->kind == OPERATION_release;
}

static bool operation_connects(const struct operation *operation)
{
    return operation->kind == OPERATION_disconnect || operation->kind == OPERATION_reconnect ||
           operation->kind == OPERATION_connect;
}

static void operation_check(struct operation *operation)
{
    const struct record *record = operation->record;
    struct quota_refusal refusal = {0};
    uint64_t now = loop_now(operation->broker->loop);
    bool follow_on = operation_follows_on(operation);
    bool needs_shell =
        (follow_on && !follows_enumeration(operation)) || operation->kind == OPERATION_command;
    struct shell *shell = needs_shell ? shell_find(operation, false) : NULL;

    if ((!operation->ending &&
         !quota_rate_check(record->account, &record->limits, now, &refusal)) ||
        (!follow_on && !(needs_shell && shell == NULL) &&
         !operation_reserve(operation, shell, &refusal))) {
        operation_refuse_quota(operation, &refusal);
        return;
    }
    quota_rate_count(record->account, &record->limits, now);
    if (needs_shell && shell == NULL)
        operation_refuse_shell(operation);
    else if (follows_enumeration(operation))
        enumeration_follow(operation);
    else if (needs_shell && operation_connects(operation))
        shell_change(shell, operation);
    else if (needs_shell && shell->client != CLIENT_connected)
        operation_refuse(operation, FAULT_shell_disconnected, NULL);
    else if (follow_on &&
             (operation->kind == OPERATION_send || operation->kind == OPERATION_receive ||
              operation->kind == OPERATION_signal))
        shell_grant(shell, operation);
    else if (follow_on)
        operation_refuse(operation, FAULT_action_not_supported, NULL);
    else
        operation_ask(operation);
}

/* ---- user ---- */

/* An absolute http or https URI with a host, of printable characters (RFC 3986, 3 and 4.3). */
static bool redirect_valid(const char *location, uint32_t *code)
{
    size_t length = strlen(location);
    size_t scheme = strncasecmp(location, "https://", 8) == 0  ? 8
                    : strncasecmp(location, "http://", 7) == 0 ? 7
                                                               : 0;
    bool valid = scheme > 0 && strchr("/?#:@", location[scheme]) == NULL;

    for (size_t i = 0; i < length; i++)
        valid = valid && (unsigned char)location[i] > 0x20 && (unsigned char)location[i] < 0x7f;
    if (length == 0)
        *code = FAULT_redirect_location_missing;
    else if (length > REDIRECT_LIMIT)
        *code = FAULT_redirect_location_long;
    else if (!valid)
        *code = FAULT_redirect_location_invalid;
    else
        return true;
    return false;
}

static void operation_refuse_redirect(struct operation *operation, const char *location)
{
    uint32_t code = FAULT_redirect;
    bool valid = redirect_valid(location, &code);

    if (valid)
        broker_count(operation->broker, COUNTER_redirects);
    operation_audit_verdict(operation, valid ? "redirected" : "denied", code,
                            valid ? location : "the plug-in's redirect is no absolute http URL");
    operation_refuse_with(
        operation, &(struct operation_fault){.code = code, .location = valid ? location : NULL});
}

void operation_recorded(struct operation *operation, const struct record_refusal *refusal)
{
    char text[160];

    if (refusal->code == 0) {
        operation_check(operation);
        return;
    }
    operation_make_decision(operation);
    operation->latency = microseconds() - operation->asked_at;
    if (refusal->location != NULL) {
        broker_count(operation->broker, COUNTER_verdicts_denied);
        operation_refuse_redirect(operation, refusal->location);
        return;
    }
    operation_audit_refused(operation, refusal->lost, refusal->code, refusal->reason);
    if (refusal->lost == AUTHZ_unavailable) {
        operation_refuse_with(operation, &operation_without_body);
    } else if (!refusal->by_user_call) {
        operation_refuse_provider(operation, refusal->code, NULL,
                                  operation->application->settings->authorizer, refusal->extended);
    } else {
        snprintf(text, sizeof(text), "%s; the audit tells why under decision %s.",
                 refusal->code == FAULT_access_denied ? "Access is denied"
                 : refusal->lost == AUTHZ_late
                     ? "Authorization was not decided within the OperationTimeout or the "
                       "service's own limit"
                     : "The user could not be authorized",
                 operation->decision);
        operation_refuse(operation, refusal->code, text);
    }
}

/* What the service's own switches forbid; 0: nothing. */
static uint32_t switched_off(const struct operation *operation)
{
    const struct configuration *configuration = operation->broker->configuration;

    if (!configuration->remote_access && !caller_is_local(&operation->caller))
        return FAULT_remote_access_disabled;
    if (!configuration->remote_shell_access && operation->kind == OPERATION_shell)
        return FAULT_remote_shells_disabled;
    return 0;
}

static void operation_refuse_switched_off(struct operation *operation, uint32_t code)
{
    operation_make_decision(operation);
    operation_audit_refused(operation, AUTHZ_answered, code,
                            code == FAULT_remote_access_disabled
                                ? "remote-access is false and the client is on another machine"
                                : "remote-shell-access is false");
    operation_refuse(operation, code, NULL);
}

static void operation_refuse_busy(struct operation *operation, const struct quota_refusal *refusal)
{
    operation_make_decision(operation);
    broker_count(operation->broker, COUNTER_quota_refusals);
    operation_audit_verdict(operation, "over-quota", refusal->code, refusal->text);
    operation_refuse_with(operation, &(struct operation_fault){.busy = true});
}

void operation_judge(struct operation *operation)
{
    struct quota_refusal refusal = {0};
    uint32_t off = switched_off(operation);

    if (!operation_follows_on(operation))
        operation_make_decision(operation);
    if (off != 0) {
        operation_refuse_switched_off(operation, off);
        return;
    }
    if (!quota_request_check(operation->broker, operation->ending, &refusal)) {
        operation_refuse_busy(operation, &refusal);
        return;
    }
    if (!quota_throttle(operation->application, operation->ending,
                        loop_now(operation->broker->loop), &refusal)) {
        operation_refuse_quota(operation, &refusal);
        return;
    }
    operation->state = OPERATION_at_record;
    operation->asked_at = microseconds();
    record_enter(operation);
}
