/* SPDX-License-Identifier: ISC */

/*
 * Sealed HTTP bodies: multipart/encrypted (MS-WSMV 2.2.9.1) around messages of a security context.
 * Rules: docs/encryption.md.
 *
 * A message that was opened is answered by one that is sealed, under the same protocol: faults too,
 * but neither a 401 nor a redirect. Bodies are opened in the order in which they came.
 */
#ifndef GSS_MESSAGE_H
#define GSS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "gss/context.h"
#include "gss/multipart.h"

enum sealed_result {
    SEALED_opened,
    SEALED_malformed, /* it is framed otherwise than it has to be; nothing of it was opened */
    SEALED_doubtful,  /* it can not be opened: the context is of no use any more */
    SEALED_full       /* the arena has no room; the context is of no use any more */
};

struct sealed_message {
    enum sealed_protocol protocol; /* to answer with */
    const char *content_type; /* of the body: application/soap+xml;charset=UTF-8; in the arena */
    const uint8_t *body;      /* in the arena */
    size_t length;
    char why[GSS_WHY]; /* for the log, when it was not opened: printable, nothing of the body */
};

/*
 * Is that the Content-Type of a sealed body, whether or not it can be opened? NULL: no. A body of
 * this type is for sealed_open() alone.
 */
bool sealed_announced(const char *content_type);

/*
 * Opens a body. `content_type` is the value of the HTTP header. What it gives lives as long as the
 * arena. Everything but SEALED_opened is answered by 400 without a body, and the connection ends.
 */
enum sealed_result sealed_open(struct gss_context *context, const char *content_type,
                               const void *body, size_t length, struct arena *arena,
                               struct sealed_message *out);

/*
 * Seals `body`, whose type is `content_type` (application/soap+xml;charset=UTF-8), and replaces it
 * by the HTTP body around it, for which the buffer's limit is raised if need be. False: nothing may
 * be sent, the connection is to end; the buffer is empty and `why` (may be NULL) says what
 * happened.
 */
bool sealed_write(struct gss_context *context, enum sealed_protocol protocol,
                  const char *content_type, struct buffer *body, char *why);

/* The value of the HTTP header Content-Type for a body that sealed_write() made; static. */
const char *sealed_content_type(enum sealed_protocol protocol);

#endif
