/* SPDX-License-Identifier: ISC */

#include "http/input.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Small inputs kept for reuse: enough for the connections that are busy at the same time. */
enum { KEPT = 64 };

void http_pool_free(struct http_pool *pool)
{
    while (pool->free != NULL) {
        struct http_input *input = pool->free;

        pool->free = input->next;
        free(input);
    }
    pool->free_count = 0;
}

static struct http_input *input_new(struct http_pool *pool, size_t capacity)
{
    struct http_input *input;

    if (capacity == HTTP_READ_BYTES && pool->free != NULL) {
        input = pool->free;
        pool->free = input->next;
        pool->free_count--;
        return input;
    }
    input = mem_resize(NULL, 1, sizeof(*input) + capacity);
    input->capacity = capacity;
    return input;
}

/* `used` bytes have been written to; they are wiped. */
static void input_free(struct http_pool *pool, struct http_input *input, size_t used)
{
    explicit_bzero(input->bytes, used);
    if (input->capacity != HTTP_READ_BYTES || pool->free_count >= KEPT) {
        free(input);
        return;
    }
    input->next = pool->free;
    pool->free = input;
    pool->free_count++;
}

void http_input_charge(struct http_connection *connection)
{
    struct http_pool *pool = connection->settings->pool;
    size_t charge = 0;

    if (connection->input != NULL && !connection->authenticated)
        charge = connection->input->capacity;
    pool->guest_bytes += charge - connection->charged;
    connection->charged = charge;
}

static bool within_limit(const struct http_connection *connection, size_t capacity)
{
    const struct http_connection_settings *settings = connection->settings;

    return connection->authenticated ||
           settings->pool->guest_bytes - connection->charged + capacity <=
               settings->guest_total_limit;
}

bool http_input_take(struct http_connection *connection)
{
    if (connection->input != NULL)
        return true;
    if (!within_limit(connection, HTTP_READ_BYTES))
        return false;
    connection->input = input_new(connection->settings->pool, HTTP_READ_BYTES);
    http_head_init(&connection->input->head, connection->settings->head_limit);
    connection->begin = connection->end = connection->high = 0;
    http_input_charge(connection);
    return true;
}

bool http_input_grow(struct http_connection *connection, size_t capacity)
{
    struct http_input *old = connection->input;
    struct http_input *new;

    if (capacity <= old->capacity || !within_limit(connection, capacity))
        return false;
    new = input_new(connection->settings->pool, capacity);
    new->head = old->head;
    memcpy(new->bytes, old->bytes, connection->end);
    input_free(connection->settings->pool, old, connection->high);
    connection->high = connection->end;
    connection->input = new;
    http_input_charge(connection);
    return true;
}

void http_input_release(struct http_connection *connection)
{
    if (connection->input == NULL)
        return;
    input_free(connection->settings->pool, connection->input, connection->high);
    connection->input = NULL;
    connection->begin = connection->end = connection->high = 0;
    http_input_charge(connection);
}

void http_input_restart(struct http_connection *connection, size_t begin, size_t end)
{
    struct http_input *input = connection->input;
    size_t length = end - begin;

    if (input->capacity > HTTP_READ_BYTES && length <= HTTP_READ_BYTES) {
        struct http_input *small = input_new(connection->settings->pool, HTTP_READ_BYTES);

        memcpy(small->bytes, input->bytes + begin, length);
        input_free(connection->settings->pool, input, connection->high);
        connection->input = input = small;
        http_input_charge(connection);
    } else {
        memmove(input->bytes, input->bytes + begin, length);
        explicit_bzero(input->bytes + length, connection->high - length);
    }
    http_head_init(&input->head, connection->settings->head_limit);
    connection->begin = 0;
    connection->end = connection->high = length;
}
