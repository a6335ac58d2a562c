/* SPDX-License-Identifier: ISC */

/*
 * Authorization from a rule file (rules.h), as a plug-in on the public headers alone. The file is
 * named by the initialization parameter Rules. One that is missing or wrong at start-up means that
 * the plug-in does not start and nobody gets in; one that changes later is taken over by itself
 * (rulebook.h).
 *
 * Each grant carries a context that counts in its application until the host gives it back, so that
 * a lost or doubled release shows at shutdown. Every completion is made inside its call, from any
 * number of threads; no call waits for anything but the reading of a changed rule file.
 */

#define WSMAN_API_VERSION_1_1

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

#include "common/utf16.h"
#include "policy/complain.h"
#include "policy/parameter.h"
#include "policy/rulebook.h"

#define GROUPS_LENGTH (64 * 1024) /* code units; a token with more of them is refused */

struct application {
    struct rulebook *book;
    atomic_ulong user_contexts;
    atomic_ulong operation_contexts;
};

/* What is reported with a grant: knows which count it is part of. */
struct grant {
    atomic_ulong *count;
};

/* Who a call is about, in UTF-8. */
struct subject {
    char *account;
    char *groups;
    char *mechanism;
    struct rules_address address; /* read for operations alone */
};

static struct grant *grant_new(atomic_ulong *count)
{
    struct grant *grant = malloc(sizeof(*grant));

    if (grant) {
        grant->count = count;
        atomic_fetch_add(count, 1);
    }
    return grant;
}

static void grant_free(struct grant *grant)
{
    if (!grant)
        return;
    atomic_fetch_sub(grant->count, 1);
    free(grant);
}

/* Reads one of a handle's texts as UTF-8; NULL when the host does not give it. */
static char *read_text(DWORD(WINAPI *get)(HANDLE, PWSTR, DWORD *), HANDLE handle)
{
    WCHAR fixed[512];
    PWSTR buffer = fixed;
    DWORD length = sizeof(fixed) / sizeof(fixed[0]);
    DWORD error = get(handle, buffer, &length);
    char *text = NULL;

    if (error == ERROR_INSUFFICIENT_BUFFER && length <= GROUPS_LENGTH) {
        buffer = calloc(length, sizeof(*buffer));
        error = buffer ? get(handle, buffer, &length) : ERROR_NOT_ENOUGH_MEMORY;
    }
    if (error == NO_ERROR)
        text = utf16_to_utf8(buffer);
    if (buffer != fixed)
        free(buffer);
    return text;
}

static void subject_free(struct subject *subject)
{
    free(subject->account);
    free(subject->groups);
    free(subject->mechanism);
}

/*
 * The rules speak of the account a client turned out to be, not of how it spelled its name; only
 * where there is no account behind the client does its name stand for it, without groups.
 */
static bool subject_read(const WSMAN_SENDER_DETAILS *sender, struct subject *subject)
{
    *subject = (struct subject){0};
    if (sender->clientToken) {
        subject->account = read_text(WSManLinuxGetTokenAccount, sender->clientToken);
        subject->groups = read_text(WSManLinuxGetTokenGroups, sender->clientToken);
    } else if (sender->senderName) {
        subject->account = utf16_to_utf8(sender->senderName);
        subject->groups = strdup("");
    }
    if (sender->authenticationMechanism)
        subject->mechanism = utf16_to_utf8(sender->authenticationMechanism);
    if (subject->account && subject->groups && *subject->account != '\0')
        return true;
    subject_free(subject);
    *subject = (struct subject){0};
    return false;
}

/* Where the client of an operation is; false when the host does not say. */
static bool subject_locate(WSMAN_SENDER_DETAILS *sender, struct subject *subject)
{
    WCHAR wide[128];
    DWORD length = sizeof(wide) / sizeof(wide[0]);
    char *text = NULL;
    bool known;

    if (WSManLinuxGetClientAddress(sender, wide, &length) == NO_ERROR)
        text = utf16_to_utf8(wide);
    known = text && rules_address_read(text, &subject->address);
    free(text);
    return known;
}

static struct rules_client client_of(const struct subject *subject)
{
    return (struct rules_client){.account = subject->account,
                                 .groups = subject->groups,
                                 .mechanism = subject->mechanism,
                                 .address = subject->address};
}

