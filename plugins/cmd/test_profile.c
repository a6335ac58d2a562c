/* SPDX-License-Identifier: ISC */

/* The environment of a shell of the cmd plug-in, and the profile it comes from. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/test_shell.h"

#include <wsmerror.h>

#include "cmd/environment.h"
#include "cmd/profile.h"

static char home[] = "/tmp/winrmd-profile-XXXXXX";
static char profile[sizeof(home) + 16];

/* The user of these tests lives in a folder of their own. */
int getpwuid_r(uid_t uid, struct passwd *entry, char *text, size_t size, struct passwd **result)
{
    (void)uid;
    (void)text;
    (void)size;
    *entry = (struct passwd){.pw_name = (char *)"tester", .pw_dir = home};
    *result = entry;
    return 0;
}

static int make_home(void **state)
{
    (void)state;
    if (!mkdtemp(home))
        return -1;
    snprintf(profile, sizeof(profile), "%s/.profile", home);
    return 0;
}

static int remove_home(void **state)
{
    (void)state;
    unlink(profile);
    return rmdir(home);
}

static void write_profile(const char *text)
{
    FILE *file = fopen(profile, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A shell of this user; NULL: without the option. */
static void open_with(PCWSTR no_profile, WSMAN_ENVIRONMENT_VARIABLE_SET *variables)
{
    operation_open(&shell);
    if (no_profile)
        set_option(&shell, u"WINRS_NOPROFILE", no_profile, TRUE);
    open_shell_in(NULL, variables);
    assert_non_null(shell.context);
}

static void check_output(PCWSTR line, const char *output)
{
    run(line);
    finish();
    assert_string_equal(receive.text[0], output);
    assert_string_equal(receive.text[1], "");
}

/* C-8.1, C-8.2 */
static void a_profile_is_read_once(void **state)
{
    write_profile("COUNT=$((${COUNT:-0} + 1)); export COUNT\n"
                  "export NAME='two\nlines' EDITOR=ed PATH=/opt/x:$PATH\n"
                  "PRIVATE=1; umask 0; cd /; set -e; unset LANG\n");
    for (int i = 0; i < 2; i++) {
        open_with(i == 0 ? NULL : u"FALSE", NULL);
        check_output(u"echo \"$COUNT $NAME $EDITOR ${PRIVATE-none}\"; pwd | grep -c profile",
                     "1 two\nlines ed none\n1\n");
        check_output(u"echo \"$COUNT\" $LANG; case $PATH in /opt/x:*) echo first;; esac; "
                     u"false; env | grep -cE '^(_|SHLVL|OLDPWD)='",
                     "1 C.UTF-8\nfirst\n0\n");
        shell_finish(state);
    }
}

/* C-8.2 */
static void variables_of_the_client_are_above_the_profile(void **state)
{
    WSMAN_ENVIRONMENT_VARIABLE variables[] = {
        {u"EDITOR", u"vi"}, {u"A", u"1"}, {u"HOME", u"/usr"}, {u"A", u"a=\n\u00e4"}, {u"B", NULL}};
    WSMAN_ENVIRONMENT_VARIABLE_SET set = {.varsCount = 5, .vars = variables};

    write_profile("export EDITOR=ed VISUAL=ed A=2\n");
    open_with(NULL, &set);
    check_output(u"echo $EDITOR $VISUAL \"$A\" ${B-unset}. $HOME; pwd",
                 "vi ed a=\n\xc3\xa4 . /usr\n/usr\n");
    shell_finish(state);
}

/* C-8.1 */
static void without_a_profile(void **state)
{
    static const PCWSTR values[] = {u"TRUE", u"1", u"true"};

    write_profile("export EDITOR=ed PATH=/bin\n");
    for (size_t i = 0; i < 3; i++) {
        open_with(values[i], NULL);
        check_output(u"echo ${EDITOR-none} $USER $LOGNAME $SHELL $LANG; env | wc -l",
                     "none tester tester /bin/sh C.UTF-8\n7\n");
        shell_finish(state);
    }
}

/* C-8.3 */
static void profiles_that_misbehave(void **state)
{
    static const char *const texts[] = {
        "export EDITOR=ed; exit 0\n",
        "export EDITOR=ed; exit 3\n",
        "export EDITOR=ed; kill -9 $$\n",
        "printf 'EDITOR=vi\\0' >&8; exit 3\n",
        "export EDITOR=ed; exec 8>&-\n",
        "export EDITOR=ed; if then\n",
        "export EDITOR=ed; exec echo EDITOR=vi >&8\n",
        "export EDITOR=ed; x=$(head -c 100000 /dev/zero | tr '\\0' x); export A=$x B=$x C=$x\n",
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_profile(texts[i]);
        open_with(NULL, NULL);
        check_output(u"echo ${EDITOR-none} $USER", "none tester\n");
        shell_finish(state);
    }
}

/* C-8.3 */
static void profiles_that_print_and_leave_something(void **state)
{
    pid_t child;

    write_profile("echo out; echo err >&2; head -c 1000000 /dev/zero; read x\n"
                  "sleep 1000 & export LEFT=$!\n");
    open_with(NULL, NULL);
    run(u"echo $LEFT");
    finish();
    child = atoi(receive.text[0]);
    assert_true(child > 1 && is_alive(child));
    kill(child, SIGKILL);
    shell_finish(state);
}

/* C-8.3 */
static void a_profile_that_hangs(void **state)
{
    char path[sizeof(home) + 16];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof(path), "%s/pid", home);
    write_profile("export EDITOR=ed; echo $$ > pid; exec sleep 1000\n");
    open_with(NULL, NULL);
    check_output(u"echo ${EDITOR-none}", "none\n");
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    wait_for_death(pid);
    shell_finish(state);
    /* A shell that ends meanwhile does not wait for it. */
    unlink(path);
    open_with(NULL, NULL);
    shell_finish(state);
    unlink(path);
}

/* docs/root-mode.md, R-24: the host of a login hands on what the login has, and no more. */
static void a_login_is_handed_on(void **state)
{
    char variable[sizeof(home) + 8];

    write_profile("export EDITOR=ed\n");
    assert_int_equal(clearenv(), 0);
    setenv("WINRMD_SESSION", "1", 1);
    setenv("HOME", home, 1);
    setenv("SHELL", "/bin/bash", 1);
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    open_with(NULL, NULL);
    snprintf(variable, sizeof(variable), "%s\n", home);
    check_output(u"echo $SHELL $XDG_RUNTIME_DIR $EDITOR ${ASAN_OPTIONS-none} ${LOGNAME-none}",
                 "/bin/bash /run/user/7 ed none none\n");
    check_output(u"pwd", variable);
    shell_finish(state);
    unsetenv("WINRMD_SESSION");
}

/* C-8.1: a Command whose client did not wait as long as the profile took runs nothing. */
static void a_command_that_is_cancelled_meanwhile(void **state)
{
    char path[sizeof(home) + 16];

    snprintf(path, sizeof(path), "%s/ran", home);
    open_with(u"TRUE", NULL);
    operation_open(&command);
    operation_cancel(&command);
    fake_host.report_answer = ERROR_OPERATION_ABORTED;
    WSManPluginCommand(&command.request, 0, shell.context, u"echo >ran", NULL);
    fake_host.report_answer = NO_ERROR;
    assert_int_equal(operation_wait(&command), ERROR_CANCELLED);
    shell_finish(state);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void check_merged(char *const *first, char *const *second, char *const *third,
                         const char *const *wanted)
{
    char **merged = environment_merge(first, second, third);
    size_t count = 0;

    for (; wanted[count]; count++) {
        assert_non_null(merged[count]);
        assert_string_equal(merged[count], wanted[count]);
    }
    assert_null(merged[count]);
    environment_free(merged);
}

/* C-8.2 */
static void the_last_of_a_name_counts(void **state)
{
    char *base[] = {(char *)"AB=1", (char *)"A=1", (char *)"PWD=/x", NULL};
    char *two[] = {(char *)"A=2", (char *)"PWD=/y", (char *)"=x",
                   (char *)"B=",  (char *)"_=z",    NULL};
    char *three[] = {(char *)"C=3", (char *)"C=4", (char *)"_=q", NULL};

    (void)state;
    check_merged(base, NULL, NULL, (const char *[]){"A=1", "AB=1", "PWD=/x", NULL});
    check_merged(base, two, three,
                 (const char *[]){"A=2", "AB=1", "B=", "C=4", "PWD=/x", "_=q", NULL});
    check_merged(NULL, NULL, NULL, (const char *[]){NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_profile_is_read_once),
        cmocka_unit_test(variables_of_the_client_are_above_the_profile),
        cmocka_unit_test(without_a_profile),
        cmocka_unit_test(profiles_that_misbehave),
        cmocka_unit_test(profiles_that_print_and_leave_something),
        cmocka_unit_test(a_profile_that_hangs),
        cmocka_unit_test(a_command_that_is_cancelled_meanwhile),
        cmocka_unit_test(the_last_of_a_name_counts),
        cmocka_unit_test(a_login_is_handed_on), /* last: it takes the environment away */
    };

    return cmocka_run_group_tests(tests, make_home, remove_home);
}
