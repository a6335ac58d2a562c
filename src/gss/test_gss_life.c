/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-gss goes through while it serves, with real clients: bytes from anybody, many logins,
 * files that change, and its end.
 */
#include <stdlib.h>
#include <unistd.h>

#include "gss/test_realm.h"

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

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_from_anybody),
        cmocka_unit_test(many_that_begin),
        cmocka_unit_test(a_login_that_begins_anew),
        cmocka_unit_test(files_that_change),
        cmocka_unit_test(many_that_end),
        cmocka_unit_test(many_that_fail),
        cmocka_unit_test(leaving),
    };

    if (count != 2) {
        fprintf(stderr, "usage: %s WINRMD-GSS\n", arguments[0]);
        return 2;
    }
    world_program = arguments[1];
    return cmocka_run_group_tests(tests, realm_begin, realm_end);
}
