/* SPDX-License-Identifier: ISC */

/*
 * Stands in for winrmd-net, winrmd-auth, winrmd-gss or winrmd-config in a copy of the program
 * folder, puts up the walls of that process and tries what somebody would who has captured it.
 *
 * Beside the executable lies NAME.attempts, which the first one to start takes away. Its first line
 * is "outside", which leaves the walls out, or "inside" and the files that winrmd-auth or
 * winrmd-gss is told; each other line is an attempt and its argument. What came of each is said on
 * standard error, which is winrmd's log. Without the file the program becomes the real one,
 * NAME.real.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guard.h"
#include "confine/confine.h"

enum { ATTEMPTS = 400, LINE = 1024 };

static char program[PATH_MAX];
static char lines[ATTEMPTS][LINE];
static size_t line_count;
static sigjmp_buf refused;

/* As if they had been handed over. */
static int inet_socket, other_socket, unix_socket;

/* ---- attempts: errno, or 0 for one that went through ---- */

static int outcome(long result)
{
    return result < 0 ? errno : 0;
}

static pid_t process_of(const char *argument)
{
    return (pid_t)atol(argument);
}

static int try_read(const char *path)
{
    return outcome(open(path, O_RDONLY | O_CLOEXEC));
}

static int try_write(const char *path)
{
    return outcome(open(path, O_WRONLY | O_APPEND | O_CLOEXEC));
}

static int try_create(const char *path)
{
    int error = outcome(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));

    if (error == 0)
        unlink(path);
    return error;
}

static int try_unlink(const char *path)
{
    return outcome(unlink(path));
}

static int try_folder(const char *path)
{
    int error = outcome(mkdir(path, 0700));

    if (error == 0)
        rmdir(path);
    return error;
}

static int try_link(const char *path)
{
    int error = outcome(symlink("/etc/passwd", path));

    if (error == 0)
        unlink(path);
    return error;
}

static int try_mode(const char *path)
{
    return outcome(chmod(path, 0600));
}

static int try_memory(const char *process)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/mem", process_of(process));
    return try_read(path);
}

static int try_peek(const char *process_and_address)
{
    unsigned long long address = 0;
    int process = 0;
    char byte;
    struct iovec here = {.iov_base = &byte, .iov_len = 1}, there = {.iov_len = 1};

    if (sscanf(process_and_address, "%d %llu", &process, &address) != 2)
        return EINVAL;
    there.iov_base = (void *)(uintptr_t)address;
    return outcome(process_vm_readv(process, &here, 1, &there, 1, 0));
}

static int try_trace(const char *process)
{
    return outcome(ptrace(PTRACE_SEIZE, process_of(process), NULL, NULL));
}

static int try_signal(const char *process)
{
    return outcome(kill(process_of(process), 0));
}

static int try_thread_signal(const char *process)
{
    return outcome(syscall(SYS_tgkill, process_of(process), process_of(process), 0));
}

static int try_queue(const char *process)
{
    return outcome(sigqueue(process_of(process), 0, (union sigval){0}));
}

static int try_handle(const char *process)
{
    return outcome(syscall(SYS_pidfd_open, process_of(process), 0));
}

/* Who is told by a signal, of any number, that there is something to read. */
static int try_owner(const char *process)
{
    return outcome(fcntl(unix_socket, F_SETOWN, process_of(process)));
}

static int try_owner_by_ioctl(const char *process)
{
    int owner = process_of(process);

    return outcome(ioctl(unix_socket, FIOSETOWN, &owner));
}

static int try_limits(const char *process)
{
    struct rlimit limit;

    return outcome(prlimit(process_of(process), RLIMIT_NOFILE, NULL, &limit));
}

static int try_socket(const char *unused)
{
    (void)unused;
    return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int try_connect(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    return outcome(connect(inet_socket, (struct sockaddr *)&address, sizeof(address)));
}

static int try_connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return outcome(connect(unix_socket, (struct sockaddr *)&address, sizeof(address)));
}

static int try_bind(const char *unused)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    (void)unused;
    return outcome(bind(other_socket, (struct sockaddr *)&address, sizeof(address)));
}

static int try_listen(const char *unused)
{
    (void)unused;
    return outcome(listen(other_socket, 1));
}

static int try_fork(const char *unused)
{
    pid_t child = fork();

    (void)unused;
    if (child == 0)
        _exit(0);
    return outcome(child < 0 ? -1 : waitpid(child, NULL, 0));
}

static int try_user(const char *unused)
{
    (void)unused;
    return outcome(setresuid(getuid(), getuid(), getuid()));
}

static int try_namespace(const char *unused)
{
    (void)unused;
    return outcome(unshare(CLONE_FS));
}

static int try_traceable(const char *unused)
{
    (void)unused;
    return outcome(prctl(PR_SET_DUMPABLE, 1));
}

