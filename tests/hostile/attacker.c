/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in that attacks everything around its host. A command's line is the name of an
 * attack with its arguments; what came of it is put out, one line a finding, and the command is
 * done. Attacks by messages (attacker_messages.c) mostly end the host before that.
 *
 *   wait             no attack: until it is cancelled
 *   ids              uid, gid, the groups, and what came of becoming somebody else
 *   read PATH...     for each: "PATH N", N bytes could be read, or "PATH error NUMBER"
 *   list PATH...     likewise, the entries of folders
 *   write PATH...    for each: "PATH done", it was opened to be written to, or "PATH error NUMBER"
 *   signal PID...    for each what kill(), a trace, a look into its memory, pidfd_getfd() came to
 *   child PID        what a child of this host gets of that process: its memory, its descriptors
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hostile/attacker.h"
#include "plugins/kit.h"

enum { WORDS = 64, LINE = 4096, OUT = 65536 };

struct command {
    WSMAN_PLUGIN_REQUEST *request;
    WSMAN_PLUGIN_REQUEST *receive;
    char line[LINE];
    bool waits;
};

static char out[OUT];
static size_t out_length;

void attacker_say(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(out + out_length, OUT - out_length - 1, format, arguments);
    va_end(arguments);
    if (length > 0 && out_length + (size_t)length < OUT - 2)
        out_length += (size_t)length;
    out[out_length++] = '\n';
}

/* ---- what a process of that user can do ---- */

static const char *came_to(long result)
{
    static __thread char text[32];

    if (result >= 0)
        return "done";
    snprintf(text, sizeof(text), "error %d", errno);
    return text;
}

static void attack_ids(void)
{
    gid_t groups[256];
    int count = getgroups(256, groups);

    attacker_say("uid %d %d gid %d %d", (int)getuid(), (int)geteuid(), (int)getgid(),
                 (int)getegid());
    for (int i = 0; i < count; i++)
        attacker_say("group %d", (int)groups[i]);
    attacker_say("setuid %s", came_to(setuid(0)));
    attacker_say("setresuid %s", came_to(setresuid((uid_t)-1, 0, (uid_t)-1)));
    attacker_say("setgid %s", came_to(setgid(0)));
    attacker_say("setgroups %s", came_to(setgroups(0, NULL)));
    attacker_say("no-new-privileges %d", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    attacker_say("dumpable %d", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

static void attack_read(const char *path)
{
    char bytes[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : -1;

    if (got < 0)
        attacker_say("%s error %d", path, errno);
    else
        attacker_say("%s %zd", path, got);
    if (fd >= 0)
        close(fd);
}

static void attack_write(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK);

    attacker_say("%s %s", path, came_to(fd));
    if (fd >= 0)
        close(fd);
}

static void attack_list(const char *path)
{
    DIR *folder = opendir(path);
    int error = errno;
    int count = 0;

    while (folder != NULL && readdir(folder) != NULL)
        count++;
    if (folder == NULL)
        attacker_say("%s error %d", path, error);
    else
        attacker_say("%s %d", path, count);
    if (folder != NULL)
        closedir(folder);
}

static long read_memory(pid_t pid)
{
    char path[64], byte;
    int fd;
    long result;

    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    /* Where this program is there may be that one: only whether it may is asked. */
    result = pread(fd, &byte, 1, (off_t)(uintptr_t)&attack_list);
    if (result < 0 && errno == EIO)
        result = 0;
    close(fd);
    return result;
}

static long read_with_vm(pid_t pid)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)&attack_list, 1};
    long result = process_vm_readv(pid, &here, 1, &there, 1, 0);

    return result < 0 && errno == EFAULT ? 0 : result;
}

static long take_descriptor(pid_t pid)
{
    long pidfd = syscall(SYS_pidfd_open, pid, 0);
    long fd = pidfd >= 0 ? syscall(SYS_pidfd_getfd, pidfd, 3, 0) : -1;
    int error = errno;

    if (fd >= 0)
        close((int)fd);
    if (pidfd >= 0)
        close((int)pidfd);
    errno = error;
    return fd;
}

static void look_into(pid_t pid)
{
    static const char *const files[] = {"environ", "maps", "fd", "cwd", "exe", "root"};
    char path[64], target[256];

    attacker_say("%d mem %s", (int)pid, came_to(read_memory(pid)));
    attacker_say("%d process_vm_readv %s", (int)pid, came_to(read_with_vm(pid)));
    attacker_say("%d pidfd_getfd %s", (int)pid, came_to(take_descriptor(pid)));
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        long result;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, files[i]);
        if (i >= 3) {
            result = readlink(path, target, sizeof(target));
        } else {
            int fd = open(path, O_RDONLY | O_CLOEXEC);

            result = fd;
            /* maps can be opened and not read. */
            if (fd >= 0 && i < 2)
                result = read(fd, target, sizeof(target)) > 0 ? 0 : -1;
            if (fd >= 0)
                close(fd);
        }
        attacker_say("%d %s %s", (int)pid, files[i], came_to(result));
    }
}

