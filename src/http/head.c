/* SPDX-License-Identifier: ISC */

#include "http/head.h"

#include <string.h>
#include <strings.h>

#include "http/characters.h"

enum state {
    STATE_FIRST, /* first byte of the request */
    STATE_METHOD,
    STATE_TARGET,
    STATE_VERSION,
    STATE_LINE_FEED, /* of the request line or of a header */
    STATE_LINE,      /* first byte of a header or of the empty line */
    STATE_NAME,
    STATE_BLANKS, /* before the value */
    STATE_VALUE,
    STATE_LAST_FEED, /* of the empty line */
    STATE_DONE
};

enum { BAD = 400 };

void http_head_init(struct http_head *head, size_t limit)
{
    /* The headers are not cleared: none is read before it has been written. */
    memset(head, 0, offsetof(struct http_head, headers));
    head->limit = limit < HTTP_HEAD_BYTES ? (uint32_t)limit : HTTP_HEAD_BYTES;
    head->host = head->authorization = head->content_type = HTTP_NO_HEADER;
    head->state = STATE_FIRST;
}

static bool equals(const uint8_t *bytes, struct http_span span, const char *text)
{
    return span.length == strlen(text) &&
           strncasecmp((const char *)bytes + span.at, text, span.length) == 0;
}

/* Goes over bytes of a class; false at `stop`. */
static inline bool skip(struct http_head *head, const uint8_t *bytes, uint32_t stop, uint8_t class)
{
    uint32_t at = head->at;

    while (at < stop && (http_characters[bytes[at]] & class) != 0)
        at++;
    head->at = at;
    return at < stop;
}

static struct http_span span_since_mark(const struct http_head *head)
{
    return (struct http_span){.at = head->mark, .length = head->at - head->mark};
}

/* Each parser below goes on at head->at and returns 0, or the status of a refusal. */

static uint16_t parse_first(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    (void)stop;
    if ((http_characters[bytes[head->at]] & HTTP_IN_CAPITAL) == 0)
        return BAD;
    head->mark = head->at;
    head->state = STATE_METHOD;
    return 0;
}

static uint16_t parse_method(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    uint32_t end = head->mark + HTTP_METHOD_BYTES + 1;

    if (!skip(head, bytes, stop < end ? stop : end, HTTP_IN_TOKEN))
        return head->at == end ? BAD : 0;
    if (bytes[head->at] != ' ')
        return BAD;
    head->method = span_since_mark(head);
    head->mark = ++head->at;
    head->state = STATE_TARGET;
    return 0;
}

