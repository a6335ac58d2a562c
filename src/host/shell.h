/* SPDX-License-Identifier: ISC */

/*
 * The shell of a shell host: what the broker said about it, its operation with the plug-in and
 * its commands. It ends when the broker says so, when the plug-in completes the operation, or with
 * the process. Ending goes bottom-up: what follows on commands, the commands, what follows on the
 * shell, the shell itself; contexts are released in the same order, and then every process that
 * is still below this one is killed. Loop's thread only.
 */
#ifndef HOST_SHELL_H
#define HOST_SHELL_H

#include "base/map.h"
#include "host/target.h"
#include "ipc/ticket.h"

struct shell {
    bool known; /* host_shell has come */
    bool text;  /* the text shell: its clients rely on more than plug-ins report (P-4.9.2) */
    uint64_t operation;
    struct caller caller;
    char **inputs; /* stream names */
    size_t input_count;
    char **outputs;
    size_t output_count;
    WSMAN_SHELL_STARTUP_INFO_V11 startup; /* its memory is the caller's or the request's arena */
    WSMAN_STREAM_ID_SET input_set;
    WSMAN_STREAM_ID_SET output_set;
    WSMAN_ENVIRONMENT_VARIABLE_SET environment;
    WSMAN_DATA inbound;
    struct request *request; /* WSManPluginShell; NULL before shell_create */
    struct reply reply;      /* to shell_create */
    bool started;
    bool ending;
    bool asked_to_end; /* by the broker, not by the plug-in itself */
    bool releasing;
    bool ended;        /* shell_ended is sent */
    bool disconnected; /* its client has gone (disconnect.h) */
    uint64_t barrier;  /* the last ticket that a client who has gone was given */
    struct target target;
    struct list commands;
    struct map by_id;           /* commands by command id */
    struct map operations;      /* commands by the broker's number */
    struct loop_timer deadline; /* of shell_create: without a context by then it ends */
    struct loop_timer grace;
    struct pool_work release;
    struct post released;
    uint8_t key[TICKET_KEY_SIZE];
    struct ticket_window tickets;
};

extern struct shell shell;

/* The key of the tickets; one of the wrong size leaves a key that fits none. */
void shell_key(const struct ipc_bytes *key);

/* shell_create with a good ticket. */
void shell_ask(struct reply reply, const struct message_shell_create *message);
/* Ends it, bottom-up. */
void shell_end(bool asked);
/* Something of it changed: takes the next step of its end. */
void shell_consider(void);
/* A winrmd-net has ended. */
void shell_peer_gone(uint64_t peer);
/* Kills every process of the shell, at once and whatever the plug-in does. */
void shell_abandon(void);

/* Bytes; for plug-ins that ask. */
uint32_t shell_max_envelope(void);

/* The command's target of that id, the shell's for NULL; NULL when there is no such command. */
struct target *shell_target(const char *command_id);
/* Calls `visit` with the shell's target and each command's, until it returns true. */
bool shell_each_target(bool (*visit)(struct target *target, void *context), void *context);

/* The handlers of what winrmd-net sends. */
extern const channel_handler payload_handlers[MESSAGE_COUNT];

#endif
