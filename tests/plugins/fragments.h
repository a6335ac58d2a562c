/* SPDX-License-Identifier: ISC */

/*
 * The part of MS-PSRP (2.2.1, 2.2.4) that the test plug-in `runspace` needs: messages cut into
 * fragments, several of them in one piece of base64.
 */
#ifndef TESTS_PLUGINS_FRAGMENTS_H
#define TESTS_PLUGINS_FRAGMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plugins/kit.h"

enum psrp_type {
    PSRP_SESSION_CAPABILITY = 0x00010002,
    PSRP_INIT_RUNSPACEPOOL = 0x00010004,
    PSRP_CONNECT_RUNSPACEPOOL = 0x00010008,
    PSRP_RUNSPACE_AVAILABILITY = 0x00021004,
    PSRP_RUNSPACEPOOL_STATE = 0x00021005,
    PSRP_CREATE_PIPELINE = 0x00021006,
    PSRP_GET_AVAILABLE_RUNSPACES = 0x00021007,
    PSRP_APPLICATION_PRIVATE_DATA = 0x00021009,
    PSRP_RUNSPACEPOOL_INIT_DATA = 0x0002100B,
    PSRP_PIPELINE_INPUT = 0x00041002,
    PSRP_END_OF_PIPELINE_INPUT = 0x00041003,
    PSRP_PIPELINE_OUTPUT = 0x00041004,
    PSRP_PIPELINE_STATE = 0x00041006,
    PSRP_PIPELINE_HOST_CALL = 0x00041100,
    PSRP_PIPELINE_HOST_RESPONSE = 0x00041101,
};

/* Bytes that grow. All zero is empty; bytes_clear() gives the memory back. */
struct bytes {
    unsigned char *data;
    size_t length, room;
};

void bytes_add(struct bytes *bytes, const void *data, size_t length);
void bytes_add_text(struct bytes *bytes, const char *text);
void bytes_clear(struct bytes *bytes);
/* What the base64 of a text means, white space aside; false when it is none. */
bool bytes_add_base64(struct bytes *bytes, PCWSTR text, size_t length);
/* Base64 of `from`, with NUL behind it in the end. */
void bytes_write_base64(struct bytes *bytes, const struct bytes *from);

/* One message; `text` is CLIXML, with NUL behind it. */
struct psrp_message {
    uint32_t type;
    unsigned char pool[16], pipeline[16];
    char *text;
};

/* What has come for one target and has not become messages yet. All zero to begin with. */
struct psrp_inbound {
    struct bytes fragments, message;
    uint64_t object, next;
    bool begun;
};

/*
 * Takes the next message. Returns 1; 0 when there is none yet; -1 when what has come is no sequence
 * of fragments. The caller frees message->text.
 */
int psrp_take(struct psrp_inbound *inbound, struct psrp_message *message);
void psrp_forget(struct psrp_inbound *inbound);

/* Adds a message for the client in fragments that hold at most `most` bytes each. */
void psrp_write(struct bytes *fragments, uint64_t object, const struct psrp_message *message,
                size_t most);
/* The length of the fragment that begins here, its head included. */
size_t psrp_length(const unsigned char *fragment);

#endif