static void attack_signal(pid_t pid)
{
    static const int signals[] = {0, SIGSTOP, SIGTERM, SIGKILL};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        attacker_say("%d kill-%d %s", (int)pid, signals[i], came_to(kill(pid, signals[i])));
    attacker_say("%d ptrace %s", (int)pid, came_to(ptrace(PTRACE_SEIZE, pid, NULL, NULL)));
    look_into(pid);
}

/* As a program that a command of this shell starts. */
static void attack_as_child(pid_t pid)
{
    int ends[2];
    char text[8192];
    ssize_t got;
    pid_t child;

    if (pipe(ends) != 0)
        return;
    child = fork();
    if (child == 0) {
        out_length = 0;
        attacker_say("%d ptrace %s", (int)pid, came_to(ptrace(PTRACE_SEIZE, pid, NULL, NULL)));
        look_into(pid);
        if (write(ends[1], out, out_length) < 0)
            _exit(1);
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], text, sizeof(text) - 1)) > 0) {
        text[got] = '\0';
        if (got > 0 && text[got - 1] == '\n')
            text[got - 1] = '\0';
        attacker_say("%s", text);
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
}

static void attack(char *line)
{
    char *words[WORDS];
    char *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < WORDS;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    out_length = 0;
    if (count == 0)
        return;
    if (strcmp(words[0], "ids") == 0)
        attack_ids();
    for (int i = 1; i < count; i++) {
        if (strcmp(words[0], "read") == 0)
            attack_read(words[i]);
        else if (strcmp(words[0], "write") == 0)
            attack_write(words[i]);
        else if (strcmp(words[0], "list") == 0)
            attack_list(words[i]);
        else if (strcmp(words[0], "signal") == 0)
            attack_signal((pid_t)atoi(words[i]));
        else if (strcmp(words[0], "child") == 0)
            attack_as_child(strcmp(words[i], "self") == 0 ? getpid() : (pid_t)atoi(words[i]));
        else if (strcmp(words[0], "message") == 0)
            attacker_message(words[i]);
    }
    attacker_say("end");
}

/* ---- entry points ---- */

static void wait_for_cancel(WSMAN_PLUGIN_REQUEST *request)
{
    struct pollfd waiting = {.fd = -1, .events = POLLIN};

    WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &waiting.fd);
    while (poll(&waiting, 1, -1) != 1)
        ;
}

static void shell_run(void *request)
{
    wait_for_cancel(request);
    WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
}

static void command_run(void *argument)
{
    struct command *command = argument;
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY};
    DWORD code = NO_ERROR;

    if (command->waits) {
        wait_for_cancel(command->receive);
        code = ERROR_CANCELLED;
    } else {
        attack(command->line);
        data.binaryData.data = (BYTE *)out;
        data.binaryData.dataLength = (DWORD)out_length;
        WSManPluginReceiveResult(command->receive, 0, WSMAN_STREAM_ID_STDOUT, &data, NULL, 0);
        WSManPluginReceiveResult(command->receive, 0, NULL, NULL, WSMAN_COMMAND_STATE_DONE, 0);
    }
    WSManPluginOperationComplete(command->receive, 0, code, NULL);
    WSManPluginOperationComplete(command->request, 0, code, NULL);
}

KIT_STARTUP_AND_SHUTDOWN

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    (void)pluginContext;
    (void)flags;
    (void)startup;
    (void)inbound;
    if (WSManPluginReportContext(request, 0, request) == NO_ERROR)
        kit_run(shell_run, request);
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    struct command *command = calloc(1, sizeof(*command));
    size_t length = 0;

    (void)flags;
    (void)shellContext;
    if (command == NULL)
        abort();
    /* ASCII */
    for (; *commandLine != 0 && length < LINE - 1; commandLine++)
        command->line[length++] = (char)*commandLine;
    for (DWORD i = 0; arguments != NULL && i < arguments->argsCount; i++) {
        PCWSTR word = arguments->args[i];

        if (length < LINE - 1)
            command->line[length++] = ' ';
        for (; *word != 0 && length < LINE - 1; word++)
            command->line[length++] = (char)*word;
    }
    command->request = request;
    command->waits = strcmp(command->line, "wait") == 0;
    WSManPluginReportContext(request, 0, command);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inbound)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    (void)stream;
    (void)inbound;
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streams)
{
    struct command *command = commandContext;

    (void)flags;
    (void)shellContext;
    (void)streams;
    command->receive = request;
    kit_run(command_run, command);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    (void)code;
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    (void)shellContext;
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    (void)shellContext;
    free(commandContext);
}
