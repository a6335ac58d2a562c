/* SPDX-License-Identifier: ISC */

#include "broker/explain.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/authz.h"
#include "broker/broker.h"
#include "broker/configuration_resource.h"
#include "broker/session.h"
#include "faults.h"
#include "operations.h"

struct explain {
    struct application *application;
    struct channel *channel; /* NULL: nobody wants to know any more */
    void (*ended)(void *owner);
    void *owner;
    struct caller caller; /* its texts and token are owned */
    char *url;
    enum operation_kind operation;
    char *action;
    char *resource_uri;
    bool quota_wanted;
    bool administrator;
    struct authz_context user; /* given back at the end */
};

static const struct {
    uint32_t number;
    const char *action;
    const char *shown;
} operations[] = {
#define O(name, number, action, follow_on, shown) [OPERATION_##name] = {number, action, shown},
    OPERATION_TABLE(O)
#undef O
};

/* ---- the end ---- */

static void explain_free(struct explain *explain)
{
    caller_clear(&explain->caller);
    free(explain->url);
    free(explain->action);
    free(explain->resource_uri);
    free(explain);
}

static void explain_audit(const struct explain *explain, const char *verdict, uint32_t code)
{
    struct audit *audit = explain->application->broker->audit;

    audit_begin(audit, "explain");
    audit_text(audit, "application", explain->application->settings->path);
    audit_text(audit, "user", explain->caller.name);
    audit_text(audit, "mechanism", explain->caller.mechanism);
    audit_text(audit, "account", explain->caller.token->account);
    audit_text(audit, "address", explain->caller.address);
    audit_text(audit, "operation", operations[explain->operation].shown);
    audit_text(audit, "action", explain->operation == OPERATION_invoke ? explain->action : NULL);
    audit_text(audit, "resource", explain->resource_uri);
    audit_text(audit, "verdict", verdict);
    if (code != 0)
        audit_number(audit, "code", code);
    audit_end(audit);
}

static void explain_end(struct explain *explain, const char *verdict, uint32_t code)
{
    authz_release(explain->application, &explain->user);
    explain_audit(explain, explain->channel != NULL ? verdict : "abandoned", code);
    if (explain->channel != NULL) {
        channel_send(explain->channel, explain_end, .verdict = verdict);
        explain->ended(explain->owner);
    }
    explain_free(explain);
}

void explain_abandon(struct explain *explain)
{
    if (explain != NULL)
        explain->channel = NULL;
}

/* ---- the answers ---- */

static const char *answer_verdict(const struct authz_answer *answer)
{
    if (answer->lost != AUTHZ_answered)
        return "failed";
    if (answer->code == 0)
        return "allowed";
    return answer->code == FAULT_redirect ? "redirected" : "denied";
}

/* Tells what the plug-in said; false when that is the end, which then has come. */
static bool explain_goes_on(struct explain *explain, const char *call,
                            const struct authz_answer *answer, const struct token *token,
                            const struct quota_limits *quota)
{
    const struct quota_limits none = {0};
    const char *verdict = answer_verdict(answer);
    const char *reason = answer->extended;
    char text[128];

    if (answer->lost != AUTHZ_answered)
        reason = authz_lost_reason(answer->lost, call, text);
    if (explain->channel != NULL)
        channel_send(explain->channel, explain_answer, .call = call, .verdict = verdict,
                     .code = answer->code, .reason = reason,
                     .runs_as = token != NULL ? token->account : NULL,
                     .administrator = answer->administrator, .quota = quota != NULL,
                     .shells = (quota != NULL ? quota : &none)->shells,
                     .operations = (quota != NULL ? quota : &none)->operations,
                     .slot_seconds = (quota != NULL ? quota : &none)->slot_seconds,
                     .slot_operations = (quota != NULL ? quota : &none)->slot_operations);
    if (answer->code == 0 && explain->channel != NULL)
        return true;
    explain_end(explain, verdict, answer->code);
    return false;
}

static struct authz_sender explain_sender(const struct explain *explain)
{
    return (struct authz_sender){.caller = &explain->caller, .url = explain->url};
}

