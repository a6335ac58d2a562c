/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth as a process: what a client certificate gets, what the broker is told of it, and what
 * becomes of those who are in when the map, the authorities or the users file change.
 */
#include "auth/test_world.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "auth/refusals.h"

enum { LISTENER = 7 };

static const char *program;
static const char *maker;
static char folder[] = "/tmp/winrmd-test-certificates-XXXXXX";
static char map_path[64];
static char root[64]; /* thumbprints */
static char other[64];

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", folder, name);
}

static void map_write(const char *text)
{
    char *beside = path_of("map.new");
    FILE *file = fopen(beside, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(beside, 0600), 0);
    assert_int_equal(rename(beside, map_path), 0);
    free(beside);
}

/* THUMBPRINT and what is behind it, for each line. */
static void map_write_for(const char *authority, const char *lines)
{
    char *copy = mem_text(lines);
    char *text = mem_text("");
    char *at = copy;

    for (char *line; (line = strsep(&at, "\n")) != NULL;) {
        char *longer = mem_printf("%s%s %s\n", text, authority, line);

        free(text);
        text = longer;
    }
    map_write(text);
    free(text);
    free(copy);
}

static void listener_tell(uint32_t part, const char *name)
{
    char *path = name != NULL ? path_of(name) : NULL;
    int file = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    assert_true(path == NULL || file >= 0);
    assert_true(channel_send(auth, auth_listener, .listener = LISTENER, .name = "https",
                             .part = part, .file = file));
    free(path);
}

/* What the broker said is known to winrmd-auth, whatever a winrmd-net says next. */
static void settle(void)
{
    told.ready = 0;
    assert_true(channel_send(auth, auth_start, .users = users_path, .certificate_map = map_path));
    await(&told.ready, 1);
}

static void show(unsigned net, uint64_t exchange, const char *name)
{
    char *path = mem_printf("%s/%s.chain", folder, name);
    FILE *file = fopen(path, "rb");
    uint8_t chain[65536];
    size_t length;

    assert_non_null(file);
    length = fread(chain, 1, sizeof(chain), file);
    fclose(file);
    assert_true(channel_send(nets[net], auth_certificate, .exchange = exchange,
                             .address = "10.0.0.1", .listener = LISTENER,
                             .chain = {.data = chain, .length = (uint32_t)length}));
    free(path);
}

static int set_up(void **state)
{
    int result;

    (void)state;
    map_write_for(root, "alice@example.org -> anna:admins,staff\n*.example.org -> machine");
    result = world_begin(program, map_path);
    listener_tell(LISTENER_FILE_client_ca, "root-ca.pem");
    settle();
    return result;
}

static int tear_down(void **state)
{
    (void)state;
    return world_end();
}

static void a_mapped_certificate(void **state)
{
    (void)state;
    show(1, 77, "alice");
    await(&told.identities, 1);
    assert_int_equal(told.net, 1);
    assert_int_equal(told.exchange, 77);
    assert_string_equal(told.mechanism, "ClientCertificate");
    assert_string_equal(told.name, "CN=Alice, OU=x\\, y, O=Ex\xc3\xa4mple, C=DE");
    assert_string_equal(told.account, "anna");
    assert_string_equal(told.group, "admins");
    assert_string_equal(told.issuer, "CN=root authority, O=Example");
    assert_string_equal(told.issuer_thumbprint, root);
    assert_string_equal(told.subject_name, "alice@example.org");
    assert_int_equal(strlen(told.certificate), 64);
    show(0, 78, "dns");
    await(&told.identities, 2);
    assert_string_equal(told.account, "machine");
    assert_string_equal(told.group, "");
    assert_int_equal(told.failures + told.refusals[0] + told.refusals[1], 0);
}

static void others(void **state)
{
    static const struct {
        const char *chain;
        const char *reason;
    } cases[] = {
        {"common", "the certificate is mapped to no account"},
        {"stranger", "the certificate is of no authority of this listener"},
        {"expired", "the certificate has expired"},
        {"server", "the certificate is not for client authentication"},
        {"itself", "the certificate is signed by itself"},
    };
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        show(0, i, cases[i].chain);
        await(&told.failures, i + 1);
        await(&told.refusals[0], i + 1);
        assert_string_equal(told.reason, cases[i].reason);
        assert_int_equal(told.exchange, i);
        assert_int_equal(strlen(told.certificate), 64);
    }
    channel_send(nets[0], auth_certificate, .exchange = 100, .listener = LISTENER);
    await(&told.failures, i + 1);
    assert_string_equal(told.reason, "the certificate can not be read");
    assert_string_equal(told.certificate, "");
    assert_int_equal(told.identities + told.hashes, 0);
}

