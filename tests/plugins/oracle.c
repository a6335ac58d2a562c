/* SPDX-License-Identifier: ISC */

/*
 * Answers as the test has written down, and notes what it saw and what the host said, as one JSON
 * object a line in `noted`. The file `say`, read anew at each call, has lines
 *
 *   CALL USER [word ...] [text=the rest of the line]
 *
 * and the first one for the call (user, quota, operation, startup, shutdown; * is any) and the
 * user (* is any) holds; what none is written for succeeds. The words:
 *
 *   code=N            complete with this code        flags=N    pass these flags, then none
 *   admin             userIsAdministrator            null       NULL for senderDetails, then it
 *   token=none        instead of the client's own    token=NAME one made for that account
 *   context=none      report none                    context=shared  the same one each time
 *   gate=FILE         from another thread, when the test has made that file
 *   thread            from another thread            quota=null no quota with success
 *   shells=N operations=N seconds=N messages=N       the quota
 *   unwritten         the context of the start-up is not written
 */
#include "plugins/kit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum call_kind { CALL_user, CALL_quota, CALL_operation };

static const char *const call_names[] = {"user", "quota", "operation"};

struct saying {
    unsigned code;
    unsigned flags;
    bool admin;
    bool null;
    bool thread;
    bool quota_null;
    bool unwritten;
    char token[64];
    char context[16];
    char gate[64];
    WSMAN_AUTHZ_QUOTA quota;
    char text[4096];
};

struct job {
    enum call_kind kind;
    WSMAN_SENDER_DETAILS *sender;
    struct saying saying;
};

/* What ReleaseContext gets; never freed, so that a second release is seen as one. */
struct context {
    struct context *next;
    unsigned reported;
    unsigned released;
    enum call_kind kind;
    char user[64];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct context *contexts;
static struct context *shared;
static char home;

/* ---- what to say ---- */

static bool word_number(const char *word, const char *name, unsigned *number)
{
    size_t length = strlen(name);

    if (strncmp(word, name, length) != 0)
        return false;
    *number = (unsigned)strtoul(word + length, NULL, 0);
    return true;
}

static bool word_text(const char *word, const char *name, char *text, size_t size)
{
    size_t length = strlen(name);

    if (strncmp(word, name, length) != 0)
        return false;
    snprintf(text, size, "%s", word + length);
    return true;
}

static void saying_word(struct saying *saying, const char *word)
{
    saying->admin = saying->admin || strcmp(word, "admin") == 0;
    saying->null = saying->null || strcmp(word, "null") == 0;
    saying->thread = saying->thread || strcmp(word, "thread") == 0;
    saying->quota_null = saying->quota_null || strcmp(word, "quota=null") == 0;
    saying->unwritten = saying->unwritten || strcmp(word, "unwritten") == 0;
    (void)(word_number(word, "code=", &saying->code) ||
           word_number(word, "flags=", &saying->flags) ||
           word_number(word, "shells=", &saying->quota.maxAllowedConcurrentShells) ||
           word_number(word, "operations=", &saying->quota.maxAllowedConcurrentOperations) ||
           word_number(word, "seconds=", &saying->quota.timeslotSize) ||
           word_number(word, "messages=", &saying->quota.maxAllowedOperationsPerTimeslot) ||
           word_text(word, "token=", saying->token, sizeof(saying->token)) ||
           word_text(word, "context=", saying->context, sizeof(saying->context)) ||
           word_text(word, "gate=", saying->gate, sizeof(saying->gate)));
}

static bool saying_parse(struct saying *saying, char *line, const char *call, const char *user)
{
    char *text = strstr(line, " text=");
    char *rest;
    char *word;

    line[strcspn(line, "\n")] = '\0';
    if (text != NULL) {
        snprintf(saying->text, sizeof(saying->text), "%s", text + 6);
        *text = '\0';
    }
    word = strtok_r(line, " ", &rest);
    if (word == NULL || (strcmp(word, "*") != 0 && strcmp(word, call) != 0))
        return false;
    word = strtok_r(NULL, " ", &rest);
    if (word == NULL || (strcmp(word, "*") != 0 && strcmp(word, user) != 0))
        return false;
    while ((word = strtok_r(NULL, " ", &rest)) != NULL)
        saying_word(saying, word);
    return true;
}

static struct saying saying_find(const char *call, const char *user)
{
    static const struct saying empty = {
        .quota = {.maxAllowedConcurrentShells = 1000, .maxAllowedConcurrentOperations = 1000}};
    struct saying saying = empty;
    FILE *file = fopen("say", "re");
    char line[8192];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (saying_parse(&saying, line, call, user))
            break;
        saying = empty;
    }
    if (file != NULL)
        fclose(file);
    return saying;
}

