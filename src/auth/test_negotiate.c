/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth as a process, with a test as its winrmd-gss: what becomes of a client's tokens, who
 * that is, what the broker and the client are told and when, and what happens without a winrmd-gss.
 */
#include "auth/test_world.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "auth/binding.h"
#include "auth/logins.h"
#include "auth/negotiate.h"
#include "base/memory.h"
#include "methods.h"
#include "pam_results.h"

enum { LISTENER = 7, HOUR = 3600000 };

static const char *program;
static struct channel *gss;
static bool gss_gone;

/* What winrmd-gss has been asked. */
static struct {
    unsigned accepts;
    unsigned drops;
    uint64_t context;
    uint64_t dropped;
    bool kerberos;
    char token[64];
    uint8_t binding[128];
    size_t binding_length;
} asked;

static void on_accept(struct channel *channel, const union message_body *body)
{
    const struct message_gss_accept *accept = &body->gss_accept;

    (void)channel;
    asked.accepts++;
    asked.context = accept->context;
    asked.kerberos = accept->kerberos;
    snprintf(asked.token, sizeof(asked.token), "%.*s", (int)accept->token.length,
             (const char *)accept->token.data);
    asked.binding_length = accept->binding.length;
    assert_true(asked.binding_length <= sizeof(asked.binding));
    if (asked.binding_length > 0)
        memcpy(asked.binding, accept->binding.data, asked.binding_length);
    loop_stop(loop);
}

static void on_drop(struct channel *channel, const union message_body *body)
{
    (void)channel;
    asked.drops++;
    asked.dropped = body->gss_drop.context;
    loop_stop(loop);
}

static void on_gss_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    (void)why;
    gss_gone = true;
    loop_stop(loop);
}

static struct ipc_bytes bytes(const char *text)
{
    return (struct ipc_bytes){.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
}

static void gss_begin(void)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_accept] = on_accept, [MESSAGE_gss_drop] = on_drop};
    static const struct channel_events events = {.handlers = handlers, .ended = on_gss_ended};
    const struct ipc_item realms[] = {{.name = "EXAMPLE.ORG"}, {.name = "LAB"}};
    int pair[2];

    assert_true(channel_pair(pair));
    gss = channel_new(loop, pair[0], PROCESS_gss, PROCESS_auth, &events, NULL);
    channel_set_state(gss, CHANNEL_serving);
    assert_true(channel_send(auth, auth_gss, .channel = pair[1]));
    assert_true(channel_send(gss, gss_offer, .realms = {.item = realms, .count = 2},
                             .ntlm_domain = "LABHOST"));
}

static void gss_end(void)
{
    channel_free(gss);
    gss = NULL;
}

static void configure(const char *realm, uint64_t lifetime)
{
    const struct ipc_item realms[] = {{.name = realm}};

    told.ready = 0;
    assert_true(channel_send(auth, auth_start, .users = users_path, .negotiate_lifetime = lifetime,
                             .realms = {.item = realms, .count = realm != NULL ? 1 : 0}));
    await(&told.ready, 1);
}

static int set_up(void **state)
{
    int result = world_begin(program, NULL);

    (void)state;
    memset(&asked, 0, sizeof(asked));
    gss_gone = false;
    configure(NULL, HOUR);
    gss_begin();
    return result;
}

static int tear_down(void **state)
{
    (void)state;
    gss_end();
    return world_end();
}

/* One leg; the exchange has the number of the connection. */
static void leg(uint64_t connection, const char *token)
{
    assert_true(channel_send(nets[0], auth_token, .exchange = connection, .connection = connection,
                             .address = "10.0.0.1", .listener = LISTENER, .token = bytes(token)));
}

static void leg_asked(uint64_t connection)
{
    leg(connection, "token");
    await(&asked.accepts, asked.accepts + 1);
}

static void done(const char *mechanism, const char *name)
{
    assert_true(channel_send(gss, gss_done, .context = asked.context, .mechanism = mechanism,
                             .name = name, .lifetime = HOUR / 2, .seals = true,
                             .token = bytes("last"), .exported = bytes("keys")));
}

static void failed(void)
{
    assert_true(channel_send(gss, gss_failed, .context = asked.context, .mechanism = "NTLM",
                             .reason = "wrong password or unknown user", .detail = "minor 22"));
}

static uint64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- who gets in ---- */

