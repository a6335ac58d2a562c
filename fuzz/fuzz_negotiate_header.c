/* SPDX-License-Identifier: ISC */

/*
 * The Negotiate and Kerberos headers: never reads or writes past what it is given, and what it
 * accepts is a token that encodes to the same header again. What is in a token is for winrmd-gss.
 */
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "net/negotiate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const uint8_t *token, size_t length, const char *header)
{
    size_t encoded_length = base64_encoded_size(length);
    size_t header_length = strlen(header);
    char *encoded = malloc(encoded_length + 1);

    if (encoded == NULL || length > LIMIT_TOKEN || header_length <= encoded_length)
        abort();
    base64_encode(encoded, token, length);
    if (memcmp(encoded, header + header_length - encoded_length, encoded_length) != 0 ||
        header[header_length - encoded_length - 1] != ' ')
        abort();
    free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Of exactly the size that is promised, so that a sanitizer sees what is beyond it. */
    uint8_t *token = malloc(NEGOTIATE_ROOM);
    char *header = malloc(size + 1);
    bool kerberos;
    size_t length;

    if (header == NULL || token == NULL)
        abort();
    memcpy(header, data, size);
    header[size] = '\0';
    length = negotiate_decode(header, &kerberos, token);
    if (length > 0)
        check_round_trip(token, length, header);
    free(header);
    free(token);
    return 0;
}
