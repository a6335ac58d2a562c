/* SPDX-License-Identifier: ISC */

#include "gss/multipart.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char boundary[] = "Encrypted Boundary";
const char multipart_closing[] = "--Encrypted Boundary--\r\n";

static const char *const protocols[] = {
    [SEALED_spnego] = "application/HTTP-SPNEGO-session-encrypted",
    [SEALED_kerberos] = "application/HTTP-Kerberos-session-encrypted",
};
enum { PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

/* ---- a text with parameters ---- */

/* Bytes from `at` to `end`, none of which is behind a NUL. */
struct span {
    const char *at;
    size_t length;
};

static bool span_equals(struct span span, const char *text)
{
    return span.length == strlen(text) && strncasecmp(span.at, text, span.length) == 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span span_trim(struct span span)
{
    while (span.length > 0 && is_blank(span.at[0])) {
        span.at++;
        span.length--;
    }
    while (span.length > 0 && is_blank(span.at[span.length - 1]))
        span.length--;
    return span;
}

static struct span span_from(struct span span, size_t skipped)
{
    return (struct span){span.at + skipped, span.length - skipped};
}

/* Takes off what stands before the next `separator` that is not in quotes; false: `rest` is empty.
 */
static bool span_take(struct span *rest, char separator, struct span *taken)
{
    bool quoted = false;
    size_t i = 0;

    if (rest->length == 0)
        return false;
    for (; i < rest->length && (quoted || rest->at[i] != separator); i++)
        if (rest->at[i] == '"')
            quoted = !quoted;
    *taken = span_trim((struct span){rest->at, i});
    *rest = span_from(*rest, i < rest->length ? i + 1 : i);
    return true;
}

/* Splits `name=value`, the value with or without quotes. */
static bool span_split(struct span parameter, struct span *name, struct span *value)
{
    const char *equals = parameter.length > 0 ? memchr(parameter.at, '=', parameter.length) : NULL;

    if (equals == NULL)
        return false;
    *name = span_trim((struct span){parameter.at, (size_t)(equals - parameter.at)});
    *value = span_trim(span_from(parameter, (size_t)(equals - parameter.at) + 1));
    if (value->length > 0 && value->at[0] == '"') {
        if (value->length < 2 || value->at[value->length - 1] != '"')
            return false;
        *value = (struct span){value->at + 1, value->length - 2};
    }
    return true;
}

static enum sealed_protocol find_protocol(struct span name)
{
    for (unsigned i = SEALED_none + 1; i < PROTOCOLS; i++)
        if (span_equals(name, protocols[i]))
            return (enum sealed_protocol)i;
    return SEALED_none;
}

enum sealed_protocol multipart_protocol(const char *content_type)
{
    struct span rest, parameter, name, value;
    enum sealed_protocol protocol = SEALED_none;
    bool named = false;

    if (content_type == NULL)
        return SEALED_none;
    rest = (struct span){content_type, strlen(content_type)};
    if (!span_take(&rest, ';', &parameter) ||
        (!span_equals(parameter, "multipart/encrypted") &&
         !span_equals(parameter, "multipart/x-multi-encrypted")))
        return SEALED_none;
    while (span_take(&rest, ';', &parameter)) {
        if (parameter.length == 0)
            continue;
        if (!span_split(parameter, &name, &value))
            return SEALED_none;
        if (span_equals(name, "protocol")) {
            if (named)
                return SEALED_none;
            named = true;
            protocol = find_protocol(value);
        } else if (span_equals(name, "boundary") && !span_equals(value, boundary)) {
            return SEALED_none;
        }
    }
    return protocol;
}

/* ---- reading ---- */

static bool malformed(struct multipart *multipart, const char *why)
{
    multipart->at = NULL;
    multipart->why = why;
    return false;
}

static size_t left(const struct multipart *multipart)
{
    return (size_t)(multipart->end - multipart->at);
}

/* Bytes of "--Encrypted Boundary" with `behind` at the beginning of those; 0: it is not there. */
static size_t boundary_size(const uint8_t *at, size_t length, const char *behind)
{
    size_t name = sizeof(boundary) - 1, more = strlen(behind), dashes = 2;

    if (length < dashes || memcmp(at, "--", dashes) != 0)
        return 0;
    /* Some implementations put a blank here. */
    if (length > dashes && at[dashes] == ' ')
        dashes++;
    if (length - dashes < name + more || memcmp(at + dashes, boundary, name) != 0 ||
        memcmp(at + dashes + name, behind, more) != 0)
        return 0;
    return dashes + name + more;
}

static bool take_boundary(struct multipart *multipart)
{
    size_t size = boundary_size(multipart->at, left(multipart), "\r\n");

    multipart->at += size;
    return size > 0;
}

/* Takes a line without its end. False: there is none, or it is too long. */
static bool take_line(struct multipart *multipart, struct span *line)
{
    size_t most = left(multipart);
    const uint8_t *end;

    if (most > MULTIPART_LINE_MAX)
        most = MULTIPART_LINE_MAX;
    end = most > 0 ? memchr(multipart->at, '\r', most) : NULL;
    if (end == NULL || end + 1 >= multipart->end || end[1] != '\n')
        return false;
    *line = (struct span){(const char *)multipart->at, (size_t)(end - multipart->at)};
    multipart->at = end + 2;
    return true;
}

/* Splits `Name: value`, with blanks at its beginning from most clients. */
static bool take_header(struct multipart *multipart, struct span *name, struct span *value)
{
    struct span line;
    const char *colon;

    if (!take_line(multipart, &line))
        return false;
    for (size_t i = 0; i < line.length; i++)
        if ((line.at[i] < ' ' && line.at[i] != '\t') || line.at[i] > '~')
            return false;
    colon = line.length > 0 ? memchr(line.at, ':', line.length) : NULL;
    if (colon == NULL)
        return false;
    *name = span_trim((struct span){line.at, (size_t)(colon - line.at)});
    *value = span_trim(span_from(line, (size_t)(colon - line.at) + 1));
    return name->length > 0;
}

static bool read_length(struct span digits, uint64_t *length)
{
    *length = 0;
    if (digits.length == 0 || digits.length > 10)
        return false;
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.at[i] < '0' || digits.at[i] > '9')
            return false;
        *length = *length * 10 + (uint64_t)(digits.at[i] - '0');
    }
    return true;
}