/* ---- what was seen ---- */

/* A text as a JSON string; "null" without one. */
static const char *json(char *out, size_t size, PCWSTR text)
{
    size_t used = 1;

    if (text == NULL)
        return "null";
    out[0] = '"';
    for (size_t i = 0; text[i] != 0 && used + 8 < size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7e || text[i] == '"' || text[i] == '\\')
            used += (size_t)snprintf(out + used, size - used, "\\u%04x", (unsigned)text[i]);
        else
            out[used++] = (char)text[i];
    }
    out[used++] = '"';
    out[used] = '\0';
    return out;
}

static const char *certificate_json(char *out, size_t size,
                                    const WSMAN_CERTIFICATE_DETAILS *details)
{
    char text[4][1400];

    if (details == NULL)
        return "null";
    snprintf(out, size,
             "{\"subject\": %s, \"issuer\": %s, \"thumbprint\": %s, \"subject_name\": %s}",
             json(text[0], sizeof(text[0]), details->subject),
             json(text[1], sizeof(text[1]), details->issuerName),
             json(text[2], sizeof(text[2]), details->issuerThumbprint),
             json(text[3], sizeof(text[3]), details->subjectName));
    return out;
}

static void plain_name(char *out, size_t size, PCWSTR text)
{
    size_t used = 0;

    for (; text != NULL && text[used] != 0 && used + 1 < size; used++)
        out[used] = text[used] < 0x7f ? (char)text[used] : '?';
    out[used] = '\0';
}

static void note_call(enum call_kind kind, PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                      DWORD flags, DWORD operation, PCWSTR action, PCWSTR uri)
{
    char text[8][1400];
    char certificate[4 * 1400];
    WCHAR language[128];
    WCHAR account[128];
    WCHAR address[128];
    DWORD room = 128;
    DWORD address_room = 128;
    DWORD language_room = 128;
    bool known = WSManLinuxGetTokenAccount(sender->clientToken, account, &room) == NO_ERROR;
    bool placed = WSManLinuxGetClientAddress(sender, address, &address_room) == NO_ERROR;
    bool spoken = WSManLinuxGetThreadLanguage(language, &language_room) == NO_ERROR;

    kit_note("{\"call\": \"%s\", \"mine\": %s, \"flags\": %u, \"name\": %s, \"mechanism\": %s, "
             "\"certificate\": %s, \"token\": %s, \"url\": %s, \"address\": %s, "
             "\"language\": %s, \"operation\": %u, \"action\": %s, \"uri\": %s}\n",
             call_names[kind], pluginContext == &home ? "true" : "false", (unsigned)flags,
             json(text[0], sizeof(text[0]), sender->senderName),
             json(text[1], sizeof(text[1]), sender->authenticationMechanism),
             certificate_json(certificate, sizeof(certificate), sender->certificateDetails),
             json(text[2], sizeof(text[2]), known ? account : NULL),
             json(text[3], sizeof(text[3]), sender->httpURL),
             json(text[4], sizeof(text[4]), placed ? address : NULL),
             json(text[7], sizeof(text[7]), spoken ? language : NULL), (unsigned)operation,
             json(text[5], sizeof(text[5]), action), json(text[6], sizeof(text[6]), uri));
}

static void note_said(const char *what, const char *user, DWORD said)
{
    kit_note("{\"said\": %u, \"to\": \"%s\", \"user\": \"%s\"}\n", (unsigned)said, what, user);
}

/* ---- contexts ---- */

static struct context *context_new(const struct saying *saying, enum call_kind kind,
                                   const char *user)
{
    struct context *context;

    if (strcmp(saying->context, "none") == 0)
        return NULL;
    pthread_mutex_lock(&lock);
    context = strcmp(saying->context, "shared") == 0 ? shared : NULL;
    if (context == NULL) {
        context = calloc(1, sizeof(*context));
        context->kind = kind;
        snprintf(context->user, sizeof(context->user), "%s", user);
        context->next = contexts;
        contexts = context;
        if (strcmp(saying->context, "shared") == 0)
            shared = context;
    }
    context->reported++;
    pthread_mutex_unlock(&lock);
    return context;
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID userAuthorizationContext)
{
    struct context *context;
    bool right = false;

    pthread_mutex_lock(&lock);
    for (context = contexts; context != NULL && context != userAuthorizationContext;)
        context = context->next;
    if (context != NULL)
        right = ++context->released <= context->reported;
    pthread_mutex_unlock(&lock);
    if (right)
        kit_note("{\"released\": \"%s\", \"user\": \"%s\"}\n", call_names[context->kind],
                 context->user);
    else
        kit_note("{\"wrong\": \"a release of what was not reported\"}\n");
}