/* Any call, with arguments that no kernel takes. */
static int try_call(const char *name)
{
    int number = seccomp_syscall_resolve_name(name);

    return number < 0 ? ENOSYS : outcome(syscall(number, -1L, -1L, -1L, -1L, -1L, -1L));
}

static int try_exec(const char *unused)
{
    (void)unused;
    execl("/bin/sh", "sh", "-c", "echo 'intruder: exec: through' >&2; echo 'intruder: over' >&2",
          NULL);
    return errno;
}

static const struct attempt {
    const char *name;
    int (*make)(const char *argument);
} attempts[] = {
    {"read", try_read},           {"write", try_write},
    {"create", try_create},       {"unlink", try_unlink},
    {"folder", try_folder},       {"link", try_link},
    {"mode", try_mode},           {"memory", try_memory},
    {"peek", try_peek},           {"trace", try_trace},
    {"signal", try_signal},       {"thread-signal", try_thread_signal},
    {"queue", try_queue},         {"handle", try_handle},
    {"owner", try_owner},         {"owner-by-ioctl", try_owner_by_ioctl},
    {"limits", try_limits},       {"socket", try_socket},
    {"connect", try_connect},     {"connect-path", try_connect_path},
    {"bind", try_bind},           {"listen", try_listen},
    {"fork", try_fork},           {"user", try_user},
    {"namespace", try_namespace}, {"traceable", try_traceable},
    {"call", try_call},           {"exec", try_exec},
};

/* ---- saying ---- */

static void say(const char *line, const char *result)
{
    char said[LINE + 64];
    int length = snprintf(said, sizeof(said), "intruder: %s: %s\n", line, result);

    if (write(STDERR_FILENO, said, (size_t)length) < 0)
        _exit(1);
}

/* The call has not been made; whoever has captured the process goes on, as this one does. */
static void on_refused(int number)
{
    (void)number;
    siglongjmp(refused, 1);
}

static const struct attempt *attempt_find(const char *line, size_t length)
{
    for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
        if (strncmp(attempts[i].name, line, length) == 0 && attempts[i].name[length] == '\0')
            return &attempts[i];
    return NULL;
}

static void attempt_make(const char *line)
{
    const size_t length = strcspn(line, " ");
    const struct attempt *const attempt = attempt_find(line, length);
    int error;

    if (attempt == NULL) {
        say(line, "unknown");
    } else if (sigsetjmp(refused, 1) != 0) {
        say(line, "SIGSYS");
    } else {
        error = attempt->make(line[length] == ' ' ? line + length + 1 : "");
        say(line, error == 0 ? "through" : strerrorname_np(error));
    }
}

/* ---- life ---- */

static bool lines_take(void)
{
    char path[PATH_MAX + 16], taken[PATH_MAX + 64];
    FILE *file;

    snprintf(path, sizeof(path), "%s.attempts", program);
    snprintf(taken, sizeof(taken), "%s.%d", path, (int)getpid());
    /* Of several that start at the same moment one renames it. */
    if (rename(path, taken) != 0)
        return false;
    file = fopen(taken, "re");
    unlink(taken);
    for (; file != NULL && line_count < ATTEMPTS && fgets(lines[line_count], LINE, file) != NULL;
         line_count++)
        lines[line_count][strcspn(lines[line_count], "\n")] = '\0';
    if (file != NULL)
        fclose(file);
    return line_count > 0;
}

static void walls_put_up(void)
{
    char *rest = NULL, *first, *second;

    strtok_r(lines[0], " ", &rest);
    first = strtok_r(NULL, " ", &rest);
    second = strtok_r(NULL, " ", &rest);
    guard_memory();
    if (strstr(program, "winrmd-net") != NULL)
        confine_net();
    else if (strstr(program, "winrmd-auth") != NULL)
        confine_auth(first, second);
    else if (strstr(program, "winrmd-gss") != NULL)
        confine_gss(first, second);
    else
        confine_config();
}

int main(int count, char **arguments)
{
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 8);
    bool inside;

    (void)count;
    if (length <= 0)
        return 97;
    if (!lines_take()) {
        strcat(program, ".real");
        execv(program, arguments);
        return 98;
    }
    inet_socket = socket(AF_INET, SOCK_STREAM, 0);
    other_socket = socket(AF_INET, SOCK_STREAM, 0);
    unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
    inside = strncmp(lines[0], "inside", 6) == 0;
    if (inside)
        walls_put_up();
    /* The walls' own answer to a call is seen with the last line "unprepared". */
    if (strcmp(lines[line_count - 1], "unprepared") == 0)
        line_count--;
    else
        signal(SIGSYS, on_refused);
    for (size_t i = 1; i < line_count; i++)
        attempt_make(lines[i]);
    if (write(STDERR_FILENO, "intruder: over\n", 15) < 0)
        return 1;
    _exit(0);
}
