/* SPDX-License-Identifier: ISC */

/* What winrmctl says to the host of a plug-in under trial, and what it hears from it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "ctl/plugin_trial.h"
#include "methods.h"
#include "operations.h"

enum { REDIRECT_REQUESTED = 2150859161u, GROUP_SIZE = 16 };

static const struct {
    const char *action;
    const char *shown;
} operations[] = {
#define O(name, number, action, follow_on, shown) [OPERATION_##name] = {action, shown},
    OPERATION_TABLE(O)
#undef O
};

const char *trial_entry(enum message_type type)
{
    switch (type) {
    case MESSAGE_authz_user:
        return "WSManPluginAuthzUser";
    case MESSAGE_authz_quota:
        return "WSManPluginAuthzQueryQuota";
    default:
        return "WSManPluginAuthzOperation";
    }
}

const char *trial_call_text(const struct trial_call *call, char text[128])
{
    const struct trial_user *user = call->user;

    if (user->shown != NULL)
        snprintf(text, 128, "%s of %s", trial_entry(call->type), user->shown);
    else
        snprintf(text, 128, "%s of \"%.60s\"", trial_entry(call->type), user->name);
    return text;
}

/* ---- asking ---- */

struct groups {
    char names[LIMIT_GROUPS][GROUP_SIZE];
    struct ipc_item items[LIMIT_GROUPS];
};

static struct ipc_items groups_make(struct groups *groups, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        snprintf(groups->names[i], GROUP_SIZE, "group%u", i);
        groups->items[i] = (struct ipc_item){.name = groups->names[i]};
    }
    return (struct ipc_items){.item = groups->items, .count = count};
}

static void call_trace(const struct trial *trial, const struct trial_call *call, size_t number)
{
    const struct trial_user *user = call->user;
    const char *operation =
        call->type == MESSAGE_authz_operation ? operations[call->operation].shown : NULL;

    char text[128];

    trial_trace(trial, "call %zu: %s, account %s%s%s, %u groups%s%s", number,
                trial_call_text(call, text), user->account != NULL ? "\"" : "none",
                user->account != NULL ? user->account : "", user->account != NULL ? "\"" : "",
                user->groups, operation != NULL ? ", operation " : "",
                operation != NULL ? operation : "");
}

#define SENDER(number, user, groups)                                                          \
    .call = (number), .name = (user)->name, .mechanism = MECHANISM_BASIC, .url = (user)->url, \
    .address = "192.0.2.1", .locale = "en-US", .account = (user)->account, .groups = (groups)

struct trial_call *trial_ask(struct trial *trial, enum message_type type,
                             const struct trial_user *user, uint32_t operation)
{
    static struct groups room;
    struct ipc_items groups;
    struct trial_call *call;
    uint64_t number;

    if (trial->over || trial->count == TRIAL_CALLS)
        return NULL;
    call = &trial->calls[trial->count];
    number = ++trial->count;
    *call = (struct trial_call){.type = type, .user = user, .operation = operation};
    groups = groups_make(&room, user->groups);
    trial->settings->calls++;
    call_trace(trial, call, number);
    if (type == MESSAGE_authz_user)
        channel_send(trial->channel, authz_user, SENDER(number, user, groups));
    else if (type == MESSAGE_authz_quota)
        channel_send(trial->channel, authz_quota, SENDER(number, user, groups));
    else
        channel_send(trial->channel, authz_operation, SENDER(number, user, groups),
                     .operation = operation, .action = operations[operation].action,
                     .resource_uri = operation == OPERATION_get ? "" : user->url);
    return call;
}

void trial_close(struct trial *trial, struct trial_call *call)
{
    if (call == NULL || trial->over || call->answered || call->closed)
        return;
    call->closed = true;
    trial_trace(trial, "call %zu: closed, as at its deadline", call - trial->calls + 1);
    channel_send(trial->channel, authz_close, .call = (uint64_t)(call - trial->calls) + 1);
}

static void context_give_back(struct trial *trial, uint64_t context)
{
    trial->released++;
    trial_trace(trial, "context %llu goes back", (unsigned long long)context);
    channel_send(trial->channel, authz_release, .context = context);
}

void trial_release(struct trial *trial, struct trial_call *call)
{
    if (call == NULL || trial->over || call->context == 0)
        return;
    context_give_back(trial, call->context);
    call->context = 0;
}