static uint16_t parse_target(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    uint32_t end = head->mark + HTTP_TARGET_BYTES + 1;

    if (!skip(head, bytes, stop < end ? stop : end, HTTP_IN_TARGET))
        return head->at == end ? 414 : 0;
    if (bytes[head->at] != ' ')
        return BAD;
    head->target = span_since_mark(head);
    head->mark = ++head->at;
    head->state = STATE_VERSION;
    return 0;
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* A version that is none of ours is told so whatever its target: HTTP/2 begins with "PRI *". */
static uint16_t judge_request_line(struct http_head *head, const uint8_t *bytes)
{
    const uint8_t *version = bytes + head->mark;

    if (head->at - head->mark != 8 || memcmp(version, "HTTP/", 5) != 0 || !is_digit(version[5]) ||
        version[6] != '.' || !is_digit(version[7]) || version[5] == '0')
        return BAD;
    if (version[5] != '1' || version[7] > '1')
        return 505;
    head->minor = (uint8_t)(version[7] - '0');
    if (head->target.length == 0 || bytes[head->target.at] != '/')
        return BAD;
    return 0;
}

static uint16_t parse_version(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    uint16_t status;

    for (; head->at < stop; head->at++) {
        if (bytes[head->at] == '\r') {
            status = judge_request_line(head, bytes);
            head->at++;
            head->state = STATE_LINE_FEED;
            return status;
        }
        if (bytes[head->at] <= ' ' || head->at - head->mark >= 8)
            return BAD;
    }
    return 0;
}

static uint16_t parse_line_feed(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    (void)stop;
    if (bytes[head->at] != '\n')
        return BAD;
    head->at++;
    head->state = STATE_LINE;
    return 0;
}

static uint16_t parse_line(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    (void)stop;
    if (bytes[head->at] == '\r') {
        head->at++;
        head->state = STATE_LAST_FEED;
        return 0;
    }
    if ((http_characters[bytes[head->at]] & HTTP_IN_TOKEN) == 0)
        return BAD;
    if (head->header_count == HTTP_HEADERS)
        return 431;
    head->mark = head->at;
    head->state = STATE_NAME;
    return 0;
}

static uint16_t parse_name(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    if (!skip(head, bytes, stop, HTTP_IN_TOKEN))
        return 0;
    if (bytes[head->at] != ':')
        return BAD;
    head->headers[head->header_count].name = span_since_mark(head);
    head->at++;
    head->state = STATE_BLANKS;
    return 0;
}

static uint16_t parse_blanks(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    while (head->at < stop && (bytes[head->at] == ' ' || bytes[head->at] == '\t'))
        head->at++;
    if (head->at < stop) {
        head->mark = head->at;
        head->state = STATE_VALUE;
    }
    return 0;
}

static uint16_t take_once(struct http_head *head, uint8_t *place)
{
    if (*place != HTTP_NO_HEADER)
        return BAD;
    *place = head->header_count;
    return 0;
}

static uint16_t take_host(struct http_head *head, const uint8_t *bytes, struct http_span value)
{
    if (value.length == 0)
        return BAD;
    for (uint32_t i = 0; i < value.length; i++)
        if ((http_characters[bytes[value.at + i]] & HTTP_IN_HOST) == 0)
            return BAD;
    return take_once(head, &head->host);
}

static uint16_t take_authorization(struct http_head *head, const uint8_t *bytes,
                                   struct http_span value)
{
    (void)bytes;
    (void)value;
    return take_once(head, &head->authorization);
}

static uint16_t take_content_type(struct http_head *head, const uint8_t *bytes,
                                  struct http_span value)
{
    (void)bytes;
    (void)value;
    if (head->content_type == HTTP_NO_HEADER)
        head->content_type = head->header_count;
    return 0;
}

static uint16_t take_content_length(struct http_head *head, const uint8_t *bytes,
                                    struct http_span value)
{
    if (head->has_length || head->coded || value.length == 0 || value.length > HTTP_LENGTH_DIGITS)
        return BAD;
    for (uint32_t i = 0; i < value.length; i++) {
        if (!is_digit(bytes[value.at + i]))
            return BAD;
        head->content_length = head->content_length * 10 + (uint64_t)(bytes[value.at + i] - '0');
    }
    head->has_length = true;
    return 0;
}

/* Exactly "chunked"; anything else is told so (501) at the end, when no worse has been found. */
static uint16_t take_transfer_encoding(struct http_head *head, const uint8_t *bytes,
                                       struct http_span value)
{
    if (head->coded || head->has_length)
        return BAD;
    head->coded = true;
    head->chunked = value.length == 7 && memcmp(bytes + value.at, "chunked", 7) == 0;
    return 0;
}

static uint16_t take_connection(struct http_head *head, const uint8_t *bytes,
                                struct http_span value)
{
    uint32_t end = value.at + value.length;
    struct http_span word = {.at = value.at};

    for (uint32_t at = value.at; at <= end; at++) {
        if (at < end && bytes[at] != ',')
            continue;
        word.length = at - word.at;
        while (word.length > 0 && (bytes[word.at] == ' ' || bytes[word.at] == '\t')) {
            word.at++;
            word.length--;
        }
        while (word.length > 0 && (bytes[word.at + word.length - 1] == ' ' ||
                                   bytes[word.at + word.length - 1] == '\t'))
            word.length--;
        head->wants_close |= equals(bytes, word, "close");
        head->wants_keep |= equals(bytes, word, "keep-alive");
        word.at = at + 1;
    }
    return 0;
}

static uint16_t take_expect(struct http_head *head, const uint8_t *bytes, struct http_span value)
{
    if (equals(bytes, value, "100-continue"))
        head->expects_continue = true;
    else
        head->expects_other = true;
    return 0;
}

/* The headers that HTTP itself needs; all others are only kept. */
static const struct {
    const char *name;
    uint16_t (*take)(struct http_head *head, const uint8_t *bytes, struct http_span value);
} known[] = {
    {"host", take_host},
    {"connection", take_connection},
    {"content-length", take_content_length},
    {"content-type", take_content_type},
    {"authorization", take_authorization},
    {"transfer-encoding", take_transfer_encoding},
    {"expect", take_expect},
};

static uint16_t parse_value(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    struct http_header *header = &head->headers[head->header_count];
    struct http_span value;
    uint16_t status = 0;

    if (!skip(head, bytes, stop, HTTP_IN_VALUE))
        return 0;
    if (bytes[head->at] != '\r')
        return BAD;
    value = span_since_mark(head);
    while (value.length > 0 && (bytes[value.at + value.length - 1] == ' ' ||
                                bytes[value.at + value.length - 1] == '\t'))
        value.length--;
    header->value = value;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (equals(bytes, header->name, known[i].name)) {
            status = known[i].take(head, bytes, value);
            break;
        }
    head->header_count++;
    head->at++;
    head->state = STATE_LINE_FEED;
    return status;
}

static uint16_t parse_last_feed(struct http_head *head, const uint8_t *bytes, uint32_t stop)
{
    (void)stop;
    if (bytes[head->at] != '\n')
        return BAD;
    head->size = ++head->at;
    head->state = STATE_DONE;
    if (head->host == HTTP_NO_HEADER || (head->chunked && head->minor == 0))
        return BAD;
    if (head->coded && !head->chunked)
        return 501;
    if (head->minor == 0)
        head->expects_continue = head->expects_other = false; /* RFC 9110, 10.1.1 */
    if (head->expects_other)
        return 417;
    head->keeps = !head->wants_close && (head->minor == 1 || head->wants_keep);
    return 0;
}

static uint16_t (*const parsers[])(struct http_head *, const uint8_t *, uint32_t) = {
    [STATE_FIRST] = parse_first,         [STATE_METHOD] = parse_method,
    [STATE_TARGET] = parse_target,       [STATE_VERSION] = parse_version,
    [STATE_LINE_FEED] = parse_line_feed, [STATE_LINE] = parse_line,
    [STATE_NAME] = parse_name,           [STATE_BLANKS] = parse_blanks,
    [STATE_VALUE] = parse_value,         [STATE_LAST_FEED] = parse_last_feed,
};

enum http_head_result http_head_parse(struct http_head *head, const uint8_t *bytes, size_t length)
{
    uint32_t stop = length < head->limit ? (uint32_t)length : head->limit;

    while (head->status == 0 && head->state != STATE_DONE && head->at < stop)
        head->status = parsers[head->state](head, bytes, stop);
    if (head->status == 0 && head->state != STATE_DONE && head->at >= head->limit)
        head->status = 431;
    if (head->status != 0)
        return HTTP_HEAD_REFUSED;
    return head->state == STATE_DONE ? HTTP_HEAD_DONE : HTTP_HEAD_MORE;
}

uint8_t http_head_find(const struct http_head *head, const uint8_t *bytes, const char *name)
{
    for (uint8_t i = 0; i < head->header_count; i++)
        if (equals(bytes, head->headers[i].name, name))
            return i;
    return HTTP_NO_HEADER;
}
