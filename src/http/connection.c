/* SPDX-License-Identifier: ISC */

#include "http/connection.h"

#include <string.h>

#include "http/input.h"

/* Most bytes taken in one read where the end of the element is not known beforehand. */
enum { READ_AHEAD = 4 * HTTP_READ_BYTES };

void http_connection_init(struct http_connection *connection,
                          const struct http_connection_settings *settings)
{
    *connection = (struct http_connection){.settings = settings, .state = HTTP_STATE_HEAD};
}

void http_connection_free(struct http_connection *connection)
{
    if (connection == NULL)
        return;
    http_input_release(connection);
    connection->state = HTTP_STATE_NONE;
}

/* To what size the full input has to grow. */
static size_t next_capacity(const struct http_connection *connection)
{
    size_t doubled = connection->input->capacity * 2;
    size_t most = HTTP_HEAD_BYTES;

    if (connection->state == HTTP_STATE_BODY) {
        if (connection->chunking)
            most = connection->body_at + connection->chunked.limit + HTTP_READ_BYTES;
        else
            most = connection->body_end + connection->body_left;
        /* Who has authenticated is believed; from others memory is taken as the bytes arrive. */
        if (connection->authenticated && !connection->chunking)
            return most;
    }
    return doubled < most ? doubled : most;
}

uint8_t *http_connection_room(struct http_connection *connection, size_t *room)
{
    struct http_input *input;

    if (!http_input_take(connection))
        return NULL;
    if (connection->end == connection->input->capacity &&
        !http_input_grow(connection, next_capacity(connection)))
        return NULL;
    input = connection->input;
    *room = input->capacity - connection->end;
    if (*room > READ_AHEAD && (connection->state != HTTP_STATE_BODY || connection->chunking))
        *room = READ_AHEAD;
    return input->bytes + connection->end;
}

void http_connection_received(struct http_connection *connection, size_t count)
{
    connection->end += count;
    if (connection->high < connection->end)
        connection->high = connection->end;
}

void http_connection_missed(struct http_connection *connection)
{
    if (http_connection_idle(connection))
        http_input_release(connection);
}

void http_connection_refuse(struct http_connection *connection, unsigned status)
{
    connection->status = (uint16_t)status;
    connection->broken = true;
    connection->state = HTTP_STATE_DISPATCHED;
}

/* Refuses, but framing is intact: the body is dropped and the connection goes on. */
static enum http_step refuse(struct http_connection *connection, unsigned status)
{
    connection->status = (uint16_t)status;
    connection->state = HTTP_STATE_DISPATCHED;
    return HTTP_STEP_REFUSE;
}

static enum http_step refuse_broken(struct http_connection *connection, unsigned status)
{
    http_connection_refuse(connection, status);
    return HTTP_STEP_REFUSE;
}

static enum http_step dispatch(struct http_connection *connection)
{
    connection->state = HTTP_STATE_DISPATCHED;
    return HTTP_STEP_REQUEST;
}

static size_t path_length(const struct http_connection *connection)
{
    struct http_span target = connection->input->head.target;
    const uint8_t *start = connection->input->bytes + target.at;
    const uint8_t *query = memchr(start, '?', target.length);

    return query != NULL ? (size_t)(query - start) : target.length;
}

/* What is wrong with a well-formed head; 0: nothing. */
static unsigned judge_head(const struct http_connection *connection)
{
    const struct http_connection_settings *settings = connection->settings;
    const struct http_head *head = &connection->input->head;
    const uint8_t *bytes = connection->input->bytes;

    if (settings->path_known != NULL &&
        !settings->path_known(settings->context, (const char *)bytes + head->target.at,
                              path_length(connection)))
        return 404;
    if (head->method.length != 4 || memcmp(bytes + head->method.at, "POST", 4) != 0)
        return 405;
    if (!head->has_length && !head->chunked)
        return 411;
    if (head->content_length > settings->body_limit)
        return 413;
    return 0;
}

/* Nobody has shown who sends this: then a large body is not worth keeping. */
static bool is_anonymous(const struct http_connection *connection)
{
    return !connection->authenticated && connection->input->head.authorization == HTTP_NO_HEADER;
}

