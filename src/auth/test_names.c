/* SPDX-License-Identifier: ISC */

/* Whose account a name is that was proved; and the lines of the NTLM password file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/names.h"
#include "auth/ntlm_users.h"
#include "base/memory.h"

#define NO_USER   "the name has no user in it"
#define NO_REALM  "the principal has no realm"
#define FOREIGN   "the principal's realm is none that is let in"
#define NOT_USERS "the principal is no user's"
#define OTHER     "the user's domain is not this machine's"
#define NOT_PLAIN "the user is no plain name"

static char long_name[USER_NAME_LIMIT + 2];

static void check(const char *name, const char *fault, const char *account, const char *said,
                  const char *got)
{
    if ((fault == NULL) != (said == NULL) || (fault != NULL && strcmp(fault, said) != 0) ||
        strcmp(got, account) != 0)
        fail_msg("%s: %s, \"%s\"", name != NULL ? name : "NULL", said != NULL ? said : "fine", got);
}

static void kerberos(void **state)
{
    static const struct ipc_item realms[] = {{.name = "EXAMPLE.ORG"}, {.name = "lab"}};
    static const struct ipc_items two = {.item = realms, .count = 2};
    static const struct {
        const char *name;
        const char *fault;
        const char *account;
    } cases[] = {
        {"anna@EXAMPLE.ORG", NULL, "anna"},
        {"Anna.B@EXAMPLE.ORG", NULL, "anna.b"},
        {"web1$@lab", NULL, "web1$"},
        {"\xc3\x84nna@lab", NULL, "\xc3\x84nna"},
        {NULL, NO_REALM, ""},
        {"", NO_REALM, ""},
        {"anna", NO_REALM, ""},
        {"anna@", FOREIGN, ""},
        {"anna@OTHER.ORG", FOREIGN, ""},
        {"anna@example.org", FOREIGN, ""},
        {"anna@EXAMPLE.ORG ", FOREIGN, ""},
        {"anna@lab@EXAMPLE.ORG", FOREIGN, ""},
        {"anna\\@lab@EXAMPLE.ORG", NOT_USERS, ""},
        {"anna/admin@EXAMPLE.ORG", NOT_USERS, ""},
        {"HTTP/host@EXAMPLE.ORG", NOT_USERS, ""},
        {"WELLKNOWN/ANONYMOUS@EXAMPLE.ORG", NOT_USERS, ""},
        {"@EXAMPLE.ORG", NO_USER, ""},
        {"an:na@lab", NOT_PLAIN, ""},
        {"an\nna@lab", NOT_PLAIN, ""},
        {"an\x7fna@lab", NOT_PLAIN, ""},
        {"\xe4nna@lab", NOT_PLAIN, ""},
    };
    const struct ipc_items none = {.count = 0};
    char account[USER_NAME_LIMIT + 1];
    char *name;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *said = name_of_kerberos(cases[i].name, &two, account);

        check(cases[i].name, cases[i].fault, cases[i].account, said, account);
    }
    check("no realms", FOREIGN, "", name_of_kerberos("anna@lab", &none, account), account);
    name = mem_printf("%s@lab", long_name);
    check("long", "the user is longer than 512 bytes", "", name_of_kerberos(name, &two, account),
          account);
    check("as long as can be", NULL, long_name + 1, name_of_kerberos(name + 1, &two, account),
          account);
    free(name);
}

static void ntlm(void **state)
{
    static const struct {
        const char *name;
        const char *fault;
        const char *account;
    } cases[] = {
        {"LAB\\anna", NULL, "anna"},
        {"lab\\ANNA", NULL, "anna"},
        {"anna", NULL, "anna"},
        {"ANNA", NULL, "anna"},
        {"LAB\\\xc3\x84nna", NULL, "\xc3\x84nna"},
        {NULL, NO_USER, ""},
        {"", NO_USER, ""},
        {"LAB\\", NO_USER, ""},
        {"\\anna", OTHER, ""},
        {".\\anna", OTHER, ""},
        {"LA\\anna", OTHER, ""},
        {"LABX\\anna", OTHER, ""},
        {"NT AUTHORITY\\ANONYMOUS LOGON", OTHER, ""},
        {"LAB\\LAB\\anna", NOT_PLAIN, ""},
        {"LAB\\anna@lab", NOT_PLAIN, ""},
        {"anna@lab", NOT_PLAIN, ""},
        {"LAB\\an/na", NOT_PLAIN, ""},
        {"LAB\\an:na", NOT_PLAIN, ""},
        {"LAB\\an\tna", NOT_PLAIN, ""},
    };
    char account[USER_NAME_LIMIT + 1];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *said = name_of_ntlm(cases[i].name, "Lab", account);

        check(cases[i].name, cases[i].fault, cases[i].account, said, account);
    }
    check("no domain", OTHER, "", name_of_ntlm("LAB\\anna", NULL, account), account);
    check("none named", NULL, "anna", name_of_ntlm("anna", NULL, account), account);
    check("long", "the user is longer than 512 bytes", "", name_of_ntlm(long_name, NULL, account),
          account);
}

#define NO   "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
#define HASH "8846F7EAEE8FB117AD06BDD830B7586C"
#define REST "[U          ]:LCT-6741F0A5:"

static void the_ntlm_file(void **state)
{
    static const struct {
        const char *text;
        const char *fault;
    } cases[] = {
        {"", NULL},
        {"# ours\n\nLAB\\anna:0:" NO ":" HASH ":" REST "\n", NULL},
        {"LAB\\anna:1000:" HASH ":" HASH ":[]:LCT-00000000:", NULL},
        {"LAB\\anna:0:" NO ":" NO ":" REST "\nL\\anna:0:" NO ":" NO ":" REST, NULL},
        {"LAB\\a:0:" NO ":" HASH ":" REST "\nlab\\A:0:" NO ":" HASH ":" REST,
         "2: the user stands in the file already"},
        {"LAB:anna:secret", "1: it has not the fields"},
        {"LAB\\anna:0:" NO ":" HASH ":" REST ":", "1: it has not the fields"},
        {"LAB\\anna:0:" NO ":" HASH ":" REST "\r\n", "1: it has not the fields"},
        {" \n", "1: it has not the fields"},
        {"#\nanna:0:" NO ":" HASH ":" REST, "2: it does not begin with DOMAIN\\user"},
        {"LAB\\an@na:0:" NO ":" HASH ":" REST, "1: it does not begin with DOMAIN\\user"},
        {"L B\\anna:0:" NO ":" HASH ":" REST, "1: it does not begin with DOMAIN\\user"},
        {"LAB\\anna::" NO ":" HASH ":" REST, "1: it has a field"},
        {"LAB\\anna:0:" NO ":" HASH "0:" REST, "1: it has a field"},
        {"LAB\\anna:0:" NO ":secret:" REST, "1: it has a field"},
        {"LAB\\anna:0:" NO ":" HASH ":U:LCT-00000000:", "1: it has a field"},
        {"LAB\\anna:0:" NO ":" HASH ":[U]:LCT-0000000:", "1: it has a field"},
    };
    static const char two[] =
        "LAB\\anna:0:" NO ":" HASH ":" REST "\n# LAB\\b:\nLAB\\ann:0:" NO ":" HASH ":" REST;
    const uint8_t hash[NTLM_HASH] = {0x88, 0x46, 0xf7, 0xea, 0xee, 0x8f, 0xb1, 0x17,
                                     0xad, 0x06, 0xbd, 0xd8, 0x30, 0xb7, 0x58, 0x6c};
    struct file_fault fault;
    size_t length = 0;
    char *line;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool valid = ntlm_users_valid(cases[i].text, strlen(cases[i].text), &fault);
        char said[512];

        snprintf(said, sizeof(said), "%u: %s", fault.line, fault.text);
        if (valid != (cases[i].fault == NULL) ||
            (!valid && strncmp(said, cases[i].fault, strlen(cases[i].fault)) != 0))
            fail_msg("%s: %s", cases[i].text, said);
    }
    assert_false(ntlm_users_valid("LAB\0", 4, &fault));
    assert_ptr_equal(ntlm_users_find(two, strlen(two), "lab", "ANN", &length),
                     strstr(two, "LAB\\ann:"));
    assert_int_equal(length, strlen(strstr(two, "LAB\\ann:")));
    assert_null(ntlm_users_find(two, strlen(two), "LAB", "b", &length));
    assert_null(ntlm_users_find(two, strlen(two), "L", "anna", &length));
    line = ntlm_users_line("LAB", "anna", hash, 0x6741f0a5);
    assert_string_equal(line, "LAB\\anna:0:" NO ":" HASH ":" REST "\n");
    assert_true(ntlm_users_valid(line, strlen(line), &fault));
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kerberos),
        cmocka_unit_test(ntlm),
        cmocka_unit_test(the_ntlm_file),
    };

    memset(long_name, 'n', sizeof(long_name) - 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
