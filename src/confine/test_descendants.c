/* SPDX-License-Identifier: ISC */

/*
 * The end of everything below a process (docs/root-mode.md, R-30): here that is the test, which
 * adopts as a shell host does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "confine/descendants.h"

enum { PATIENCE = 60000 };

/* A child that does that; the number that it writes is that of whom it is about. */
static pid_t begin(void (*act)(int told))
{
    pid_t about = 0;
    int told[2];
    pid_t pid;

    assert_int_equal(pipe(told), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(told[0]);
        act(told[1]);
        _exit(0);
    }
    close(told[1]);
    assert_int_equal(read(told[0], &about, sizeof(about)), sizeof(about));
    close(told[0]);
    return about;
}

static void tell(int told, pid_t pid)
{
    if (write(told, &pid, sizeof(pid)) != (ssize_t)sizeof(pid))
        _exit(1);
    close(told);
}

static void wait_for_ever(void)
{
    while (true)
        pause();
}

/* Whoever does that: it is this process's child, or will be. */
static void assert_ends(void (*act)(int told))
{
    int process = pidfd_open(begin(act), 0);
    struct pollfd end = {.fd = process, .events = POLLIN};

    assert_true(process >= 0);
    assert_true(kill_descendants(PATIENCE));
    assert_int_equal(poll(&end, 1, PATIENCE), 1);
    close(process);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue;
}

static void become_daemon(int told)
{
    if (fork() != 0)
        _exit(0);
    setsid();
    if (fork() != 0)
        _exit(0);
    tell(told, getpid());
    wait_for_ever();
}

static void a_daemon_is_ended(void **state)
{
    (void)state;
    assert_ends(become_daemon);
}

static void *go_on_alone(void *told)
{
    tell(*(int *)told, getpid());
    wait_for_ever();
    return NULL;
}

/* The kernel shows such a process as a zombie. */
static void lose_first_thread(int told)
{
    static int passed;
    pthread_t thread;

    passed = told;
    if (pthread_create(&thread, NULL, go_on_alone, &passed) != 0)
        _exit(1);
    pthread_exit(NULL);
}

static void a_process_without_its_first_thread_is_ended(void **state)
{
    (void)state;
    assert_ends(lose_first_thread);
}

static pid_t spared;

static void have_a_child(int told)
{
    pid_t pid = fork();

    if (pid == 0)
        wait_for_ever();
    tell(told, pid);
    wait_for_ever();
}

static void what_is_below_a_child_is_ended_and_nobody_else(void **state)
{
    (void)state;
    assert_ends(have_a_child);
    assert_int_equal(kill(spared, 0), 0);
}

static void nobody_below_is_no_problem(void **state)
{
    (void)state;
    assert_true(kill_descendants(0));
}

/* It starts the test as its child, and is above whatever the test ends. */
static int run_below(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_below_is_no_problem),
        cmocka_unit_test(a_daemon_is_ended),
        cmocka_unit_test(a_process_without_its_first_thread_is_ended),
        cmocka_unit_test(what_is_below_a_child_is_ended_and_nobody_else),
    };

    spared = getppid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0)
        exit(run_below());
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
