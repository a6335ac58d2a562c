/* SPDX-License-Identifier: ISC */

/* What configures the libraries of winrmd-gss, and that nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "gss/environment.h"

/* What somebody may have set; gss-ntlmssp and krb5 look at each. */
static void inherit(void)
{
    static const char *const names[] = {
        "NTLM_USER_FILE",   "LM_COMPAT_LEVEL", "NETBIOS_DOMAIN_NAME", "NETBIOS_COMPUTER_NAME",
        "GSSNTLMSSP_DEBUG", "KRB5_KTNAME",     "KRB5_CLIENT_KTNAME",  "KRB5CCNAME",
        "KRB5_TRACE",       "GSS_MECH_CONFIG", "KRB5_CONFIG",         "KRB5RCACHEDIR"};

    clearenv();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        setenv(names[i], "inherited", 1);
}

/* As many variables as that, and no other. */
static void expect(const char *const *expected)
{
    size_t count = 0, there = 0;

    for (; expected[count] != NULL; count++) {
        const char *equal = strchr(expected[count], '=');
        char name[64];
        const char *value;

        snprintf(name, sizeof(name), "%.*s", (int)(equal - expected[count]), expected[count]);
        value = getenv(name);
        assert_non_null(value);
        assert_string_equal(value, equal + 1);
    }
    for (char **variable = environ; variable != NULL && *variable != NULL; variable++)
        there++;
    assert_int_equal(there, count);
}

static void kerberos_alone(void **state)
{
    char shown[NETBIOS_NAME];

    (void)state;
    inherit();
    environment_set("/etc/winrmd/keytab", NULL, NULL, "web-1.example.org", shown);
    expect((const char *const[]){"KRB5_CONFIG=inherited:/dev/null", "KRB5RCACHEDIR=inherited",
                                 "KRB5_KTNAME=FILE:/etc/winrmd/keytab", "_NO_WINBINDD=1", NULL});
    assert_string_equal(shown, "WEB-1");
}

static void ntlm_alone(void **state)
{
    char shown[NETBIOS_NAME];

    (void)state;
    inherit();
    environment_set(NULL, "/etc/winrmd/ntlm", "lab", "a-very-long-name-of-a-machine", shown);
    expect((const char *const[]){"KRB5_CONFIG=inherited:/dev/null", "KRB5RCACHEDIR=inherited",
                                 "NTLM_USER_FILE=/etc/winrmd/ntlm",
                                 "NETBIOS_COMPUTER_NAME=A-VERY-LONG-NAM", "NETBIOS_DOMAIN_NAME=LAB",
                                 "LM_COMPAT_LEVEL=5", "_NO_WINBINDD=1", NULL});
    assert_string_equal(shown, "LAB");
}

/* As the library does, when nobody has named another one. */
static void the_usual_configuration(void **state)
{
    char shown[NETBIOS_NAME];

    (void)state;
    clearenv();
    environment_set(NULL, NULL, NULL, "web", shown);
    expect((const char *const[]){"KRB5_CONFIG=/etc/krb5.conf:/dev/null", "_NO_WINBINDD=1", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(kerberos_alone),
                                       cmocka_unit_test(ntlm_alone),
                                       cmocka_unit_test(the_usual_configuration)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
