/* SPDX-License-Identifier: ISC */

/*
 * The encodings of an envelope. Inside winrmd everything is UTF-8; a UTF-16 request is converted
 * when it comes in, and its response when it goes out.
 */
#ifndef SOAP_ENCODING_H
#define SOAP_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"

enum soap_encoding { SOAP_ENCODING_none, SOAP_UTF8, SOAP_UTF16 };

/*
 * Finds out the encoding: by byte order mark, by `charset` (of the Content-Type header, may be
 * NULL), by the XML declaration; else it is UTF-8. Sets `text` and `text_length` to the bytes as
 * UTF-8 without a mark: the same bytes or a copy in the arena (`full` is set when that had no
 * room). False when the encoding is another one or UTF-16 is ill-formed; then `encoding` is none or
 * UTF-16.
 */
bool soap_to_utf8(const void *bytes, size_t length, const char *charset, struct arena *arena,
                  enum soap_encoding *encoding, const char **text, size_t *text_length, bool *full);

/*
 * Turns a finished response, written as UTF-8, into `encoding`: UTF-16 is little-endian with a byte
 * order mark. False (and `response` failed) when it then exceeds the buffer's limit.
 */
bool soap_encode(struct buffer *response, enum soap_encoding encoding);

/* application/soap+xml with that charset, for the Content-Type header. */
const char *soap_content_type(enum soap_encoding encoding);

#endif
