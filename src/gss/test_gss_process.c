/* SPDX-License-Identifier: ISC */

/*
 * winrmd-gss with real clients of Kerberos and NTLM, spoken to as its broker and as winrmd-auth.
 * tests/realm/raise runs this with a ticket of alice's.
 */
#include "gss/test_world.h"

#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <unistd.h>

/* NT hash of "alice-secret" (MS-NLMP 3.3.1), as smbpasswd(5) has it. */
#define NTLM_ALICE                                                                       \
    "LAB\\alice:1000:AAD3B435B51404EEAAD3B435B51404EE:D81BB5239F920E187228261845DEBD0D:" \
    "[U          ]:LCT-00000000:\n"

static const char *keytab; /* of the realm */
static char *ntlm_users;

static void end_client(struct client *client)
{
    client_clear(client);
}

/* What was accepted and exported seals for the client. */
static void exported_works(struct client *client)
{
    static char text[] = "what nobody else may read";
    gss_buffer_desc exported = {told.exported_length, told.exported};
    gss_buffer_desc plain = {sizeof(text), text};
    gss_buffer_desc sealed = GSS_C_EMPTY_BUFFER, opened = GSS_C_EMPTY_BUFFER;
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    OM_uint32 minor;
    int confidential = 0;

    assert_int_equal(gss_import_sec_context(&minor, &exported, &context), GSS_S_COMPLETE);
    assert_int_equal(gss_wrap(&minor, client->context, 1, 0, &plain, &confidential, &sealed),
                     GSS_S_COMPLETE);
    assert_true(confidential);
    assert_int_equal(gss_unwrap(&minor, context, &sealed, &opened, &confidential, NULL),
                     GSS_S_COMPLETE);
    assert_true(confidential);
    assert_int_equal(opened.length, sizeof(text));
    assert_memory_equal(opened.value, text, sizeof(text));
    gss_release_buffer(&minor, &sealed);
    gss_release_buffer(&minor, &opened);
    gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
}

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

static void bytes_from_anybody(void **state)
{
    static const uint8_t ntlm_third[] = "NTLMSSP\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    struct client client;
    uint8_t bytes[256];

    (void)state;
    world_begin(keytab, ntlm_users);
    show(1, false, NULL, "", 0);
    assert_int_equal(told.type, MESSAGE_gss_failed);
    /* A last leg that nothing came before. */
    show(1, false, NULL, ntlm_third, sizeof(ntlm_third));
    assert_int_equal(told.type, MESSAGE_gss_failed);
    for (unsigned first = 0; first < 256; first++) {
        memset(bytes, (int)first, sizeof(bytes));
        show(first, first % 2 == 0, NULL, bytes, 1 + first % sizeof(bytes));
        assert_int_equal(told.type, MESSAGE_gss_failed);
    }
    /* Every beginning of a token, and a token with a byte changed. */
    for (int spnego = 0; spnego < 2; spnego++) {
        assert_true(client_kerberos(&client, "HTTP@localhost", spnego != 0));
        assert_true(client_step(&client, NULL, 0));
        for (size_t length = 0; length < client.token.length; length += 1 + length / 16) {
            uint8_t *token = client.token.value;

            show(7, false, NULL, token, length);
            assert_int_not_equal(told.type, MESSAGE_gss_done);
            token[length] ^= 0x55;
            /* Not every byte of a ticket has a checksum. */
            show(7, false, NULL, token, client.token.length);
            token[length] ^= 0x55;
        }
        end_client(&client);
    }
    /* It still serves. */
    assert_true(client_kerberos(&client, "HTTP@localhost", true));
    assert_true(login(&client, 8, false, NULL));
    end_client(&client);
    world_end();
}

/* Half-open logins are bounded; one that is dropped makes room, one that begins anew needs none. */
static void many_that_begin(void **state)
{
    enum { LIMIT = 1024 };
    struct client client;
    struct client last;

    (void)state;
    world_begin(keytab, ntlm_users);
    assert_true(client_ntlm(&client, "alice", "alice-secret", false));
    assert_true(client_step(&client, NULL, 0));
    for (uint64_t i = 0; i < LIMIT; i++) {
        show(i, false, NULL, client.token.value, client.token.length);
        assert_int_equal(told.type, MESSAGE_gss_continue);
    }
    show(LIMIT, false, NULL, client.token.value, client.token.length);
    assert_int_equal(told.type, MESSAGE_gss_failed);
    assert_string_equal(told.reason, "too many logins at the same time");
    show(5, false, NULL, client.token.value, client.token.length);
    assert_int_equal(told.type, MESSAGE_gss_continue);
    channel_send(gss_auth, gss_drop, .context = 7);
    channel_send(gss_auth, gss_drop, .context = 123456);
    assert_true(client_ntlm(&last, "alice", "alice-secret", false));
    assert_true(login(&last, LIMIT, false, NULL));
    end_client(&last);
    end_client(&client);
    /* Those of a winrmd-auth that has gone are gone. */
    world_connect();
    assert_true(client_ntlm(&last, "alice", "alice-secret", false));
    assert_true(login(&last, 1, false, NULL));
    end_client(&last);
    world_end();
}

/* A token that begins a login is never taken for the next one of the login before. */
static void a_login_that_begins_anew(void **state)
{
    struct client first, second;

    (void)state;
    world_begin(keytab, ntlm_users);
    assert_true(client_ntlm(&first, "alice", "alice-secret", true));
    assert_true(client_step(&first, NULL, 0));
    show(1, false, NULL, first.token.value, first.token.length);
    assert_int_equal(told.type, MESSAGE_gss_continue);
    assert_true(client_ntlm(&second, "alice", "alice-secret", false));
    assert_true(login(&second, 1, false, NULL));
    exported_works(&second);
    end_client(&first);
    end_client(&second);
    world_end();
}

