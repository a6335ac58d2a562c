/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/profile.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/child.h"
#include "cmd/environment.h"

#define CANCEL_MOST 2

/*
 * The environment has CHILD_APART for itself: the last but one of those that sh can name, because
 * scripts like 3 and 9 for their own use.
 */
#define PRINT_ENVIRONMENT "exec /usr/bin/env -0 >&8 8>&-"

struct text {
    char *bytes;
    size_t used;
};

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads what is there. False: it is too much. */
static bool take(int fd, struct text *text)
{
    for (;;) {
        ssize_t count = read(fd, text->bytes + text->used, PROFILE_LIMIT - text->used);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return text->used < PROFILE_LIMIT;
        text->used += (size_t)count;
    }
}

/* Until it has ended by itself. False: it was too slow or too much, or is not wanted any more. */
static bool follow(const struct child *child, const int *cancel, size_t count, struct text *text)
{
    struct pollfd events[2 + CANCEL_MOST] = {
        {.fd = child->exit_fd, .events = POLLIN},
        {.fd = child->outputs[0], .events = POLLIN},
    };
    int64_t end = milliseconds() + PROFILE_PATIENCE;
    bool more = true;

    for (size_t i = 0; i < count && i < CANCEL_MOST; i++)
        events[2 + i] = (struct pollfd){.fd = cancel[i], .events = POLLIN};
    while (more) {
        int64_t left = end - milliseconds();
        int ready = left > 0 ? poll(events, 2 + count, (int)left) : 0;

        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return false;
        for (size_t i = 0; i < count && i < CANCEL_MOST; i++) {
            if (events[2 + i].revents)
                return false;
        }
        more = !events[0].revents;
        if (!take(child->outputs[0], text))
            return false;
        if (events[1].revents & POLLHUP)
            events[1].fd = -1;
    }
    return true;
}

static bool succeeded(const struct child *child)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT) == 0 &&
           info.si_code == CLD_EXITED && info.si_status == 0;
}

static char **divide(const struct text *text)
{
    size_t count = 0;
    char **result;
    char **next;

    for (size_t i = 0; i < text->used; i++)
        count += text->bytes[i] == '\0';
    next = result = calloc(count + 1, sizeof(*result));
    for (size_t at = 0; result && (size_t)(next - result) < count;) {
        *next = strdup(text->bytes + at);
        if (!*next) {
            environment_free(result);
            return NULL;
        }
        at += strlen(*next++) + 1;
    }
    return result;
}

char **profile_read(char *const *environment, const int *cancel, size_t count)
{
    char *const arguments[] = {(char *)"sh", (char *)"-l", (char *)"-c", (char *)PRINT_ENVIRONMENT,
                               NULL};
    const char *home = environment_get(environment, "HOME");
    struct child_plan plan = {.program = "/bin/sh",
                              .arguments = arguments,
                              .environment = environment,
                              .directory = home,
                              .apart = true};
    struct text text = {.bytes = malloc(PROFILE_LIMIT + 1)};
    char **result = NULL;
    struct stat status;
    struct child child;
    bool ended;

    if (!home || stat(home, &status) != 0 || !S_ISDIR(status.st_mode))
        plan.directory = "/";
    if (!text.bytes || child_start(&plan, &child) != 0) {
        free(text.bytes);
        return NULL;
    }
    /* It reads nothing, and does not wait for it. */
    close(child.input);
    child.input = -1;
    ended = follow(&child, cancel, count, &text);
    text.bytes[text.used] = '\0';
    if (ended && succeeded(&child) && text.used > 0)
        result = divide(&text);
    child_reap(&child, !ended);
    child_close(&child);
    free(text.bytes);
    return result;
}
