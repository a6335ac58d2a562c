/* SPDX-License-Identifier: ISC */

/* The password file: what a line may be, what is said of a wrong one, and who may own the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <cmocka.h>

#include "auth/users.h"

/* "secret", as mkpasswd(1) makes it. */
#define YESCRYPT "$y$j9T$Zq2pVQz8ZrJkJ5s0cV9V41$0123456789012345678901234567890123456789012"
#define SHA512   "$6$salt$xxxxxxxxxxxxxxxxxxxx"

static const struct {
    const char *label;
    const char *text;
    const char *fault; /* NULL: none */
    size_t count;
} cases[] = {
    {"empty", "", NULL, 0},
    {"comments", "# a:b\n\n#\n", NULL, 0},
    {"one", "anna:" YESCRYPT "\n", NULL, 1},
    {"no newline at the end", "anna:" YESCRYPT, NULL, 1},
    {"groups", "anna:" YESCRYPT ":a,b\nbert:" SHA512 ":\n", NULL, 2},
    {"names compared whole", "anna:" SHA512 "\nAnna:" SHA512 "\nanna :" SHA512 "\n", NULL, 3},
    {"no colon", "#\nanna\n", "2: is no user: write name:hash[:group,group]", 0},
    {"too many colons", "anna:" SHA512 ":a:b\n", "1: too many colons", 0},
    {"no name", ":" SHA512 "\n", "1: the name is empty", 0},
    {"control character", "an\tna:" SHA512 "\n", "1: the name is empty", 0},
    {"no UTF-8", "ann\xe4:" SHA512 "\n", "1: the name is empty", 0},
    {"no hash", "anna:\n", "1: the hash is none that crypt(3) knows", 0},
    {"clear text", "anna:secret phrase\n", "1: the hash is none that crypt(3) knows", 0},
    {"locked", "anna:*\nbert:!" SHA512 ":a\ncarl:!!\ndora:*LK*\n", NULL, 4},
    {"carriage return", "anna:" SHA512 "\r\n", "1: the hash is none that crypt(3) knows", 0},
    {"empty group", "anna:" SHA512 ":a,,b\n", "1: a group is empty", 0},
    {"twice", "anna:" SHA512 "\nbert:" SHA512 "\nanna:" SHA512 "\n",
     "3: the name stands in the file already", 0},
};

static void every_case(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file_fault fault;
        struct users *users = users_parse(cases[i].text, strlen(cases[i].text), &fault);
        char said[sizeof(fault.text) + 16] = "";

        if (fault.line > 0)
            snprintf(said, sizeof(said), "%u: %s", fault.line, fault.text);
        if ((users == NULL) != (cases[i].fault != NULL) ||
            strncmp(said, cases[i].fault != NULL ? cases[i].fault : "",
                    cases[i].fault != NULL ? strlen(cases[i].fault) : 1) != 0)
            fail_msg("%s: \"%s\"", cases[i].label, said);
        if (users != NULL)
            assert_int_equal(users_count(users), cases[i].count);
        users_free(users);
    }
}

static void users_are_found(void **state)
{
    static const char text[] = "anna:" YESCRYPT ":admins,staff\nbert:" SHA512 "\n";
    struct file_fault fault;
    struct users *users = users_parse(text, strlen(text), &fault);
    const struct user *user;

    (void)state;
    user = users_find(users, "anna");
    assert_string_equal(user->name, "anna");
    assert_string_equal(user->hash, YESCRYPT);
    assert_int_equal(user->group_count, 2);
    assert_string_equal(user->groups[0], "admins");
    assert_string_equal(user->groups[1], "staff");
    assert_int_equal(users_find(users, "bert")->group_count, 0);
    assert_null(users_find(users, "ann"));
    assert_null(users_find(users, "annab"));
    assert_null(users_find(users, "ANNA"));
    assert_null(users_find(users, ""));
    assert_ptr_equal(users_stand_in(users, "nobody"), users_stand_in(users, "nobody"));
    users_free(users);
}

static void a_locked_account_keeps_its_hash(void **state)
{
    static const char text[] = "anna:*\nbert:!!" SHA512 "\ncarl:" SHA512 "\n";
    struct file_fault fault;
    struct users *users = users_parse(text, strlen(text), &fault);

    (void)state;
    assert_true(users_find(users, "anna")->locked);
    assert_null(users_find(users, "anna")->setting);
    assert_true(users_find(users, "bert")->locked);
    assert_string_equal(users_find(users, "bert")->setting, SHA512);
    assert_false(users_find(users, "carl")->locked);
    assert_string_equal(users_find(users, "carl")->setting, SHA512);
    users_free(users);
}

static void nul_is_refused(void **state)
{
    static const char text[] = "anna:" SHA512 "\nbe\0rt:" SHA512 "\n";
    struct file_fault fault;

    (void)state;
    assert_null(users_parse(text, sizeof(text) - 1, &fault));
    assert_int_equal(fault.line, 2);
    assert_string_equal(fault.text, "a NUL byte: remove it");
}

static void only_a_private_file_is_read(void **state)
{
    char path[] = "/tmp/winrmd-test-users-XXXXXX";
    int fd = mkstemp(path);
    struct file_fault fault;
    struct stat status;
    struct users *users;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "anna:" SHA512 "\n", 6 + strlen(SHA512)), 6 + strlen(SHA512));
    users = users_load(path, &status, &fault);
    assert_non_null(users);
    assert_int_equal(status.st_size, 6 + strlen(SHA512));
    users_free(users);
    assert_int_equal(fchmod(fd, 0640), 0);
    assert_null(users_load(path, &status, &fault));
    assert_string_equal(fault.text, "others may read or write it; chmod it to 0600");
    assert_int_equal(fchmod(fd, 0604), 0);
    assert_null(users_load(path, &status, &fault));
    close(fd);
    unlink(path);
    assert_null(users_load(path, &status, &fault));
    assert_string_equal(fault.text, "No such file or directory");
    assert_null(users_load("/tmp", &status, &fault));
    assert_string_equal(fault.text, "it is no regular file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case),
        cmocka_unit_test(users_are_found),
        cmocka_unit_test(a_locked_account_keeps_its_hash),
        cmocka_unit_test(nul_is_refused),
        cmocka_unit_test(only_a_private_file_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
