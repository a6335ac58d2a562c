/* SPDX-License-Identifier: ISC */

/*
 * The Basic header: never reads or writes past what it is given, and what it accepts is a name and
 * a password that encode to the same header again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "net/basic.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct basic_credentials *credentials, const char *token)
{
    char joined[sizeof(credentials->text)];
    char encoded[2 * sizeof(credentials->text)];
    size_t user = strlen(credentials->user);
    size_t password = strlen(credentials->password);

    if (user > LIMIT_NAME || password > LIMIT_PASSWORD || strchr(credentials->user, ':') != NULL ||
        !utf8_valid(credentials->user, user) || !utf8_valid(credentials->password, password))
        abort();
    memcpy(joined, credentials->user, user);
    joined[user] = ':';
    memcpy(joined + user + 1, credentials->password, password);
    base64_encode(encoded, joined, user + 1 + password);
    encoded[base64_encoded_size(user + 1 + password)] = '\0';
    if (strcmp(encoded, token) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct basic_credentials credentials;
    char *header = malloc(size + 1);

    if (header == NULL)
        abort();
    memcpy(header, data, size);
    header[size] = '\0';
    if (basic_decode(header, &credentials))
        check_round_trip(&credentials, header + 6 + strspn(header + 6, " "));
    basic_wipe(&credentials);
    free(header);
    return 0;
}