static void operation_answered(void *asker, const struct authz_answer *answer)
{
    struct explain *explain = asker;
    struct authz_context context = answer->context;
    const char *refusal =
        configuration_resource_refusal(explain->resource_uri, explain->administrator);
    struct authz_answer told;

    authz_release(explain->application, &context);
    if (!explain_goes_on(explain, "AuthzOperation", answer, NULL, NULL))
        return;
    if (refusal == NULL) {
        explain_end(explain, "allowed", 0);
        return;
    }
    told = (struct authz_answer){.code = FAULT_access_denied, .extended = refusal};
    explain_goes_on(explain, "winrmd", &told, NULL, NULL);
}

static void ask_operation(struct explain *explain)
{
    const struct authz_sender sender = explain_sender(explain);

    authz_ask_operation(explain->application, &sender, operations[explain->operation].number,
                        explain->action, explain->resource_uri,
                        explain->application->settings->authorization_timeout, operation_answered,
                        explain);
}

static void quota_answered(void *asker, const struct authz_answer *answer)
{
    struct explain *explain = asker;

    if (explain_goes_on(explain, "AuthzQueryQuota", answer, NULL,
                        answer->quota_present ? &answer->quota : NULL))
        ask_operation(explain);
}

static void user_answered(void *asker, const struct authz_answer *answer)
{
    struct explain *explain = asker;
    const struct authz_sender sender = explain_sender(explain);
    struct authz_answer told = *answer;
    const char *unfit;
    struct token *token = token_chosen(explain->application, explain->caller.token, answer, &unfit);
    bool goes_on;

    explain->user = answer->context;
    explain->administrator = answer->administrator;
    if (told.code == 0 && token == NULL) {
        told.code = FAULT_access_denied;
        told.extended = unfit;
    }
    goes_on = explain_goes_on(explain, "AuthzUser", &told, token, NULL);
    token_unref(token);
    if (!goes_on)
        return;
    if (explain->quota_wanted)
        authz_ask_quota(explain->application, &sender,
                        explain->application->settings->authorization_timeout, quota_answered,
                        explain);
    else
        ask_operation(explain);
}

/* ---- the question ---- */

/* Why it cannot be asked, or NULL. */
static const char *explain_problem(const struct application *application,
                                   const struct message_explain_ask *ask)
{
    if (application == NULL || application->removed)
        return "there is no such application";
    if (application->settings->authorizer == NULL)
        return "the application has no authorization plug-in: everything is refused";
    if (ask->operation <= OPERATION_none || ask->operation >= OPERATION_KINDS ||
        operations[ask->operation].number == 0)
        return "the authorization plug-in is not asked about such an operation";
    if (ask->name == NULL || ask->account == NULL || ask->mechanism == NULL ||
        ask->address == NULL || ask->resource_uri == NULL)
        return "the question is not complete";
    if ((ask->operation == OPERATION_invoke) != (ask->action != NULL))
        return "an Invoke has an action of its own, and nothing else has";
    return NULL;
}

struct explain *explain_begin(struct broker *broker, struct channel *channel,
                              const struct message_explain_ask *ask, void (*ended)(void *owner),
                              void *owner)
{
    struct application *application =
        ask->application != NULL ? application_find(broker, ask->application) : NULL;
    const char *problem = explain_problem(application, ask);
    struct explain *explain;
    struct authz_sender sender;

    if (problem != NULL) {
        channel_send(channel, explain_end, .problem = problem);
        return NULL;
    }
    explain = mem_alloc(sizeof(*explain));
    *explain = (struct explain){
        .application = application,
        .channel = channel,
        .ended = ended,
        .owner = owner,
        .caller = {.name = mem_text(ask->name),
                   .mechanism = mem_text(ask->mechanism),
                   .address = mem_text(ask->address),
                   .token = token_new_login(broker, application, ask->account, NULL, &ask->groups)},
        .url = mem_printf("%s%s", broker->configuration->listeners[0].url,
                          application->settings->path),
        .operation = (enum operation_kind)ask->operation,
        .action = mem_text(ask->action != NULL ? ask->action : operations[ask->operation].action),
        .resource_uri = mem_text(ask->resource_uri),
        .quota_wanted = application->settings->authorizer->supports_quota};
    sender = explain_sender(explain);
    authz_ask_user(application, &sender, application->settings->authorization_timeout,
                   user_answered, explain);
    return explain;
}
