/* SPDX-License-Identifier: ISC */

/*
 * The items of an enumeration as the broker sends them, each a message of its own, and the page of
 * them that an answer is made from. A new kind of item is its message, its writers here, and a row
 * in the table of enumerate.c.
 */
#ifndef WSMAN_ITEMS_H
#define WSMAN_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "ipc/message.h"

struct wsman_request;

struct wsman_item {
    struct wsman_item *next;
    enum message_type type;
    const void *message; /* struct message_shell_item and so on */
};

struct wsman_page {
    const struct wsman_item *items;
    const char *context; /* what the rest can be pulled by */
    enum item_form form;
    bool last; /* with these items there is no rest */
};

/*
 * The answer to an Enumerate or Pull with as many of the items as it has room for (the buffer's
 * limit, MaxCharacters). Returns their number; `last` is set when that was all there is. Zero of
 * several: not even one fits, and the answer is to be FAULT_response_too_large.
 */
uint32_t wsman_write_items(struct buffer *out, const struct wsman_request *request,
                           const struct wsman_page *page, bool *last);

/* The thing itself. */
void wsman_put_shell_item(struct buffer *out, const struct wsman_request *request,
                          const void *item);
void wsman_put_command_item(struct buffer *out, const struct wsman_request *request,
                            const void *item);
void wsman_put_listener_item(struct buffer *out, const struct wsman_request *request,
                             const void *item);
void wsman_put_plugin_item(struct buffer *out, const struct wsman_request *request,
                           const void *item);
/* What stands in the a:EndpointReference to it. */
void wsman_put_shell_reference(struct buffer *out, const struct wsman_request *request,
                               const void *item);

void wsman_put_listener_reference(struct buffer *out, const struct wsman_request *request,
                                  const void *item);
void wsman_put_plugin_reference(struct buffer *out, const struct wsman_request *request,
                                const void *item);

#endif
