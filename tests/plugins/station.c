/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in that does what it is sent. Each piece of input, for a command or for the shell
 * itself, is one step:
 *
 *   out:TEXT  out2:TEXT     a result of the first or second output stream
 *   text:TEXT               the same as WSMAN_DATA_TYPE_TEXT
 *   flush:TEXT  bound:TEXT  the same with a flag: FLUSH, DATA_BOUNDARY, and NO_MORE_DATA
 *   end:TEXT
 *   state:STATE             a state alone; a word for one of the three of the header
 *   with:STATE|TEXT         a state with a result
 *   done:NUMBER             Done with that exit code
 *   last:TEXT               a result, and the command or shell is completed with 0
 *   stop:CODE  finish:CODE  completes the receive; the command or shell; both, in this order
 *   both:CODE
 *   parameters              notes what the host tells of the operation, the receive and this send
 *   free                    gives the texts of the operation and the receive back
 *
 * What is cancelled it completes with 1223; with the option HOLD of the Create not before the shell
 * is cancelled too, so that the order can be seen. The same library is an authorization plug-in
 * that lets everybody do everything. It notes what it sees and is told; in the end, whether
 * everything that was begun has been completed and given back.
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugins/kit.h"

enum { TEXT_SIZE = 512, TARGETS = 16, CALLS = 1024 };

/* The shell or one of its commands. A request that is complete is NULL: it is not looked at again.
 */
struct target {
    const char *name;
    WSMAN_PLUGIN_REQUEST *operation;
    WSMAN_PLUGIN_REQUEST *receive;
    bool released;
};

struct text {
    char plain[TEXT_SIZE];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct target targets[TARGETS]; /* the first is the shell */
static unsigned target_count;
static bool hold;
static bool shell_cancelled;
static const void *calls[CALLS]; /* each request there was */
static unsigned call_count;
static unsigned completions;
static unsigned completions_refused;
static WCHAR outputs[2][64];
static int home;

/* ---- texts ---- */

static struct text plain_of(PCWSTR wide, size_t length)
{
    struct text text = {"none"};
    size_t used = 0;

    if (wide == NULL)
        return text;
    for (; used < length && used < TEXT_SIZE - 1 && wide[used] != 0; used++)
        text.plain[used] = wide[used] < 0x7f ? (char)wide[used] : '?';
    text.plain[used] = '\0';
    return text;
}

#define PLAIN(wide) (plain_of((wide), TEXT_SIZE).plain)

static void widen(const char *plain, WCHAR *wide, size_t size)
{
    size_t i = 0;

    for (; plain[i] != '\0' && i < size - 1; i++)
        wide[i] = (WCHAR)(unsigned char)plain[i];
    wide[i] = 0;
}

static void note_data(const char *who, const char *what, DWORD number, DWORD said,
                      const WSMAN_DATA *data)
{
    if (said != NO_ERROR)
        kit_note("%s %s %u: error %u\n", who, what, (unsigned)number, (unsigned)said);
    else if (data->type == WSMAN_DATA_TYPE_TEXT)
        kit_note("%s %s %u: %s of %u\n", who, what, (unsigned)number, PLAIN(data->text.buffer),
                 (unsigned)data->text.bufferLength);
    else if (data->type == WSMAN_DATA_TYPE_DWORD)
        kit_note("%s %s %u: %u\n", who, what, (unsigned)number, (unsigned)data->number);
    else
        kit_note("%s %s %u: type %u\n", who, what, (unsigned)number, (unsigned)data->type);
}

/* ---- calls and their completion ---- */

static void begin_call(const void *request)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < call_count; i++)
        if (calls[i] == request)
            kit_note("an address is used again\n");
    if (call_count < CALLS)
        calls[call_count++] = request;
    pthread_mutex_unlock(&lock);
}