static PWSTR format_reason(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A text for a completion; NULL, which is allowed there, when it cannot be made. */
static PWSTR format_reason(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    int length;
    PWSTR result;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    result = utf16_from_utf8(text);
    free(text);
    return result;
}

static PWSTR denial_reason(const char *list, unsigned line, const char *text)
{
    return format_reason("the %s rule in line %u denies%s%s", list, line, text ? ": " : "",
                         text ? text : "");
}

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    char *parameters = extraInfo ? utf16_to_utf8(extraInfo) : NULL;
    char *path = parameters ? parameter_find(parameters, "Rules") : NULL;
    struct application *application = calloc(1, sizeof(*application));
    DWORD result = ERROR_INVALID_PARAMETER;

    (void)flags;
    (void)applicationIdentification;
    if (!application) {
        result = ERROR_NOT_ENOUGH_MEMORY;
    } else if (!path || *path == '\0') {
        complain("no rule file is named: write <Param Name=\"Rules\" Value=\"FILE\"/> into the "
                 "InitializationParameters of this plug-in");
    } else if ((application->book = rulebook_open(path))) {
        *pluginContext = application;
        application = NULL;
        result = NO_ERROR;
    }
    free(application);
    free(path);
    free(parameters);
    return result;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    struct application *application = pluginContext;
    unsigned long users = atomic_load(&application->user_contexts);
    unsigned long operations = atomic_load(&application->operation_contexts);

    (void)flags;
    (void)reason;
    if (users || operations) {
        /* Something may still release them: better to keep the counts they point to. */
        complain("stopped with %lu user and %lu operation contexts not released", users,
                 operations);
        return ERROR_INVALID_OPERATION;
    }
    rulebook_close(application->book);
    free(application);
    return NO_ERROR;
}

static void refuse_user(WSMAN_SENDER_DETAILS *sender, DWORD code, PWSTR text)
{
    WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, code, text);
    free(text);
}

static PWSTR run_as_reason(const struct user_rule *rule, DWORD error)
{
    if (error == ERROR_ACCESS_DENIED)
        return format_reason("the user rule in line %u runs as %s, which this application may not "
                             "map to: write %s into may-map-to of the application in winrmd.conf, "
                             "or take run-as out of the rule",
                             rule->line, rule->run_as, rule->run_as);
    return format_reason("the user rule in line %u runs as %s, and no token can be made for it "
                         "(error %u)",
                         rule->line, rule->run_as, (unsigned)error);
}

/* The token of the rule's run-as; false when the host does not make one, and the user is refused.
 */
static bool make_token(WSMAN_SENDER_DETAILS *sender, const struct user_rule *rule, HANDLE *token)
{
    PWSTR account = utf16_from_utf8(rule->run_as);
    DWORD error = account ? WSManLinuxCreateToken(sender, account, token) : ERROR_NOT_ENOUGH_MEMORY;

    free(account);
    if (error != NO_ERROR)
        refuse_user(sender, ERROR_ACCESS_DENIED, run_as_reason(rule, error));
    return error == NO_ERROR;
}

static void grant_user(struct application *application, WSMAN_SENDER_DETAILS *sender,
                       const struct user_rule *rule)
{
    HANDLE token = sender->clientToken;
    struct grant *grant;

    if (rule->run_as && !make_token(sender, rule, &token))
        return;
    grant = grant_new(&application->user_contexts);
    if (grant && WSManPluginAuthzUserComplete(sender, 0, grant, token, rule->administrator,
                                              NO_ERROR, NULL) == NO_ERROR)
        return; /* the context and a token made here are the host's now */
    if (!grant)
        refuse_user(sender, ERROR_NOT_ENOUGH_MEMORY, NULL);
    grant_free(grant);
    if (rule->run_as)
        WSManLinuxCloseToken(token);
}

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *senderDetails,
                                 DWORD flags)
{
    struct application *application = pluginContext;
    const struct user_rule *rule;
    const struct rules *rules;
    struct rules_client client;
    struct subject subject;

    (void)flags;
    if (!subject_read(senderDetails, &subject)) {
        refuse_user(senderDetails, ERROR_ACCESS_DENIED,
                    format_reason("the account and groups of the client cannot be read"));
        return;
    }
    client = client_of(&subject);
    rules = rulebook_take(application->book);
    rule = rules_judge_user(rules, &client);
    if (!rule)
        refuse_user(senderDetails, ERROR_ACCESS_DENIED,
                    format_reason("no user rule names %s", subject.account));
    else if (rule->verdict == RULES_ALLOW)
        grant_user(application, senderDetails, rule);
    else if (rule->verdict == RULES_REDIRECT)
        refuse_user(senderDetails, ERROR_WSMAN_REDIRECT_REQUESTED, utf16_from_utf8(rule->text));
    else
        refuse_user(senderDetails, ERROR_ACCESS_DENIED,
                    denial_reason("user", rule->line, rule->text));
    rulebook_return(application->book, rules);
    subject_free(&subject);
}

