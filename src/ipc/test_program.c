/* SPDX-License-Identifier: ISC */

/* Starting a program: nobody who is started keeps whoever starts him waiting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/program.h"

static void who_cannot_begin_says_why(void **state)
{
    const struct program program = {.path = "/nowhere", .channel = STDERR_FILENO, .errors = -1};
    pid_t pid;

    (void)state;
    assert_int_equal(program_start(&pid, &program), ENOENT);
    assert_int_equal(pid, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* Others of the user that it has become may stop it before it is its program. */
static void who_is_stopped_before_he_begins_is_killed(void **state)
{
    int status, error = 0;
    int ends[2];
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    close(ends[1]);
    assert_int_equal(program_await(pid, ends[0], &error, sizeof(error)), 0);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_cannot_begin_says_why),
        cmocka_unit_test(who_is_stopped_before_he_begins_is_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
