/* SPDX-License-Identifier: ISC */

/*
 * Enumerations (WS-Enumeration; DSP0226, section 8): what an Enumerate has found and its client has
 * not yet fetched. An enumeration is an operation that lives: its Enumerate keeps the slot, the
 * record and the context of its authorization until
 *
 *   the last item has been written,      its client releases it,
 *   its idle time-out elapses,           its user's authorization is withdrawn,
 *   the answer to the Enumerate is lost (nobody knows its context then),
 *   its application or the service ends.
 *
 * What there is to enumerate is noted at the Enumerate, as numbers. Each thing is looked up when
 * its turn comes, for whom the Enumerate was, so that a long enumeration costs eight bytes a thing
 * and what has gone meanwhile is left out. winrmd-net says how many items it has written
 * (operation_written), and only then they are past: those of a lost answer come again with the next
 * Pull. Who repeats its last Pull, with both its ids, is answered with the same items again.
 */
#ifndef BROKER_ENUMERATION_H
#define BROKER_ENUMERATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guid.h"
#include "base/loop.h"
#include "ipc/message.h"

struct application;
struct broker;
struct operation;
struct quota_refusal;
struct record;

#define ENUMERATION_PREFIX "uuid:"

struct enumeration {
    char context[sizeof(ENUMERATION_PREFIX) + GUID_LENGTH];
    struct operation *operation; /* owned: the Enumerate */
    const struct enumeration_source *source;
    uint64_t *numbers; /* of what is enumerated, in ascending order */
    size_t count;
    size_t capacity;
    size_t position;             /* the first that no client has got */
    size_t sent;                 /* from there on, in the answer under way */
    size_t previous;             /* where the answer before began, */
    char *previous_pull;         /* and what its Pull was; NULL: it had no ids of its own */
    bool complete;               /* with that answer there is no more */
    struct operation *answering; /* the Enumerate or Pull that is being answered; NULL: none */
    bool administrator;          /* what it shows may be for administrators alone */
    bool requests_only;          /* it holds no slot while it waits (count-requests-only) */
    struct loop_timer idle;
};

/* A kind of thing that can be enumerated. */
struct enumeration_source {
    const char *uri;  /* the resource URI, in any case of its letters; NULL: found otherwise */
    bool takes_shell; /* operation->shell_id, from a filter, says which; else a filter is refused */
    /* Refuses the operation and returns true when there is nothing that it could enumerate. */
    bool (*refuse)(struct operation *operation); /* NULL: never */
    /* Calls enumeration_add() for each that enumeration->operation's caller may see. */
    void (*collect)(struct enumeration *enumeration);
    /*
     * Fills in the item message of one, but for its `request`, with texts that last until the next
     * turn; MESSAGE_none when it is no more, or no more for this caller.
     */
    enum message_type (*describe)(const struct enumeration *enumeration, uint64_t number,
                                  union message_body *item);
};

/* Each in the file that owns the things. */
extern const struct enumeration_source shells_source;
extern const struct enumeration_source commands_source;

void enumeration_add(struct enumeration *enumeration, uint64_t number);

/* False, and why, when this user has as many enumerations open as one may have. */
bool enumeration_allowed(const struct operation *operation, struct quota_refusal *refusal);
/* An allowed Enumerate. */
void enumeration_begin(struct operation *operation);
/* A Pull or Release that its user's rate lets through. */
void enumeration_follow(struct operation *operation);
/* Does the operation name an enumeration that is there, but not for this caller? For the audit. */
bool enumeration_is_foreign(const struct operation *operation);
/* The last item fits into the answer of this operation: the slot is free before it is sent. */
void enumeration_fits(struct operation *operation);
/* The answer to an Enumerate or Pull is written, or lost; the operation may be gone on return. */
void enumeration_answered(struct operation *operation);

/* Sends what the answer to this Enumerate or Pull may have room for, from `position` on. */
void enumeration_send(struct enumeration *enumeration, struct operation *to);
/* Is it the Pull before, once more? */
bool enumeration_repeats(const struct enumeration *enumeration, const struct operation *operation);
/* It is over, and freed. `reason` is for the audit; NULL: nothing was left for Pulls. */
void enumeration_end(struct enumeration *enumeration, const char *reason);

void enumeration_close_of_record(const struct record *record, const char *reason);
void enumeration_close_of_application(const struct application *application, const char *reason);
/* The service stops: those that are not being answered end now, the others with their answers. */
void enumeration_close_all(struct broker *broker);

#endif
