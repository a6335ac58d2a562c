/* SPDX-License-Identifier: ISC */

/*
 * Logins and sessions that live on: half-open logins, what happens to them and to others without a
 * winrmd-gss or with another one, and who has to come again.
 */
#include "auth/logins.h"
#include "auth/test_gss.h"

/* ---- half-open logins ---- */

static void open_one(uint64_t connection)
{
    unsigned before = told.continues;

    leg_asked(connection);
    assert_true(channel_send(gss, gss_continue, .context = asked.context, .token = bytes("more")));
    await(&told.continues, before + 1);
}

static void one_that_does_not_go_on(void **state)
{
    uint64_t context;

    (void)state;
    open_one(1);
    context = asked.context;
    assert_true(channel_send(nets[0], auth_token_end, .connection = 1));
    await(&asked.drops, 1);
    assert_int_equal(asked.dropped, context);
    /* What comes on that connection then is a login of its own. */
    leg_asked(1);
    assert_int_not_equal(asked.context, context);
    assert_int_equal(told.failures, 0);
}

static void a_source_has_so_many(void **state)
{
    uint64_t first;

    (void)state;
    open_one(1);
    first = asked.context;
    for (unsigned i = 1; i < LOGINS_SOURCE_OPEN; i++)
        open_one(i + 1);
    assert_int_equal(asked.drops, 0);
    open_one(1000);
    await(&asked.drops, 1);
    assert_int_equal(asked.dropped, first);
}

static void a_winrmd_net_that_goes(void **state)
{
    struct channel *before = nets[0];

    (void)state;
    open_one(1);
    connect_net(0);
    await(&asked.drops, 1);
    channel_free(before);
}

/* ---- without winrmd-gss ---- */

static void it_ends(void **state)
{
    uint64_t open;

    (void)state;
    open_one(1);
    open = asked.context;
    leg_asked(2);
    gss_end();
    await(&told.failures, 1);
    await(&told.refusals[0], 1);
    assert_string_equal(told.reason, "winrmd-gss ended while it was asked");
    assert_string_equal(told.mechanism, "Negotiate");
    assert_int_equal(told.exchange, 2);
    /* Who comes meanwhile waits for the next one, also with a leg of a login that is lost. */
    leg(1, "second");
    leg(3, "first");
    gss_begin();
    await(&asked.accepts, 4);
    assert_string_equal(asked.token, "first");
    assert_int_not_equal(asked.context, open);
    done("Kerberos", "anna@LAB");
    await(&told.identities, 1);
    assert_int_equal(told.exchange, 3);
    assert_int_equal(told.failures, 1);
}

static bool is_gone(void)
{
    return gss_gone;
}

/* Another one takes over: what has begun at the first ends there, and then its channel. */
static void it_is_replaced(void **state)
{
    struct channel *first = gss;
    uint64_t open;

    (void)state;
    open_one(1);
    open = asked.context;
    gss_begin();
    configure(NULL, HOUR); /* and it knows of the other one */
    leg_asked(2);
    done("Kerberos", "anna@LAB");
    await(&told.identities, 1);
    assert_false(gss_gone);
    leg_asked(1);
    assert_int_equal(asked.context, open);
    assert_true(channel_send(first, gss_done, .context = open, .mechanism = "NTLM",
                             .name = "LABHOST\\anna", .exported = bytes("keys")));
    await(&told.identities, 2);
    assert_string_equal(told.mechanism, "NTLM");
    assert_true(await_that(is_gone));
    channel_free(first);
    assert_int_equal(told.failures, 0);
}

/* ---- who is in ---- */

static void who_has_to_come_again(void **state)
{
    (void)state;
    leg_asked(1);
    done("Kerberos", "anna@LAB");
    await(&told.identities, 1);
    file_write("anna", "!", "secret", "", 0600);
    await(&told.negotiate_revocations, 2);
    assert_string_equal(told.account, "anna");
    /* Other realms. */
    configure("EXAMPLE.ORG", HOUR);
    await(&told.negotiate_revocations, 3);
    assert_string_equal(told.account, "everybody");
    configure(NULL, HOUR);
    assert_int_equal(told.negotiate_revocations, 3);
    /* A keytab that cannot be read for a moment sends nobody away. */
    leg_asked(2);
    assert_true(channel_send(gss, gss_offer, .ntlm_domain = "LABHOST"));
    failed();
    await(&told.failures, 1);
    assert_int_equal(told.negotiate_revocations, 3);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_that_does_not_go_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_has_so_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_winrmd_net_that_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_to_come_again, set_up, tear_down),
    };

    if (!set_program(count, arguments))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