void trial_open_calls(const struct trial *trial, char *text, size_t size)
{
    const struct trial_call *one = NULL;
    char shown[128];
    unsigned open = 0;

    for (size_t i = 0; i < trial->count; i++) {
        const struct trial_call *call = &trial->calls[i];

        if (!call->answered && !call->closed) {
            one = one != NULL ? one : call;
            open++;
        }
    }
    text[0] = '\0';
    if (open == 1)
        snprintf(text, size, "    when this was open: %s\n", trial_call_text(one, shown));
    else if (open > 1)
        snprintf(text, size, "    when %u calls were open\n", open);
}

/* ---- hearing ---- */

static void on_started(struct channel *channel, const union message_body *body)
{
    struct trial *trial = channel_owner(channel);
    const struct message_host_started *told = &body->host_started;

    channel_set_state(channel, CHANNEL_serving);
    trial->started = true;
    trial->start_code = told->code;
    if (told->code != 0)
        report_wrong(trial->report, NULL, "winrmd would not use it: %s",
                     told->text != NULL ? told->text : "no reason given");
    loop_stop(trial->loop);
}

/* The open call that is answered, or NULL; a context for nobody goes back at once. */
static struct trial_call *call_answered(struct trial *trial, uint64_t number, uint64_t context,
                                        uint32_t code)
{
    struct trial_call *call =
        number > 0 && number <= trial->count ? &trial->calls[number - 1] : NULL;

    trial->settings->contexts += context != 0;
    if (call == NULL || call->closed || call->answered) {
        if (context != 0)
            context_give_back(trial, context);
        return NULL;
    }
    call->answered = true;
    call->code = code;
    call->context = context;
    loop_stop(trial->loop);
    return call;
}

static void answer_trace(const struct trial *trial, uint64_t number, uint32_t code,
                         uint64_t context, const char *more, const char *extended)
{
    trial_trace(trial, "call %llu: completed with code %u, context %llu%s%s%s%s",
                (unsigned long long)number, code, (unsigned long long)context, more,
                extended != NULL ? ", \"" : "", extended != NULL ? extended : "",
                extended != NULL ? "\"" : "");
}

static bool is_address(const char *text)
{
    return text != NULL && (text_starts(text, "http://") || text_starts(text, "https://"));
}

static void on_user_answer(struct channel *channel, const union message_body *body)
{
    static const char *const tokens[] = {"no token", "the client's token", "a token for "};
    struct trial *trial = channel_owner(channel);
    const struct message_authz_user_answer *told = &body->authz_user_answer;
    char more[LIMIT_NAME + 64];

    snprintf(more, sizeof(more), ", %s%s, %s", tokens[told->token % 3],
             told->account != NULL ? told->account : "",
             told->administrator ? "administrator" : "no administrator");
    answer_trace(trial, told->call, told->code, told->context, more, told->extended);
    call_answered(trial, told->call, told->context, told->code);
    if (told->code == REDIRECT_REQUESTED && !is_address(told->extended))
        report_wrong(
            trial->report, NULL,
            "WSManPluginAuthzUser was completed with ERROR_WSMAN_REDIRECT_REQUESTED and "
            "no http or https address: the client gets 2150859178, 2150859190 or 2150859191");
}

static void on_quota_answer(struct channel *channel, const union message_body *body)
{
    struct trial *trial = channel_owner(channel);
    const struct message_authz_quota_answer *told = &body->authz_quota_answer;
    char more[160] = ", no quota";

    if (told->present)
        snprintf(more, sizeof(more), ", %u shells, %u operations, slots of %u s with %u operations",
                 told->shells, told->operations, told->slot_seconds, told->slot_operations);
    answer_trace(trial, told->call, told->code, 0, more, told->extended);
    call_answered(trial, told->call, 0, told->code);
}

static void on_operation_answer(struct channel *channel, const union message_body *body)
{
    struct trial *trial = channel_owner(channel);
    const struct message_authz_operation_answer *told = &body->authz_operation_answer;

    answer_trace(trial, told->call, told->code, told->context, "", told->extended);
    call_answered(trial, told->call, told->context, told->code);
    if (told->code == REDIRECT_REQUESTED)
        report_wrong(trial->report, NULL,
                     "WSManPluginAuthzOperation was completed with ERROR_WSMAN_REDIRECT_REQUESTED: "
                     "only WSManPluginAuthzUser may redirect");
}