/* type=application/soap+xml;charset=UTF-8;Length=1234, in any order. */
static bool read_original(struct multipart *multipart, struct span rest, uint64_t *length)
{
    struct span parameter, name, value, type = {0}, charset = {0}, digits = {0};
    char content_type[MULTIPART_TYPE_MAX];
    int size;

    while (span_take(&rest, ';', &parameter)) {
        struct span *place = NULL;

        if (parameter.length == 0)
            continue;
        if (!span_split(parameter, &name, &value) || value.length == 0)
            return false;
        if (span_equals(name, "type"))
            place = &type;
        else if (span_equals(name, "charset"))
            place = &charset;
        else if (span_equals(name, "length"))
            place = &digits;
        if (place != NULL && place->at != NULL)
            return false;
        if (place != NULL)
            *place = value;
    }
    if (type.at == NULL || !read_length(digits, length))
        return false;
    size = snprintf(content_type, sizeof(content_type), "%.*s%s%.*s", (int)type.length, type.at,
                    charset.at != NULL ? ";charset=" : "", (int)charset.length,
                    charset.at != NULL ? charset.at : "");
    if (size < 0 || (size_t)size >= sizeof(content_type) ||
        (multipart->parts > 0 && strcmp(content_type, multipart->content_type) != 0))
        return false;
    memcpy(multipart->content_type, content_type, (size_t)size + 1);
    return true;
}

/* Between the first two boundaries: the protocol, and what is sealed. Takes the second one too. */
static bool read_description(struct multipart *multipart, struct multipart_part *part)
{
    struct span name, value;
    bool type = false, original = false;

    for (unsigned lines = 0; !take_boundary(multipart); lines++) {
        if (lines == MULTIPART_LINES_MAX || !take_header(multipart, &name, &value))
            return malformed(multipart, "a line of its first part is no header");
        if (span_equals(name, "Content-Type")) {
            if (type || find_protocol(value) != multipart->protocol)
                return malformed(multipart, "its parts are of another protocol than the body");
            type = true;
        } else if (span_equals(name, "OriginalContent")) {
            if (original || !read_original(multipart, value, &part->original))
                return malformed(multipart, "OriginalContent can not be read");
            original = true;
        }
    }
    return (type && original) || malformed(multipart, "its first part lacks a header");
}

