/* SPDX-License-Identifier: ISC */

/* The beginning and the end of a command, and its signals. */

#define WSMAN_API_VERSION_1_1

#include "cmd/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <wsman_linux.h>
#include <wsmerror.h>

#include "cmd/command_line.h"
#include "cmd/options.h"
#include "cmd/program.h"
#include "common/utf16.h"

#ifndef ERROR_BAD_EXE_FORMAT
#define ERROR_BAD_EXE_FORMAT 193U
#endif

static const struct {
    PCWSTR code;
    int number;
} signals[] = {
    {WSMAN_SIGNAL_SHELL_CODE_TERMINATE, SIGKILL},
    {WSMAN_SIGNAL_SHELL_CODE_CTRL_C, SIGINT},
    {WSMAN_SIGNAL_SHELL_CODE_CTRL_BREAK, SIGQUIT},
    {WSMAN_SHELL_NS WSMAN_TEXT("/signal/break"), SIGQUIT},
    {WSMAN_SHELL_NS WSMAN_TEXT("/signal/exit"), SIGTERM},
    {WSMAN_SHELL_NS WSMAN_TEXT("/signal/pause"), SIGSTOP},
    {WSMAN_SHELL_NS WSMAN_TEXT("/signal/resume"), SIGCONT},
    /* PowerShell's "stop": misspelt by Windows, and as other clients spell it. */
    {WSMAN_TEXT("powershell/signal/crtl_c"), SIGINT},
    {WSMAN_TEXT("powershell/signal/ctrl_c"), SIGINT},
};

/* ---- the command line ---- */

static bool is_program(const void *about, const char *name)
{
    const struct shell *shell = about;
    char *path;

    if (program_find(name, shell->directory, shell->environment, &path) != 0)
        return false;
    free(path);
    return true;
}

/* The arguments, each behind a blank, in UTF-8; NULL when that cannot be made. */
static char *join(const WSMAN_COMMAND_ARG_SET *arguments)
{
    DWORD count = arguments ? arguments->argsCount : 0;
    size_t size = 1;
    PWSTR text;
    PWSTR end;
    char *result;

    for (DWORD i = 0; i < count; i++)
        size += utf16_length(arguments->args[i]) + 1;
    text = end = calloc(size, sizeof(*text));
    if (!text)
        return NULL;
    for (DWORD i = 0; i < count; i++) {
        *end++ = ' ';
        memcpy(end, arguments->args[i], utf16_length(arguments->args[i]) * sizeof(*text));
        end += utf16_length(arguments->args[i]);
    }
    result = utf16_to_utf8(text);
    free(text);
    return result;
}

/* Command and arguments joined by blanks, as Windows does; NULL when that cannot be made. */
static char *make_line(const struct shell *shell, bool unwrap, PCWSTR command_line,
                       const WSMAN_COMMAND_ARG_SET *arguments)
{
    char *command = utf16_to_utf8(command_line ? command_line : WSMAN_TEXT(""));
    char *rest = join(arguments);
    char *line = NULL;

    if (command && rest) {
        if (unwrap)
            command_line_unwrap(command, is_program, shell);
        if (asprintf(&line, "%s%s", command, rest) < 0)
            line = NULL;
    }
    free(command);
    free(rest);
    return line;
}

/* ---- the beginning ---- */

static void command_free(struct command *command)
{
    for (int i = 0; i < OUTPUT_COUNT; i++)
        output_close(&command->outputs[i]);
    child_close(&command->child);
    if (command->wake >= 0)
        close(command->wake);
    if (command->ended >= 0)
        close(command->ended);
    pthread_cond_destroy(&command->changed);
    pthread_mutex_destroy(&command->lock);
    free(command);
}

static struct command *command_new(WSMAN_PLUGIN_REQUEST *request, struct shell *shell)
{
    static const PCWSTR names[OUTPUT_COUNT] = {WSMAN_STREAM_ID_STDOUT, WSMAN_STREAM_ID_STDERR};
    struct command *command = calloc(1, sizeof(*command));

    if (!command)
        return NULL;
    command->shell = shell;
    command->request = request;
    command->child = (struct child){.input = -1, .exit_fd = -1, .outputs = {-1, -1}};
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        command->outputs[i].fd = -1;
        command->outputs[i].name = names[i];
        command->outputs[i].wanted = shell->outputs[i];
        command->outputs[i].page = shell->page;
    }
    pthread_mutex_init(&command->lock, NULL);
    pthread_cond_init(&command->changed, NULL);
    command->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    command->ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (command->wake >= 0 && command->ended >= 0)
        return command;
    command_free(command);
    return NULL;
}

