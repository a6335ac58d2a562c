/* SPDX-License-Identifier: ISC */

#include "http/play.h"

#include <stdlib.h>
#include <string.h>

enum { SHOWN = 64 };

static size_t all_at_once(void *context, size_t left)
{
    (void)context;
    return left;
}

/* The paths of the tests. */
static bool path_known(void *context, const char *path, size_t length)
{
    (void)context;
    return length != strlen("/unknown") || memcmp(path, "/unknown", length) != 0;
}

struct http_play http_play_default(void)
{
    return (struct http_play){
        .head_limit = HTTP_HEAD_BYTES, .body_limit = HTTP_BODY_BYTES, .piece = all_at_once};
}

static void answer(struct http_connection *connection, unsigned status, struct buffer *out)
{
    bool keeps = http_connection_answering(connection, false) != HTTP_PERSIST_NONE;

    buffer_printf(out, "%u %s\n", status, keeps ? "keep" : "close");
    http_connection_answered(connection);
}

static void show_request(struct http_connection *connection, struct buffer *out)
{
    struct http_request request = {0};

    http_connection_request(connection, &request);
    if (request.body_dropped) {
        buffer_printf(out, "dropped %s\n", request.target);
        answer(connection, 401, out);
        return;
    }
    buffer_printf(out, "request %s %zu ", request.target, request.body_length);
    buffer_append(out, request.body, request.body_length < SHOWN ? request.body_length : SHOWN);
    buffer_text(out, "\n");
    answer(connection, 200, out);
}

static void run_steps(struct http_connection *connection, struct buffer *out)
{
    for (;;) {
        switch (http_connection_step(connection)) {
        case HTTP_STEP_REQUEST:
            show_request(connection, out);
            break;
        case HTTP_STEP_REFUSE:
            answer(connection, connection->status, out);
            break;
        case HTTP_STEP_CONTINUE:
            buffer_text(out, "100\n");
            break;
        default:
            return;
        }
    }
}

void http_play(const struct http_play *play, const uint8_t *bytes, size_t length,
               struct buffer *out)
{
    struct http_pool pool = {0};
    const struct http_connection_settings settings = {
        .head_limit = play->head_limit,
        .body_limit = play->body_limit,
        .guest_total_limit = HTTP_GUEST_TOTAL_BYTES,
        .path_known = path_known,
        .pool = &pool,
    };
    struct http_connection connection;

    http_connection_init(&connection, &settings);
    http_connection_set_authenticated(&connection, play->authenticated);
    while (length > 0) {
        size_t piece = play->piece(play->context, length);

        while (piece > 0) {
            size_t room;
            uint8_t *place = http_connection_room(&connection, &room);

            if (place == NULL || room == 0)
                abort();
            if (room > piece)
                room = piece;
            memcpy(place, bytes, room);
            http_connection_received(&connection, room);
            run_steps(&connection, out);
            bytes += room;
            length -= room;
            piece -= room;
        }
    }
    http_connection_free(&connection);
    if (pool.guest_bytes != 0)
        abort();
    http_pool_free(&pool);
}