static void complete(WSMAN_PLUGIN_REQUEST *request, DWORD code, const char *text)
{
    WCHAR wide[TEXT_SIZE];
    DWORD said;

    widen(text, wide, TEXT_SIZE);
    said = WSManPluginOperationComplete(request, 0, code, wide);
    pthread_mutex_lock(&lock);
    completions += said == NO_ERROR;
    completions_refused += said != NO_ERROR;
    pthread_mutex_unlock(&lock);
}

/* Takes a request out of its target: whoever does so has to complete it. */
static WSMAN_PLUGIN_REQUEST *take(WSMAN_PLUGIN_REQUEST **place)
{
    WSMAN_PLUGIN_REQUEST *request;

    pthread_mutex_lock(&lock);
    request = *place;
    *place = NULL;
    pthread_mutex_unlock(&lock);
    return request;
}

static void complete_of(WSMAN_PLUGIN_REQUEST **place, DWORD code, const char *text)
{
    WSMAN_PLUGIN_REQUEST *request = take(place);

    if (request != NULL)
        complete(request, code, text);
}

/* ---- cancellation ---- */

static bool is_cancelled(const WSMAN_PLUGIN_REQUEST *request)
{
    return __atomic_load_n(&request->shutdownNotification, __ATOMIC_ACQUIRE) == TRUE;
}

/* Lock held: of what stands below `target` (of itself: its receive), how many are not cancelled. */
static unsigned not_cancelled_below(const struct target *target)
{
    unsigned count = target->receive != NULL && !is_cancelled(target->receive);

    for (unsigned i = 1; target == &targets[0] && i < target_count; i++) {
        count += targets[i].operation != NULL && !is_cancelled(targets[i].operation);
        count += targets[i].receive != NULL && !is_cancelled(targets[i].receive);
    }
    return count;
}

static bool handle_is_signalled(const WSMAN_PLUGIN_REQUEST *request)
{
    struct pollfd waiting = {.fd = -1, .events = POLLIN};

    /* Set after the flag, and meanwhile we look. */
    return WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &waiting.fd) ==
               NO_ERROR &&
           poll(&waiting, 1, 60000) == 1;
}

struct watch {
    struct target *target;
    WSMAN_PLUGIN_REQUEST **place;
    const char *what;
};

static bool watch_look(const struct watch *watch)
{
    bool is_operation = watch->place == &watch->target->operation;
    bool seen;

    pthread_mutex_lock(&lock);
    seen = *watch->place != NULL && is_cancelled(*watch->place);
    if (seen)
        kit_note("%s of %s is cancelled, handle %d, %u below it are not\n", watch->what,
                 watch->target->name, handle_is_signalled(*watch->place),
                 is_operation ? not_cancelled_below(watch->target) : 0);
    if (seen && is_operation && watch->target == &targets[0])
        shell_cancelled = true;
    pthread_mutex_unlock(&lock);
    return seen;
}

static bool still_there(WSMAN_PLUGIN_REQUEST **place)
{
    bool there;

    pthread_mutex_lock(&lock);
    there = *place != NULL;
    pthread_mutex_unlock(&lock);
    return there;
}

static bool may_complete(void)
{
    bool may;

    pthread_mutex_lock(&lock);
    may = !hold || shell_cancelled;
    pthread_mutex_unlock(&lock);
    return may;
}

static void watch_run(void *argument)
{
    struct watch *watch = argument;
    WSMAN_PLUGIN_REQUEST *request = NULL;

    while (still_there(watch->place) && !watch_look(watch))
        usleep(2000);
    while (still_there(watch->place) && !may_complete())
        usleep(2000);
    request = take(watch->place);
    if (request != NULL && watch->place == &watch->target->receive)
        kit_note("%s result after cancellation: %u\n", watch->target->name,
                 (unsigned)WSManPluginReceiveResult(request, 0, NULL, NULL, NULL, 0));
    if (request != NULL)
        complete(request, ERROR_CANCELLED, "cancelled");
    free(watch);
}

static void watch(struct target *target, WSMAN_PLUGIN_REQUEST **place, const char *what)
{
    struct watch *made = malloc(sizeof(*made));

    if (made == NULL)
        abort();
    *made = (struct watch){.target = target, .place = place, .what = what};
    kit_run(watch_run, made);
}

