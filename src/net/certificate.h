/* SPDX-License-Identifier: ISC */

/*
 * The client certificate as a method: it was shown in the handshake, and the Authorization header
 * only says that it is meant. winrmd-auth verifies it.
 */
#ifndef NET_CERTIFICATE_H
#define NET_CERTIFICATE_H

#include <stdbool.h>

struct request;

/* The whole value of that header (DSP0226, annex on security profiles: HTTPS with mutual
 * certificates). */
#define CERTIFICATE_AUTHORIZATION \
    "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

/* A row of authentication.c. */
bool certificate_ask(struct request *request);

#endif
