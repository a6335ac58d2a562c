/* SPDX-License-Identifier: ISC */

/* What a real winrmd-host loads as an authorization plug-in, and what it refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/test_authz_fixture.h"

static void expect_start_failure(struct fixture *f, const char *part)
{
    const struct message_host_started *started =
        &test_expect(&f->host.broker, MESSAGE_host_started)->host_started;

    assert_int_not_equal(started->code, 0);
    if (strstr(started->text, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", started->text, part);
    assert_true(WIFEXITED(test_host_wait(&f->host)));
}

/* Puts plugin.so into the folder of the application, and then does what `then` says there. */
static void copy_plugin(const struct fixture *f, const char *then)
{
    char command[1024];

    snprintf(command, sizeof(command), "cp '%s' '%s/plugin.so' && cd '%s' && %s",
             plugin_path("test_plugin_authz.so"), f->folder, f->folder, then);
    assert_int_equal(system(command), 0);
}

static void library_missing_is_named(void **state)
{
    struct fixture *f = *state;

    send_start(f, "Nowhere.dll", "wsman");
    expect_start_failure(f, "Nowhere.so");
}

static void library_without_entry_points_is_refused(void **state)
{
    struct fixture *f = *state;

    send_start(f, plugin_path("test_plugin_incomplete.so"), "wsman");
    expect_start_failure(f, "WSManPluginShutdown");
}

static void library_writable_by_others_is_refused(void **state)
{
    struct fixture *f = *state;

    copy_plugin(f, "chmod o+w plugin.so");
    send_start(f, "plugin.so", "wsman");
    expect_start_failure(f, "writable by everybody");
}

static void library_in_a_folder_writable_by_others_is_refused(void **state)
{
    struct fixture *f = *state;

    copy_plugin(f, "chmod g+w .");
    send_start(f, "plugin.so", "wsman");
    expect_start_failure(f, "writable by its group");
}

static void library_in_the_application_folder_is_found(void **state)
{
    struct fixture *f = *state;

    copy_plugin(f, "true");
    send_start(f, "plugin.DLL", "wsman");
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_host_started)->host_started.code, 0);
}

static void relative_paths_are_refused(void **state)
{
    struct fixture *f = *state;

    send_start(f, "plugins/plugin.so", "wsman");
    expect_start_failure(f, "has to begin with a slash");
}

static void other_sdk_versions_are_refused(void **state)
{
    struct fixture *f = *state;

    send_start_version(f, plugin_path("test_plugin_authz.so"), "wsman", 3);
    expect_start_failure(f, "SDKVersion 3 is unknown; use 1 or 2");
}

static void failing_startup_is_reported(void **state)
{
    struct fixture *f = *state;

    send_start(f, plugin_path("test_plugin_authz.so"), "fail");
    expect_start_failure(f, "1001");
    assert_int_not_equal(access(f->marker, F_OK), 0); /* no shutdown */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_bare, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(library_missing_is_named),
        TEST(library_without_entry_points_is_refused),
        TEST(library_writable_by_others_is_refused),
        TEST(library_in_a_folder_writable_by_others_is_refused),
        TEST(library_in_the_application_folder_is_found),
        TEST(relative_paths_are_refused),
        TEST(other_sdk_versions_are_refused),
        TEST(failing_startup_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
