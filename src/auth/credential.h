/* SPDX-License-Identifier: ISC */

/*
 * What a winrmd-pam is asked, in a sealed descriptor: winrmd-auth writes it into memory that has no
 * name and seals it, the broker passes the descriptor on without reading it, winrmd-pam reads it
 * once. Nobody can change it on its way, and the memory is gone with its last descriptor.
 *
 * The bytes: 'P' (name and password) or 'A' (the account alone), then name, password and the
 * client's address, each with a NUL behind it, and nothing more.
 */
#ifndef AUTH_CREDENTIAL_H
#define AUTH_CREDENTIAL_H

#include <stdbool.h>
#include <stddef.h>

enum {
    CREDENTIAL_NAME = 512,
    CREDENTIAL_PASSWORD = 4096,
    CREDENTIAL_ADDRESS = 128,
    CREDENTIAL_SIZE = 1 + CREDENTIAL_NAME + 1 + CREDENTIAL_PASSWORD + 1 + CREDENTIAL_ADDRESS + 1
};

struct credential {
    bool account;     /* whether the account may be used; the password is empty */
    const char *name; /* these point into `bytes`: it must not be copied */
    const char *password;
    const char *address;
    char bytes[CREDENTIAL_SIZE];
};

/* A sealed descriptor, or -1: something is too long, or there is no descriptor or memory. */
int credential_seal(bool account, const char *name, const char *password, const char *address);
/* Reads it. False, and wiped: it is not sealed, or not of that form. `fd` stays open. */
bool credential_read(int fd, struct credential *credential);
/* Takes apart the `length` bytes of credential->bytes. */
bool credential_parse(struct credential *credential, size_t length);
/* NULL is allowed. */
void credential_wipe(struct credential *credential);

#endif
