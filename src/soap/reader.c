/* SPDX-License-Identifier: ISC */

#include "soap/reader.h"

#include <stdlib.h>
#include <string.h>

#include <expat.h>

#include "base/hash.h"
#include "base/memory.h"
#include "input_limits.h"

/* Between namespace and local name in what expat reports; cannot stand in either. */
enum { SEPARATOR = '\n' };

struct soap_reader {
    XML_Parser parser;
    unsigned long salt; /* of the parser's hash tables; its own would be fetched anew each time */
    /* the document being read */
    struct arena *arena;
    struct soap_document *document;
    const char *text;
    size_t length;
    struct soap_element *current;
    struct soap_declaration *pending; /* declarations that belong to the next element */
    unsigned depth;
    unsigned elements;
    unsigned declarations;
    unsigned element_declarations;
    enum soap_error error;
};

static const struct {
    const char *uri;
    size_t length;
} namespaces[NAMESPACES] = {
#define N(name, prefix, text) [NS_##name] = {text, sizeof(text) - 1},
    NAMESPACE_TABLE(N)
#undef N
};

static XML_Parser new_parser(void)
{
    XML_Parser parser = XML_ParserCreateNS("UTF-8", SEPARATOR);

    if (parser == NULL)
        abort();
    return parser;
}

struct soap_reader *soap_reader_new(void)
{
    struct soap_reader *reader = mem_alloc(sizeof(*reader));

    reader->parser = new_parser();
    /* Zero would mean none. */
    reader->salt = (unsigned long)random_u64() | 1;
    return reader;
}

void soap_reader_free(struct soap_reader *reader)
{
    if (reader == NULL)
        return;
    XML_ParserFree(reader->parser);
    free(reader);
}

static void stop(struct soap_reader *reader, enum soap_error error, const char *limit)
{
    if (reader->error != SOAP_OK)
        return;
    reader->error = error;
    reader->document->limit = limit;
    XML_StopParser(reader->parser, XML_FALSE);
}

static void *take(struct soap_reader *reader, size_t size)
{
    void *memory = arena_alloc(reader->arena, size);

    if (memory == NULL)
        stop(reader, SOAP_MEMORY, NULL);
    return memory;
}

static const char *take_text(struct soap_reader *reader, const char *text, size_t length,
                             size_t limit, const char *limit_name)
{
    char *copy = NULL;

    if (length > limit)
        stop(reader, SOAP_LIMIT, limit_name);
    else
        copy = take(reader, length + 1);
    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

static enum namespace_id namespace_of(const char *uri, size_t length)
{
    if (length == 0)
        return NS_none;
    for (int i = NS_other + 1; i < NAMESPACES; i++)
        if (namespaces[i].length == length && memcmp(namespaces[i].uri, uri, length) == 0)
            return (enum namespace_id)i;
    return NS_other;
}

/* Takes an expanded name apart; false when it is refused. */
static bool read_name(struct soap_reader *reader, const char *expanded, enum namespace_id *space,
                      const char **uri, const char **name)
{
    const char *separator = strchr(expanded, SEPARATOR);
    size_t length = separator == NULL ? 0 : (size_t)(separator - expanded);
    const char *local = separator == NULL ? expanded : separator + 1;

    *space = namespace_of(expanded, length);
    if (*space == NS_none)
        *uri = "";
    else if (*space == NS_other)
        *uri = take_text(reader, expanded, length, SOAP_NAME_BYTES, "a namespace is too long");
    else
        *uri = namespaces[*space].uri;
    *name = take_text(reader, local, strlen(local), SOAP_NAME_BYTES, "a name is too long");
    return *uri != NULL && *name != NULL;
}

static bool read_attributes(struct soap_reader *reader, struct soap_element *element,
                            const XML_Char **pairs)
{
    unsigned count = 0;

    while (pairs[2 * count] != NULL)
        count++;
    if (count + reader->element_declarations > SOAP_ATTRIBUTES) {
        stop(reader, SOAP_LIMIT, "an element has too many attributes");
        return false;
    }
    if (count == 0)
        return true;
    element->attributes = take(reader, count * sizeof(*element->attributes));
    if (element->attributes == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        struct soap_attribute *attribute = &element->attributes[i];
        const char *value = pairs[2 * i + 1];
        const char *uri;

        if (!read_name(reader, pairs[2 * i], &attribute->space, &uri, &attribute->name))
            return false;
        attribute->value =
            take_text(reader, value, strlen(value), SOAP_VALUE_BYTES, "an attribute is too long");
        if (attribute->value == NULL)
            return false;
    }
    element->attribute_count = count;
    return true;
}

static void link_element(struct soap_reader *reader, struct soap_element *element)
{
    struct soap_element *parent = reader->current;

    element->parent = parent;
    if (parent == NULL)
        reader->document->root = element;
    else if (parent->first == NULL)
        parent->first = element;
    else
        parent->last->next = element;
    if (parent != NULL)
        parent->last = element;
    reader->current = element;
}

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes)
{
    static char empty[] = "";
    struct soap_reader *reader = data;
    struct soap_element *element;

    if (reader->error != SOAP_OK)
        return;
    if (++reader->depth > SOAP_DEPTH || ++reader->elements > SOAP_ELEMENTS) {
        stop(reader, SOAP_LIMIT,
             reader->depth > SOAP_DEPTH ? "the elements are nested too deeply"
                                        : "there are too many elements");
        return;
    }
    element = take(reader, sizeof(*element));
    if (element == NULL || !read_name(reader, name, &element->space, &element->uri, &element->name))
        return;
    element->text = empty;
    element->source = reader->text + XML_GetCurrentByteIndex(reader->parser);
    element->declarations = reader->pending;
    if (!read_attributes(reader, element, attributes))
        return;
    reader->pending = NULL;
    reader->element_declarations = 0;
    link_element(reader, element);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
    struct soap_reader *reader = data;
    struct soap_element *element = reader->current;
    const char *end;

    (void)name;
    if (reader->error != SOAP_OK)
        return;
    end = reader->text + XML_GetCurrentByteIndex(reader->parser) +
          XML_GetCurrentByteCount(reader->parser);
    element->source_length = (size_t)(end - element->source);
    reader->current = element->parent;
    reader->depth--;
}

