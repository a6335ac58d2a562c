/* SPDX-License-Identifier: ISC */

#include "soap/reader.h"

#include <string.h>

#include "base/text.h"
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

/* Does the markup use that prefix? May say yes when only a text looks like it. */
static bool uses_prefix(const char *source, size_t length, const char *prefix)
{
    size_t size = strlen(prefix);
    const char *end = source + length;

    if (size == 0)
        return true;
    for (const char *at = source; (at = memmem(at, (size_t)(end - at), prefix, size)) != NULL; at++)
        if (at > source && !is_name_byte(at[-1]) && at + size < end && at[size] == ':')
            return true;
    return false;
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

/* The declarations that hold for `element`, are made around it, and are needed inside. */
static void put_declarations(struct buffer *out, const struct soap_element *element)
{
    for (const struct soap_element *above = element->parent; above != NULL; above = above->parent)
        for (const struct soap_declaration *d = above->declarations; d != NULL; d = d->next) {
            if (strcmp(d->prefix, "xml") == 0 || declared_below(element, above, d->prefix) ||
                (d->prefix[0] == 0 && d->uri[0] == 0) ||
                !uses_prefix(element->source, element->source_length, d->prefix))
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