static enum http_step step_body(struct http_connection *connection);

static enum http_step accept_head(struct http_connection *connection)
{
    const struct http_head *head = &connection->input->head;
    uint64_t limit = connection->settings->body_limit;
    unsigned status = judge_head(connection);

    if (is_anonymous(connection) && limit > HTTP_GUEST_BODY_BYTES)
        limit = HTTP_GUEST_BODY_BYTES;
    connection->begin = connection->body_at = connection->body_end = head->size;
    connection->body_left = head->content_length;
    connection->chunking = head->chunked;
    connection->dropped = 0;
    connection->dropping = false;
    http_chunked_init(&connection->chunked, limit);
    if (status == 411)
        return refuse_broken(connection, status);
    if (status != 0)
        return refuse(connection, status);
    if (connection->body_left > limit) {
        connection->dropping = true;
        return dispatch(connection);
    }
    connection->state = HTTP_STATE_BODY;
    if (head->expects_continue && (connection->body_left > 0 || connection->chunking))
        return HTTP_STEP_CONTINUE;
    return step_body(connection);
}

static enum http_step step_head(struct http_connection *connection)
{
    struct http_head *head;

    if (connection->end == 0)
        return HTTP_STEP_READ;
    head = &connection->input->head;
    switch (http_head_parse(head, connection->input->bytes, connection->end)) {
    case HTTP_HEAD_MORE:
        return HTTP_STEP_READ;
    case HTTP_HEAD_DONE:
        return accept_head(connection);
    default:
        return refuse_broken(connection, head->status);
    }
}

static enum http_step step_chunked(struct http_connection *connection)
{
    uint8_t *in = connection->input->bytes + connection->body_end;
    size_t used;
    size_t decoded;
    enum http_chunked_result result = http_chunked_step(
        &connection->chunked, in, connection->end - connection->body_end, &used, in, &decoded);

    connection->begin = connection->body_end + used;
    connection->body_end += decoded;
    switch (result) {
    case HTTP_CHUNKED_MORE:
        connection->end = connection->body_end;
        return HTTP_STEP_READ;
    case HTTP_CHUNKED_DONE:
        connection->chunking = false;
        return dispatch(connection);
    case HTTP_CHUNKED_TOO_LARGE:
        if (!is_anonymous(connection))
            return refuse(connection, 413);
        connection->dropping = true;
        return dispatch(connection);
    default:
        return refuse_broken(connection, 400);
    }
}

static enum http_step step_body(struct http_connection *connection)
{
    size_t there = connection->end - connection->body_end;

    if (connection->chunking)
        return step_chunked(connection);
    if (there > connection->body_left)
        there = (size_t)connection->body_left;
    connection->body_end += there;
    connection->body_left -= there;
    connection->begin = connection->body_end;
    return connection->body_left == 0 ? dispatch(connection) : HTTP_STEP_READ;
}

/* The request is over: what lies behind it is the beginning of the next one. */
static enum http_step next_request(struct http_connection *connection)
{
    connection->state = HTTP_STATE_HEAD;
    if (connection->begin == connection->end) {
        http_input_release(connection);
        return HTTP_STEP_READ;
    }
    http_input_restart(connection, connection->begin, connection->end);
    return step_head(connection);
}

/* Ends a connection whose last answer is already written. */
static enum http_step linger(struct http_connection *connection)
{
    connection->state = HTTP_STATE_LINGERING;
    connection->begin = connection->end = 0;
    return HTTP_STEP_READ;
}

static enum http_step drain_chunked(struct http_connection *connection)
{
    size_t there = connection->end - connection->begin;
    uint64_t left = HTTP_DROP_BYTES - connection->dropped;
    enum http_chunked_result result;
    size_t used;
    size_t decoded;

