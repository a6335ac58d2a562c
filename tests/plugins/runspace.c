/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in that answers clients of MS-PSRP as a runspace pool would, on the public headers
 * alone. It is no PowerShell: of CLIXML it looks for a few words, and the scripts it knows are
 *
 *   echo TEXT    puts TEXT out
 *   large N      puts N letters out in one object
 *   input        puts out what comes as pipeline input, until its end
 *   host         asks the client's host and puts out what that says
 *   wait         runs until it is stopped
 *
 * Each shell and each command has a thread of its own. It alone reports results and completes
 * requests; entry points leave what they have under the lock and wake it. Who has seen what goes
 * into the file `noted`.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "plugins/fragments.h"

/* Codes of PowerShell's own plug-in. */
enum {
    NO_VERSION = (int)0x80540BC7,
    OTHER_VERSION = (int)0x80540BC5,
    NO_CREATION = (int)0x80540BB8
};
enum { FRAGMENT = 32768 };
enum { PIPELINE_STOPPED = 3, PIPELINE_COMPLETED = 4, PIPELINE_FAILED = 5 };

struct output {
    struct output *next;
    struct bytes data;
    PCWSTR state;
};

struct target {
    struct target *shell; /* NULL for a shell itself */
    WSMAN_PLUGIN_REQUEST *request;
    int wake;
    unsigned char pool[16], pipeline[16];
    atomic_uint_fast64_t objects; /* of a shell: how many it has sent */

    pthread_mutex_t lock; /* for what follows */
    struct psrp_inbound inbound;
    WSMAN_PLUGIN_REQUEST *receive;
    bool stop, terminated, over;

    /* the thread's own */
    char *script;
    struct output *first, **last;
    bool done;
};

static char *between(const char *text, const char *begin, const char *end)
{
    const char *from = strstr(text, begin), *to = from ? strstr(from + strlen(begin), end) : NULL;

    return to == NULL ? NULL : strndup(from + strlen(begin), (size_t)(to - from) - strlen(begin));
}

/* ---- what goes out ---- */

static void put(struct target *target, uint32_t type, const char *text, PCWSTR state)
{
    struct target *shell = target->shell ? target->shell : target;
    struct psrp_message message = {.type = type};
    struct output *output = calloc(1, sizeof(*output));

    if (output == NULL)
        abort();
    message.text = (char *)(uintptr_t)text;
    memcpy(message.pool, shell->pool, 16);
    memcpy(message.pipeline, target->pipeline, 16);
    psrp_write(&output->data, 1 + atomic_fetch_add(&shell->objects, 1), &message, FRAGMENT);
    output->state = state;
    *target->last = output;
    target->last = &output->next;
}

static void put_state(struct target *target, int state)
{
    char text[160];

    snprintf(text, sizeof(text),
             "<Obj RefId=\"0\"><MS><I32 N=\"PipelineState\">%d</I32></MS></Obj>", state);
    put(target, PSRP_PIPELINE_STATE, text, WSMAN_COMMAND_STATE_DONE);
    target->done = true;
}

static void put_text(struct target *target, const char *text)
{
    struct bytes object = {0};

    bytes_add_text(&object, "<S>");
    bytes_add_text(&object, text);
    bytes_add(&object, "</S>", 5);
    put(target, PSRP_PIPELINE_OUTPUT, (char *)object.data, NULL);
    bytes_clear(&object);
}

/*
 * Reports a message fragment by fragment, as PowerShell does, and the state with the last of them.
 * The lock is not held: it waits when nobody reads.
 */
static void report(WSMAN_PLUGIN_REQUEST *receive, struct output *output)
{
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY};
    unsigned char *at = output->data.data, *end = at + output->data.length;

    while (at < end) {
        size_t length = psrp_length(at);

        data.binaryData.data = at;
        data.binaryData.dataLength = (DWORD)length;
        at += length;
        WSManPluginReceiveResult(receive, WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY,
                                 WSMAN_STREAM_ID_STDOUT, &data, at < end ? NULL : output->state, 0);
    }
}

static void drop_first(struct target *target)
{
    struct output *output = target->first;

    target->first = output->next;
    if (target->first == NULL)
        target->last = &target->first;
    bytes_clear(&output->data);
    free(output);
}

/* ---- what comes in ---- */

