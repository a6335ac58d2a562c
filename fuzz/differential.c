/* SPDX-License-Identifier: ISC */

#include "differential.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "input_limits.h"

enum { TEXT_LIMIT = 1 << 20 };

void require(bool holds)
{
    if (!holds)
        abort();
}

uint32_t differential_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 24;
}

struct heard_message *heard_begin(struct heard *heard)
{
    struct heard_message *message;

    if (heard->count < HEARD_MESSAGES)
        heard->count++;
    message = heard_last(heard);
    buffer_free(&message->method);
    buffer_free(&message->target);
    buffer_free(&message->headers);
    buffer_free(&message->body);
    *message = (struct heard_message){.kind = HEARD_PART};
    buffer_init(&message->method, TEXT_LIMIT);
    buffer_init(&message->target, TEXT_LIMIT);
    buffer_init(&message->headers, TEXT_LIMIT);
    buffer_init(&message->body, TEXT_LIMIT);
    return message;
}

struct heard_message *heard_last(struct heard *heard)
{
    require(heard->count > 0);
    return &heard->messages[heard->count - 1];
}

void heard_reset(struct heard *heard)
{
    for (unsigned i = 0; i < heard->count; i++) {
        buffer_free(&heard->messages[i].method);
        buffer_free(&heard->messages[i].target);
        buffer_free(&heard->messages[i].headers);
        buffer_free(&heard->messages[i].body);
    }
    memset(heard, 0, sizeof(*heard));
}

