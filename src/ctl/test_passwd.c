/* SPDX-License-Identifier: ISC */

/* The password files that winrmctl keeps: of Basic and of NTLM. */
#include <crypt.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "auth/users.h"
#include "base/memory.h"
#include "ctl/test_command.h"

/* The NT hash of "password" is in many a document. */
#define NT_HASH "8846F7EAEE8FB117AD06BDD830B7586C"
#define NO_HASH "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"

/* What a file that was made has: where there is an account winrmd-auth, root's is for it to read.
 */
static mode_t mode_of_a_new_file(void)
{
    return geteuid() == 0 && getpwnam("winrmd-auth") != NULL ? 0640 : 0600;
}

static struct users *users_now(void)
{
    char *path = mem_printf("%s/users", folder);
    struct file_fault fault;
    struct stat status;
    struct users *users;

    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode_of_a_new_file());
    assert_int_equal(chmod(path, 0600), 0);
    users = users_load(path, &status, &fault);
    if (users == NULL)
        fail_msg("%s", fault.text);
    assert_int_equal(chmod(path, mode_of_a_new_file()), 0);
    free(path);
    return users;
}

static bool password_is(const struct user *user, const char *password)
{
    struct crypt_data *data = mem_alloc(sizeof(*data));
    const char *hash = crypt_rn(password, user->hash, data, (int)sizeof(*data));
    bool equal = hash != NULL && strcmp(hash, user->hash) == 0;

    free(data);
    return equal;
}

static void the_password_file_is_kept(void **state)
{
    struct users *users;

    (void)state;
    assert_int_equal(run("secret\\nmore\\n", "passwd users anna --groups admins,staff"), 0);
    assert_string_equal(output, "");
    assert_int_equal(run("other", "passwd users 'bert b'"), 0);
    users = users_now();
    assert_int_equal(users_count(users), 2);
    assert_true(password_is(users_find(users, "anna"), "secret"));
    assert_true(password_is(users_find(users, "bert b"), "other"));
    assert_int_equal(strncmp(users_find(users, "anna")->hash, "$y$", 3), 0);
    assert_string_equal(users_find(users, "anna")->groups[1], "staff");
    users_free(users);

    /* A new password keeps the groups; --groups replaces them. */
    assert_int_equal(run("third\\n", "passwd users anna"), 0);
    users = users_now();
    assert_true(password_is(users_find(users, "anna"), "third"));
    assert_int_equal(users_find(users, "anna")->group_count, 2);
    users_free(users);
    assert_int_equal(run("third\\n", "passwd --groups '' users anna"), 0);
    users = users_now();
    assert_int_equal(users_find(users, "anna")->group_count, 0);
    users_free(users);

    assert_int_equal(run("", "passwd users anna --delete"), 0);
    users = users_now();
    assert_int_equal(users_count(users), 1);
    users_free(users);
    assert_int_equal(run("", "passwd users anna --delete"), 1);
    assert_non_null(strstr(output, "has no user anna"));
}

static void other_lines_stay(void **state)
{
    char *path = mem_printf("%s/users", folder);
    FILE *file = fopen(path, "w");
    char text[1024] = "";

    (void)state;
    fputs("# ours\nanna:$6$salt$a:x\n\nbert:$6$salt$b", file);
    fclose(file);
    assert_int_equal(run("secret\\n", "passwd users carl"), 0);
    assert_int_equal(run("", "passwd users anna -d"), 0);
    file = fopen(path, "r");
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(strncmp(text, "# ours\n\nbert:$6$salt$b\ncarl:$y$", 31), 0);
    free(path);
}

static void text_now(const char *name, char *text, size_t size)
{
    char *path = mem_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    free(path);
}

static void the_ntlm_file_is_kept(void **state)
{
    char *path = mem_printf("%s/ntlm", folder);
    char text[1024] = "";
    const char *line;
    struct stat status;
    FILE *file;

    (void)state;
    assert_int_equal(run("password\\n", "ntlm-passwd ntlm anna --domain lab"), 0);
    assert_string_equal(output, "");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode_of_a_new_file());
    text_now("ntlm", text, sizeof(text));
    line = "LAB\\anna:0:" NO_HASH ":" NT_HASH ":[U          ]:LCT-";
    assert_int_equal(strncmp(text, line, strlen(line)), 0);
    assert_string_equal(text + strlen(line) + 8, ":\n");

    /* Another user, one whose password is no ASCII, and the first with another password. */
    assert_int_equal(run("p\\303\\244ssword", "ntlm-passwd ntlm bert --domain LAB"), 0);
    assert_int_equal(run("other", "ntlm-passwd ntlm ANNA --domain LAB"), 0);
    text_now("ntlm", text, sizeof(text));
    assert_int_equal(strncmp(text, "LAB\\ANNA:0:", 11), 0);
    assert_null(strstr(text, NT_HASH));
    assert_null(strstr(text, "anna"));
    assert_non_null(strstr(text, "\nLAB\\bert:0:" NO_HASH ":F1B094F25BBDCB6FDBAA6CC8B43F0C44:"));

    assert_int_equal(run("", "ntlm-passwd ntlm anna --domain LAB --delete"), 0);
    text_now("ntlm", text, sizeof(text));
    assert_int_equal(strncmp(text, "LAB\\bert:", 9), 0);
    assert_int_equal(run("", "ntlm-passwd ntlm anna --domain LAB --delete"), 1);

    /* A file with a line that is none is left alone. */
    assert_int_equal(run("x", "ntlm-passwd ntlm carl"), 0);
    file = fopen(path, "a");
    assert_non_null(file);
    fputs("LAB:dora:secret\n", file);
    fclose(file);
    assert_int_equal(run("x", "ntlm-passwd ntlm bert"), 1);
    assert_non_null(strstr(output, "is not in order: line 3: it has not the fields of smbpasswd"));
    free(path);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_password_file_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_lines_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_ntlm_file_is_kept, set_up, tear_down),
    };

    return command_find(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
