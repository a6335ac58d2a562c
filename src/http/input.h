/* SPDX-License-Identifier: ISC */

/*
 * The input memory of connections: taken from and given back to a pool, grown by copying, wiped
 * before anybody else can see it (credentials pass through). Used by connection.c alone.
 */
#ifndef HTTP_INPUT_H
#define HTTP_INPUT_H

#include "http/connection.h"

/* Makes sure that the connection has input memory; false beyond the limit for guests. */
bool http_input_take(struct http_connection *connection);
/* Grows it to `capacity` bytes (never shrinks); false beyond the limit for guests. */
bool http_input_grow(struct http_connection *connection, size_t capacity);
/* Wipes it and gives it back. */
void http_input_release(struct http_connection *connection);
/* Moves the bytes from `begin` to `end` to the front, into small memory if they fit. */
void http_input_restart(struct http_connection *connection, size_t begin, size_t end);
/* Counts the memory for or no longer for a guest. */
void http_input_charge(struct http_connection *connection);

#endif