static void kerberos_in_one_leg(void **state)
{
    (void)state;
    leg_asked(5);
    assert_string_equal(asked.token, "token");
    assert_int_equal(asked.binding_length, 0);
    assert_false(asked.kerberos);
    done("Kerberos", "Anna@EXAMPLE.ORG");
    await(&told.contexts, 1);
    await(&told.identities, 1);
    assert_int_equal(told.exchange, 5);
    assert_int_equal(told.net, 0);
    assert_int_equal(told.lifetime, HOUR / 2);
    assert_true(told.seals);
    assert_string_equal(told.token, "last");
    assert_string_equal(told.exported, "keys");
    assert_string_equal(told.mechanism, "Kerberos");
    assert_string_equal(told.account, "anna");
    assert_string_equal(told.name, "anna");
    assert_string_equal(told.group, "admins");
    assert_string_equal(told.principal, "Anna@EXAMPLE.ORG");
    assert_int_equal(told.failures + told.refusals[0], 0);
}

static void ntlm_in_two_legs(void **state)
{
    uint64_t context;

    (void)state;
    configure(NULL, 1000);
    leg_asked(6);
    context = asked.context;
    assert_true(channel_send(gss, gss_continue, .context = context, .token = bytes("challenge")));
    await(&told.continues, 1);
    assert_int_equal(told.exchange, 6);
    leg_asked(6);
    assert_int_equal(asked.context, context);
    /* One without a lifetime has that of the configuration; a longer one is cut. */
    assert_true(channel_send(gss, gss_done, .context = context, .mechanism = "NTLM",
                             .name = "labHOST\\ANNA", .exported = bytes("keys")));
    await(&told.identities, 1);
    await(&told.contexts, 1);
    assert_int_equal(told.lifetime, 1000);
    assert_false(told.seals);
    assert_string_equal(told.mechanism, "NTLM");
    assert_string_equal(told.account, "anna");
    assert_string_equal(told.principal, "labHOST\\ANNA");
    leg_asked(7);
    assert_int_not_equal(asked.context, context);
    done("NTLM", "anna");
    await(&told.identities, 2);
    assert_int_equal(told.lifetime, 1000);
}

static void who_does_not(void **state)
{
    static const struct {
        const char *mechanism;
        const char *name;
        const char *account;
        const char *reason;
    } cases[] = {
        {"Kerberos", "anna@OTHER.ORG", "", "the principal's realm is none that is let in"},
        {"Kerberos", "anna/admin@EXAMPLE.ORG", "", "the principal is no user's"},
        {"Kerberos", "bob@LAB", "bob", "the account does not stand in the password file"},
        {"NTLM", "OTHER\\anna", "", "the user's domain is not this machine's"},
        {"NTLM", "LABHOST\\bob", "bob", "the account does not stand in the password file"},
        {"SCRAM", "anna", "", "the mechanism is not supported"},
    };
    unsigned count = sizeof(cases) / sizeof(cases[0]);

    (void)state;
    for (unsigned i = 0; i < count; i++) {
        leg_asked(i + 1);
        done(cases[i].mechanism, cases[i].name);
        await(&told.failures, i + 1);
        await(&told.refusals[0], i + 1);
        assert_string_equal(told.reason, cases[i].reason);
        assert_string_equal(told.principal, cases[i].name);
        assert_string_equal(told.name, cases[i].account);
        assert_int_equal(told.exchange, i + 1);
    }
    file_write("anna", "!", "secret", "", 0600);
    leg_asked(100);
    done("Kerberos", "anna@LAB");
    await(&told.refusals[0], count + 1);
    assert_string_equal(told.reason, "locked account");
    leg_asked(101);
    failed();
    await(&told.refusals[0], count + 2);
    assert_string_equal(told.reason, "wrong password or unknown user");
    assert_string_equal(told.mechanism, "NTLM");
    assert_int_equal(told.identities + told.contexts, 0);
}

static void the_scheme_kerberos(void **state)
{
    (void)state;
    assert_true(channel_send(nets[0], auth_token, .exchange = 1, .connection = 1,
                             .address = "10.0.0.1", .kerberos = true, .token = bytes("token")));
    await(&asked.accepts, 1);
    assert_true(asked.kerberos);
    done("NTLM", "anna");
    await(&told.refusals[0], 1);
    assert_string_equal(told.reason, "it is not Kerberos");
}

static void messages_that_have_to_be_sealed(void **state)
{
    (void)state;
    assert_true(channel_send(nets[0], auth_token, .exchange = 1, .connection = 1,
                             .address = "10.0.0.1", .must_seal = true, .token = bytes("token")));
    await(&asked.accepts, 1);
    assert_true(channel_send(gss, gss_done, .context = asked.context, .mechanism = "Kerberos",
                             .name = "anna@LAB", .exported = bytes("keys")));
    await(&told.refusals[0], 1);
    assert_string_equal(told.reason, "its messages can not be sealed, which this listener wants");
}

/* ---- the TLS channel ---- */

