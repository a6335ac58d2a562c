/* SPDX-License-Identifier: ISC */

/*
 * Two parsers that read the same bytes differently are how requests are smuggled (RFC 9112, 11.2),
 * so this one is held against another: http-parser, as Debian has it. The same bytes go to a
 * connection of ours and to http-parser; the first byte chooses how they are cut for ours.
 *
 * - What we take for a request http-parser takes for the same: method, target, headers, body, the
 *   byte it ends at, and whether the connection goes on. One exception: a value of
 *   Transfer-Encoding or Content-Length with a tab around it is as good as one without (RFC 9110,
 *   5.5 and 5.6.3), and http-parser, which refuses it, may.
 * - What we answer ourselves and go on after (404, 405, 413, a dropped body) ends for both at the
 *   same byte, which the next request shows. http-parser may not know the method.
 * - What we refuse for good and http-parser takes must be one of the kinds in why_refused(), each
 *   of them a line of the table in docs/http.md.
 * - Cut otherwise, the bytes are the same requests.
 */
#include <http_parser.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "differential.h"
#include "http/connection.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_LIMIT = 4096 };

/* Ours. */

static void note_request(struct http_connection *connection, struct heard *heard, size_t end)
{
    struct http_request request = {0};
    struct heard_message *message = heard_begin(heard);

    http_connection_request(connection, &request);
    heard_text(&message->method, request.method, strlen(request.method));
    heard_text(&message->target, request.target, strlen(request.target));
    for (unsigned i = 0; i < request.head->header_count; i++) {
        const struct http_header *header = &request.head->headers[i];

        heard_header(message, request.bytes + header->name.at, header->name.length,
                     request.bytes + header->value.at, header->value.length);
    }
    heard_text(&message->body, request.body, request.body_length);
    message->kind = request.body_dropped ? HEARD_ANSWERED : HEARD_REQUEST;
    message->end = end;
}

static void note_refusal(struct http_connection *connection, struct heard *heard)
{
    struct heard_message *message = heard_begin(heard);

    message->status = connection->status;
    message->kind = connection->broken ? HEARD_REFUSED : HEARD_ANSWERED;
}

static void note_answer(struct http_connection *connection, struct heard *heard)
{
    struct heard_message *message = heard_last(heard);

    message->keeps = http_connection_answering(connection, false) != HTTP_PERSIST_NONE;
    http_connection_answered(connection);
    heard->over = !message->keeps;
}

static void run_steps(struct http_connection *connection, struct heard *heard, size_t end)
{
    while (!heard->over) {
        switch (http_connection_step(connection)) {
        case HTTP_STEP_REQUEST:
            note_request(connection, heard, end);
            note_answer(connection, heard);
            break;
        case HTTP_STEP_REFUSE:
            note_refusal(connection, heard);
            note_answer(connection, heard);
            break;
        case HTTP_STEP_CONTINUE:
            break;
        default:
            return;
        }
    }
}

/* With `state` NULL byte by byte, so that the end of each request is known. */
static void hear_ours(struct heard *heard, const uint8_t *bytes, size_t size, uint32_t *state)
{
    struct http_pool pool = {0};
    const struct http_connection_settings settings = {.head_limit = HTTP_HEAD_BYTES,
                                                      .body_limit = BODY_LIMIT,
                                                      .guest_total_limit = HTTP_GUEST_TOTAL_BYTES,
                                                      .pool = &pool};
    struct http_connection connection;
    size_t at = 0;

    http_connection_init(&connection, &settings);
    http_connection_set_authenticated(&connection, true);
    while (at < size && !heard->over) {
        size_t room;
        uint8_t *place = http_connection_room(&connection, &room);
        size_t piece = state == NULL ? 1 : 1 + differential_random(state) % 40;

        require(place != NULL && room > 0);
        piece = piece < room ? piece : room;
        piece = piece < size - at ? piece : size - at;
        memcpy(place, bytes + at, piece);
        http_connection_received(&connection, piece);
        at += piece;
        run_steps(&connection, heard, at);
    }
    http_connection_free(&connection);
    http_pool_free(&pool);
}

/* http-parser's. */

static struct heard_message *their_message(http_parser *parser)
{
    return heard_last(parser->data);
}

static int their_begin(http_parser *parser)
{
    heard_begin(parser->data);
    return 0;
}

static int their_target(http_parser *parser, const char *at, size_t length)
{
    heard_text(&their_message(parser)->target, at, length);
    return 0;
}

static int their_name(http_parser *parser, const char *at, size_t length)
{
    struct heard_message *message = their_message(parser);

    if (message->head_end == 0)
        heard_name(message, at, length);
    return 0;
}

static int their_value(http_parser *parser, const char *at, size_t length)
{
    struct heard_message *message = their_message(parser);

    if (message->head_end == 0)
        heard_value(message, at, length);
    return 0;
}

