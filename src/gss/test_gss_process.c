/* SPDX-License-Identifier: ISC */

/*
 * Whom winrmd-gss lets in, with real clients of Kerberos and NTLM; spoken to as its broker and as
 * winrmd-auth.
 */
#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <unistd.h>

#include "gss/test_realm.h"

static void it_says_what_it_accepts(void **state)
{
    (void)state;
    world_begin(keytab, ntlm_users);
    assert_true(told.kerberos);
    assert_true(told.ntlm);
    assert_int_equal(told.realms, 1);
    assert_string_equal(told.realm, "EXAMPLE.TEST");
    assert_string_equal(told.domain, "LAB");
    world_end();
    world_begin(NULL, ntlm_users);
    assert_false(told.kerberos);
    assert_true(told.ntlm);
    assert_int_equal(told.realms, 0);
    world_end();
    world_begin(keytab, NULL);
    assert_true(told.kerberos);
    assert_false(told.ntlm);
    world_end();
}

/* MS-WSMV 2.2.4.1 lets clients use any service class; each is in the keytab. */
static void kerberos_of_every_service(void **state)
{
    static const char *const services[] = {"HTTP@localhost", "host@localhost", "WSMAN@localhost"};

    (void)state;
    world_begin(keytab, NULL);
    for (unsigned i = 0; i < 6; i++) {
        struct client client;
        bool spnego = i % 2 == 1;

        assert_true(client_kerberos(&client, services[i / 2], spnego));
        assert_true(login(&client, i, !spnego && i > 2, NULL));
        assert_string_equal(told.mechanism, "Kerberos");
        assert_string_equal(told.name, "alice@EXAMPLE.TEST");
        assert_true(told.seals);
        assert_false(told.bound);
        /* The ticket's, and how far clocks may differ. */
        assert_in_range(told.lifetime, 1000, (10 * 3600 + 300) * 1000);
        exported_works(&client);
        end_client(&client);
    }
    world_end();
}

static void ntlm_raw_and_negotiated(void **state)
{
    static const char *const users[] = {"alice", "LAB\\alice"};

    (void)state;
    world_begin(keytab, ntlm_users);
    for (unsigned i = 0; i < 4; i++) {
        struct client client;

        assert_true(client_ntlm(&client, users[i / 2], "alice-secret", i % 2 == 1));
        assert_true(login(&client, i, false, NULL));
        assert_string_equal(told.mechanism, "NTLM");
        /* As the client has spelled it. */
        assert_string_equal(told.name, users[i / 2]);
        assert_true(told.seals);
        assert_int_equal(told.lifetime, 0);
        exported_works(&client);
        end_client(&client);
    }
    world_end();
}

static void wrong_passwords_and_unknown_users(void **state)
{
    static const char *const users[][2] = {{"alice", "alice"},
                                           {"alice", "x"},
                                           {"bob", "alice-secret"},
                                           {"OTHER\\alice", "alice-secret"}};

    (void)state;
    world_begin(keytab, ntlm_users);
    for (unsigned i = 0; i < 8; i++) {
        struct client client;

        assert_true(client_ntlm(&client, users[i / 2][0], users[i / 2][1], i % 2 == 1));
        assert_false(login(&client, i, false, NULL));
        assert_int_equal(told.type, MESSAGE_gss_failed);
        assert_true(told.reason[0] != '\0');
        assert_true(told.detail[0] != '\0');
        end_client(&client);
    }
    world_end();
}

/* The scheme Kerberos: neither SPNEGO nor NTLM is let in by another door. */
static void kerberos_alone_is_kerberos_alone(void **state)
{
    struct client client;

    (void)state;
    world_begin(keytab, ntlm_users);
    assert_true(client_kerberos(&client, "HTTP@localhost", true));
    assert_false(login(&client, 1, true, NULL));
    end_client(&client);
    for (int spnego = 0; spnego < 2; spnego++) {
        assert_true(client_ntlm(&client, "alice", "alice-secret", spnego != 0));
        assert_false(login(&client, 2, true, NULL));
        assert_int_equal(told.type, MESSAGE_gss_failed);
        end_client(&client);
    }
    assert_true(client_kerberos(&client, "HTTP@localhost", false));
    assert_true(login(&client, 3, true, NULL));
    end_client(&client);
    world_end();
}

