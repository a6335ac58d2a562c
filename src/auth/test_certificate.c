/* SPDX-License-Identifier: ISC */

/*
 * Which client certificates are taken, what is said of the others, and what is read from them; and
 * the channel binding value of a listener's certificate. The certificates are made by the openssl
 * command (tests/certificates/make_chains), whose opinion of names and digests is compared with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "auth/binding.h"
#include "auth/certificate.h"
#include "base/memory.h"

static const char *maker;
static char folder[] = "/tmp/winrmd-test-certificate-XXXXXX";

static char *file_load(const char *name, const char *suffix, size_t *length)
{
    char *path = mem_printf("%s/%s%s", folder, name, suffix);
    FILE *file = fopen(path, "rb");
    char *bytes = mem_alloc(1 << 20);

    if (file == NULL)
        fail_msg("%s is missing", path);
    *length = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    free(path);
    return bytes;
}

static struct authorities *authorities_load(const char *name)
{
    struct file_fault fault;
    size_t length;
    char *pem = file_load(name, "-ca.pem", &length);
    struct authorities *authorities = authorities_parse(pem, length, &fault);

    assert_string_equal(fault.text, "");
    free(pem);
    return authorities;
}

static const char *verify_at(const char *ca, const char *name, time_t now,
                             struct certificate_facts *facts)
{
    struct authorities *authorities = authorities_load(ca);
    size_t length;
    char *chain = file_load(name, ".chain", &length);
    const char *fault = certificate_verify(authorities, (const uint8_t *)chain, length, now, facts);

    free(chain);
    authorities_free(authorities);
    return fault;
}

#define NO_AUTHORITY "the certificate is of no authority of this listener"
#define NOT_A_CLIENT "the certificate is not for client authentication"
#define UNREADABLE   "the certificate can not be read"

static const struct {
    const char *ca;
    const char *chain;
    const char *fault; /* NULL: none */
    const char *subject_name;
} cases[] = {
    {"root", "alice", NULL, "alice@example.org"},
    {"root", "dns", NULL, "Host.example.org"},
    {"root", "common", NULL, "second"},
    {"root", "mail", NULL, "mail"},
    {"root", "empty", NULL, "empty.example.org"},
    {"root", "rsa", NULL, "rsa"},
    {"root", "both", NULL, "both"},
    {"root", "with-root", NULL, "alice@example.org"},
    {"root", "below-middle", NULL, "below-middle"},
    {"root", "below-bottom", NULL, "below-bottom"},
    {"middle", "below-middle", NULL, "below-middle"},
    {"middle", "missing-middle", NULL, "below-middle"},
    {"root", "nameless", "the certificate has no UPN, DNS name or common name that can be used",
     NULL},
    {"root", "nul", "the certificate has no UPN, DNS name or common name that can be used", NULL},
    {"root", "long", "the subject's name is too long or no plain text", NULL},
    {"root", "expired", "the certificate has expired", NULL},
    {"root", "early", "the certificate is not valid yet", NULL},
    {"root", "of-the-past", "the certificate of an authority has expired", NULL},
    {"root", "server", NOT_A_CLIENT, NULL},
    {"root", "any", NOT_A_CLIENT, NULL},
    {"root", "plain", NULL, "plain"},
    {"root", "encipher", NOT_A_CLIENT, NULL},
    {"root", "authority", "the certificate is that of an authority", NULL},
    {"root", "critical", "a critical extension is not known", NULL},
    {"root", "weak", "the key of the certificate is too weak", NULL},
    {"root", "sha1", "the certificate is signed with a weak digest", NULL},
    {"root", "stranger", NO_AUTHORITY, NULL},
    {"other", "alice", NO_AUTHORITY, NULL},
    {"middle", "alice", NO_AUTHORITY, NULL},
    {"root", "missing-middle", NO_AUTHORITY, NULL},
    {"root", "itself", "the certificate is signed by itself", NULL},
    {"root", "of-alice", "the certificate is issued by one who is no authority", NULL},
    {"root", "too-deep", "there are more authorities than one of them allows", NULL},
    {"root", "abyss", "there are too many authorities in between", NULL},
    {"root", "forged", "the signature of the certificate is wrong", NULL},
    {"root", "reversed", NOT_A_CLIENT, NULL},
    {"root", "nine", UNREADABLE, NULL},
};

static void every_certificate(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct certificate_facts facts;
        const char *fault = verify_at(cases[i].ca, cases[i].chain, time(NULL), &facts);
        const char *name = cases[i].subject_name != NULL ? cases[i].subject_name : "";

        if ((fault == NULL) != (cases[i].fault == NULL) ||
            (fault != NULL && strcmp(fault, cases[i].fault) != 0))
            fail_msg("%s: %s", cases[i].chain, fault != NULL ? fault : "is taken");
        if (strcmp(facts.subject_name, name) != 0 && fault == NULL)
            fail_msg("%s: \"%s\"", cases[i].chain, facts.subject_name);
    }
}

static char *line_of(char **at)
{
    char *line = strsep(at, "\n");

    assert_non_null(line);
    return line;
}