/* ---- steps ---- */

static void note_parameters(const char *who, WSMAN_PLUGIN_REQUEST *request)
{
    for (DWORD i = 1; request != NULL && i <= 6; i++) {
        WSMAN_DATA data = {.type = WSMAN_DATA_NONE};

        note_data(who, "parameter", i, WSManPluginGetOperationParameters(request, i, &data), &data);
    }
}

static void note_freed(const struct target *target, const char *what, WSMAN_PLUGIN_REQUEST *request)
{
    int event = -1;
    DWORD said = WSManPluginFreeRequestDetails(request);
    DWORD told = WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &event);

    kit_note("%s of %s is freed: %u, cancelled %u, event %u %d\n", what, target->name,
             (unsigned)said, (unsigned)is_cancelled(request), (unsigned)told, event >= 0);
}

static PCWSTR state_of(const char *name, WCHAR *room, size_t size)
{
    if (strcmp(name, "running") == 0)
        return WSMAN_COMMAND_STATE_RUNNING;
    if (strcmp(name, "pending") == 0)
        return WSMAN_COMMAND_STATE_PENDING;
    widen(name, room, size);
    return room;
}

static void push(struct target *target, DWORD flags, const WCHAR *stream, const char *data,
                 bool as_text, PCWSTR state, DWORD exit_code)
{
    WCHAR wide[TEXT_SIZE];
    WSMAN_DATA result = {.type = WSMAN_DATA_TYPE_BINARY};
    WSMAN_PLUGIN_REQUEST *receive;

    widen(data != NULL ? data : "", wide, TEXT_SIZE);
    result.binaryData.data = (BYTE *)(uintptr_t)data;
    result.binaryData.dataLength = data != NULL ? (DWORD)strlen(data) : 0;
    if (as_text) {
        result.type = WSMAN_DATA_TYPE_TEXT;
        result.text.buffer = wide;
        result.text.bufferLength = (DWORD)strlen(data);
    }
    pthread_mutex_lock(&lock);
    receive = target->receive;
    pthread_mutex_unlock(&lock);
    kit_note("%s result: %u\n", target->name,
             (unsigned)WSManPluginReceiveResult(receive, flags, stream,
                                                data != NULL ? &result : NULL, state, exit_code));
}

static void step(struct target *target, WSMAN_PLUGIN_REQUEST *send, char *text)
{
    char *value = strchr(text, ':');
    char *data = strchr(text, '|');
    WCHAR room[TEXT_SIZE];
    DWORD number;

    if (value != NULL)
        *value++ = '\0';
    else
        value = text + strlen(text);
    if (data != NULL)
        *data++ = '\0';
    number = (DWORD)strtoul(value, NULL, 10);
    if (strcmp(text, "out") == 0)
        push(target, 0, outputs[0], value, false, NULL, 0);
    else if (strcmp(text, "out2") == 0)
        push(target, 0, outputs[1], value, false, NULL, 0);
    else if (strcmp(text, "text") == 0)
        push(target, 0, outputs[0], value, true, NULL, 0);
    else if (strcmp(text, "flush") == 0)
        push(target, WSMAN_FLAG_RECEIVE_FLUSH, outputs[0], value, false, NULL, 0);
    else if (strcmp(text, "bound") == 0)
        push(target, WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY, outputs[0], value, false, NULL, 0);
    else if (strcmp(text, "end") == 0)
        push(target, WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA, outputs[0], value, false, NULL, 0);
    else if (strcmp(text, "state") == 0)
        push(target, 0, NULL, NULL, false, state_of(value, room, TEXT_SIZE), 0);
    else if (strcmp(text, "with") == 0)
        push(target, 0, outputs[0], data, false, state_of(value, room, TEXT_SIZE), 0);
    else if (strcmp(text, "done") == 0)
        push(target, 0, NULL, NULL, false, WSMAN_COMMAND_STATE_DONE, number);
    else if (strcmp(text, "last") == 0) {
        push(target, 0, outputs[0], value, false, NULL, 0);
        complete_of(&target->operation, NO_ERROR, "");
    } else if (strcmp(text, "stop") == 0 || strcmp(text, "both") == 0)
        complete_of(&target->receive, number, "stopped");
    else if (strcmp(text, "parameters") == 0) {
        note_parameters(target->name, target->operation);
        note_parameters("receive", target->receive);
        note_parameters("send", send);
    } else if (strcmp(text, "free") == 0) {
        note_freed(target, "operation", target->operation);
        note_freed(target, "receive", target->receive);
    }
    if (strcmp(text, "finish") == 0 || strcmp(text, "both") == 0)
        complete_of(&target->operation, number, "finished");
}

