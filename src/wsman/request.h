/* SPDX-License-Identifier: ISC */

/*
 * A WS-Management request: the headers and the body of an envelope, checked and taken apart
 * (docs/protocol.md, P-3 and P-4). Knows the protocol and no policy: who may do this, which
 * resources and shells exist and what is in range is the broker's to say.
 *
 * Everything a request points to lives in the arena it was read into or in the body's bytes; both
 * must stay until the response has been written.
 */
#ifndef WSMAN_REQUEST_H
#define WSMAN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "ipc/message.h"
#include "operations.h"
#include "soap/reader.h"
#include "wsman/fault.h"

/* What the application that the request came to allows. */
struct wsman_limits {
    size_t max_envelope; /* bytes, of requests and of responses */
    uint64_t max_time;   /* milliseconds; an OperationTimeout above it is lowered */
};

struct wsman_request {
    enum soap_encoding encoding; /* the response's is the same */
    bool identify;               /* an Identify: `operation` and `payload` mean nothing */

    /*
     * For the broker. Filled but for `request`, `session`, `application` and `url`. `kind` is
     * never none for a request that was read, unless it is an Identify.
     */
    struct message_operation operation;

    /*
     * For the host, by operation.kind; filled but for the fields of the ticket. Other kinds have
     * none: the broker answers them alone.
     */
    union {
        struct message_shell_create shell_create;       /* OPERATION_shell */
        struct message_command_create command_create;   /* OPERATION_command */
        struct message_send_input send_input;           /* OPERATION_send */
        struct message_receive_output receive_output;   /* OPERATION_receive */
        struct message_signal_command signal_command;   /* OPERATION_signal */
        struct message_connect_shell connect_shell;     /* OPERATION_connect */
        struct message_reconnect_shell reconnect_shell; /* OPERATION_reconnect */
    } payload;

    const char *to;
    const char *sequence_id; /* echoed; NULL: none was sent. operation.operation_id likewise */
    const char *activity_id;
    struct ipc_items selectors;
    struct ipc_items options;      /* flags: ITEM_MUST_COMPLY */
    struct ipc_items option_types; /* values: the type of each option; none when none has one */
    bool options_must_understand;

    /*
     * Bytes that the response may have as it is written, that is as UTF-8: the least of what
     * client and application allow, half of it for UTF-16. The limit of the response's buffer.
     */
    size_t response_limit;
    uint32_t max_characters; /* that the items of the answer to a Pull may have; 0: any number */

    const struct soap_element *body; /* the element in s:Body, or NULL */
};

enum wsman_result {
    WSMAN_none,
    WSMAN_request, /* read */
    WSMAN_fault,   /* answer with HTTP 500 and the fault, which is filled */
    WSMAN_no_soap  /* not even SOAP: answer with HTTP 400 and an empty body */
};

/*
 * Reads the envelope in `body`. `charset` is that of the Content-Type header or NULL. `request` is
 * filled as far as it could be read also with WSMAN_fault, so that the fault can name the message
 * it answers. An arena limit of eight times `max_envelope` plus 1 MiB is enough for every envelope
 * that clients send; one that needs more is refused.
 */
enum wsman_result wsman_read_request(struct soap_reader *reader, const void *body, size_t length,
                                     const char *charset, const struct wsman_limits *limits,
                                     struct arena *arena, struct wsman_request *request,
                                     struct wsman_fault *fault);

#endif
