/* SPDX-License-Identifier: ISC */

#include "soap/reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "input_limits.h"
#include "soap/writer.h"

bool soap_is(const struct soap_element *element, enum namespace_id space, const char *name)
{
    return element != NULL && element->space == space && strcmp(element->name, name) == 0;
}

struct soap_element *soap_child(const struct soap_element *element, enum namespace_id space,
                                const char *name)
{
    struct soap_element *child = element == NULL ? NULL : element->first;

    while (child != NULL && !soap_is(child, space, name))
        child = child->next;
    return child;
}

const char *soap_attribute(const struct soap_element *element, enum namespace_id space,
                           const char *name)
{
    for (uint32_t i = 0; i < element->attribute_count; i++) {
        const struct soap_attribute *attribute = &element->attributes[i];

        if (attribute->space == space && strcmp(attribute->name, name) == 0)
            return attribute->value;
    }
    return NULL;
}

const char *soap_trimmed(struct soap_element *element)
{
    size_t length;
    const char *start = text_trim(element->text, &length);

    if (length < element->text_length) {
        memmove(element->text, start, length);
        element->text[length] = 0;
        element->text_length = (uint32_t)length;
    }
    return element->text;
}

const char *soap_words(struct arena *arena, const char *text)
{
    char *words = arena_alloc(arena, strlen(text) + 1);
    size_t length = 0;

    if (words == NULL)
        return NULL;
    for (; *text != 0; text++) {
        if (!text_is_space(*text))
            words[length++] = *text;
        else if (length > 0 && words[length - 1] != ' ')
            words[length++] = ' ';
    }
    if (length > 0 && words[length - 1] == ' ')
        length--;
    words[length] = 0;
    return words;
}

bool soap_boolean(const char *text, bool *value)
{
    size_t length;
    const char *start = text_trim(text, &length);

    *value = (length == 4 && strncasecmp(start, "true", 4) == 0) || (length == 1 && *start == '1');
    return *value || (length == 5 && strncasecmp(start, "false", 5) == 0) ||
           (length == 1 && *start == '0');
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || (c & 0x80) != 0;
}

/* Declarations made around an element that hold inside it, ordered by prefix. */
struct surroundings {
    size_t count;
    const struct soap_declaration *declaration[SOAP_DECLARATIONS];
    bool used[SOAP_DECLARATIONS];
};

static int compare_prefixes(const void *left, const void *right)
{
    const struct soap_declaration *const *l = left;
    const struct soap_declaration *const *r = right;

    return strcmp((*l)->prefix, (*r)->prefix);
}

static bool declared_below(const struct soap_element *element, const struct soap_element *above,
                           const char *prefix)
{
    for (; element != above; element = element->parent)
        for (const struct soap_declaration *d = element->declarations; d != NULL; d = d->next)
            if (strcmp(d->prefix, prefix) == 0)
                return true;
    return false;
}

static void find_surroundings(struct surroundings *around, const struct soap_element *element)
{
    around->count = 0;
    for (const struct soap_element *above = element->parent; above != NULL; above = above->parent)
        for (const struct soap_declaration *d = above->declarations; d != NULL; d = d->next)
            if (strcmp(d->prefix, "xml") != 0 && !declared_below(element, above, d->prefix) &&
                !(d->prefix[0] == 0 && d->uri[0] == 0) && around->count < SOAP_DECLARATIONS)
                around->declaration[around->count++] = d;
    qsort(around->declaration, around->count, sizeof(around->declaration[0]), compare_prefixes);
    /* Every name without a prefix uses the default. */
    for (size_t i = 0; i < around->count; i++)
        around->used[i] = around->declaration[i]->prefix[0] == 0;
}

static void mark_used(struct surroundings *around, const char *prefix, size_t length)
{
    size_t low = 0;
    size_t high = around->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = around->declaration[middle]->prefix;
        int order = strncmp(prefix, other, length);

        if (order == 0 && other[length] == 0) {
            around->used[middle] = true;
            return;
        }
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
}

/*
 * Finds what may be a prefix: a name before a colon, in markup or in a text that looks like it.
 * One pass, however many declarations there are: the sender chooses both.
 */
static void find_used(struct surroundings *around, const char *source, size_t length)
{
    size_t start = 0;

    for (size_t at = 0; at < length; at++) {
        if (is_name_byte(source[at]))
            continue;
        if (source[at] == ':' && at > start)
            mark_used(around, source + start, at - start);
        start = at + 1;
    }
}

/* The declarations that hold for `element`, are made around it, and are needed inside. */
static void put_declarations(struct buffer *out, const struct soap_element *element)
{
    struct surroundings around;

    find_surroundings(&around, element);
    find_used(&around, element->source, element->source_length);
    for (size_t i = 0; i < around.count; i++) {
        const struct soap_declaration *d = around.declaration[i];

        if (!around.used[i])
            continue;
        buffer_text(out, d->prefix[0] == 0 ? " xmlns" : " xmlns:");
        buffer_text(out, d->prefix);
        soap_put(out, "=\"");
        soap_put_text(out, d->uri);
        soap_put(out, "\"");
    }
}

const char *soap_outer_xml(struct arena *arena, const struct soap_element *element)
{
    size_t name = 1;
    struct buffer out;
    const char *xml = NULL;

    while (name < element->source_length && strchr(" \t\r\n/>", element->source[name]) == NULL)
        name++;
    buffer_init(&out, arena->limit);
    buffer_append(&out, element->source, name);
    put_declarations(&out, element);
    buffer_append(&out, element->source + name, element->source_length - name);
    if (!out.failed)
        xml = arena_text_n(arena, (const char *)buffer_bytes(&out), buffer_length(&out));
    buffer_free(&out);
    return xml;
}

bool soap_is_document(struct soap_reader *reader, const char *text, const char **start,
                      size_t *length)
{
    size_t size = strlen(text);
    struct arena arena;
    struct soap_document document;
    bool is_document = false;
    size_t trimmed;

    if (size == 0 || *text_trim(text, &trimmed) != '<')
        return false;
    arena_init(&arena, 1024 * 1024 + 8 * size);
    if (soap_read(reader, text, size, "utf-8", &arena, &document) == SOAP_OK) {
        *start = document.root->source;
        *length = document.root->source_length;
        is_document = true;
    }
    arena_free(&arena);
    return is_document;
}
