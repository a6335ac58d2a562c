/* SPDX-License-Identifier: ISC */

/*
 * What is written into the files of cgroup v2 (Linux Documentation/admin-guide/cgroup-v2.rst; our
 * docs/root-mode.md, R-40 and R-41), on a folder with files of these names: not every machine has
 * its controllers there. What the kernel does with it is tested where there is a mount of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "confine/cgroup.h"

static char *folder;

static int begin(void **state)
{
    char template[] = "/tmp/winrmd-cgroup-XXXXXX";

    (void)state;
    folder = mem_text(mkdtemp(template));
    return folder != NULL ? 0 : -1;
}

static const char *const names[] = {
    "cgroup.controllers", "cgroup.subtree_control", "cgroup.kill", "cgroup.procs",
    "memory.max",         "memory.swap.max",        "pids.max"};

static int end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char *path = mem_printf("%s/%s", folder, names[i]);

        unlink(path);
        free(path);
    }
    rmdir(folder);
    free(folder);
    return 0;
}

static void put(const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    free(path);
}

static const char *get(const char *name)
{
    static char text[256];
    char *path = mem_printf("%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got;

    assert_true(fd >= 0);
    got = read(fd, text, sizeof(text) - 1);
    assert_true(got >= 0);
    text[got] = '\0';
    close(fd);
    free(path);
    return text;
}

static void limits_are_written(void **state)
{
    const struct limits limits = {.memory = 1024ULL << 20, .processes = 25, .files = 100};

    (void)state;
    put("memory.max", "");
    put("memory.swap.max", "");
    put("pids.max", "");
    assert_int_equal(cgroup_limit(folder, &limits), 0);
    assert_string_equal(get("memory.max"), "1073741824");
    assert_string_equal(get("memory.swap.max"), "0");
    assert_string_equal(get("pids.max"), "89");
}

static void what_is_not_limited_is_not_written(void **state)
{
    (void)state;
    put("memory.max", "");
    put("pids.max", "");
    assert_int_equal(cgroup_limit(folder, &(struct limits){.memory = 4096}), 0);
    assert_string_equal(get("memory.max"), "4096");
    assert_string_equal(get("pids.max"), "");
    assert_int_equal(cgroup_limit(folder, &(struct limits){.processes = 1}), 0);
    assert_string_equal(get("pids.max"), "65");
}

/* A shell without the limit that it should have is not begun. */
static void a_limit_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    assert_int_equal(cgroup_limit(folder, &(struct limits){.memory = 4096}), ENOENT);
    assert_int_equal(cgroup_limit(folder, &(struct limits){.processes = 1}), ENOENT);
    assert_int_equal(cgroup_limit(folder, &(struct limits){.files = 1}), 0);
}

static void both_controllers_are_needed(void **state)
{
    (void)state;
    put("cgroup.controllers", "cpu memory io pids\n");
    put("cgroup.subtree_control", "memory pids\n");
    assert_true(cgroup_delegates(folder));
    put("cgroup.controllers", "cpu memory io\n");
    assert_false(cgroup_delegates(folder));
    put("cgroup.controllers", "");
    assert_false(cgroup_delegates(folder));
}

/* The kernel shows what it has accepted; a file shows what was asked for. */
static void controllers_are_asked_for(void **state)
{
    (void)state;
    put("cgroup.controllers", "memory pids\n");
    put("cgroup.subtree_control", "");
    assert_false(cgroup_delegates(folder));
    assert_string_equal(get("cgroup.subtree_control"), "+memory");
}

static void an_end_is_asked_for(void **state)
{
    (void)state;
    put("cgroup.kill", "");
    assert_false(cgroup_end(folder, 1));
    assert_string_equal(get("cgroup.kill"), "1");
}

static void a_folder_that_is_no_cgroup_is_refused(void **state)
{
    char why[256];
    bool limits = true;

    (void)state;
    assert_false(cgroup_open(folder, &limits, why, sizeof(why)));
    assert_false(limits);
    assert_string_equal(why, "it is no folder of cgroup v2");
    assert_false(cgroup_open("/nowhere", &limits, why, sizeof(why)));
    assert_string_equal(why, "No such file or directory");
}

static void a_folder_that_is_gone_has_ended(void **state)
{
    char *gone = mem_printf("%s/" CGROUP_SHELL "1", folder);

    (void)state;
    assert_int_equal(cgroup_make(gone), 0);
    assert_int_equal(cgroup_make(gone), EEXIST);
    assert_int_equal(cgroup_door(gone), -1);
    assert_true(cgroup_end(gone, 0));
    assert_true(cgroup_end(gone, 0));
    free(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
        T(limits_are_written),
        T(what_is_not_limited_is_not_written),
        T(a_limit_that_cannot_be_written_is_an_error),
        T(both_controllers_are_needed),
        T(controllers_are_asked_for),
        T(an_end_is_asked_for),
        T(a_folder_that_is_no_cgroup_is_refused),
        T(a_folder_that_is_gone_has_ended),
#undef T
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
