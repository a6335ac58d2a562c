/* SPDX-License-Identifier: ISC */

/*
 * Authorization from a rule file (rules.h), as a plug-in on the public headers alone. The file is
 * named by the initialization parameter Rules and read once, at start-up: a file that is missing or
 * wrong means that the plug-in does not start and nobody gets in.
 *
 * Each grant carries a context that counts in its application until the host gives it back, so that
 * a lost or doubled release shows at shutdown. Nothing else changes after start-up, and no call
 * waits for anything: every completion is made inside its call, from any number of threads.
 */

#define WSMAN_API_VERSION_1_1

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

#include "common/utf16.h"
#include "policy/parameter.h"
#include "policy/rules.h"

#define GROUPS_LENGTH (64 * 1024) /* code units; a token with more of them is refused */

struct application {
    struct rules rules;
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
};

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void complain(const char *format, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(stderr, "policy: %s\n", text);
}

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

/* Reads one of the token's texts as UTF-8; NULL when the host does not give it. */
static char *read_token(DWORD(WINAPI *get)(HANDLE, PWSTR, DWORD *), HANDLE token)
{
    WCHAR fixed[512];
    PWSTR buffer = fixed;
    DWORD length = sizeof(fixed) / sizeof(fixed[0]);
    DWORD error = get(token, buffer, &length);
    char *text = NULL;

    if (error == ERROR_INSUFFICIENT_BUFFER && length <= GROUPS_LENGTH) {
        buffer = calloc(length, sizeof(*buffer));
        error = buffer ? get(token, buffer, &length) : ERROR_NOT_ENOUGH_MEMORY;
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
}

/*
 * The rules speak of the account a client turned out to be, not of how it spelled its name; only
 * where there is no account behind the client does its name stand for it, without groups.
 */
static bool subject_read(const WSMAN_SENDER_DETAILS *sender, struct subject *subject)
{
    *subject = (struct subject){0};
    if (sender->clientToken) {
        subject->account = read_token(WSManLinuxGetTokenAccount, sender->clientToken);
        subject->groups = read_token(WSManLinuxGetTokenGroups, sender->clientToken);
    } else if (sender->senderName) {
        subject->account = utf16_to_utf8(sender->senderName);
        subject->groups = strdup("");
    }
    if (subject->account && subject->groups && *subject->account != '\0')
        return true;
    subject_free(subject);
    *subject = (struct subject){0};
    return false;
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

static char *read_file(const char *path, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    char *bytes = NULL;
    size_t used = 0;
    ssize_t count;

    if (fd < 0 || fstat(fd, &status) != 0) {
        complain("cannot open %s: %s", path, strerror(errno));
        goto out;
    }
    if (!S_ISREG(status.st_mode)) {
        complain("%s is no regular file: name one in the parameter Rules", path);
        goto out;
    }
    /* One byte more than is allowed tells a file that is too large, or that grows meanwhile. */
    bytes = malloc(RULES_FILE_SIZE + 1);
    if (!bytes) {
        complain("cannot read %s: out of memory", path);
        goto out;
    }
    while (used <= RULES_FILE_SIZE &&
           (count = read(fd, bytes + used, RULES_FILE_SIZE + 1 - used)) != 0) {
        if (count < 0) {
            complain("cannot read %s: %s", path, strerror(errno));
            free(bytes);
            bytes = NULL;
            goto out;
        }
        used += (size_t)count;
    }
    *size = used;
out:
    if (fd >= 0)
        close(fd);
    return bytes;
}

static bool load_rules(const char *path, struct rules *rules)
{
    struct rules_error error;
    size_t size;
    char *bytes = read_file(path, &size);
    bool result;

    if (!bytes)
        return false;
    result = rules_parse(bytes, size, rules, &error);
    if (!result && error.line)
        complain("%s:%u: %s", path, error.line, error.text);
    else if (!result)
        complain("%s: %s", path, error.text);
    free(bytes);
    return result;
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
    } else if (load_rules(path, &application->rules)) {
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
    rules_free(&application->rules);
    free(application);
    return NO_ERROR;
}

static void refuse_user(WSMAN_SENDER_DETAILS *sender, DWORD code, PWSTR text)
{
    WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, code, text);
    free(text);
}

static void grant_user(struct application *application, WSMAN_SENDER_DETAILS *sender,
                       const struct user_rule *rule)
{
    struct grant *grant = grant_new(&application->user_contexts);

    if (!grant)
        refuse_user(sender, ERROR_NOT_ENOUGH_MEMORY, NULL);
    else if (WSManPluginAuthzUserComplete(sender, 0, grant, sender->clientToken,
                                          rule->administrator, NO_ERROR, NULL) != NO_ERROR)
        grant_free(grant);
}

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *senderDetails,
                                 DWORD flags)
{
    struct application *application = pluginContext;
    struct subject subject;
    const struct user_rule *rule;

    (void)flags;
    if (!subject_read(senderDetails, &subject)) {
        refuse_user(senderDetails, ERROR_ACCESS_DENIED,
                    format_reason("the account and groups of the client cannot be read"));
        return;
    }
    rule = rules_judge_user(&application->rules, &(struct rules_client){.account = subject.account,
                                                                        .groups = subject.groups});
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
    subject_free(&subject);
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *senderDetails,
                                       DWORD flags)
{
    struct application *application = pluginContext;
    const struct user_rule *rule = NULL;
    WSMAN_AUTHZ_QUOTA quota = {0};
    struct subject subject;
    DWORD error = ERROR_ACCESS_DENIED;

    (void)flags;
    if (subject_read(senderDetails, &subject)) {
        rule =
            rules_judge_user(&application->rules, &(struct rules_client){.account = subject.account,
                                                                         .groups = subject.groups});
        subject_free(&subject);
    }
    if (rule && rule->verdict == RULES_ALLOW) {
        quota = (WSMAN_AUTHZ_QUOTA){
            .maxAllowedConcurrentShells = rule->quota.shells,
            .maxAllowedConcurrentOperations = rule->quota.operations,
            .timeslotSize = rule->quota.slot_seconds,
            .maxAllowedOperationsPerTimeslot = rule->quota.slot_operations,
        };
        error = NO_ERROR;
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

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *senderDetails,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    struct application *application = pluginContext;
    char *uri = resourceUri ? utf16_to_utf8(resourceUri) : NULL;
    struct subject subject;
    const struct operation_rule *rule;

    (void)flags;
    (void)action;
    if (!uri || !subject_read(senderDetails, &subject)) {
        free(uri);
        refuse_operation(senderDetails, ERROR_ACCESS_DENIED,
                         format_reason("the client or the resource cannot be read"));
        return;
    }
    rule = rules_judge_operation(
        &application->rules,
        &(struct rules_client){.account = subject.account, .groups = subject.groups}, operation,
        uri);
    if (!rule)
        refuse_operation(senderDetails, ERROR_ACCESS_DENIED,
                         format_reason("no operation rule allows this to %s", subject.account));
    else if (rule->verdict == RULES_ALLOW)
        grant_operation(application, senderDetails);
    else
        refuse_operation(senderDetails, ERROR_ACCESS_DENIED,
                         denial_reason("operation", rule->line, rule->text));
    subject_free(&subject);
    free(uri);
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID userAuthorizationContext)
{
    grant_free(userAuthorizationContext);
}
