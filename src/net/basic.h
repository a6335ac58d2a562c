/* SPDX-License-Identifier: ISC */

/*
 * The Basic scheme (RFC 7617) of the Authorization header: name and password out of the value,
 * strictly. Nothing is kept here; the caller wipes what it got.
 */
#ifndef NET_BASIC_H
#define NET_BASIC_H

#include <stdbool.h>

#include "ipc/message.h"

struct request;

struct basic_credentials {
    const char *user; /* both point into `text` */
    const char *password;
    char text[LIMIT_NAME + LIMIT_PASSWORD + 8];
};

/*
 * True for `Basic`, blanks and strict base64 of UTF-8 without NUL, that is a name, a colon and a
 * password. A name that no user can have (an empty one, one with a line feed) is read all the same:
 * winrmd-auth refuses it, and that is how the attempt gets into the audit. Wipe `credentials`
 * afterwards, on failure too.
 */
bool basic_decode(const char *authorization, struct basic_credentials *credentials);

void basic_wipe(struct basic_credentials *credentials);

/* A row of authentication.c. */
bool basic_ask(struct request *request);

#endif
