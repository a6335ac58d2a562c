/* SPDX-License-Identifier: ISC */

/*
 * What a parser made of the bytes of one connection, in a form in which two parsers can be
 * compared. For fuzz_http_differential.c.
 */
#ifndef FUZZ_DIFFERENTIAL_H
#define FUZZ_DIFFERENTIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum heard_kind {
    HEARD_PART,     /* not ended yet */
    HEARD_REQUEST,  /* taken */
    HEARD_ANSWERED, /* answered without its body; the connection goes on as far as `keeps` says */
    HEARD_REFUSED   /* refused for good */
};

enum { HEARD_MESSAGES = 64 };

struct heard_message {
    enum heard_kind kind;
    struct buffer method;
    struct buffer target;
    struct buffer headers; /* name, colon, value without blanks at its ends, line feed; repeated */
    struct buffer body;
    size_t head_end; /* offset; only http-parser's, 0 before */
    size_t end;      /* offset behind the message; HEARD_REQUEST */
    bool keeps;
    bool chunked; /* only http-parser's, to the end */
    bool in_value;
    unsigned major;
    unsigned minor;
    unsigned status; /* only ours: what was answered */
};

struct heard {
    struct heard_message messages[HEARD_MESSAGES];
    unsigned count;
    size_t at; /* the byte that http-parser is given */
    bool over; /* we end the connection */
};

/* The next message; the last one again when there are too many. */
struct heard_message *heard_begin(struct heard *heard);
struct heard_message *heard_last(struct heard *heard);
void heard_reset(struct heard *heard);

void heard_text(struct buffer *buffer, const void *text, size_t length);
void heard_header(struct heard_message *message, const void *name, size_t name_length,
                  const void *value, size_t value_length);
/* In pieces: a name after a value begins a header. */
void heard_name(struct heard_message *message, const char *at, size_t length);
void heard_value(struct heard_message *message, const char *at, size_t length);
/* The last header ends with the head. */
void heard_head_end(struct heard_message *message);

/* Method, target, headers and body. */
bool heard_same(const struct heard_message *one, const struct heard_message *other);

/*
 * Why we refuse what http-parser takes: a name, or NULL when there is no reason (a finding). The
 * message begins at `begin`, right behind the one before.
 */
const char *why_refused(const struct heard_message *our, const struct heard_message *their,
                        const uint8_t *bytes, size_t begin);

uint32_t differential_random(uint32_t *state);
/* Ends the process when it does not hold. */
void require(bool holds);

#endif