static void the_map_changes(void **state)
{
    (void)state;
    show(0, 1, "alice");
    await(&told.identities, 1);
    map_write_for(root, "alice@example.org -> anna\n*.example.org -> machine");
    await(&told.certificate_revocations, 1);
    assert_string_equal(told.account, "anna");
    show(0, 2, "alice");
    await(&told.identities, 2);
    assert_string_equal(told.group, "");

    /* One with an error is not taken; what was read before holds. */
    map_write_for(root, "alice@example.org -> anna\nnonsense");
    show(0, 3, "alice");
    await(&told.identities, 3);
    assert_int_equal(told.certificate_revocations, 1);

    map_write_for(other, "* -> anna");
    await(&told.certificate_revocations, 3);
    show(0, 4, "alice");
    await(&told.refusals[0], 1);
    assert_string_equal(told.reason, "the certificate is mapped to no account");
    assert_true(channel_send(auth, auth_start, .users = users_path));
    await(&told.certificate_revocations, 4);
    show(0, 5, "alice");
    await(&told.refusals[0], 2);
    assert_string_equal(told.reason, "there is no certificate map");
    assert_int_equal(told.revocations, 0);
}

static void the_authorities_change(void **state)
{
    (void)state;
    map_write_for(other, "stranger -> anna");
    await(&told.certificate_revocations, 2);
    show(0, 1, "stranger");
    await(&told.refusals[0], 1);
    listener_tell(LISTENER_FILE_client_ca, "other-ca.pem");
    await(&told.certificate_revocations, 3);
    show(0, 2, "stranger");
    await(&told.identities, 1);
    /* The same again is no reason to ask anybody. */
    listener_tell(LISTENER_FILE_client_ca, "other-ca.pem");
    settle();
    show(0, 3, "alice");
    await(&told.refusals[0], 2);
    assert_int_equal(told.certificate_revocations, 3);
    /* A file that is wrong is no authority. */
    listener_tell(LISTENER_FILE_client_ca, "itself-ca.pem");
    settle();
    show(0, 4, "stranger");
    await(&told.refusals[0], 3);
    listener_tell(LISTENER_FILE_client_ca, "other-ca.pem");
    assert_true(channel_send(auth, auth_listener_end, .listener = LISTENER));
    settle();
    show(0, 5, "stranger");
    await(&told.refusals[0], 4);
    assert_string_equal(told.reason, "the listener has no authorities");
    assert_int_equal(told.identities, 1);
}

static void an_account_is_locked(void **state)
{
    (void)state;
    file_write("anna", "!", "secret", "", 0600);
    await(&told.certificate_revocations, 1);
    show(0, 1, "alice");
    await(&told.refusals[0], 1);
    await(&told.failures, 1);
    assert_string_equal(told.reason, "locked account");
    /* Who is in no users file is not locked. */
    show(0, 2, "dns");
    await(&told.identities, 1);
    file_write("anna", "", "secret", "", 0600);
    show(0, 3, "alice");
    await(&told.identities, 2);
}

static void the_binding_value(void **state)
{
    (void)state;
    listener_tell(LISTENER_FILE_certificate, "bind-sha384.pem");
    await(&told.bound, 1);
    assert_int_equal(strlen(told.binding), 96);
    listener_tell(LISTENER_FILE_certificate, "bind-edwards.pem");
    await(&told.bound, 2);
    assert_string_equal(told.binding, "");
}

static bool flood_told(void)
{
    return told.failed_times >= 1000;
}

/* Each is refused, and the audit gets few lines that count them all. */
static void a_flood(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        show(0, i, "itself");
        channel_flush(nets[0]);
    }
    assert_true(await_that(flood_told));
    await(&told.refusals[0], 1000);
    assert_int_equal(told.failed_times, 1000);
    assert_true(told.failures < 4 * REFUSALS_AT_ONCE);
}

static void first_line(const char *command, char *out, size_t size)
{
    FILE *pipe = popen(command, "r");

    if (pipe == NULL || fgets(out, (int)size, pipe) == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    if (pipe != NULL)
        pclose(pipe);
}

static void thumbprint(const char *name, char *out, size_t size)
{
    char *command = mem_printf("openssl x509 -in %s/%s-ca.pem -noout -fingerprint -sha1 | "
                               "sed 's/.*=//; s/://g'",
                               folder, name);

    first_line(command, out, size);
    free(command);
}

static int make(void **state)
{
    char *command;
    int status;

    (void)state;
    if (mkdtemp(folder) == NULL)
        return 1;
    command = mem_printf("python3 '%s' %s", maker, folder);
    status = system(command);
    free(command);
    snprintf(map_path, sizeof(map_path), "%s/map", folder);
    thumbprint("root", root, sizeof(root));
    thumbprint("other", other, sizeof(other));
    return status;
}

static int sweep(void **state)
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
        cmocka_unit_test_setup_teardown(a_mapped_certificate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_map_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_authorities_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_account_is_locked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_binding_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood, set_up, tear_down),
    };

    if (count != 3) {
        fprintf(stderr, "usage: test_certificates WINRMD-AUTH make_chains\n");
        return 2;
    }
    program = arguments[1];
    maker = arguments[2];
    return cmocka_run_group_tests(tests, make, sweep);
}