static uint32_t read_u32(const uint8_t *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/*
 * Where the next part begins when this one's data end at `at`. Some clients close each part, and
 * not only the last.
 */
static const uint8_t *next_part(const uint8_t *at, const uint8_t *end)
{
    at += boundary_size(at, (size_t)(end - at), "--\r\n");
    return boundary_size(at, (size_t)(end - at), "\r\n") > 0 ? at : NULL;
}

/*
 * Bytes of the closing boundary, which stands at the very end; 0: it does not. It is not looked for
 * among the data, which may hold anything.
 */
static size_t closing_size(const struct multipart *multipart)
{
    for (size_t size = MULTIPART_CLOSING_SIZE; size <= MULTIPART_CLOSING_SIZE + 1; size++)
        if (left(multipart) >= size && boundary_size(multipart->end - size, size, "--\r\n") == size)
            return size;
    return 0;
}

/* `at` is where the data begin: finds out where they end, and what comes behind. */
static bool find_end(struct multipart *multipart, struct multipart_part *part)
{
    size_t closing = closing_size(multipart);
    size_t data = left(multipart) - closing;

    if (closing == 0)
        return malformed(multipart, "it does not end with the closing boundary");
    if (part->original > data + MULTIPART_SLACK)
        return malformed(multipart, "it has fewer data than it says");
    if (data <= part->original + MULTIPART_SLACK) {
        multipart->at = NULL;
    } else {
        data = (size_t)part->original;
        multipart->at = next_part(multipart->at + data, multipart->end);
        if (multipart->at == NULL)
            return malformed(multipart, "it has more data than it says");
    }
    if (data == 0)
        return malformed(multipart, "a part is empty");
    part->length = part->header + data;
    return true;
}

void multipart_begin(struct multipart *multipart, enum sealed_protocol protocol, const void *body,
                     size_t length)
{
    *multipart = (struct multipart){.protocol = protocol};
    if (protocol == SEALED_none)
        malformed(multipart, "its protocol or boundary is not known");
    else if (body == NULL || length == 0)
        malformed(multipart, "it is empty");
    else {
        multipart->at = body;
        multipart->end = multipart->at + length;
    }
}

bool multipart_next(struct multipart *multipart, struct multipart_part *part)
{
    struct span name, value;

    if (multipart->at == NULL)
        return false;
    *part = (struct multipart_part){0};
    if (multipart->parts == MULTIPART_PARTS_MAX)
        return malformed(multipart, "it has too many parts");
    if (!take_boundary(multipart))
        return malformed(multipart, "it does not begin with the boundary");
    if (!read_description(multipart, part))
        return false;
    if (!take_header(multipart, &name, &value) || !span_equals(name, "Content-Type") ||
        !span_equals(value, "application/octet-stream"))
        return malformed(multipart, "its second part has another header than Content-Type");
    if (left(multipart) < MULTIPART_LENGTH_SIZE)
        return malformed(multipart, "it ends before its data");
    part->header = read_u32(multipart->at);
    multipart->at += MULTIPART_LENGTH_SIZE;
    part->token = multipart->at;
    if (part->header > GSS_HEADER_MAX || part->header > left(multipart))
        return malformed(multipart, "a header is longer than it may be");
    multipart->at += part->header;
    if (!find_end(multipart, part))
        return false;
    multipart->parts++;
    return true;
}

bool multipart_length_fits(uint64_t original, size_t opened)
{
    return opened <= original && original - opened <= MULTIPART_SLACK;
}

/* ---- writing ---- */

size_t multipart_write_prefix(uint8_t prefix[MULTIPART_PREFIX_MAX], enum sealed_protocol protocol,
                              const char *content_type, size_t original, size_t header)
{
    int size = snprintf((char *)prefix, MULTIPART_PREFIX_MAX,
                        "--%s\r\n"
                        "\tContent-Type: %s\r\n"
                        "\tOriginalContent: type=%s;Length=%zu\r\n"
                        "--%s\r\n"
                        "\tContent-Type: application/octet-stream\r\n",
                        boundary, protocols[protocol], content_type, original, boundary);
    size_t length = (size_t)size;

    if (size < 0 || length + MULTIPART_LENGTH_SIZE >= MULTIPART_PREFIX_MAX)
        return 0;
    for (unsigned i = 0; i < MULTIPART_LENGTH_SIZE; i++)
        prefix[length++] = (uint8_t)(header >> (8 * i));
    return length;
}