static int their_head_end(http_parser *parser)
{
    struct heard_message *message = their_message(parser);
    const char *method = http_method_str((enum http_method)parser->method);

    heard_text(&message->method, method, strlen(method));
    heard_head_end(message);
    message->head_end = ((struct heard *)parser->data)->at + 1;
    message->chunked = (parser->flags & F_CHUNKED) != 0;
    message->major = parser->http_major;
    message->minor = parser->http_minor;
    return 0;
}

static int their_body(http_parser *parser, const char *at, size_t length)
{
    heard_text(&their_message(parser)->body, at, length);
    return 0;
}

static int their_end(http_parser *parser)
{
    struct heard_message *message = their_message(parser);

    message->kind = HEARD_REQUEST;
    message->end = ((struct heard *)parser->data)->at + 1;
    message->keeps = http_should_keep_alive(parser) != 0;
    return 0;
}

static void hear_theirs(struct heard *heard, const uint8_t *bytes, size_t size)
{
    static const http_parser_settings settings = {.on_message_begin = their_begin,
                                                  .on_url = their_target,
                                                  .on_header_field = their_name,
                                                  .on_header_value = their_value,
                                                  .on_headers_complete = their_head_end,
                                                  .on_body = their_body,
                                                  .on_message_complete = their_end};
    http_parser parser;

    http_parser_init(&parser, HTTP_REQUEST);
    http_parser_set_max_header_size(HTTP_HEAD_BYTES);
    parser.data = heard;
    for (heard->at = 0; heard->at < size; heard->at++) {
        http_parser_execute(&parser, &settings, (const char *)bytes + heard->at, 1);
        if (HTTP_PARSER_ERRNO(&parser) != HPE_OK)
            return;
        /* Nobody has to follow an Upgrade (RFC 9110, 7.8): the next request is HTTP again. */
        if (parser.upgrade && heard->count > 0 && heard_last(heard)->kind == HEARD_REQUEST) {
            http_parser_init(&parser, HTTP_REQUEST);
            parser.data = heard;
        }
    }
}

static bool begins(const uint8_t *line, size_t length, const char *name)
{
    return length > strlen(name) && strncasecmp((const char *)line, name, strlen(name)) == 0;
}

/* The two exceptions. */
static bool they_may_refuse(const uint8_t *bytes, size_t begin, size_t end)
{
    while (begin < end) {
        const uint8_t *line = bytes + begin;
        const uint8_t *feed = memchr(line, '\n', end - begin);
        size_t length = feed != NULL ? (size_t)(feed - line) : end - begin;

        if ((begins(line, length, "Transfer-Encoding:") ||
             begins(line, length, "Content-Length:")) &&
            memchr(line, '\t', length) != NULL)
            return true;
        if (begins(line, length, "Transfer-Encoding") && line[strlen("Transfer-Encoding")] != ':')
            return true;
        begin += length + 1;
    }
    return false;
}

static void compare(const struct heard *ours, const struct heard *theirs, const uint8_t *bytes)
{
    size_t begin = 0;

    for (unsigned i = 0; i < ours->count; i++) {
        const struct heard_message *our = &ours->messages[i];
        const struct heard_message *their = i < theirs->count ? &theirs->messages[i] : NULL;

        switch (our->kind) {
        case HEARD_REQUEST:
            if ((their == NULL || their->kind != HEARD_REQUEST) &&
                they_may_refuse(bytes, begin, our->end))
                return;
            require(their != NULL && their->kind == HEARD_REQUEST);
            require(heard_same(our, their) && our->end == their->end);
            require(!our->keeps || their->keeps);
            break;
        case HEARD_REFUSED:
            require(their == NULL || their->kind != HEARD_REQUEST ||
                    why_refused(our, their, bytes, begin) != NULL);
            break;
        default:
            /* A method that http-parser does not know, or a body that has not ended: it stops. */
            if (their == NULL || their->kind != HEARD_REQUEST)
                return;
            break;
        }
        begin = their != NULL ? their->end : 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct heard ours, others, theirs;
    uint32_t state;

    if (size == 0)
        return 0;
    hear_ours(&ours, data + 1, size - 1, NULL);
    hear_theirs(&theirs, data + 1, size - 1);
    compare(&ours, &theirs, data + 1);
    state = data[0];
    hear_ours(&others, data + 1, size - 1, &state);
    require(ours.count == others.count);
    for (unsigned i = 0; i < ours.count; i++)
        require(ours.messages[i].kind == others.messages[i].kind &&
                ours.messages[i].status == others.messages[i].status &&
                ours.messages[i].keeps == others.messages[i].keeps &&
                heard_same(&ours.messages[i], &others.messages[i]));
    heard_reset(&ours);
    heard_reset(&others);
    heard_reset(&theirs);
    return 0;
}