static void run_script(struct target *target)
{
    const char *script = target->script;

    if (strncmp(script, "echo ", 5) == 0) {
        put_text(target, script + 5);
        put_state(target, PIPELINE_COMPLETED);
    } else if (strncmp(script, "large ", 6) == 0) {
        size_t length = strtoul(script + 6, NULL, 10);
        char *letters = malloc(length + 1);

        if (letters == NULL)
            abort();
        memset(letters, 'x', length);
        letters[length] = '\0';
        put_text(target, letters);
        free(letters);
        put_state(target, PIPELINE_COMPLETED);
    } else if (strcmp(script, "host") == 0) {
        put(target, PSRP_PIPELINE_HOST_CALL,
            "<Obj RefId=\"0\"><MS><I64 N=\"ci\">1</I64><Obj N=\"mi\" RefId=\"1\">"
            "<ToString>ReadLine</ToString><I32>11</I32></Obj><Obj N=\"mp\" RefId=\"2\">"
            "<LST /></Obj></MS></Obj>",
            WSMAN_COMMAND_STATE_PENDING);
    } else if (strcmp(script, "wait") != 0 && strcmp(script, "input") != 0) {
        put_state(target, PIPELINE_FAILED);
    }
}

static void start_pipeline(struct target *target, const struct psrp_message *message)
{
    free(target->script);
    memcpy(target->pipeline, message->pipeline, 16);
    target->script = between(message->text, "<S N=\"Cmd\">", "</S>");
    if (target->script != NULL && strcmp(target->script, "Invoke-Expression") == 0) {
        free(target->script);
        target->script = between(message->text, "<S N=\"V\">", "</S>");
    }
    if (target->script == NULL)
        put_state(target, PIPELINE_FAILED);
    else
        run_script(target);
}

static void take_pipeline_message(struct target *target, const struct psrp_message *message)
{
    char *text;

    if (message->type == PSRP_CREATE_PIPELINE) {
        start_pipeline(target, message);
    } else if (message->type == PSRP_PIPELINE_INPUT) {
        text = between(message->text, "<S>", "</S>");
        put_text(target, text ? text : "");
        free(text);
    } else if (message->type == PSRP_END_OF_PIPELINE_INPUT) {
        put_state(target, PIPELINE_COMPLETED);
    } else if (message->type == PSRP_PIPELINE_HOST_RESPONSE) {
        text = between(message->text, "<S N=\"mr\">", "</S>");
        put_text(target, text ? text : "");
        free(text);
        put_state(target, PIPELINE_COMPLETED);
    }
}

#define CAPABILITY                                                               \
    "<Obj RefId=\"0\"><MS><Version N=\"protocolversion\">2.3</Version>"          \
    "<Version N=\"PSVersion\">2.0</Version><Version N=\"SerializationVersion\">" \
    "1.1.0.1</Version></MS></Obj>"
#define PRIVATE_DATA                                                                        \
    "<Obj RefId=\"0\"><MS><Obj N=\"ApplicationPrivateData\" RefId=\"1\"><DCT /></Obj></MS>" \
    "</Obj>"

static void take_pool_message(struct target *target, const struct psrp_message *message)
{
    if (message->type == PSRP_SESSION_CAPABILITY) {
        memcpy(target->pool, message->pool, 16);
    } else if (message->type == PSRP_INIT_RUNSPACEPOOL) {
        put(target, PSRP_SESSION_CAPABILITY, CAPABILITY, NULL);
        put(target, PSRP_APPLICATION_PRIVATE_DATA, PRIVATE_DATA, NULL);
        put(target, PSRP_RUNSPACEPOOL_STATE,
            "<Obj RefId=\"0\"><MS><I32 N=\"RunspaceState\">2</I32></MS></Obj>", NULL);
    } else if (message->type == PSRP_GET_AVAILABLE_RUNSPACES) {
        put(target, PSRP_RUNSPACE_AVAILABILITY,
            "<Obj RefId=\"0\"><MS><I64 N=\"ci\">1</I64>"
            "<I64 N=\"SetMinMaxRunspacesResponse\">1</I64></MS></Obj>",
            NULL);
    }
}

/* Turns what came into output; the lock is held. False when it was no sequence of fragments. */
static bool take_all(struct target *target)
{
    struct psrp_message message;
    int taken;

    while ((taken = psrp_take(&target->inbound, &message)) > 0) {
        kit_note("%s %08x", target->shell ? "pipeline" : "pool", message.type);
        if (target->shell != NULL)
            take_pipeline_message(target, &message);
        else
            take_pool_message(target, &message);
        free(message.text);
    }
    return taken == 0;
}

/* ---- the thread of a target ---- */

static int event_of(WSMAN_PLUGIN_REQUEST *request)
{
    int event = -1;

    if (request != NULL)
        WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &event);
    return event;
}

