/* SPDX-License-Identifier: ISC */

/*
 * SOAP faults. Which fault a code becomes stands in tables/faults.h; a code that is not there is
 * a failure of the service or of a plug-in: s:Receiver, w:InternalError (docs/protocol.md, P-5).
 */
#ifndef WSMAN_FAULT_H
#define WSMAN_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "faults.h"
#include "soap/reader.h"

struct wsman_request;

/* So many headers are named that are not understood; a message can hold thousands. */
enum { FAULT_HEADERS = 8 };

struct wsman_fault {
    uint32_t code;        /* a Windows or WS-Management error code; FAULT_* of tables/faults.h */
    const char *text;     /* stands word for word in s:Text and f:Message; NULL: the table's */
    const char *decision; /* added to the text unless that names it already; may be NULL */
    const char *machine;  /* of this host; NULL: localhost */

    /* The table's w:FaultDetail is replaced by this (without the common part); may be NULL. */
    const char *detail;

    /* A plug-in's error: its name and file as configured, what it said; NULL: no plug-in's. */
    const char *provider;
    const char *provider_path;
    const char *extended; /* text, or one XML element, which is embedded as it is */

    /* FAULT_must_understand: the headers that this service does not understand. */
    struct {
        const char *uri; /* "": in no namespace */
        const char *name;
    } headers[FAULT_HEADERS];
    unsigned header_count;
};

struct wsman_fault_row {
    uint32_t code;
    const char *name;    /* as in tables/faults.h */
    const char *value;   /* s:Sender, s:Receiver, s:MustUnderstand, s:VersionMismatch */
    const char *subcode; /* with prefix; NULL: none */
    const char *detail;  /* of w:FaultDetail, without the common part; NULL: none */
    const char *action;
    const char *text;
};

/* The row of a code, or that of an internal error (whose code then differs). Never NULL. */
const struct wsman_fault_row *wsman_fault_row(uint32_t code);

/*
 * Writes the fault's envelope as UTF-8; soap_encode() follows. `request` may be NULL. `reader` is
 * needed to embed extended information and may be NULL. The buffer's limit should not be that of
 * the client's MaxEnvelopeSize: a fault is sent in any case.
 */
void wsman_write_fault(struct buffer *out, struct soap_reader *reader,
                       const struct wsman_request *request, const struct wsman_fault *fault);

#endif
