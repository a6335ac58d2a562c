/* SPDX-License-Identifier: ISC */

/*
 * A command of the shell. Its life, all on the loop's thread:
 *
 *   asked      command_create came; WSManPluginCommand runs
 *   started    the plug-in reported its context: the client has its answer
 *   over       the plug-in completed the operation; what still runs for it is waited for
 *   released   WSManPluginReleaseCommandContext returned, command_ended is sent
 *   noted      the broker has given the slot back: clients may see the end now
 *
 * A finished command is kept, with its unread output, until a terminate signal or the shell's end.
 */
#ifndef HOST_COMMAND_H
#define HOST_COMMAND_H

#include "base/loop.h"
#include "host/target.h"

struct command {
    struct list link; /* in shell.commands, oldest first */
    struct target target;
    uint64_t operation; /* the broker's number */
    char *id;           /* NULL: its id is another command's, it only waits to be noted */
    char16_t *line;     /* in the request's arena, as are the arguments */
    WSMAN_COMMAND_ARG_SET arguments;
    const char *shown; /* the beginning of both, for whoever enumerates commands; likewise */
    struct request *request;
    struct reply reply; /* to command_create */
    uint32_t refusal;   /* what to answer when the end is noted, if it never began */
    bool repetition;    /* of a message that came before, which is answered then */
    bool started;
    bool releasing;
    bool ended; /* command_ended is sent */
    bool noted;
    struct loop_timer deadline; /* of command_create: without a context by then it is cancelled */
    struct loop_timer grace;    /* for what should end by itself and may have to be cancelled */
    struct pool_work release;
    struct post released;
    struct loop_task forget; /* frees it at the end of the turn */
};

/*
 * A client's message with a good ticket; `again`: one that may only be answered as the message that
 * it repeats (TICKET_COMMAND_AGAIN).
 */
void command_ask(struct reply reply, const struct message_command_create *message, bool again);

/* The command of that id if it has started, else NULL. */
struct command *command_find(const char *id);

/* Something of it changed: takes the next step of its end, if it is over. */
void command_consider(struct command *command);
/* Terminate was done: if the plug-in does not end the command now, it is cancelled. */
void command_expect_end(struct command *command);
/* Cancels it, what follows on it first. */
void command_cancel(struct command *command);

/* The broker's messages. */
void command_note(uint64_t operation);
/* A command whose ticket has that number shall not begin, if it has not. */
void command_make_void(uint64_t operation, uint64_t sequence);

/* Frees it, wherever it stands; only when command_is_finished(). */
void command_free(struct command *command);
/* Does the plug-in know nothing of it any more? */
bool command_is_finished(const struct command *command);

#endif