static void finish(struct target *target, DWORD code)
{
    WSMAN_PLUGIN_REQUEST *receive;

    pthread_mutex_lock(&target->lock);
    target->over = true;
    receive = target->receive;
    target->receive = NULL;
    pthread_mutex_unlock(&target->lock);
    if (receive != NULL)
        WSManPluginOperationComplete(receive, 0, code, NULL);
    WSManPluginOperationComplete(target->request, 0, code, NULL);
}

/* One round of work; true when the target is over. */
static bool step(struct target *target)
{
    WSMAN_PLUGIN_REQUEST *receive;
    bool fine;

    pthread_mutex_lock(&target->lock);
    fine = take_all(target);
    if (target->stop && !target->done && target->shell != NULL)
        put_state(target, PIPELINE_STOPPED);
    if (target->terminated || !fine) {
        pthread_mutex_unlock(&target->lock);
        finish(target, fine ? ERROR_OPERATION_ABORTED : ERROR_INVALID_PARAMETER);
        return true;
    }
    receive = target->receive;
    pthread_mutex_unlock(&target->lock);
    while (receive != NULL && target->first != NULL) {
        report(receive, target->first);
        drop_first(target);
    }
    if (target->done && target->first == NULL) {
        finish(target, NO_ERROR);
        return true;
    }
    return false;
}

static void target_run(void *argument)
{
    struct target *target = argument;
    struct pollfd events[] = {{.fd = target->wake, .events = POLLIN},
                              {.fd = event_of(target->request), .events = POLLIN}};
    uint64_t count;

    for (;;) {
        poll(events, 2, -1);
        if (events[1].revents != 0) {
            finish(target, ERROR_CANCELLED);
            return;
        }
        if (read(target->wake, &count, sizeof(count)) == sizeof(count) && step(target))
            return;
    }
}

static void wake(struct target *target)
{
    uint64_t one = 1;

    if (write(target->wake, &one, sizeof(one)) < 0)
        abort();
}

static struct target *target_new(WSMAN_PLUGIN_REQUEST *request, struct target *shell)
{
    struct target *target = calloc(1, sizeof(*target));

    if (target == NULL)
        abort();
    target->request = request;
    target->shell = shell;
    target->last = &target->first;
    target->wake = eventfd(0, EFD_CLOEXEC);
    pthread_mutex_init(&target->lock, NULL);
    return target;
}

static void target_free(struct target *target)
{
    while (target->first != NULL)
        drop_first(target);
    psrp_forget(&target->inbound);
    pthread_mutex_destroy(&target->lock);
    close(target->wake);
    free(target->script);
    free(target);
}

/* Begins its life with what came in the request that made it, or refuses that. */
static void target_begin(struct target *target, PCWSTR text, size_t length, DWORD refusal)
{
    if (!bytes_add_base64(&target->inbound.fragments, text, length))
        refusal = ERROR_INVALID_PARAMETER;
    if (refusal != NO_ERROR) {
        WSManPluginOperationComplete(target->request, 0, refusal, NULL);
        target_free(target);
        return;
    }
    if (WSManPluginReportContext(target->request, 0, target) != NO_ERROR) {
        WSManPluginOperationComplete(target->request, 0, ERROR_CANCELLED, NULL);
        target_free(target);
        return;
    }
    wake(target);
    kit_run(target_run, target);
}

/* ---- entry points ---- */

KIT_STARTUP_AND_SHUTDOWN

/* The text content of the one element that a client sends beside its own. */
static PCWSTR content_of(const WSMAN_DATA *data, size_t *length)
{
    size_t begin = 0, end, count = data != NULL ? data->text.bufferLength : 0;
    PCWSTR text = data != NULL ? data->text.buffer : NULL;

    while (begin < count && text[begin] != '>')
        begin++;
    begin++;
    for (end = begin; end < count && text[end] != '<';)
        end++;
    *length = end < count ? end - begin : 0;
    return *length > 0 ? text + begin : NULL;
}

