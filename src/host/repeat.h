/* SPDX-License-Identifier: ISC */

/*
 * Messages that come again. A client that lost an answer with its connection sends the same
 * message once more on another one, with the same p:OperationID and p:SequenceId (docs/protocol.md,
 * P-3.4.1). Send, Signal and Command are then not carried out again: the answer of the first is
 * given once more, or given to the newer request when it comes. The latest REPEAT_LIMIT messages of
 * the shell are remembered, those without an answer before any other. Receive remembers for itself,
 * because its answer is output (receive.h).
 *
 * A message is known by its name, a keyed hash over both ids, its kind, its target and its content:
 * ids that a client uses for two different messages do not make them one. Loop's thread only.
 */
#ifndef HOST_REPEAT_H
#define HOST_REPEAT_H

#include "host/peer.h"
#include "operations.h"

enum { REPEAT_LIMIT = 64 };

/* What a name is made of, piece by piece. Without both ids there is no name: it is 0. */
uint64_t repeat_name(enum operation_kind kind, const char *operation_id, const char *sequence_id);
uint64_t repeat_name_text(uint64_t name, const char *text);
uint64_t repeat_name_items(uint64_t name, const struct ipc_items *items);

/*
 * Is `reply` owed to a message that came before? If so it is dealt with: answered now, or with the
 * first. If not, the message is remembered from now on.
 */
bool repeat_answers(struct reply *reply);

/* Is a message of that name remembered? */
bool repeat_is_known(uint64_t name);
/* The answer of that message goes to `reply`, at once if it is there already. */
void repeat_follow(struct reply *reply);
/* Remembers a message; `command_id`: what its answer tells, or NULL. */
void repeat_begin(const struct reply *reply, const char *command_id);

/* For peer.c. The request that is answered, when it is another one than that of `reply`. */
struct reply repeat_destination(const struct reply *reply);
void repeat_answered(const struct reply *reply, struct message_host_answer *answer);
void repeat_abandon(const struct reply *reply);

#endif