static void listener_tell(enum channel_binding level, const char *certificate)
{
    FILE *file = tmpfile();

    assert_non_null(file);
    fputs(certificate, file);
    fflush(file);
    assert_true(channel_send(auth, auth_listener, .listener = LISTENER, .name = "https",
                             .part = LISTENER_FILE_certificate, .channel_binding = level,
                             .file = dup(fileno(file))));
    fclose(file);
    await(&told.bound, told.bound + 1);
}

static char *certificate_make(void)
{
    char *text = mem_alloc(8192);
    FILE *pipe = popen("openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x "
                       "-days 1 2>/dev/null",
                       "r");

    assert_non_null(pipe);
    assert_true(fread(text, 1, 8191, pipe) > 0);
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static void channel_bindings(void **state)
{
    char *certificate = certificate_make();
    const size_t prefix = strlen(BINDING_PREFIX);
    char hex[2 * BINDING_DIGEST_LIMIT + 1] = "";

    (void)state;
    listener_tell(CHANNEL_BINDING_none, certificate);
    leg_asked(1);
    assert_int_equal(asked.binding_length, 0);
    done("Kerberos", "anna@LAB");
    await(&told.identities, 1);
    assert_false(told.is_bound);

    listener_tell(CHANNEL_BINDING_relaxed, certificate);
    await(&told.negotiate_revocations, 2);
    assert_string_equal(told.account, "everybody");
    leg_asked(2);
    assert_int_equal(asked.binding_length, prefix + 32);
    assert_memory_equal(asked.binding, BINDING_PREFIX, prefix);
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", asked.binding[prefix + i]);
    assert_string_equal(hex, told.binding);
    done("Kerberos", "anna@LAB");
    await(&told.identities, 2);
    assert_false(told.is_bound);

    listener_tell(CHANNEL_BINDING_strict, certificate);
    await(&told.negotiate_revocations, 4);
    leg_asked(3);
    done("Kerberos", "anna@LAB");
    await(&told.refusals[0], 1);
    assert_string_equal(told.reason,
                        "it is not bound to the TLS channel, which this listener wants");
    leg_asked(4);
    assert_true(channel_send(gss, gss_done, .context = asked.context, .mechanism = "Kerberos",
                             .name = "anna@LAB", .bound = true, .exported = bytes("keys")));
    await(&told.identities, 3);
    assert_true(told.is_bound);
    /* Less is no reason to ask anybody again. */
    listener_tell(CHANNEL_BINDING_none, certificate);
    configure(NULL, HOUR);
    assert_int_equal(told.negotiate_revocations, 4);
    free(certificate);
}

/* ---- refusals ---- */

static void a_refusal_is_held_back(void **state)
{
    uint64_t began = milliseconds();

    (void)state;
    leg_asked(1);
    failed();
    await(&told.failures, 1);
    await(&told.refusals[0], 1);
    assert_true(milliseconds() - began >= NEGOTIATE_DELAY);
}

/* However slow everything is: of one source there are no more than these at that time. */
static void guesses_have_to_wait(void **state)
{
    const unsigned more = 2;
    uint64_t began = milliseconds();

    (void)state;
    for (unsigned i = 0; i < PAM_SOURCE_BURST + more; i++) {
        leg_asked(i + 1);
        failed();
    }
    assert_true(milliseconds() - began >= more * PAM_SOURCE_REFILL);
    await(&told.refusals[0], PAM_SOURCE_BURST + more);
}

static void who_gets_in_does_not_count(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3 * PAM_SOURCE_BURST; i++) {
        leg_asked(i + 1);
        done("Kerberos", "anna@LAB");
        await(&told.identities, i + 1);
    }
    assert_int_equal(told.failures, 0);
}

static void who_leaves_is_audited(void **state)
{
    (void)state;
    leg_asked(1);
    assert_true(channel_send(nets[0], auth_abandon, .exchange = 1));
    leg_asked(2);
    failed(); /* of the second */
    await(&told.failures, 1);
    asked.context--;
    failed();
    await(&told.failures, 2);
    await(&told.refusals[0], 1);
    assert_int_equal(told.exchange, 2);
    assert_int_equal(told.identities + told.contexts, 0);
}

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
        cmocka_unit_test_setup_teardown(kerberos_in_one_leg, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ntlm_in_two_legs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_does_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_scheme_kerberos, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_that_have_to_be_sealed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(channel_bindings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refusal_is_held_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(guesses_have_to_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_gets_in_does_not_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_leaves_is_audited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_does_not_go_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_source_has_so_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_winrmd_net_that_goes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_has_to_come_again, set_up, tear_down),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_negotiate WINRMD-AUTH\n");
        return 2;
    }
    program = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