/*
 * Room for more text. The text ends at the next tag, so the distance to it bounds the size (what
 * is escaped becomes shorter); only text behind CDATA or a comment needs a second copy.
 */
static bool text_grow(struct soap_reader *reader, struct soap_element *element, size_t length)
{
    size_t at = (size_t)XML_GetCurrentByteIndex(reader->parser);
    const char *tag = memchr(reader->text + at, '<', reader->length - at);
    size_t left = tag == NULL ? 0 : (size_t)(tag - reader->text) - at;
    size_t size = element->text_length + (length > left ? length : left);
    char *text;

    if (element->text_length > 0)
        size += element->text_length;
    if (size > SOAP_TEXT_BYTES)
        size = SOAP_TEXT_BYTES;
    text = take(reader, size + 1);
    if (text == NULL)
        return false;
    memcpy(text, element->text, element->text_length);
    element->text = text;
    element->text_capacity = (uint32_t)size;
    return true;
}

static void XMLCALL on_text(void *data, const XML_Char *text, int size)
{
    struct soap_reader *reader = data;
    struct soap_element *element = reader->current;
    size_t length = (size_t)size;

    if (reader->error != SOAP_OK || element == NULL)
        return;
    if (length > SOAP_TEXT_BYTES - element->text_length) {
        stop(reader, SOAP_LIMIT, "a text is too long");
        return;
    }
    if (length > element->text_capacity - element->text_length &&
        !text_grow(reader, element, length))
        return;
    memcpy(element->text + element->text_length, text, length);
    element->text_length += (uint32_t)length;
    element->text[element->text_length] = 0;
}

static void XMLCALL on_declaration(void *data, const XML_Char *prefix, const XML_Char *uri)
{
    struct soap_reader *reader = data;
    struct soap_declaration *declaration;

    if (reader->error != SOAP_OK)
        return;
    prefix = prefix == NULL ? "" : prefix;
    uri = uri == NULL ? "" : uri;
    reader->element_declarations++;
    if (++reader->declarations > SOAP_DECLARATIONS) {
        stop(reader, SOAP_LIMIT, "there are too many namespace declarations");
        return;
    }
    declaration = take(reader, sizeof(*declaration));
    if (declaration == NULL)
        return;
    declaration->prefix =
        take_text(reader, prefix, strlen(prefix), SOAP_NAME_BYTES, "a prefix is too long");
    declaration->uri =
        take_text(reader, uri, strlen(uri), SOAP_NAME_BYTES, "a namespace is too long");
    declaration->next = reader->pending;
    reader->pending = declaration;
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_internal_subset;
    stop(data, SOAP_DOCTYPE, NULL);
}

static void XMLCALL on_instruction(void *data, const XML_Char *target, const XML_Char *text)
{
    (void)target;
    (void)text;
    stop(data, SOAP_INSTRUCTION, NULL);
}

static void begin(struct soap_reader *reader, struct arena *arena, struct soap_document *document)
{
    XML_Parser parser = reader->parser;

    *reader = (struct soap_reader){
        .parser = parser, .salt = reader->salt, .arena = arena, .document = document};
    XML_ParserReset(parser, "UTF-8");
    XML_SetHashSalt(parser, reader->salt);
    XML_SetUserData(parser, reader);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartNamespaceDeclHandler(parser, on_declaration);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    XML_SetProcessingInstructionHandler(parser, on_instruction);
}

/*
 * A parser keeps the memory that a document needed for the next one. That of a document within the
 * limits is small; a refused one may have had a name of half a megabyte.
 */
static void forget_memory(struct soap_reader *reader)
{
    XML_ParserFree(reader->parser);
    reader->parser = new_parser();
}

static enum soap_error parse(struct soap_reader *reader)
{
    enum XML_Status status = XML_Parse(reader->parser, reader->text, (int)reader->length, XML_TRUE);

    if (reader->error == SOAP_OK && status != XML_STATUS_OK)
        reader->error =
            XML_GetErrorCode(reader->parser) == XML_ERROR_NO_MEMORY ? SOAP_MEMORY : SOAP_MALFORMED;
    if (reader->error != SOAP_OK)
        forget_memory(reader);
    return reader->error;
}

enum soap_error soap_read(struct soap_reader *reader, const void *bytes, size_t length,
                          const char *charset, struct arena *arena, struct soap_document *document)
{
    bool full;

    *document = (struct soap_document){.encoding = SOAP_ENCODING_none};
    begin(reader, arena, document);
    if (!soap_to_utf8(bytes, length, charset, arena, &document->encoding, &reader->text,
                      &reader->length, &full)) {
        if (full)
            return SOAP_MEMORY;
        return document->encoding == SOAP_ENCODING_none ? SOAP_CHARSET : SOAP_MALFORMED;
    }
    if (reader->length > INT32_MAX / 2)
        return SOAP_LIMIT;
    return parse(reader);
}