/* Keys that come, go, and come to be touched by others. */
static void files_that_change(void **state)
{
    char path[128], users[128];
    char *copy;
    size_t length;
    FILE *file;
    struct client client;

    (void)state;
    snprintf(path, sizeof(path), "%s/late.keytab", world_folder);
    snprintf(users, sizeof(users), "%s/late.ntlm", world_folder);
    world_begin(path, users);
    assert_false(told.kerberos);
    assert_false(told.ntlm);
    assert_true(client_ntlm(&client, "alice", "alice-secret", false));
    assert_false(login(&client, 1, false, NULL));
    end_client(&client);
    world_file("late.ntlm", NTLM_ALICE, 0600);
    await(&told.ready, 2);
    assert_true(told.ntlm);
    assert_true(client_ntlm(&client, "alice", "alice-secret", false));
    assert_true(login(&client, 2, false, NULL));
    end_client(&client);
    file = fopen(keytab, "r");
    assert_non_null(file);
    copy = malloc(65536);
    length = fread(copy, 1, 65536, file);
    fclose(file);
    file = fopen(path, "w");
    fwrite(copy, 1, length, file);
    fclose(file);
    free(copy);
    await(&told.ready, 3);
    assert_true(told.kerberos);
    assert_string_equal(told.realm, "EXAMPLE.TEST");
    assert_true(client_kerberos(&client, "HTTP@localhost", true));
    assert_true(login(&client, 3, false, NULL));
    end_client(&client);
    world_file("late.ntlm", NTLM_ALICE, 0644);
    await(&told.ready, 4);
    assert_false(told.ntlm);
    assert_true(told.kerberos);
    world_file("late.keytab", "this is no keytab", 0600);
    await(&told.ready, 5);
    assert_false(told.kerberos);
    world_end();
}

/* What the libraries keep of each login does not add up: another process is asked for in time. */
static void many_that_end(void **state)
{
    enum { LIMIT = 10000 };
    struct client client;
    unsigned done = 0;

    (void)state;
    world_begin(keytab, NULL);
    while (done < LIMIT && told.spent == 0) {
        assert_true(client_kerberos(&client, "HTTP@localhost", false));
        assert_true(login(&client, done++, true, NULL));
        end_client(&client);
    }
    await(&told.spent, 1);
    assert_true(done <= LIMIT);
    /* It serves on until another one has taken over. */
    assert_true(client_kerberos(&client, "HTTP@localhost", false));
    assert_true(login(&client, 1, true, NULL));
    end_client(&client);
    channel_send(gss_broker, gss_leave, .end_of_message = 0);
    channel_free(gss_auth);
    gss_auth = NULL;
    world_await_end();
}

/* Nor does what is lost of logins that fail, which anybody can have. */
static void many_that_fail(void **state)
{
    enum { LIMIT = 10000 };
    struct client client;
    unsigned done = 0;

    (void)state;
    world_begin(keytab, ntlm_users);
    assert_true(client_ntlm(&client, "alice", "alice-secret", false));
    assert_true(client_step(&client, NULL, 0));
    for (; done < LIMIT && told.spent == 0; done++)
        show(1, false, NULL, client.token.value, client.token.length);
    await(&told.spent, 1);
    print_message("%u logins that began\n", done);
    end_client(&client);
    world_end();
}

/* It is asked to leave: a login that has begun is ended, then it ends by itself. */
static void leaving(void **state)
{
    struct client client;

    (void)state;
    world_begin(keytab, ntlm_users);
    assert_true(client_ntlm(&client, "alice", "alice-secret", false));
    assert_true(client_step(&client, NULL, 0));
    show(1, false, NULL, client.token.value, client.token.length);
    assert_int_equal(told.type, MESSAGE_gss_continue);
    channel_send(gss_broker, gss_leave, .end_of_message = 0);
    assert_true(client_step(&client, told.token, told.token_length));
    show(1, false, NULL, client.token.value, client.token.length);
    assert_int_equal(told.type, MESSAGE_gss_done);
    channel_free(gss_auth);
    gss_auth = NULL;
    world_await_end();
    end_client(&client);
}

static int begin(void **state)
{
    const char *configured = getenv("KRB5_KTNAME");

    (void)state;
    if (configured == NULL || strncmp(configured, "FILE:", 5) != 0) {
        print_message("tests/realm/raise --login alice - runs this\n");
        return -1;
    }
    keytab = strdup(configured + 5);
    unsetenv("KRB5_KTNAME");
    strcpy(world_folder, "/tmp/winrmd-test-gss-XXXXXX");
    if (mkdtemp(world_folder) == NULL)
        return -1;
    ntlm_users = strdup(world_file("ntlm", NTLM_ALICE, 0600));
    return 0;
}

static int end(void **state)
{
    static const char *const files[] = {"ntlm", "late.ntlm", "late.keytab"};
    char path[128];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", world_folder, files[i]);
        unlink(path);
    }
    rmdir(world_folder);
    free(ntlm_users);
    free((char *)(uintptr_t)keytab);
    return 0;
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
        cmocka_unit_test(bytes_from_anybody),
        cmocka_unit_test(many_that_begin),
        cmocka_unit_test(a_login_that_begins_anew),
        cmocka_unit_test(files_that_change),
        cmocka_unit_test(many_that_end),
        cmocka_unit_test(many_that_fail),
        cmocka_unit_test(leaving),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_gss_process WINRMD-GSS\n");
        return 2;
    }
    world_program = arguments[1];
    return cmocka_run_group_tests(tests, begin, end);
}
