/* SPDX-License-Identifier: ISC */

/*
 * Writes the envelopes of responses (docs/protocol.md, P-3.3 and P-4). Each function appends one
 * whole envelope as UTF-8 to an empty buffer, whose limit is request->response_limit; soap_encode()
 * then brings it into the request's encoding. When the buffer has failed the response was too large
 * for the client: FAULT_response_too_large.
 */
#ifndef WSMAN_RESPONSE_H
#define WSMAN_RESPONSE_H

#include <stddef.h>

#include "base/buffer.h"
#include "wsman/request.h"

struct wsman_identity {
    const char *vendor;
    const char *version;         /* such as OS: 0.0.0 SP: 0.0 Stack: 3.0 */
    const char *const *profiles; /* such as http/basic; of wsman/secprofile */
    size_t profile_count;
};

void wsman_write_identify(struct buffer *out, const struct wsman_identity *identity);

/* The answer to the Create of a shell. */
void wsman_write_shell_created(struct buffer *out, const struct wsman_request *request,
                               const struct message_shell_details *shell);
/* The answer to the Get of a shell. */
void wsman_write_shell(struct buffer *out, const struct wsman_request *request,
                       const struct message_shell_details *shell);
void wsman_write_command(struct buffer *out, const struct wsman_request *request,
                         const char *command_id);
/* The answer to a Receive. */
void wsman_write_output(struct buffer *out, const struct wsman_request *request,
                        const struct message_output *output);
/* The answer to a Connect. */
void wsman_write_connected(struct buffer *out, struct soap_reader *reader,
                           const struct wsman_request *request,
                           const struct message_connect_answer *answer);
/* The answers to the Get of a part of the configuration, of a listener and of a plug-in. */
void wsman_write_configuration(struct buffer *out, const struct wsman_request *request,
                               const struct message_configuration_details *details);
void wsman_write_listener(struct buffer *out, const struct wsman_request *request,
                          const struct message_listener_item *listener);
void wsman_write_plugin(struct buffer *out, const struct wsman_request *request,
                        const struct message_plugin_item *plugin);
/* The answer to Send, Signal and Delete (and to whatever has an empty body), by operation.kind. */
void wsman_write_done(struct buffer *out, const struct wsman_request *request);

#endif
