/* SPDX-License-Identifier: ISC */

/*
 * The frame around sealed messages (MS-WSMV 2.2.9.1.1), which is no MIME: no empty line stands
 * between the headers of a part and its data, and no line break between data and the next boundary.
 * Pure functions; a reader keeps views into what it reads.
 *
 *   --Encrypted Boundary                      opening boundary, at the first byte
 *   <tab>Content-Type: PROTOCOL
 *   <tab>OriginalContent: type=application/soap+xml;charset=UTF-8;Length=1234
 *   --Encrypted Boundary
 *   <tab>Content-Type: application/octet-stream
 *   <length of the header, 4 bytes><header><data>--Encrypted Boundary--
 */
#ifndef GSS_MULTIPART_H
#define GSS_MULTIPART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gss/context.h"

/* What the client calls its protocol; the answer's is the same. */
enum sealed_protocol {
    SEALED_none,
    SEALED_spnego,  /* application/HTTP-SPNEGO-session-encrypted: also for Kerberos */
    SEALED_kerberos /* application/HTTP-Kerberos-session-encrypted */
};

enum {
    MULTIPART_TYPE_MAX = 128, /* bytes of the content type of what is sealed, with its NUL */
    MULTIPART_LINE_MAX = 512, /* bytes of a line of headers */
    MULTIPART_LINES_MAX = 8,  /* of headers in a part */
    MULTIPART_PARTS_MAX = 1024,
    MULTIPART_PREFIX_MAX = 512, /* bytes that the writer puts before the header */
    MULTIPART_LENGTH_SIZE = 4,
    /* A client may count the padding in `Length`, and padding is no longer than a block. */
    MULTIPART_SLACK = GSS_PADDING_MAX
};

/* The protocol that a Content-Type header names; SEALED_none: none that is known here. */
enum sealed_protocol multipart_protocol(const char *content_type);

struct multipart {
    const uint8_t *at;  /* the next opening boundary; NULL: there is none */
    const uint8_t *end; /* of the body */
    enum sealed_protocol protocol;
    unsigned parts;
    char content_type[MULTIPART_TYPE_MAX]; /* of what is sealed, once there was a part */
    const char *why;                       /* what is wrong; NULL: nothing is */
};

struct multipart_part {
    const uint8_t *token; /* header and data, in one piece */
    size_t length;
    size_t header;
    uint64_t original; /* `Length`: of what is sealed, perhaps with padding */
};

void multipart_begin(struct multipart *multipart, enum sealed_protocol protocol, const void *body,
                     size_t length);

/* The next sealed message. False: there is none any more, or `why` says what is wrong. */
bool multipart_next(struct multipart *multipart, struct multipart_part *part);

/* Does what was opened have the length that its part says? */
bool multipart_length_fits(uint64_t original, size_t opened);

/*
 * Writes all that stands before the header, and returns its length; 0: `content_type` is too long.
 * `original`: bytes that are sealed, and the padding.
 */
size_t multipart_write_prefix(uint8_t prefix[MULTIPART_PREFIX_MAX], enum sealed_protocol protocol,
                              const char *content_type, size_t original, size_t header);

/* What stands behind the data. */
extern const char multipart_closing[];
enum { MULTIPART_CLOSING_SIZE = 24 };

#endif