static DWORD error_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return ERROR_DIRECTORY;
    case EACCES:
        return ERROR_ACCESS_DENIED;
    case E2BIG:
        return ERROR_INVALID_PARAMETER;
    case ENOEXEC:
        return ERROR_BAD_EXE_FORMAT;
    default:
        return ERROR_NOT_ENOUGH_MEMORY;
    }
}

/*
 * C-9.1: python3-winrm's run_ps() of Debian 12 raises a TypeError on anything at stderr, and its
 * user would never see that sh has found no PowerShell.
 */
static bool lacks_powershell(const struct shell *shell, const char *line)
{
    static const char run_ps[] = "powershell -encodedcommand ";

    return strncmp(line, run_ps, sizeof(run_ps) - 1) == 0 && !is_program(shell, "powershell");
}

/* False: the operation is completed. */
static bool start_shell(struct command *command, const char *line)
{
    char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)"--", (char *)line, NULL};
    const struct shell *shell = command->shell;
    const struct child_plan plan = {.program = "/bin/sh",
                                    .arguments = arguments,
                                    .environment = shell->environment,
                                    .directory = shell->directory};
    int error;

    if (lacks_powershell(shell, line)) {
        complete_with_text(command->request, ERROR_FILE_NOT_FOUND,
                           "there is no program \"powershell\" in PATH");
        return false;
    }
    error = child_start(&plan, &command->child);
    if (error != 0)
        complete_with_text(command->request, error_of(error), "cannot start /bin/sh in %s: %s",
                           shell->directory, strerror(error));
    return error == 0;
}

/* Without a shell (WINRS_SKIP_CMD_SHELL). False: the operation is completed. */
static bool start_program(struct command *command, const char *line)
{
    const struct shell *shell = command->shell;
    char **arguments = command_line_split(line);
    const char *name = arguments && arguments[0] ? arguments[0] : "";
    char *path = NULL;
    int error =
        arguments ? program_find(name, shell->directory, shell->environment, &path) : ENOMEM;

    if (error == ENOENT) {
        complete_with_text(command->request, ERROR_FILE_NOT_FOUND,
                           strchr(name, '/') ? "there is no program %s"
                                             : "there is no program \"%s\" in PATH",
                           name);
    } else if (error == 0) {
        error = child_start(&(struct child_plan){.program = path,
                                                 .arguments = arguments,
                                                 .environment = shell->environment,
                                                 .directory = shell->directory},
                            &command->child);
        if (error != 0)
            complete_with_text(command->request, error_of(error), "cannot start %s in %s: %s", path,
                               shell->directory, strerror(error));
    } else {
        complete_with_text(command->request, error_of(error), "cannot start %s: %s", name,
                           strerror(error));
    }
    free(path);
    free(arguments);
    return error == 0;
}

/* Starts the process. False: the operation is completed. */
static bool command_spawn(struct command *command, const struct command_options *options,
                          PCWSTR command_line, const WSMAN_COMMAND_ARG_SET *arguments)
{
    char *line = make_line(command->shell, !options->skip_shell, command_line, arguments);
    bool started;

    if (!line) {
        complete_with_text(command->request, ERROR_INVALID_PARAMETER,
                           "the command line is not valid UTF-16");
        return false;
    }
    started = options->skip_shell ? start_program(command, line) : start_shell(command, line);
    free(line);
    if (!started)
        return false;
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        command->outputs[i].fd = command->child.outputs[i];
        command->child.outputs[i] = -1;
    }
    return true;
}

static void command_set_start(struct command *command, enum command_start start)
{
    pthread_mutex_lock(&command->lock);
    command->start = start;
    eventfd_write(command->wake, 1);
    pthread_mutex_unlock(&command->lock);
}

/* Starts process and thread and reports the command. False: the operation is completed. */
static bool command_begin(struct command *command, const struct command_options *options,
                          PCWSTR command_line, const WSMAN_COMMAND_ARG_SET *arguments)
{
    WSMAN_PLUGIN_REQUEST *request = command->request;
    DWORD error;

    if (!command_spawn(command, options, command_line, arguments)) {
        command_free(command);
        return false;
    }
    error =
        WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &command->shutdown_event);
    if (error == NO_ERROR && !thread_start(&command->thread, command_thread, command))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error != NO_ERROR) {
        command_reap(command);
        command_free(command);
    } else {
        error = WSManPluginReportContext(request, 0, command);
        command_set_start(command, error == NO_ERROR ? START_REPORTED : START_ABANDONED);
        if (error == NO_ERROR)
            return true;
        command_release(command);
    }
    WSManPluginOperationComplete(request, 0, error, NULL);
    return false;
}