/* The texts are openssl's; the thumbprint of the issuer is that of the authority one above. */
static void what_is_read(void **state)
{
    struct certificate_facts facts;
    size_t length;
    char *names = file_load("names", "", &length);
    char *at = names;

    (void)state;
    assert_null(verify_at("root", "alice", time(NULL), &facts));
    assert_string_equal(facts.subject, line_of(&at));
    assert_string_equal(facts.subject, "CN=Alice, OU=x\\, y, O=Ex\xc3\xa4mple, C=DE");
    assert_string_equal(facts.issuer, line_of(&at));
    assert_string_equal(facts.issuer_thumbprint, line_of(&at));
    assert_string_equal(facts.thumbprint, line_of(&at));
    assert_null(verify_at("root", "below-middle", time(NULL), &facts));
    assert_string_equal(facts.issuer_thumbprint, line_of(&at));
    free(names);
    assert_null(verify_at("root", "empty", time(NULL), &facts));
    assert_string_equal(facts.subject, "");
    /* Also of one that is not taken, for the audit. */
    assert_non_null(verify_at("other", "alice", time(NULL), &facts));
    assert_int_equal(strlen(facts.thumbprint), 64);
    assert_int_not_equal(strlen(facts.subject), 0);
}

static void validity_is_of_that_moment(void **state)
{
    struct certificate_facts facts;
    const time_t in_2020 = 1600000000, in_2048 = 2470000000;

    (void)state;
    assert_string_equal(verify_at("root", "alice", in_2048, &facts),
                        "the certificate of an authority has expired");
    assert_string_equal(verify_at("root", "expired", in_2020, &facts),
                        "the certificate of an authority is not valid yet");
}

/* A certificate in the file of authorities is not yet one of an authority. */
static void who_is_an_authority(void **state)
{
    static const char nothing[] = "no PEM\n";
    struct file_fault fault;
    struct certificate_facts facts;
    size_t length;
    char *pem = file_load("itself", "-ca.pem", &length);

    (void)state;
    assert_null(authorities_parse(pem, length, &fault));
    assert_string_equal(fault.text, "certificate 1 is not that of an authority");
    free(pem);
    assert_null(authorities_parse(nothing, strlen(nothing), &fault));
    assert_string_equal(fault.text, "there is no certificate in PEM in it");
    pem = file_load("root", "-ca.pem", &length);
    pem[length / 2] = '!';
    assert_null(authorities_parse(pem, length, &fault));
    assert_string_equal(fault.text, "certificate 1 is no certificate in PEM");
    free(pem);
    pem = file_load("alice", ".chain", &length);
    assert_string_equal(certificate_verify(NULL, (const uint8_t *)pem, length, time(NULL), &facts),
                        "the listener has no authorities");
    free(pem);
}

static void what_is_no_chain(void **state)
{
    struct authorities *authorities = authorities_load("root");
    struct certificate_facts facts;
    size_t length;
    char *chain = file_load("alice", ".chain", &length);
    uint8_t *copy = mem_alloc(length + 1);

    (void)state;
    assert_string_equal(certificate_verify(authorities, copy, 0, time(NULL), &facts), UNREADABLE);
    for (size_t cut = 1; cut < length; cut += 7) {
        memcpy(copy, chain, cut);
        assert_string_equal(certificate_verify(authorities, copy, cut, time(NULL), &facts),
                            UNREADABLE);
    }
    /* A byte more, in the certificate or behind it. */
    memcpy(copy, chain, length);
    assert_string_equal(certificate_verify(authorities, copy, length + 1, time(NULL), &facts),
                        UNREADABLE);
    copy[0]++;
    assert_string_equal(certificate_verify(authorities, copy, length + 1, time(NULL), &facts),
                        UNREADABLE);
    free(copy);
    free(chain);
    authorities_free(authorities);
}

/* ---- channel binding ---- */

static const struct {
    const char *name;
    const char *hash; /* of RFC 5929; NULL: there is no value */
} bindings[] = {
    {"bind-sha256", "sha256"}, {"bind-sha384", "sha384"},  {"bind-sha512", "sha512"},
    {"bind-sha1", "sha256"},   {"bind-md5", "sha256"},     {"bind-rsa", "sha256"},
    {"bind-pss", "sha384"},    {"bind-ed25519", "sha256"}, {"bind-edwards", NULL},
};

/* The digest of the certificate according to the openssl command. */
static char *digest_of(const char *name, const char *hash, char *out, size_t size)
{
    char *command = mem_printf("openssl x509 -in %s/%s.pem -outform DER | openssl dgst -%s -r",
                               folder, name, hash);
    FILE *pipe = popen(command, "r");

    assert_non_null(fgets(out, (int)size, pipe));
    pclose(pipe);
    out[strcspn(out, " \n")] = '\0';
    free(command);
    return out;
}

static void every_binding(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++) {
        struct binding binding;
        struct file_fault fault;
        size_t length;
        char *pem = file_load(bindings[i].name, ".pem", &length);
        bool made = binding_make(pem, length, &binding, &fault);
        char written[2 * BINDING_DIGEST_LIMIT + 1];
        char expected[256] = "";

        binding_write(&binding, written);
        if (bindings[i].hash != NULL)
            digest_of(bindings[i].name, bindings[i].hash, expected, sizeof(expected));
        if (made != (bindings[i].hash != NULL) || strcmp(written, expected) != 0)
            fail_msg("%s: %s %s", bindings[i].name, written, fault.text);
        free(pem);
    }
}

static int set_up(void **state)
{
    char *command;
    int status;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    command = mem_printf("python3 '%s' %s", maker, folder);
    status = system(command);
    free(command);
    return status;
}

static int tear_down(void **state)
{
    char *command = mem_printf("rm -r %s", folder);
    int status = system(command);

    (void)state;
    free(command);
    return status;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_certificate),          cmocka_unit_test(what_is_read),
        cmocka_unit_test(validity_is_of_that_moment), cmocka_unit_test(who_is_an_authority),
        cmocka_unit_test(what_is_no_chain),           cmocka_unit_test(every_binding),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_certificate tests/certificates/make_chains\n");
        return 2;
    }
    maker = arguments[1];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