/* ---- completions ---- */

static DWORD complete(const struct job *job, WSMAN_SENDER_DETAILS *sender, unsigned flags,
                      PVOID context, HANDLE token, PCWSTR text)
{
    WSMAN_AUTHZ_QUOTA quota = job->saying.quota;

    switch (job->kind) {
    case CALL_user:
        return WSManPluginAuthzUserComplete(sender, flags, context, token, job->saying.admin,
                                            job->saying.code, text);
    case CALL_quota:
        return WSManPluginAuthzQueryQuotaComplete(
            sender, flags, job->saying.quota_null ? NULL : &quota, job->saying.code, text);
    default:
        return WSManPluginAuthzOperationComplete(sender, flags, context, job->saying.code, text);
    }
}

static HANDLE job_token(const struct job *job)
{
    WCHAR name[64];
    HANDLE token = NULL;
    DWORD said;
    size_t i = 0;

    if (job->kind != CALL_user || strcmp(job->saying.token, "none") == 0)
        return NULL;
    if (job->saying.token[0] == '\0')
        return job->sender->clientToken;
    for (; job->saying.token[i] != '\0'; i++)
        name[i] = (WCHAR)job->saying.token[i];
    name[i] = 0;
    said = WSManLinuxCreateToken(job->sender, name, &token);
    note_said("create-token", job->saying.token, said);
    return said == NO_ERROR ? token : job->sender->clientToken;
}

static void job_do(struct job *job)
{
    char user[64];
    WCHAR text[4096];
    size_t length = strlen(job->saying.text);
    PVOID context;
    HANDLE token;
    DWORD said;

    plain_name(user, sizeof(user), job->sender->senderName);
    context = job->kind != CALL_quota ? context_new(&job->saying, job->kind, user) : NULL;
    token = job_token(job);
    for (size_t i = 0; i <= length; i++)
        text[i] = (WCHAR)(unsigned char)job->saying.text[i];
    if (job->saying.null)
        note_said("null", user, complete(job, NULL, 0, context, token, NULL));
    if (job->saying.flags != 0) {
        said = complete(job, job->sender, job->saying.flags, context, token, NULL);
        note_said("flags", user, said);
    }
    said = complete(job, job->sender, 0, context, token, length > 0 ? text : NULL);
    if (said != NO_ERROR && context != NULL) {
        /* It was not taken. */
        pthread_mutex_lock(&lock);
        ((struct context *)context)->reported--;
        pthread_mutex_unlock(&lock);
    }
    note_said(call_names[job->kind], user, said);
    free(job);
}

static void job_run(void *argument)
{
    struct job *job = argument;

    if (job->saying.gate[0] != '\0')
        kit_wait_for_file(job->saying.gate);
    job_do(job);
}

static void answer(enum call_kind kind, WSMAN_SENDER_DETAILS *sender)
{
    struct job *job = calloc(1, sizeof(*job));
    char user[64];

    plain_name(user, sizeof(user), sender->senderName);
    job->kind = kind;
    job->sender = sender;
    job->saying = saying_find(call_names[kind], user);
    if (job->saying.thread || job->saying.gate[0] != '\0')
        kit_run(job_run, job);
    else
        job_do(job);
}

/* ---- entry points ---- */

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    struct saying saying = saying_find("startup", "-");
    char text[2][1400];

    kit_note("{\"startup\": %s, \"flags\": %u, \"extra\": %s, \"preset\": %s}\n",
             json(text[0], sizeof(text[0]), application), (unsigned)flags,
             json(text[1], sizeof(text[1]), extraInfo), *pluginContext == NULL ? "null" : "true");
    if (!saying.unwritten)
        *pluginContext = &home;
    return saying.code;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    unsigned missing = 0;

    kit_wait();
    pthread_mutex_lock(&lock);
    for (struct context *context = contexts; context != NULL; context = context->next)
        missing += context->reported - context->released;
    pthread_mutex_unlock(&lock);
    kit_note("{\"shutdown\": %u, \"flags\": %u, \"mine\": %s, \"missing\": %u}\n", (unsigned)reason,
             (unsigned)flags, pluginContext == &home ? "true" : "false", missing);
    return saying_find("shutdown", "-").code;
}

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    note_call(CALL_user, pluginContext, sender, flags, 0, NULL, NULL);
    answer(CALL_user, sender);
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                       DWORD flags)
{
    note_call(CALL_quota, pluginContext, sender, flags, 0, NULL, NULL);
    answer(CALL_quota, sender);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    note_call(CALL_operation, pluginContext, sender, flags, operation, action, resourceUri);
    answer(CALL_operation, sender);
}