/* ---- entry points ---- */

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    WSMAN_DATA name = {.type = WSMAN_DATA_NONE};

    (void)flags;
    (void)application;
    (void)extraInfo;
    *pluginContext = &home;
    WSManPluginGetConfiguration(&home, WSMAN_PLUGIN_PARAMS_NAME, &name);
    for (DWORD i = 0; i <= 6; i++) {
        WSMAN_DATA data = {.type = WSMAN_DATA_NONE};

        note_data(PLAIN(name.text.buffer), "configuration", i,
                  WSManPluginGetConfiguration(&home, i, &data), &data);
    }
    kit_note("%s configuration for a stranger: %u, without room: %u\n", PLAIN(name.text.buffer),
             (unsigned)WSManPluginGetConfiguration(NULL, WSMAN_PLUGIN_PARAMS_NAME, &name),
             (unsigned)WSManPluginGetConfiguration(&home, WSMAN_PLUGIN_PARAMS_NAME, NULL));
    kit_note("%s completion: %u, with flags: %u\n", PLAIN(name.text.buffer),
             (unsigned)WSManPluginReportCompletion(&home, 0),
             (unsigned)WSManPluginReportCompletion(&home, 1));
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    unsigned released = 0;

    (void)pluginContext;
    (void)flags;
    kit_wait();
    for (unsigned i = 0; i < target_count; i++)
        released += targets[i].released;
    if (target_count > 0)
        kit_note("shutdown %u: %u not complete, %u refused, %u of %u released\n", (unsigned)reason,
                 call_count - completions, completions_refused, released, target_count);
    return NO_ERROR;
}

static void note_options(const char *who, const WSMAN_PLUGIN_REQUEST *request)
{
    const WSMAN_OPERATION_INFOEX *info = (const WSMAN_OPERATION_INFOEX *)request->operationInfo;

    kit_note("%s version %u, selector %s, must understand %u, locales %s %s\n", who,
             (unsigned)info->version, PLAIN(info->selectorSet.keys[0].value),
             (unsigned)info->optionSet.optionsMustUnderstand, PLAIN(info->uiLocale),
             PLAIN(info->dataLocale));
    for (DWORD i = 0; i < info->optionSet.optionsCount; i++) {
        const WSMAN_OPTION *option = &info->optionSet.options[i];
        PCWSTR *types = info->optionSet.optionTypes;

        kit_note("%s option %s = %s, must %u, type %s\n", who, PLAIN(option->name),
                 PLAIN(option->value), (unsigned)option->mustComply,
                 types != NULL ? PLAIN(types[i]) : "unknown");
        hold = hold || kit_is(option->name, "HOLD");
    }
}

static void note_startup(const WSMAN_SHELL_STARTUP_INFO *startup, const WSMAN_DATA *inbound)
{
    kit_note("shell name %s, folder %s, idle %u\n", PLAIN(startup->name),
             PLAIN(startup->workingDirectory), (unsigned)startup->idleTimeoutMs);
    for (DWORD i = 0; i < startup->inputStreamSet->streamIDsCount; i++)
        kit_note("shell input %u: %s\n", (unsigned)i, PLAIN(startup->inputStreamSet->streamIDs[i]));
    for (DWORD i = 0; i < startup->outputStreamSet->streamIDsCount; i++)
        kit_note("shell output %u: %s\n", (unsigned)i,
                 PLAIN(startup->outputStreamSet->streamIDs[i]));
    for (DWORD i = 0; startup->variableSet != NULL && i < startup->variableSet->varsCount; i++)
        kit_note("shell variable %s = %s\n", PLAIN(startup->variableSet->vars[i].name),
                 PLAIN(startup->variableSet->vars[i].value));
    if (inbound != NULL)
        note_data("shell", "inbound", 0, NO_ERROR, inbound);
}

