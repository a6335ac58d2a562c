/* SPDX-License-Identifier: ISC */

/* Whose session it is and what its environment is made of: docs/root-mode.md, R-21 and R-24. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "session/account.h"
#include "session/environment.h"

static struct login alice = {.identity = {.uid = 2001, .gid = 2001},
                             .name = (char[]){"alice"},
                             .home = (char[]){"/home/alice"},
                             .shell = (char[]){"/bin/bash"}};

/* The value in it; NULL: there is none. More than one is a failure. */
static const char *value(char *const *environment, const char *name)
{
    const char *found = NULL;

    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, strlen(name)) == 0 && (*environment)[strlen(name)] == '=') {
            assert_null(found);
            found = *environment + strlen(name) + 1;
        }
    return found;
}

static size_t count(char *const *environment)
{
    size_t found = 0;

    while (environment[found] != NULL)
        found++;
    return found;
}

static void nothing_of_the_service_is_in_the_environment(void **state)
{
    char **made;

    (void)state;
    setenv("OF_THE_SERVICE", "secret", 1);
    made = environment_make(&alice, NULL);
    assert_string_equal(value(made, "HOME"), "/home/alice");
    assert_string_equal(value(made, "USER"), "alice");
    assert_string_equal(value(made, "LOGNAME"), "alice");
    assert_string_equal(value(made, "SHELL"), "/bin/bash");
    assert_string_equal(value(made, "PATH"), "/usr/local/bin:/usr/bin:/bin");
    assert_string_equal(value(made, "LANG"), "C.UTF-8");
    assert_string_equal(value(made, "WINRMD_SESSION"), "1");
    assert_null(value(made, "OF_THE_SERVICE"));
    environment_free(made);
}

static void modules_set_variables_but_the_loaders(void **state)
{
    char *const pam[] = {(char[]){"LANG=de_DE.UTF-8"},
                         (char[]){"KRB5CCNAME=FILE:/tmp/a=b"},
                         (char[]){"LD_PRELOAD=/tmp/evil.so"},
                         (char[]){"LD_AUDIT=/tmp/evil.so"},
                         (char[]){"GLIBC_TUNABLES=glibc.malloc.check=3"},
                         (char[]){"GCONV_PATH=/tmp"},
                         (char[]){"LDAP=kept"},
                         (char[]){"without value"},
                         (char[]){"=without name"},
                         NULL};
    char **made = environment_make(&alice, NULL);
    size_t before = count(made);

    (void)state;
    environment_free(made);
    made = environment_make(&alice, pam);
    assert_string_equal(value(made, "LANG"), "de_DE.UTF-8");
    assert_string_equal(value(made, "KRB5CCNAME"), "FILE:/tmp/a=b");
    assert_string_equal(value(made, "LDAP"), "kept");
    assert_int_equal(count(made), before + 2);
    environment_free(made);
}

static void a_thousand_variables_are_the_most(void **state)
{
    enum { MANY = 3000 };
    char **pam = calloc(MANY + 1, sizeof(*pam));
    char **made;

    (void)state;
    assert_non_null(pam);
    for (size_t i = 0; i < MANY; i++) {
        pam[i] = malloc(16);
        assert_non_null(pam[i]);
        snprintf(pam[i], 16, "V%zu=x", i);
    }
    made = environment_make(&alice, pam);
    assert_int_equal(count(made), 1024);
    environment_free(made);
    environment_free(pam);
}

static void an_account_has_to_be_who_the_token_says(void **state)
{
    struct login login;
    char why[256];

    (void)state;
    assert_false(login_find(&login, "nobody-of-that-name", 2001, true, why, sizeof(why)));
    assert_non_null(strstr(why, "there is no account of that name"));
    assert_false(login_find(&login, "root", 2001, true, why, sizeof(why)));
    assert_string_equal(why, "its uid is 0 now, and was 2001 at the login");
    assert_false(login_find(&login, "root", 0, false, why, sizeof(why)));
    assert_string_equal(why, "it is uid 0, which the application does not allow");
    assert_null(login.name);
    login_clear(&login);
}

static void root_comes_in_where_it_may(void **state)
{
    struct login login;
    char why[256];
    char **made;

    (void)state;
    assert_true(login_find(&login, "root", 0, true, why, sizeof(why)));
    assert_string_equal(login.name, "root");
    assert_int_equal(login.identity.uid, 0);
    assert_int_equal(login.home[0], '/');
    made = environment_make(&login, NULL);
    assert_non_null(strstr(value(made, "PATH"), "/usr/sbin"));
    environment_free(made);
    login_clear(&login);
    login_clear(&login);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_the_service_is_in_the_environment),
        cmocka_unit_test(modules_set_variables_but_the_loaders),
        cmocka_unit_test(a_thousand_variables_are_the_most),
        cmocka_unit_test(an_account_has_to_be_who_the_token_says),
        cmocka_unit_test(root_comes_in_where_it_may),
    };

    /* What a build with a sanitizer passes on would be counted. */
    unsetenv("ASAN_OPTIONS");
    unsetenv("UBSAN_OPTIONS");
    unsetenv("LSAN_OPTIONS");
    unsetenv("TSAN_OPTIONS");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
