/* SPDX-License-Identifier: ISC */

/*
 * Writes XML to a buffer, without white space between elements. A failure shows in the buffer
 * (`failed`), so that a writer checks once, at the end. What XML 1.0 cannot carry (control
 * characters, ill-formed UTF-8) becomes U+FFFD.
 */
#ifndef SOAP_WRITER_H
#define SOAP_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Markup that stands in the source. */
#define soap_put(buffer, literal) buffer_append(buffer, "" literal, sizeof(literal) - 1)

/* Escaped text, for element content and for attribute values in double quotes alike. */
void soap_put_text(struct buffer *buffer, const char *text);
void soap_put_text_n(struct buffer *buffer, const char *text, size_t length);

/* ` name="value"` */
void soap_put_attribute(struct buffer *buffer, const char *name, const char *value);

/* `<tag>text</tag>`; nothing at all when `text` is NULL. */
void soap_put_element(struct buffer *buffer, const char *tag, const char *text);
void soap_put_number(struct buffer *buffer, const char *tag, uint64_t number);

#endif