void heard_text(struct buffer *buffer, const void *text, size_t length)
{
    if (length > 0)
        buffer_append(buffer, text, length);
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

/* Ends the header that is being written: blanks behind its value go. */
static void end_header(struct heard_message *message)
{
    struct buffer *headers = &message->headers;

    while (buffer_length(headers) > 0 && is_blank(headers->data[headers->end - 1]))
        headers->end--;
    buffer_text(headers, "\n");
}

void heard_header(struct heard_message *message, const void *name, size_t name_length,
                  const void *value, size_t value_length)
{
    heard_text(&message->headers, name, name_length);
    buffer_text(&message->headers, ":");
    heard_text(&message->headers, value, value_length);
    end_header(message);
}

void heard_name(struct heard_message *message, const char *at, size_t length)
{
    if (message->in_value)
        end_header(message);
    message->in_value = false;
    heard_text(&message->headers, at, length);
}

void heard_value(struct heard_message *message, const char *at, size_t length)
{
    if (!message->in_value)
        buffer_text(&message->headers, ":");
    message->in_value = true;
    heard_text(&message->headers, at, length);
}

void heard_head_end(struct heard_message *message)
{
    if (message->in_value)
        end_header(message);
    message->in_value = false;
}

static bool same_bytes(const struct buffer *one, const struct buffer *other)
{
    return buffer_length(one) == buffer_length(other) &&
           (buffer_length(one) == 0 ||
            memcmp(buffer_bytes(one), buffer_bytes(other), buffer_length(one)) == 0);
}

bool heard_same(const struct heard_message *one, const struct heard_message *other)
{
    return same_bytes(&one->method, &other->method) && same_bytes(&one->target, &other->target) &&
           same_bytes(&one->headers, &other->headers) && same_bytes(&one->body, &other->body);
}

/* A header of http-parser's: how often it stands there, and its first value. */
struct field {
    unsigned count;
    const char *value;
    size_t length;
};

static struct field find(const struct heard_message *message, const char *name)
{
    const char *at = (const char *)buffer_bytes(&message->headers);
    size_t left = buffer_length(&message->headers);
    size_t name_length = strlen(name);
    struct field field = {0};

    while (left > 0) {
        size_t line = (size_t)((const char *)memchr(at, '\n', left) - at);

        if (line > name_length && at[name_length] == ':' &&
            strncasecmp(at, name, name_length) == 0 && field.count++ == 0) {
            field.value = at + name_length + 1;
            field.length = line - name_length - 1;
        }
        at += line + 1;
        left -= line + 1;
    }
    return field;
}

/* http-parser takes blanks in names and control characters in values. */
static bool headers_are_plain(const struct heard_message *message)
{
    const char *bytes = (const char *)buffer_bytes(&message->headers);
    size_t length = buffer_length(&message->headers);
    bool in_name = true;

    for (size_t i = 0; i < length; i++) {
        if (in_name ? bytes[i] == ' '
                    : bytes[i] != '\t' && bytes[i] != '\n' && iscntrl((unsigned char)bytes[i]))
            return false;
        if (bytes[i] == ':' || bytes[i] == '\n')
            in_name = bytes[i] == '\n';
    }
    return true;
}

static unsigned count_headers(const struct heard_message *message)
{
    unsigned count = 0;

    for (size_t i = 0; i < buffer_length(&message->headers); i++)
        count += buffer_bytes(&message->headers)[i] == '\n';
    return count;
}

static bool field_is(struct field field, const char *text)
{
    return field.length == strlen(text) && strncasecmp(field.value, text, field.length) == 0;
}

static bool only(struct field field, const char *characters)
{
    for (size_t i = 0; i < field.length; i++)
        if (field.value[i] == '\0' || strchr(characters, field.value[i]) == NULL)
            return false;
    return field.length > 0;
}

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Each line of the head ends with CR LF, none is folded, and nothing stands before the first. */
static bool lines_are_plain(const uint8_t *bytes, size_t begin, size_t end)
{
    if (bytes[begin] < 'A' || bytes[begin] > 'Z')
        return false;
    for (size_t i = begin; i < end; i++) {
        if (bytes[i] == '\n' && (bytes[i - 1] != '\r' ||
                                 (i + 1 < end && (bytes[i + 1] == ' ' || bytes[i + 1] == '\t'))))
            return false;
        if (bytes[i] == '\r' && (i + 1 == end || bytes[i + 1] != '\n'))
            return false;
    }
    return true;
}

/* One blank on either side of the target, and a version. */
static bool request_line_is_plain(const struct heard_message *their, const uint8_t *bytes,
                                  size_t begin)
{
    size_t method = buffer_length(&their->method);
    size_t target = buffer_length(&their->target);
    size_t left = their->head_end - begin;

    return left > method + target + 12 && bytes[begin + method] == ' ' &&
           memcmp(bytes + begin + method + 1, buffer_bytes(&their->target), target) == 0 &&
           memcmp(bytes + begin + method + 1 + target, " HTTP/", 6) == 0 &&
           memcmp(bytes + begin + method + 1 + target + 9, "\r\n", 2) == 0;
}

static bool target_is_plain(const struct heard_message *their)
{
    struct field target = {1, (const char *)buffer_bytes(&their->target),
                           buffer_length(&their->target)};

    return target.length > 0 && target.value[0] == '/' &&
           only(target, LETTERS DIGITS "-._~%!$&'()*+,;=:@/?[]{|}");
}

/* Chunk sizes of one to eight digits and nothing else, CR LF, no trailers. */
static bool chunks_are_plain(const uint8_t *bytes, size_t at, size_t end)
{
    for (;;) {
        size_t size = 0;
        unsigned digits = 0;

        while (at < end && digits < 9 && bytes[at] != 0 &&
               strchr(DIGITS "abcdefABCDEF", bytes[at]) != NULL) {
            size = size * 16 + (bytes[at] <= '9' ? bytes[at] & 15u : (bytes[at] & 7u) + 9u);
            at++;
            digits++;
        }
        if (digits == 0 || digits > HTTP_CHUNK_DIGITS || end - at < 4 ||
            memcmp(bytes + at, "\r\n", 2) != 0 || size > end - at - 4 ||
            memcmp(bytes + at + 2 + size, "\r\n", 2) != 0)
            return false;
        at += size + 4;
        if (size == 0)
            return at == end;
    }
}

static const char *why_malformed(const struct heard_message *their, const uint8_t *bytes,
                                 size_t begin)
{
    struct field host = find(their, "Host");
    struct field length = find(their, "Content-Length");
    struct field coding = find(their, "Transfer-Encoding");

    if (!lines_are_plain(bytes, begin, their->head_end))
        return "line break";
    if (!request_line_is_plain(their, bytes, begin) || their->major == 0)
        return "request line";
    if (!target_is_plain(their))
        return "target";
    if (!headers_are_plain(their))
        return "character of a header";
    if (host.count != 1 || !only(host, LETTERS DIGITS "-._~%!$&'()*+;=:[]"))
        return "Host";
    if (find(their, "Authorization").count > 1)
        return "Authorization twice";
    if (length.count > 1 || (length.count == 1 && coding.count > 0) || coding.count > 1)
        return "two lengths";
    if (length.count == 1 && (!only(length, DIGITS) || length.length > HTTP_LENGTH_DIGITS))
        return "Content-Length";
    if (their->chunked && their->minor == 0)
        return "chunked in HTTP/1.0";
    if (their->chunked && !chunks_are_plain(bytes, their->head_end, their->end))
        return "chunks";
    return NULL;
}

const char *why_refused(const struct heard_message *our, const struct heard_message *their,
                        const uint8_t *bytes, size_t begin)
{
    struct field coding = find(their, "Transfer-Encoding");
    struct field expect = find(their, "Expect");

    switch (our->status) {
    case 400:
        return why_malformed(their, bytes, begin);
    case 411:
        return find(their, "Content-Length").count + coding.count == 0 ? "no length" : NULL;
    case 414:
        return buffer_length(&their->target) > HTTP_TARGET_BYTES ? "long target" : NULL;
    case 417:
        return expect.count > 1 || (expect.count == 1 && !field_is(expect, "100-continue"))
                   ? "expectation"
                   : NULL;
    case 431:
        return count_headers(their) > HTTP_HEADERS || their->head_end - begin > HTTP_HEAD_BYTES
                   ? "large head"
                   : NULL;
    case 501:
        return coding.count == 1 && !(coding.length == 7 && memcmp(coding.value, "chunked", 7) == 0)
                   ? "coding"
                   : NULL;
    case 505:
        return their->major != 1 || their->minor > 1 ? "version" : NULL;
    default:
        return NULL;
    }
}
