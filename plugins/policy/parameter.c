/* SPDX-License-Identifier: ISC */

#include "policy/parameter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    char character;
} entities[] = {
    {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''},
};

/* A reference to an ASCII character like &#38; or &#x26;. Returns its length, 0 for another one. */
static size_t numeric_reference(const char *text, char *character)
{
    bool hexadecimal = text[2] == 'x';
    char *end;
    unsigned long value;

    if (text[1] != '#' || text[2] == '\0' || strchr("+- \t", text[hexadecimal ? 3 : 2]))
        return 0;
    value = strtoul(text + (hexadecimal ? 3 : 2), &end, hexadecimal ? 16 : 10);
    if (*end != ';' || value == 0 || value > 0x7f)
        return 0;
    *character = (char)value;
    return (size_t)(end + 1 - text);
}

static size_t reference(const char *text, char *character)
{
    for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
        size_t length = strlen(entities[i].name);

        if (strncmp(text, entities[i].name, length) == 0) {
            *character = entities[i].character;
            return length;
        }
    }
    return numeric_reference(text, character);
}

/* The value of an attribute of the element that begins at `element`, decoded; NULL if absent. */
static char *attribute(const char *element, const char *element_end, const char *name)
{
    size_t name_length = strlen(name);
    char quote = '\0';

    for (const char *at = element; at < element_end; at++) {
        const char *value = at + name_length + 2;
        const char *end;
        char *result;
        char *out;

        if (quote || *at == '"' || *at == '\'') {
            quote = !quote ? *at : *at == quote ? '\0' : quote;
            continue;
        }
        if (value >= element_end || !strchr(" \t\r\n", at[-1]) ||
            strncmp(at, name, name_length) != 0 || value[-2] != '=' || !strchr("\"'", value[-1]))
            continue;
        end = memchr(value, value[-1], (size_t)(element_end - value));
        result = out = end ? malloc((size_t)(end - value) + 1) : NULL;
        if (!result)
            return NULL;
        while (value < end) {
            size_t length = *value == '&' ? reference(value, out) : 0;

            if (*value == '&' && length == 0) {
                free(result);
                return NULL;
            }
            if (length == 0)
                *out = *value;
            value += length ? length : 1;
            out++;
        }
        *out = '\0';
        return result;
    }
    return NULL;
}

/* The '>' of an element, which may also stand inside its quotes. */
static const char *element_end(const char *at)
{
    char quote = '\0';

    for (; *at; at++) {
        if (quote) {
            if (*at == quote)
                quote = '\0';
        } else if (*at == '"' || *at == '\'') {
            quote = *at;
        } else if (*at == '>') {
            return at;
        }
    }
    return NULL;
}

char *parameter_find(const char *extra_info, const char *name)
{
    const char *element = extra_info;
    const char *end;

    while ((element = strstr(element, "<Param ")) && (end = element_end(element))) {
        const char *attributes = element + strlen("<Param ");
        char *this_name = attribute(attributes, end, "Name");
        bool found = this_name && strcasecmp(this_name, name) == 0;

        free(this_name);
        if (found)
            return attribute(attributes, end, "Value");
        element = end;
    }
    return NULL;
}
