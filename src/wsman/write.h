/* SPDX-License-Identifier: ISC */

/* Inside src/wsman: what all writers of envelopes share. */
#ifndef WSMAN_WRITE_H
#define WSMAN_WRITE_H

#include "base/buffer.h"
#include "wsman/request.h"

#define ANONYMOUS_ADDRESS "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

/* s:Envelope up to and with the start tag of s:Header. */
void wsman_put_root(struct buffer *out);
/*
 * a:MessageID, p:OperationID, p:SequenceId, a:To, a:RelatesTo and the end of s:Header; `request`
 * may be NULL.
 */
void wsman_put_headers(struct buffer *out, const struct wsman_request *request);

/* All of a response before the content of s:Body, and all behind it. */
void wsman_begin(struct buffer *out, const struct wsman_request *request);
void wsman_end(struct buffer *out);

/*
 * What an a:EndpointReference or x:ResourceCreated holds: the address and resource URI, then any
 * number of selectors, then the end.
 */
void wsman_begin_reference(struct buffer *out, const struct wsman_request *request,
                           const char *resource_uri);
void wsman_put_selector(struct buffer *out, const char *name, const char *value);
void wsman_end_reference(struct buffer *out);

/* The word for an enum output_buffering: Block when nothing, or none of them, was said. */
const char *wsman_buffer_mode(uint32_t buffering);

#endif
