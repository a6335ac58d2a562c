/* SPDX-License-Identifier: ISC */

/* Which files a host is willing to load (trust.h), in folders made for it. */

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/trust.h"

struct row {
    const char *made;   /* a shell script, run in an empty folder of our own */
    const char *opened; /* below that folder */
    const char *why;    /* part of the explanation; NULL: it is opened */
    int error;          /* errno; 0: any */
};

/* 65534 is nobody, who is neither root nor, where this matters, the user of the test. */
static const struct row rows[] = {
    {"echo x > a.so", "a.so", NULL, 0},
    {"mkdir b; echo x > b/a.so", "b/../b/./a.so", NULL, 0},
    {"echo x > a.so; ln -s a.so link.so", "link.so", NULL, 0},
    {"mkdir b; echo x > b/a.so; ln -s b c", "c/a.so", NULL, 0},
    {"echo x > a.so; ln -s \"$PWD/a.so\" link.so", "link.so", NULL, 0},
    {"mkdir -m 1777 b; echo x > b/a.so", "b/a.so", NULL, 0},
    {":", "a.so", "No such file", ENOENT},
    {"ln -s nowhere.so link.so", "link.so", "No such file", ENOENT},
    {"ln -s link.so link.so", "link.so", "leads nowhere", ELOOP},
    {"mkdir a.so", "a.so", "is a folder", 0},
    {"mkfifo a.so", "a.so", "is no regular file", EPERM},
    {"echo x > a.so", "a.so/b.so", "is not a folder", ENOTDIR},
    {"echo x > a.so; chmod o+w a.so", "a.so", "writable by everybody", EPERM},
    {"echo x > a.so; chmod g+w a.so", "a.so", "writable by its group", EPERM},
    {"mkdir -m 777 b; echo x > b/a.so", "b/a.so", "writable by everybody", EPERM},
    {"mkdir -m 777 b; mkdir b/c; echo x > b/c/a.so", "b/c/a.so", "writable by everybody", EPERM},
    {"mkdir -m 777 b; echo x > b/a.so; ln -s b/a.so link.so", "link.so", "writable by everybody",
     EPERM},
    {"mkdir -m 777 b; echo x > a.so; ln -s ../a.so b/link.so", "b/link.so", "writable by everybody",
     EPERM},
};

static const struct row rows_of_root[] = {
    {"echo x > a.so; chown 65534 a.so", "a.so", "belongs neither", EPERM},
    {"mkdir b; echo x > b/a.so; chown 65534 b", "b/a.so", "belongs neither", EPERM},
    {"echo x > a.so; ln -s a.so link.so; chown -h 65534 link.so", "link.so", "belongs neither",
     EPERM},
    {"mkdir -m 1777 b; echo x > b/a.so; chown 65534 b/a.so", "b/a.so", "belongs neither", EPERM},
};

static void check(const struct row *row)
{
    char folder[] = "/tmp/winrmd-trust-XXXXXX";
    char command[2 * PATH_MAX];
    char path[PATH_MAX];
    char why[PATH_MAX] = "";
    int fd;

    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command), "cd %s && umask 022 && %s", folder, row->made);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof(path), "%s/%s", folder, row->opened);
    fd = trust_open(path, why, sizeof(why));
    if (row->why == NULL && fd < 0)
        fail_msg("%s: %s", row->made, why);
    if (row->why != NULL && (fd >= 0 || strstr(why, row->why) == NULL))
        fail_msg("%s: \"%s\" does not say \"%s\"", row->made, why, row->why);
    if (row->error != 0)
        assert_int_equal(errno, row->error);
    if (fd >= 0)
        close(fd);
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
}

static void files_and_folders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        check(&rows[i]);
}

/* Only root can give a file away; without it there is nothing of somebody else's to be tested. */
static void files_of_others(void **state)
{
    (void)state;
    if (geteuid() != 0)
        return;
    for (size_t i = 0; i < sizeof(rows_of_root) / sizeof(rows_of_root[0]); i++)
        check(&rows_of_root[i]);
}

static void paths_that_are_none(void **state)
{
    char name[NAME_MAX + 3];
    char why[256];

    (void)state;
    assert_int_equal(trust_open("relative/a.so", why, sizeof(why)), -1);
    assert_int_equal(trust_open("", why, sizeof(why)), -1);
    memset(name, 'x', sizeof(name));
    name[0] = '/';
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(trust_open(name, why, sizeof(why)), -1);
    assert_non_null(strstr(why, "too long"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_and_folders),
        cmocka_unit_test(files_of_others),
        cmocka_unit_test(paths_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