/* A call closed at its deadline may well be completed later: that is what completions are for. */
static void on_stray(struct channel *channel, const union message_body *body)
{
    struct trial *trial = channel_owner(channel);
    const char *function = body->authz_stray.function;
    char *cause = mem_text(body->authz_stray.cause != NULL ? body->authz_stray.cause : "?");
    char *more = strstr(cause, " (");

    if (function == NULL)
        function = "a completion";
    trial_trace(trial, "%s was called with %s", function, cause);
    /* How many were left out differs from run to run. */
    if (more != NULL && strstr(more, " more before it)") != NULL)
        *more = '\0';
    if (strcmp(cause, "a call that is complete already") == 0)
        report_wrong(trial->report, NULL, "completed a call twice: %s was called for %s", function,
                     cause);
    else if (strcmp(cause, "a call closed at its deadline") != 0)
        report_wrong(trial->report, NULL, "%s was called with %s", function, cause);
    free(cause);
}

/* ---- the trace ---- */

static void entered_or_returned(struct trial *trial, const struct message_host_traced *told,
                                bool entered)
{
    const char *entry = told->entry != NULL ? told->entry : "?";
    struct trial_call *call =
        told->number > 0 && told->number <= trial->count ? &trial->calls[told->number - 1] : NULL;

    if (strcmp(entry, "WSManPluginAuthzReleaseContext") == 0) {
        trial->taken += !entered;
        trial->releasing += entered ? 1u : -1u;
    } else if (strcmp(entry, "WSManPluginShutdown") == 0) {
        trial->shutdown_entered = true;
        trial->shutdown_returned = !entered;
    } else if (call != NULL && entered) {
        call->entered = true;
    } else if (call != NULL) {
        call->returned = true;
    }
}

static void trace_show(const struct trial *trial, const struct message_host_traced *told)
{
    const char *entry = told->entry != NULL ? told->entry : "?";
    char number[32] = "";

    if (told->number > 0)
        snprintf(number, sizeof(number), "(%llu)", (unsigned long long)told->number);
    if (told->event == TRACE_entered)
        trial_trace(trial, "%s%s entered", entry, number);
    else if (told->event == TRACE_returned && strncmp(entry, "WSManPluginS", 12) == 0)
        trial_trace(trial, "%s%s returned %u", entry, number, told->value);
    else if (told->event == TRACE_returned)
        trial_trace(trial, "%s%s returned", entry, number);
}

/* No mistake: a service that may not map to the account refuses it in the same way. */
static void on_mapping(const struct trial *trial, const char *account)
{
    trial_trace(trial, "WSManLinuxCreateToken returned 5: no token is made for \"%s\"", account);
    report_note(trial->report,
                "asked for a token for \"%s\" and got none: --may-map-to \"%s\" lets it, as "
                "may-map-to in winrmd.conf does",
                account, account);
}

static void on_traced(struct channel *channel, const union message_body *body)
{
    struct trial *trial = channel_owner(channel);
    const struct message_host_traced *told = &body->host_traced;

    trace_show(trial, told);
    if (told->event == TRACE_entered || told->event == TRACE_returned)
        entered_or_returned(trial, told, told->event == TRACE_entered);
    if (told->event == TRACE_returned && trial->shutdown_returned && told->value != 0)
        report_wrong(trial->report, NULL, "WSManPluginShutdown returned %u", told->value);
    if (told->event == TRACE_unwritten)
        report_note(trial->report,
                    "WSManPluginStartup never writes its pluginContext: the other entry points "
                    "get NULL here, and elsewhere whatever was there");
    if (told->event == TRACE_mapping && told->entry != NULL)
        on_mapping(trial, told->entry);
    if (told->event == TRACE_threads && told->value > 0)
        report_wrong(trial->report, NULL,
                     "WSManPluginShutdown returned before %u thread%s of the plug-in had ended",
                     told->value, told->value == 1 ? "" : "s");
    loop_stop(trial->loop);
}

const channel_handler trial_handlers[MESSAGE_COUNT] = {
    [MESSAGE_host_started] = on_started,
    [MESSAGE_host_traced] = on_traced,
    [MESSAGE_authz_user_answer] = on_user_answer,
    [MESSAGE_authz_quota_answer] = on_quota_answer,
    [MESSAGE_authz_operation_answer] = on_operation_answer,
    [MESSAGE_authz_stray] = on_stray,
};
