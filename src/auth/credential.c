/* SPDX-License-Identifier: ISC */

#include "auth/credential.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sealed.h"

/* Appends a text and its NUL; NULL when it is longer than it may be. */
static char *append(char *at, const char *text, size_t limit)
{
    size_t length = strlen(text);

    if (at == NULL || length > limit)
        return NULL;
    memcpy(at, text, length + 1);
    return at + length + 1;
}

int credential_seal(bool account, const char *name, const char *password, const char *address)
{
    char bytes[CREDENTIAL_SIZE];
    char *end = bytes;
    int fd = -1;

    *end++ = account ? 'A' : 'P';
    end = append(end, name, CREDENTIAL_NAME);
    end = append(end, password, CREDENTIAL_PASSWORD);
    end = append(end, address, CREDENTIAL_ADDRESS);
    if (end != NULL)
        fd = sealed_new("credential", bytes, (size_t)(end - bytes));
    explicit_bzero(bytes, sizeof(bytes));
    return fd;
}

/* The text at `*at`, whose NUL lies before `end`; NULL when it does not or is too far away. */
static const char *next(const char **at, const char *end, size_t limit)
{
    const char *text = *at;
    size_t length = strnlen(text, (size_t)(end - text));

    if (text + length == end || length > limit)
        return NULL;
    *at = text + length + 1;
    return text;
}

bool credential_parse(struct credential *credential, size_t length)
{
    const char *at = credential->bytes + 1;
    const char *end = credential->bytes + length;
    bool whole = length > 1 && length <= CREDENTIAL_SIZE &&
                 (credential->bytes[0] == 'P' || credential->bytes[0] == 'A');

    if (whole) {
        credential->account = credential->bytes[0] == 'A';
        credential->name = next(&at, end, CREDENTIAL_NAME);
        credential->password =
            credential->name != NULL ? next(&at, end, CREDENTIAL_PASSWORD) : NULL;
        credential->address =
            credential->password != NULL ? next(&at, end, CREDENTIAL_ADDRESS) : NULL;
        whole = credential->address != NULL && at == end && credential->name[0] != '\0' &&
                credential->account == (credential->password[0] == '\0');
    }
    if (!whole)
        credential_wipe(credential);
    return whole;
}

bool credential_read(int fd, struct credential *credential)
{
    struct stat status;

    credential_wipe(credential);
    /* Sealed against changes, it is memory: a read cannot block, and its size stays as it is. */
    if (!sealed_check(fd) || fstat(fd, &status) != 0 || status.st_size > CREDENTIAL_SIZE ||
        pread(fd, credential->bytes, (size_t)status.st_size, 0) != status.st_size) {
        credential_wipe(credential);
        return false;
    }
    return credential_parse(credential, (size_t)status.st_size);
}

void credential_wipe(struct credential *credential)
{
    if (credential != NULL)
        explicit_bzero(credential, sizeof(*credential));
}
