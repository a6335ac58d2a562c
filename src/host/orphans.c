/* SPDX-License-Identifier: ISC */

#include "host/orphans.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ROUND_TIME = 10000, /* milliseconds */
    DEAD_LIMIT = 4096   /* found in one round; the others are found in a later one */
};

static pid_t dead_before[DEAD_LIMIT];
static size_t dead_before_count;
static struct loop *watching;
static struct loop_timer next_round;

static bool was_dead_before(pid_t pid)
{
    for (size_t i = 0; i < dead_before_count; i++)
        if (dead_before[i] == pid)
            return true;
    return false;
}

static bool is_dead(pid_t pid)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

void orphans_reap(void)
{
    static pid_t dead[DEAD_LIMIT];
    size_t count = 0;
    char path[64];
    FILE *file;
    int pid;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (count < DEAD_LIMIT && fscanf(file, "%d", &pid) == 1)
        if (is_dead(pid))
            dead[count++] = pid;
    fclose(file);
    for (size_t i = 0; i < count; i++)
        if (was_dead_before(dead[i]) && waitpid(dead[i], NULL, WNOHANG) > 0)
            dead[i] = 0;
    dead_before_count = 0;
    for (size_t i = 0; i < count; i++)
        if (dead[i] != 0)
            dead_before[dead_before_count++] = dead[i];
}

static void round_begins(struct loop_timer *timer)
{
    orphans_reap();
    loop_timer_start(watching, timer, ROUND_TIME);
}

void orphans_watch(struct loop *loop)
{
    watching = loop;
    next_round.expired = round_begins;
    loop_timer_start(loop, &next_round, ROUND_TIME);
}