static WSMAN_AUTHZ_QUOTA quota_of(const struct user_rule *rule)
{
    return (WSMAN_AUTHZ_QUOTA){
        .maxAllowedConcurrentShells = rule->quota.shells,
        .maxAllowedConcurrentOperations = rule->quota.operations,
        .timeslotSize = rule->quota.slot_seconds,
        .maxAllowedOperationsPerTimeslot = rule->quota.slot_operations,
    };
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *senderDetails,
                                       DWORD flags)
{
    struct application *application = pluginContext;
    WSMAN_AUTHZ_QUOTA quota = {0};
    struct subject subject;
    DWORD error = ERROR_ACCESS_DENIED;

    (void)flags;
    if (subject_read(senderDetails, &subject)) {
        const struct rules_client client = client_of(&subject);
        const struct rules *rules = rulebook_take(application->book);
        const struct user_rule *rule = rules_judge_user(rules, &client);

        if (rule && rule->verdict == RULES_ALLOW) {
            quota = quota_of(rule);
            error = NO_ERROR;
        }
        rulebook_return(application->book, rules);
        subject_free(&subject);
    }
    WSManPluginAuthzQueryQuotaComplete(senderDetails, 0, &quota, error, NULL);
}

static void refuse_operation(WSMAN_SENDER_DETAILS *sender, DWORD code, PWSTR text)
{
    WSManPluginAuthzOperationComplete(sender, 0, NULL, code, text);
    free(text);
}

static void grant_operation(struct application *application, WSMAN_SENDER_DETAILS *sender)
{
    struct grant *grant = grant_new(&application->operation_contexts);

    if (!grant)
        refuse_operation(sender, ERROR_NOT_ENOUGH_MEMORY, NULL);
    else if (WSManPluginAuthzOperationComplete(sender, 0, grant, NO_ERROR, NULL) != NO_ERROR)
        grant_free(grant);
}

/* Who it is has been read; where he is, only when a rule asks for it. */
static void judge_operation(struct application *application, WSMAN_SENDER_DETAILS *sender,
                            struct subject *subject, DWORD operation, const char *uri)
{
    const struct rules *rules = rulebook_take(application->book);
    const struct operation_rule *rule;
    struct rules_client client;

    if (rules->networks && !subject_locate(sender, subject)) {
        refuse_operation(sender, ERROR_ACCESS_DENIED,
                         format_reason("the address of the client cannot be read"));
        rulebook_return(application->book, rules);
        return;
    }
    client = client_of(subject);
    rule = rules_judge_operation(rules, &client, operation, uri);
    if (!rule)
        refuse_operation(sender, ERROR_ACCESS_DENIED,
                         format_reason("no operation rule allows this to %s", subject->account));
    else if (rule->verdict == RULES_ALLOW)
        grant_operation(application, sender);
    else
        refuse_operation(sender, ERROR_ACCESS_DENIED,
                         denial_reason("operation", rule->line, rule->text));
    rulebook_return(application->book, rules);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *senderDetails,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    char *uri = resourceUri ? utf16_to_utf8(resourceUri) : NULL;
    struct subject subject;

    (void)flags;
    (void)action;
    if (uri && subject_read(senderDetails, &subject)) {
        judge_operation(pluginContext, senderDetails, &subject, operation, uri);
        subject_free(&subject);
    } else {
        refuse_operation(senderDetails, ERROR_ACCESS_DENIED,
                         format_reason("the client or the resource cannot be read"));
    }
    free(uri);
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID userAuthorizationContext)
{
    grant_free(userAuthorizationContext);
}