static struct target *target_new(const char *name, WSMAN_PLUGIN_REQUEST *operation)
{
    struct target *target;

    pthread_mutex_lock(&lock);
    if (target_count == TARGETS)
        abort();
    target = &targets[target_count++];
    target->name = name;
    target->operation = operation;
    pthread_mutex_unlock(&lock);
    return target;
}

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    struct target *target = target_new("shell", request);

    (void)pluginContext;
    (void)flags;
    begin_call(request);
    note_options("shell", request);
    note_startup(startup, inbound);
    for (DWORD i = 0; i < 2 && i < startup->outputStreamSet->streamIDsCount; i++)
        widen(PLAIN(startup->outputStreamSet->streamIDs[i]), outputs[i], 64);
    watch(target, &target->operation, "operation");
    WSManPluginReportContext(request, 0, target);
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    struct target *target = target_new("command", request);

    (void)flags;
    (void)shellContext;
    begin_call(request);
    note_options("command", request);
    kit_note("command line %s\n", PLAIN(commandLine));
    for (DWORD i = 0; arguments != NULL && i < arguments->argsCount; i++)
        kit_note("command argument %s\n", PLAIN(arguments->args[i]));
    watch(target, &target->operation, "operation");
    WSManPluginReportContext(request, 0, target);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inbound)
{
    struct target *target = commandContext != NULL ? commandContext : shellContext;
    char text[TEXT_SIZE];

    begin_call(request);
    snprintf(text, sizeof(text), "%.*s", (int)inbound->binaryData.dataLength,
             (const char *)inbound->binaryData.data);
    kit_note("%s input of %s, flags %u: %s\n", target->name, PLAIN(stream), (unsigned)flags, text);
    while (!still_there(&target->receive) && !is_cancelled(request))
        usleep(2000);
    if (is_cancelled(request)) {
        complete(request, ERROR_CANCELLED, "cancelled");
        return;
    }
    step(target, request, text);
    complete(request, NO_ERROR, "");
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streams)
{
    struct target *target = commandContext != NULL ? commandContext : shellContext;

    (void)flags;
    begin_call(request);
    for (DWORD i = 0; i < streams->streamIDsCount; i++)
        kit_note("%s receives %s\n", target->name, PLAIN(streams->streamIDs[i]));
    pthread_mutex_lock(&lock);
    target->receive = request;
    pthread_mutex_unlock(&lock);
    watch(target, &target->receive, "receive");
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    struct target *target = commandContext != NULL ? commandContext : shellContext;

    (void)flags;
    begin_call(request);
    kit_note("%s signal %s\n", target->name, PLAIN(code));
    if (kit_is(code, "parameters"))
        note_parameters("signal", request);
    complete(request, kit_is(code, "unknown") ? 31 : NO_ERROR, "there is no such signal");
}

static void release(struct target *target)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 1; target == &targets[0] && i < target_count; i++)
        if (!targets[i].released)
            kit_note("a command is released after its shell\n");
    if (target->released || target->operation != NULL || target->receive != NULL)
        kit_note("%s is released too early or twice\n", target->name);
    target->released = true;
    pthread_mutex_unlock(&lock);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    release(shellContext);
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    (void)shellContext;
    release(commandContext);
}

/* ---- as an authorization plug-in ---- */

KIT_AUTHZ_USER
{
    kit_allow_user(sender);
}

KIT_ALLOW_OPERATIONS
KIT_QUOTA
KIT_RELEASE
