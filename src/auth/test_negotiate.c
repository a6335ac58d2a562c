/* SPDX-License-Identifier: ISC */

/*
 * What becomes of a client's tokens, who that is, and what the broker and the client are told and
 * when.
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "auth/binding.h"
#include "auth/negotiate.h"
#include "auth/test_gss.h"
#include "base/memory.h"
#include "methods.h"
#include "pam_results.h"

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
    FILE *pipe = popen("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                       "-keyout /dev/null -subj /CN=x -days 1 2>/dev/null",
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

static uint64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

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
    };

    if (!set_program(count, arguments))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
