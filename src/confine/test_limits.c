/* SPDX-License-Identifier: ISC */

/*
 * What a program sees that is started under the limits of a shell (docs/root-mode.md, R-40 to R-45):
 * /bin/sh says it, and meets them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/guard.h"
#include "confine/limits.h"

/* What the script says under these limits. */
static const char *run(const struct limits *limits, bool all, const char *script)
{
    static char text[4096];
    size_t used = 0;
    ssize_t got;
    int ends[2];
    pid_t pid;

    assert_int_equal(pipe(ends), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (limits_apply(limits, all, getuid()) == 0)
            execl("/bin/sh", "sh", "-c", script, NULL);
        _exit(127);
    }
    close(ends[1]);
    while (used + 1 < sizeof(text) &&
           (got = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0)
        used += (size_t)got;
    text[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return text;
}

static void files_are_limited_for_each_process(void **state)
{
    const struct limits limits = {.files = 64};

    (void)state;
    assert_string_equal(run(&limits, false, "ulimit -Sn; ulimit -Hn"), "64\n64\n");
}

static void nothing_is_raised(void **state)
{
    const struct limits limits = {.files = 1000000000};

    (void)state;
    assert_string_equal(run(&limits, true, "ulimit -n 70; ulimit -n"), "70\n");
    assert_string_not_equal(run(&limits, true, "ulimit -n"), "1000000000\n");
}

static void memory_is_limited_for_each_process(void **state)
{
    const struct limits limits = {.memory = 64 << 20};

    (void)state;
    if (guard_sanitized()) {
        assert_string_equal(run(&limits, true, "ulimit -d"), "unlimited\n");
        return;
    }
    assert_string_equal(run(&limits, true, "ulimit -Sd; ulimit -Hd"), "65536\n65536\n");
    assert_string_equal(run(&limits, true,
                            "head -c 40000000 /dev/zero | tail -c 30000000 | wc -c;"
                            "head -c 200000000 /dev/zero | tail -c 190000000 2>/dev/null | wc -c"),
                        "30000000\n0\n");
}

static void limits_of_one_kind_leave_the_others(void **state)
{
    const struct limits limits = {.memory = 64 << 20, .processes = 5, .files = 64};

    (void)state;
    assert_string_equal(run(&limits, false, "ulimit -d; ulimit -n"), "unlimited\n64\n");
}

/* as many more as the account has, and room for the threads of the host. */
static void processes_are_counted_from_what_there_is(void **state)
{
    const struct limits limits = {.processes = 1000};
    const char *text = run(&limits, true, "ulimit -u 2>/dev/null || ulimit -p");
    uint64_t most = strtoull(text, NULL, 10);

    (void)state;
    assert_true(limits_tasks(getuid()) >= 1);
    assert_true(most >= 1000 + LIMITS_HOST_TASKS + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_limited_for_each_process),
        cmocka_unit_test(nothing_is_raised),
        cmocka_unit_test(memory_is_limited_for_each_process),
        cmocka_unit_test(limits_of_one_kind_leave_the_others),
        cmocka_unit_test(processes_are_counted_from_what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
