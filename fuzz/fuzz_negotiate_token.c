/* SPDX-License-Identifier: ISC */

/*
 * Tokens of Negotiate and Kerberos, with the libraries behind them: Kerberos with a real key and
 * tickets that never grow old, SPNEGO, NTLM with a user; first legs and those that follow. Whatever
 * they hold, a login ends as the acceptor promises.
 *
 * Input: flags, then tokens with their lengths in two bytes; or flags and CLIENT, then the leg, the
 * position and the change of a byte in what a real client of NTLM says.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gss/acceptor.h"
#include "gss/environment.h"
#include "gss/test_client.h"
#include "messages.h"
#include "methods.h"

#include "kerberos_keytab.h"
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLAG_KERBEROS = 1, FLAG_BOUND = 2, FLAG_CLIENT = 4, FLAG_SPNEGO = 8 };
enum { TOKENS = 4 };

static const char binding[] = "tls-server-end-point:right";
static struct acceptor acceptor;

/* A file in memory, by a path that libraries can open. */
static char *file_make(const void *bytes, size_t length)
{
    int fd = memfd_create("negotiate_token", 0);
    char path[64];

    require(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return strdup(path);
}

static void prepare(void)
{
    /* The tickets among the seeds are good for thirty years. */
    static const char krb5_conf[] = "[libdefaults]\n default_realm = EXAMPLE.TEST\n"
                                    " clockskew = 1000000000\n dns_lookup_kdc = false\n"
                                    " dns_canonicalize_hostname = false\n rdns = false\n";
    static const char users[] = "LAB:alice:alice-secret\n";
    char why_kerberos[ACCEPTOR_WHY], why_ntlm[ACCEPTOR_WHY], domain[NETBIOS_NAME];
    char *config = file_make(krb5_conf, sizeof(krb5_conf) - 1);
    char *keytab = file_make(kerberos_keytab, sizeof(kerberos_keytab));
    char *ntlm = file_make(users, sizeof(users) - 1);

    setenv("KRB5_CONFIG", config, 1);
    setenv("KRB5RCACHENAME", "none:", 1);
    environment_set(keytab, ntlm, "LAB", "localhost", domain);
    acceptor_open(&acceptor, true, true, why_kerberos, why_ntlm);
    if (!acceptor.has_kerberos || !acceptor.has_ntlm) {
        fprintf(stderr, "Kerberos: %s\nNTLM: %s\n", why_kerberos, why_ntlm);
        abort();
    }
    free(config);
    free(keytab);
    free(ntlm);
}

static enum accept_outcome take(struct login *login, uint8_t flags, const void *token,
                                size_t length, struct accepted *accepted)
{
    bool kerberos = (flags & FLAG_KERBEROS) != 0;
    enum accept_outcome outcome =
        acceptor_take(&acceptor, login, kerberos, binding,
                      (flags & FLAG_BOUND) != 0 ? sizeof(binding) - 1 : 0, token, length, accepted);

    acceptor_token_begins(token, length);
    switch (outcome) {
    case ACCEPT_done:
        require(accepted->name != NULL && strlen(accepted->name) <= LIMIT_NAME);
        require(accepted->mechanism != NULL && accepted->exported.length > 0);
        require(!kerberos || strcmp(accepted->mechanism, MECHANISM_KERBEROS) == 0);
        break;
    case ACCEPT_continues:
        require(accepted->token.length > 0 && login->context != GSS_C_NO_CONTEXT);
        break;
    case ACCEPT_failed:
        require(accepted->reason != NULL && accepted->detail[0] != '\0');
        require(accepted->exported.length == 0 && accepted->name == NULL);
        break;
    }
    require(outcome == ACCEPT_continues || login->context == GSS_C_NO_CONTEXT);
    return outcome;
}

static void take_tokens(uint8_t flags, struct source *source)
{
    struct login login = {0};
    enum accept_outcome outcome = ACCEPT_continues;

    for (unsigned i = 0; i < TOKENS && outcome == ACCEPT_continues && source->left > 0; i++) {
        size_t length = (size_t)source_byte(source) << 8;
        struct accepted accepted;

        length |= source_byte(source);
        if (length > source->left)
            length = source->left;
        outcome = take(&login, flags, source->at, length, &accepted);
        accepted_clear(&accepted);
        source->at += length;
        source->left -= length;
    }
    login_clear(&login);
}

static void take_client(uint8_t flags, struct source *source)
{
    unsigned leg = source_byte(source);
    size_t at = (size_t)source_byte(source) << 8;
    enum accept_outcome outcome = ACCEPT_continues;
    struct login login = {0};
    struct accepted accepted = {0};
    struct client client;
    uint8_t change;

    at |= source_byte(source);
    change = source_byte(source);
    require(client_ntlm(&client, "LAB\\alice", "alice-secret", (flags & FLAG_SPNEGO) != 0));
    if ((flags & FLAG_BOUND) != 0)
        client.binding.application_data =
            (gss_buffer_desc){sizeof(binding) - 1, (void *)(uintptr_t)binding};
    for (unsigned i = 0; i < TOKENS && outcome == ACCEPT_continues; i++) {
        if (!client_step(&client, accepted.token.value, accepted.token.length) ||
            client.token.length == 0)
            break;
        accepted_clear(&accepted);
        if (i == leg)
            ((uint8_t *)client.token.value)[at % client.token.length] ^= change;
        outcome =
            take(&login, flags & FLAG_BOUND, client.token.value, client.token.length, &accepted);
    }
    require(change != 0 || outcome == ACCEPT_done);
    if (change == 0)
        require(accepted.bound == ((flags & FLAG_BOUND) != 0));
    accepted_clear(&accepted);
    login_clear(&login);
    client_clear(&client);
}

static void run(const uint8_t *data, size_t size)
{
    struct source source = {.at = data, .left = size};
    uint8_t flags = source_byte(&source);

    if ((flags & FLAG_CLIENT) != 0)
        take_client(flags, &source);
    else
        take_tokens(flags, &source);
}

/* gss-ntlmssp 1.2.0 loses some memory of each login: where it is used that is a child's. */
static void run_in_child(const uint8_t *data, size_t size)
{
    pid_t child = fork(), ended;
    int status = -1;

    if (child == 0) {
        run(data, size);
        _exit(0);
    }
    require(child > 0);
    /* libFuzzer's alarm clock interrupts what waits. */
    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    require(ended == child);
    require(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool prepared;

    if (!prepared)
        prepare();
    prepared = true;
    if (size > 0 && ((data[0] & FLAG_CLIENT) != 0 || memmem(data, size, "NTLMSSP", 7) != NULL))
        run_in_child(data, size);
    else
        run(data, size);
    return 0;
}
