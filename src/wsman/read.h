/* SPDX-License-Identifier: ISC */

/*
 * Inside src/wsman: what the readers of headers and bodies share while one request is read. A
 * reader returns false after it has filled the fault.
 */
#ifndef WSMAN_READ_H
#define WSMAN_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "wsman/request.h"

struct wsman_read {
    struct arena *arena;
    const struct wsman_limits *limits;
    struct wsman_request *request;
    struct wsman_fault *fault;
    struct soap_element *body; /* request->body, to be changed in place */
};

/* Fills the fault; the text says what is wrong. Returns false. */
bool wsman_refuse(struct wsman_read *read, uint32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The arena is full. Returns false. */
bool wsman_refuse_memory(struct wsman_read *read);

/* Zeroed room for `count` items; NULL (and the fault is filled) beyond `limit` or without memory.
 */
struct ipc_item *wsman_items(struct wsman_read *read, uint32_t count, uint32_t limit,
                             const char *what);
/* How many children of that name there are. */
uint32_t wsman_count(const struct soap_element *element, enum namespace_id space, const char *name);

/* The body element must be this one. */
bool wsman_expect_body(struct wsman_read *read, enum namespace_id space, const char *name);
/* CommandId of a follow-on message: NULL when absent, refused when it cannot be one of ours. */
bool wsman_read_command_id(struct wsman_read *read, const struct soap_element *element,
                           const char **command_id);
/*
 * A time: an xs:duration, or a plain number of seconds (pywinrm passes on what its user wrote). A
 * blank element is as none; `code` is the fault of what is not above zero.
 */
bool wsman_read_time(struct wsman_read *read, struct soap_element *element, uint32_t code,
                     uint64_t *time);
/*
 * The element of another namespace that a body may hold once, for the plug-in: as it was sent, with
 * the declarations it needs. `whole` names what it stands in.
 */
bool wsman_read_foreign(struct wsman_read *read, const struct soap_element *element,
                        const char *whole, const char **xml);
/* A list of stream names: words, each within the limits of a name. */
bool wsman_read_streams(struct wsman_read *read, const char *text, const char **streams);

/* Headers; header.c. */
bool wsman_read_headers(struct wsman_read *read, const struct soap_element *header);
bool wsman_read_header_message_id(struct wsman_read *read, struct soap_element *element);
bool wsman_read_header_selector_set(struct wsman_read *read, struct soap_element *element);
bool wsman_read_header_option_set(struct wsman_read *read, struct soap_element *element);
/* Of a message whose options nobody is shown: false when one of them has to be obeyed. sets.c. */
bool wsman_obey_options(struct wsman_read *read);

/* Finds operation.kind by action and body; action.c. */
bool wsman_read_action(struct wsman_read *read);

/* Bodies, one file each. */
bool wsman_read_shell_create(struct wsman_read *read);
bool wsman_read_command(struct wsman_read *read);
bool wsman_read_send(struct wsman_read *read);
bool wsman_read_receive(struct wsman_read *read);
bool wsman_read_signal(struct wsman_read *read);
bool wsman_read_disconnect(struct wsman_read *read);
bool wsman_read_reconnect(struct wsman_read *read);
bool wsman_read_connect(struct wsman_read *read);
bool wsman_read_enumerate(struct wsman_read *read);
bool wsman_read_pull(struct wsman_read *read);
bool wsman_read_release(struct wsman_read *read);

#endif