    do {
        result =
            http_chunked_step(&connection->chunked, connection->input->bytes + connection->begin,
                              there < left ? there : (size_t)left, &used, NULL, &decoded);
        connection->begin += used;
        connection->dropped += used;
        there -= used;
        left -= used;
    } while (result == HTTP_CHUNKED_TOO_LARGE);
    if (result == HTTP_CHUNKED_DONE) {
        connection->chunking = false;
        return next_request(connection);
    }
    if (result == HTTP_CHUNKED_REFUSED || left == 0)
        return linger(connection);
    connection->begin = connection->end = 0;
    return HTTP_STEP_READ;
}

static enum http_step step_draining(struct http_connection *connection)
{
    size_t there = connection->end - connection->begin;

    if (connection->chunking)
        return drain_chunked(connection);
    if (there > connection->body_left)
        there = (size_t)connection->body_left;
    connection->begin += there;
    connection->body_left -= there;
    if (connection->body_left == 0)
        return next_request(connection);
    connection->begin = connection->end = 0;
    return HTTP_STEP_READ;
}

enum http_step http_connection_step(struct http_connection *connection)
{
    switch (connection->state) {
    case HTTP_STATE_HEAD:
        return step_head(connection);
    case HTTP_STATE_BODY:
        return step_body(connection);
    case HTTP_STATE_DRAINING:
        return step_draining(connection);
    case HTTP_STATE_LINGERING:
        return linger(connection);
    default:
        return HTTP_STEP_WAIT;
    }
}

/* Makes a text of a span: the byte behind it belongs to the head and has been parsed. */
static const char *text_of(struct http_connection *connection, struct http_span span)
{
    uint8_t *bytes = connection->input->bytes;

    bytes[span.at + span.length] = '\0';
    return (const char *)bytes + span.at;
}

void http_connection_request(struct http_connection *connection, struct http_request *request)
{
    const struct http_head *head = &connection->input->head;
    bool kept = !connection->dropping && connection->body_end > connection->body_at;

    request->path_length = path_length(connection);
    request->method = text_of(connection, head->method);
    request->target = text_of(connection, head->target);
    request->query = NULL;
    if (request->path_length < head->target.length)
        request->query = request->target + request->path_length + 1;
    for (unsigned i = 0; i < head->header_count; i++)
        text_of(connection, head->headers[i].value);
    request->host = request->authorization = request->content_type = NULL;
    request->bytes = connection->input->bytes;
    request->head = head;
    request->host = (const char *)request->bytes + head->headers[head->host].value.at;
    if (head->authorization != HTTP_NO_HEADER)
        request->authorization =
            (const char *)request->bytes + head->headers[head->authorization].value.at;
    if (head->content_type != HTTP_NO_HEADER)
        request->content_type =
            (const char *)request->bytes + head->headers[head->content_type].value.at;
    request->body = kept ? request->bytes + connection->body_at : NULL;
    request->body_length = kept ? connection->body_end - connection->body_at : 0;
    request->body_dropped = connection->dropping;
}

/* Bytes of the body that are known to come. */
static uint64_t announced(const struct http_connection *connection)
{
    return connection->chunking ? connection->chunked.left : connection->body_left;
}

enum http_persistence http_connection_answering(struct http_connection *connection, bool close)
{
    connection->state = HTTP_STATE_ANSWERING;
    connection->keeps = !close && !connection->broken && connection->input->head.keeps &&
                        announced(connection) <= HTTP_DROP_BYTES;
    if (!connection->keeps)
        return HTTP_PERSIST_NONE;
    return connection->input->head.minor == 0 ? HTTP_PERSIST_SPELT : HTTP_PERSIST;
}

void http_connection_answered(struct http_connection *connection)
{
    if (!connection->keeps) {
        http_input_release(connection);
        linger(connection);
    } else {
        connection->state = HTTP_STATE_DRAINING;
        if (connection->body_left == 0 && !connection->chunking &&
            connection->begin == connection->end) {
            connection->state = HTTP_STATE_HEAD;
            http_input_release(connection);
        }
    }
}

bool http_connection_idle(const struct http_connection *connection)
{
    return connection->state == HTTP_STATE_HEAD && connection->end == 0;
}

void http_connection_set_authenticated(struct http_connection *connection, bool authenticated)
{
    connection->authenticated = authenticated;
    http_input_charge(connection);
}
