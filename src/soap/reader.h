/* SPDX-License-Identifier: ISC */

/*
 * Reads an XML document into a tree of elements. Names are compared by namespace and local name,
 * never by prefix. Everything in the tree lives in the request's arena; the tree also points into
 * the document's bytes, which must stay as long (for UTF-16 a converted copy in the arena does).
 *
 * What is refused: a DOCTYPE (reading stops there, so no entity is ever defined) and a processing
 * instruction (SOAP 1.2 Part 1, section 5), anything above the SOAP_* limits of
 * tables/input_limits.h, and what is not well-formed. Comments are skipped, CDATA is text.
 *
 * The parser behind this interface is kept between documents by a `struct soap_reader`; one belongs
 * to one thread. Nothing outside reader.c knows which parser it is.
 */
#ifndef SOAP_READER_H
#define SOAP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "namespaces.h"
#include "soap/encoding.h"

struct soap_attribute {
    enum namespace_id space;
    const char *name; /* local */
    const char *value;
};

/* A namespace declaration on an element. */
struct soap_declaration {
    struct soap_declaration *next;
    const char *prefix; /* "": the default */
    const char *uri;    /* "": none */
};

struct soap_element {
    enum namespace_id space;
    const char *uri;      /* of its namespace; "" when it is in none */
    const char *name;     /* local */
    char *text;           /* all text directly in it, joined; never NULL */
    uint32_t text_length; /* without the NUL behind it */
    uint32_t text_capacity;
    uint32_t attribute_count;
    struct soap_attribute *attributes;
    struct soap_declaration *declarations;
    struct soap_element *parent;
    struct soap_element *first; /* child */
    struct soap_element *last;
    struct soap_element *next; /* sibling */
    const char *source;        /* from < to > as it was sent */
    size_t source_length;
};

enum soap_error {
    SOAP_OK,
    SOAP_MALFORMED, /* not well-formed, or in another encoding than it says */
    SOAP_CHARSET,   /* an encoding that is not supported */
    SOAP_DOCTYPE,
    SOAP_INSTRUCTION,
    SOAP_LIMIT, /* one of the limits */
    SOAP_MEMORY /* the arena is full */
};

struct soap_document {
    enum soap_encoding encoding;
    struct soap_element *root; /* after an error what was read so far; may be NULL */
    const char *limit;         /* SOAP_LIMIT: which one, for people */
};

struct soap_reader;

/* Never NULL. */
struct soap_reader *soap_reader_new(void);
/* NULL is allowed. */
void soap_reader_free(struct soap_reader *reader);

/*
 * Reads `length` bytes. `charset` is that of the Content-Type header, NULL when it named none. On
 * every result `document` is filled as far as it is known.
 */
enum soap_error soap_read(struct soap_reader *reader, const void *bytes, size_t length,
                          const char *charset, struct arena *arena, struct soap_document *document);

/* Is this that element? NULL is not. */
bool soap_is(const struct soap_element *element, enum namespace_id space, const char *name);
/* First child of that name, or NULL. */
struct soap_element *soap_child(const struct soap_element *element, enum namespace_id space,
                                const char *name);
/* The attribute's value, or NULL. */
const char *soap_attribute(const struct soap_element *element, enum namespace_id space,
                           const char *name);

/*
 * The text without white space at its ends; shortens it in place. Values of headers and attributes
 * are read with this, payload is not.
 */
const char *soap_trimmed(struct soap_element *element);
/* Copy of a list of words with exactly one blank between two; NULL when the arena is full. */
const char *soap_words(struct arena *arena, const char *text);
/* The words TRUE, True, true and 1, or FALSE, False, false and 0; false for anything else. */
bool soap_boolean(const char *text, bool *value);

/*
 * The element as a document of its own: as it was sent, with the declarations of the prefixes it
 * uses from around it. NULL when the arena is full.
 */
const char *soap_outer_xml(struct arena *arena, const struct soap_element *element);

/*
 * When `text` is a document, sets where its root element begins and how long it is, so that it can
 * be embedded in another one.
 */
bool soap_is_document(struct soap_reader *reader, const char *text, const char **start,
                      size_t *length);

#endif
