/* SPDX-License-Identifier: ISC */

#include "net/content_type.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " \t");
}

/* A parameter's value, with or without quotes, into `out`; returns where it ends. */
static const char *read_value(const char *at, char *out, size_t size)
{
    bool quoted = *at == '"';
    size_t used = 0;

    if (quoted)
        at++;
    while (*at != '\0' && (quoted ? *at != '"' : strchr("; \t", *at) == NULL)) {
        if (quoted && at[0] == '\\' && at[1] != '\0')
            at++;
        if (used + 1 < size)
            out[used++] = *at;
        at++;
    }
    out[used] = '\0';
    return quoted && *at == '"' ? at + 1 : at;
}

static const char *read_parameter(const char *at, struct content_type *type)
{
    char ignored[8];
    size_t name_length = strcspn(at, "=; \t");
    bool charset = name_length == 7 && strncasecmp(at, "charset", 7) == 0;

    at = skip_blanks(at + name_length);
    if (*at != '=')
        return at;
    at = skip_blanks(at + 1);
    /* The first one counts. */
    if (charset && type->charset[0] == '\0')
        return read_value(at, type->charset, sizeof(type->charset));
    return read_value(at, ignored, sizeof(ignored));
}

struct content_type content_type_read(const char *value)
{
    static const char soap[] = "application/soap+xml";
    struct content_type type = {.kind = CONTENT_none};
    size_t length;

    if (value == NULL)
        return type;
    value = skip_blanks(value);
    length = strcspn(value, "; \t");
    type.kind = length == sizeof(soap) - 1 && strncasecmp(value, soap, length) == 0 ? CONTENT_soap
                                                                                    : CONTENT_other;
    value += length;
    while (*value != '\0') {
        value += strspn(value, "; \t");
        if (*value == '=')
            value++; /* a parameter without name */
        else if (*value != '\0')
            value = read_parameter(value, &type);
    }
    return type;
}