/* NTLM is off unless it is configured, whatever is installed or stands in an environment. */
static void ntlm_is_off(void **state)
{
    struct client client;

    (void)state;
    setenv("NTLM_USER_FILE", ntlm_users, 1);
    setenv("LM_COMPAT_LEVEL", "0", 1);
    world_begin(keytab, NULL);
    unsetenv("NTLM_USER_FILE");
    unsetenv("LM_COMPAT_LEVEL");
    for (int spnego = 0; spnego < 2; spnego++) {
        assert_true(client_ntlm(&client, "alice", "alice-secret", spnego != 0));
        assert_false(login(&client, 1, false, NULL));
        assert_int_equal(told.type, MESSAGE_gss_failed);
        end_client(&client);
    }
    world_end();
}

static void kerberos_is_off(void **state)
{
    struct client client;

    (void)state;
    setenv("KRB5_KTNAME", keytab, 1);
    world_begin(NULL, ntlm_users);
    for (int spnego = 0; spnego < 2; spnego++) {
        assert_true(client_kerberos(&client, "HTTP@localhost", spnego != 0));
        assert_false(login(&client, 1, spnego == 0, NULL));
        assert_int_equal(told.type, MESSAGE_gss_failed);
        end_client(&client);
    }
    world_end();
}

/* RFC 4120 3.2.3: an authenticator is taken once. */
static void a_ticket_shown_twice(void **state)
{
    struct client client;

    (void)state;
    world_begin(keytab, NULL);
    for (int spnego = 0; spnego < 2; spnego++) {
        assert_true(client_kerberos(&client, "HTTP@localhost", spnego != 0));
        assert_true(client_step(&client, NULL, 0));
        show(1, false, NULL, client.token.value, client.token.length);
        assert_int_equal(told.type, MESSAGE_gss_done);
        show(2, false, NULL, client.token.value, client.token.length);
        assert_int_equal(told.type, MESSAGE_gss_failed);
        assert_string_equal(told.reason, "the token was used before");
        end_client(&client);
    }
    world_end();
}

/* RFC 5929 and RFC 2743 1.1.6: what both say has to be the same; a client may say nothing. */
static void channel_bindings(void **state)
{
    static char right[] = "tls-server-end-point:right", wrong[] = "tls-server-end-point:wrong";

    (void)state;
    world_begin(keytab, ntlm_users);
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned says = 0; says < 3; says++) {
            struct client client;
            bool spnego = i % 2 == 1;
            char *said = says == 0 ? NULL : says == 1 ? right : wrong;

            assert_true(i < 2 ? client_kerberos(&client, "HTTP@localhost", spnego)
                              : client_ntlm(&client, "alice", "alice-secret", spnego));
            if (said != NULL)
                client.binding.application_data = (gss_buffer_desc){strlen(said), said};
            assert_int_equal(login(&client, 1, false, right), said != wrong);
            if (said != wrong)
                assert_int_equal(told.bound, said == right);
            end_client(&client);
        }
    }
    world_end();
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_says_what_it_accepts),
        cmocka_unit_test(kerberos_of_every_service),
        cmocka_unit_test(ntlm_raw_and_negotiated),
        cmocka_unit_test(wrong_passwords_and_unknown_users),
        cmocka_unit_test(kerberos_alone_is_kerberos_alone),
        cmocka_unit_test(ntlm_is_off),
        cmocka_unit_test(kerberos_is_off),
        cmocka_unit_test(a_ticket_shown_twice),
        cmocka_unit_test(channel_bindings),
    };

    if (count != 2) {
        fprintf(stderr, "usage: %s WINRMD-GSS\n", arguments[0]);
        return 2;
    }
    world_program = arguments[1];
    return cmocka_run_group_tests(tests, realm_begin, realm_end);
}