/* PowerShell's plug-in wants version 2 of the protocol. */
static DWORD version_refusal(const WSMAN_PLUGIN_REQUEST *request)
{
    const WSMAN_OPTION_SET *set = &request->operationInfo->optionSet;

    for (DWORD i = 0; i < set->optionsCount; i++)
        if (kit_is(set->options[i].name, "protocolversion"))
            return set->options[i].value[0] == '2' && set->options[i].value[1] == '.'
                       ? NO_ERROR
                       : (DWORD)OTHER_VERSION;
    return (DWORD)NO_VERSION;
}

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    size_t length;
    PCWSTR creation = content_of(inbound, &length);
    DWORD refusal = version_refusal(request);

    (void)pluginContext;
    (void)flags;
    (void)startup;
    if (refusal == NO_ERROR && creation == NULL)
        refusal = (DWORD)NO_CREATION;
    target_begin(target_new(request, NULL), creation, length, refusal);
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    struct target *target = target_new(request, shellContext);
    size_t length = 0;

    (void)flags;
    (void)commandLine;
    if (arguments != NULL && arguments->argsCount > 0)
        while (arguments->args[0][length] != 0)
            length++;
    target_begin(target, arguments ? arguments->args[0] : NULL, length,
                 length > 0 ? NO_ERROR : ERROR_INVALID_PARAMETER);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inbound)
{
    struct target *target = commandContext ? commandContext : shellContext;

    (void)flags;
    kit_note("%s by %s", target->shell ? "pipeline" : "pool",
             kit_is(stream, "pr") ? "pr" : "stdin");
    pthread_mutex_lock(&target->lock);
    bytes_add(&target->inbound.fragments, inbound->binaryData.data, inbound->binaryData.dataLength);
    pthread_mutex_unlock(&target->lock);
    wake(target);
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streams)
{
    struct target *target = commandContext ? commandContext : shellContext;
    bool over;

    (void)flags;
    (void)streams;
    pthread_mutex_lock(&target->lock);
    over = target->over;
    if (!over)
        target->receive = request;
    pthread_mutex_unlock(&target->lock);
    if (over)
        WSManPluginOperationComplete(request, 0, ERROR_OPERATION_ABORTED, NULL);
    else
        wake(target);
}

static bool ends_with(PCWSTR code, const char *end)
{
    char plain[128] = "";
    size_t length = 0;

    while (code[length] != 0 && length < sizeof(plain) - 1) {
        plain[length] = (char)code[length];
        length++;
    }
    return length >= strlen(end) && strcasecmp(plain + length - strlen(end), end) == 0;
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    struct target *target = commandContext ? commandContext : shellContext;

    (void)flags;
    pthread_mutex_lock(&target->lock);
    if (ends_with(code, "/signal/terminate"))
        target->terminated = true;
    else if (ends_with(code, "powershell/signal/crtl_c") ||
             ends_with(code, "powershell/signal/ctrl_c"))
        target->stop = true;
    pthread_mutex_unlock(&target->lock);
    wake(target);
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

static struct bytes connect_response(struct target *shell)
{
    struct psrp_message message = {.type = PSRP_SESSION_CAPABILITY};
    char capability[] = CAPABILITY;
    char data[] = "<Obj RefId=\"0\"><MS><I32 N=\"MaxRunspaces\">1</I32>"
                  "<I32 N=\"MinRunspaces\">1</I32></MS></Obj>";
    struct bytes fragments = {0}, base64 = {0};

    memcpy(message.pool, shell->pool, 16);
    message.text = capability;
    psrp_write(&fragments, 1 + atomic_fetch_add(&shell->objects, 1), &message, FRAGMENT);
    message.type = PSRP_RUNSPACEPOOL_INIT_DATA;
    message.text = data;
    psrp_write(&fragments, 1 + atomic_fetch_add(&shell->objects, 1), &message, FRAGMENT);
    bytes_write_base64(&base64, &fragments);
    bytes_clear(&fragments);
    return base64;
}

/* A new client joins: the pool says again what it can, and hands its data over
 * (MS-PSRP 3.1.5.3.27). */
VOID WINAPI WSManPluginConnect(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_DATA *inbound)
{
    static const char begin[] =
        "<connectResponseXml xmlns=\"http://schemas.microsoft.com/powershell\">";
    static const char end[] = "</connectResponseXml>";
    struct bytes plain = {0}, base64;
    size_t length;
    WCHAR *text;

    (void)flags;
    kit_note("connect %s", commandContext ? "pipeline" : "pool");
    if (commandContext != NULL) {
        WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
        return;
    }
    if (content_of(inbound, &length) == NULL) {
        WSManPluginOperationComplete(request, 0, ERROR_INVALID_PARAMETER, NULL);
        return;
    }
    base64 = connect_response(shellContext);
    bytes_add_text(&plain, begin);
    bytes_add(&plain, base64.data, base64.length);
    bytes_add_text(&plain, end);
    text = calloc(plain.length + 1, sizeof(*text));
    if (text == NULL)
        abort();
    for (size_t i = 0; i < plain.length; i++)
        text[i] = plain.data[i];
    WSManPluginOperationComplete(request, 0, NO_ERROR, text);
    free(text);
    bytes_clear(&base64);
    bytes_clear(&plain);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    target_free(shellContext);
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    (void)shellContext;
    target_free(commandContext);
}
