/* SPDX-License-Identifier: ISC */

/*
 * What a winrmd-pam is asked: never reads past it, and what is accepted is a name, a password and
 * an address within their limits that are sealed as the same bytes again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct credential *credential, const uint8_t *data, size_t size)
{
    int fd = credential_seal(credential->account, credential->name, credential->password,
                             credential->address);
    char bytes[CREDENTIAL_SIZE];

    if (fd < 0 || pread(fd, bytes, sizeof(bytes), 0) != (ssize_t)size ||
        memcmp(bytes, data, size) != 0)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct credential *credential;

    if (size > CREDENTIAL_SIZE)
        return 0;
    credential = malloc(sizeof(*credential));
    if (credential == NULL)
        abort();
    memset(credential, 'x', sizeof(*credential));
    memcpy(credential->bytes, data, size);
    if (credential_parse(credential, size))
        check_round_trip(credential, data, size);
    credential_wipe(credential);
    free(credential);
    return 0;
}
