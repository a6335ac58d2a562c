/* SPDX-License-Identifier: ISC */

/*
 * The right to ask for something. A session_ref exists only where the broker has opened a session
 * for one connection of this process, and the function that asks for an operation takes one: a
 * connection that has not authenticated holds nothing an operation could be built from.
 *
 * With Basic, every request repeats its Authorization header. So that only the first costs a
 * password hash, the connection keeps a keyed hash of 128 bits of the value that proved it; the
 * keys are random and never leave this process. With Negotiate the connection itself is the proof,
 * and no header is. The connection owns its session_ref.
 */
#ifndef NET_SESSION_H
#define NET_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "ipc/message.h"
#include "methods.h"

struct session_ref;

/* Of the process; made once at start. */
struct session_keys {
    uint8_t key[2][HASH_KEY_SIZE];
};

/* What is remembered of an Authorization header. */
struct session_proof {
    uint64_t word[2];
};

void session_keys_make(struct session_keys *keys);

/* `authorization` is the whole value of the header. */
struct session_proof session_proof_make(const struct session_keys *keys, const char *authorization);

/*
 * The broker has opened a session for the connection that showed `proof`, by that method. NULL: no
 * header is to be repeated.
 */
struct session_ref *session_ref_new(const struct message_session_opened *opened,
                                    const struct session_proof *proof, enum method method);
/* NULL is allowed. */
void session_ref_free(struct session_ref *session);

/* Is this the header that opened the session? */
bool session_ref_proved_by(const struct session_ref *session, const struct session_proof *proof);

/* Is the method that opened it among these (bits: METHOD_BIT)? */
bool session_ref_is_by(const struct session_ref *session, uint32_t methods);

/* The broker's number for it. */
uint64_t session_ref_id(const struct session_ref *session);

#endif