void command_open(WSMAN_PLUGIN_REQUEST *request, struct shell *shell, PCWSTR command_line,
                  const WSMAN_COMMAND_ARG_SET *arguments)
{
    struct command_options options;
    PCWSTR name = NULL;
    DWORD error = options_read_command(request->operationInfo, &options, &name);
    struct command *command;

    if (error != NO_ERROR) {
        complete_with_option(request, error, name);
        return;
    }
    if (!shell_add_command(shell)) {
        WSManPluginOperationComplete(request, 0, ERROR_WSMAN_SHELL_ALREADY_CLOSED, NULL);
        return;
    }
    /* That may have waited for the profile longer than the client did: nothing is to run then. */
    if (__atomic_load_n(&request->shutdownNotification, __ATOMIC_ACQUIRE)) {
        WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
        shell_remove_command(shell);
        return;
    }
    command = command_new(request, shell);
    if (!command)
        WSManPluginOperationComplete(request, 0, ERROR_NOT_ENOUGH_MEMORY, NULL);
    else
        command->typed = options.console_mode;
    if (!command || !command_begin(command, &options, command_line, arguments))
        shell_remove_command(shell);
}

void command_release(struct command *command)
{
    pthread_join(command->thread, NULL);
    command_free(command);
}

void command_reap(struct command *command)
{
    pthread_mutex_lock(&command->lock);
    if (!command->exited || command->terminated)
        kill(-command->child.pid, SIGKILL);
    command->reaped = true;
    pthread_mutex_unlock(&command->lock);
    child_reap(&command->child, false);
}

void command_receive(struct command *command, WSMAN_PLUGIN_REQUEST *request,
                     const WSMAN_STREAM_ID_SET *streams)
{
    bool wants[OUTPUT_COUNT] = {false, false};
    bool all = !streams || streams->streamIDsCount == 0;
    DWORD error = NO_ERROR;
    int event = -1;

    for (int i = 0; i < OUTPUT_COUNT; i++)
        wants[i] = all && command->shell->outputs[i];
    for (DWORD i = 0; !all && i < streams->streamIDsCount; i++) {
        int index = output_index(streams->streamIDs[i]);

        if (index < 0 || !command->shell->outputs[index])
            error = ERROR_WSMAN_SHELL_INVALID_DESIRED_STREAMS;
        else
            wants[index] = true;
    }
    if (error == NO_ERROR)
        error = WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &event);
    pthread_mutex_lock(&command->lock);
    if (error == NO_ERROR && (command->closing || command->terminated)) {
        error = ERROR_WSMAN_COMMAND_TERMINATED;
    } else if (error == NO_ERROR && command->receive) {
        error = ERROR_WINRS_RECEIVE_IN_PROGRESS;
    } else if (error == NO_ERROR) {
        command->receive = request;
        command->receive_event = event;
        memcpy(command->receive_wants, wants, sizeof(wants));
        eventfd_write(command->wake, 1);
    }
    pthread_mutex_unlock(&command->lock);
    if (error != NO_ERROR)
        WSManPluginOperationComplete(request, 0, error, NULL);
}

static int signal_number(PCWSTR code)
{
    for (size_t i = 0; code && i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (utf16_equal_ascii_case(code, signals[i].code))
            return signals[i].number;
    }
    return 0;
}

void command_signal(struct command *command, WSMAN_PLUGIN_REQUEST *request, PCWSTR code)
{
    int number = signal_number(code);

    if (number == 0) {
        complete_with_text(request, ERROR_WSMAN_INVALID_PARAMETER,
                           "the signal code is not known: use terminate, ctrl_c, ctrl_break, "
                           "break, exit, pause or resume");
        return;
    }
    pthread_mutex_lock(&command->lock);
    if (!command->reaped)
        kill(-command->child.pid, number);
    if (number == SIGKILL) {
        command->terminated = true;
        eventfd_write(command->wake, 1);
    }
    pthread_mutex_unlock(&command->lock);
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}
