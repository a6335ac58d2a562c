/* SPDX-License-Identifier: ISC */

/*
 * Shells: which exist, whose they are, in which host they run, who may talk to that host. A shell
 * belongs to no connection and to no winrmd-net; its owner is an application and a canonical
 * account, never a uid. Commands, output and input live in the host: the broker knows of a command
 * only its operation and the beginning of its line.
 */
#ifndef BROKER_SHELL_H
#define BROKER_SHELL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/loop.h"
#include "broker/shell_connect.h"
#include "ipc/message.h"
#include "ipc/ticket.h"

struct application;
struct application_settings;
struct broker;
struct operation;
struct plugin;
struct child;
struct record;

enum shell_state { SHELL_none, SHELL_starting, SHELL_granted, SHELL_live, SHELL_ending };

/* Told once, when a shell is over and everything of it is back; embedded in its owner. */
struct shell_watcher {
    struct list link; /* shell->watchers; the owner may take it out */
    void (*over)(struct shell_watcher *watcher);
};

struct shell {
    enum shell_state state;
    struct broker *broker;
    struct operation *operation;           /* owned: the shell's slots, context and record */
    struct application_settings *settings; /* a reference: those it was created under */
    const struct plugin *plugin;           /* one of the settings */
    char *id;
    char *key;
    size_t key_length;
    uint32_t number;    /* of the host, towards winrmd-net */
    struct child *host; /* NULL once it is gone */
    uint8_t ticket_key[TICKET_KEY_SIZE];
    uint64_t ticket_sequence;
    uint32_t *nets; /* numbers of the winrmd-nets that hold a channel to the host */
    size_t net_count;
    struct list commands;    /* struct operation.shell_link; owned */
    struct list deletes;     /* struct operation.shell_link: Deletes waiting for the end */
    struct list watchers;    /* struct shell_watcher */
    struct list requests;    /* struct operation.shell_link: follow-on messages in progress */
    unsigned outstanding;    /* all requests in progress: the idle timer stands still */
    struct loop_timer begin; /* for the plug-in to begin what was answered or given up */
    uint64_t idle_timeout;
    bool takes_options; /* its resource SupportsOptions */
    uint64_t created_at;
    uint64_t used_at;
    struct loop_timer idle;
    struct loop_timer lifetime; /* whatever the shell is doing */
    bool ends_at_limit;         /* that is the plug-in's MaxRunTimems, not what the client said */
    enum shell_client client;
    char *session_id;         /* of its client; NULL: that says none */
    struct operation *change; /* that connects or disconnects it just now */
    bool was_connected;       /* before a Disconnect that is in progress */
    bool named;               /* its id is the client's */
    bool can_disconnect;
    uint32_t buffering; /* enum output_buffering, while it is disconnected */
    const char *end_reason;
    uint32_t end_code; /* for a Create that waits; 0: what the host's end means */
};

/* An allowed Create on a shell resource. */
void shell_create(struct operation *operation);
/*
 * The live shell the operation names, if the caller owns it (or, `any_owner`, is an administrator
 * and may look or delete). To anybody else it does not exist: NULL.
 */
struct shell *shell_find(const struct operation *operation, bool any_owner);
/* The same of a shell that is not named: is it live, and there for the operation's caller? */
bool shell_is_visible(const struct shell *shell, const struct operation *operation, bool any_owner);
/* Does the operation name a shell that is there, but not for this caller? For the audit alone. */
bool shell_is_foreign(const struct operation *operation);
/* Is there a shell of that id, whosesoever? */
bool shell_id_is_used(const struct application *application, const char *id);
/* A new one: from now on it is found by its id. */
void shell_register(struct shell *shell);
/* What it says of itself; texts are the shell's. `request` and `operation` are not filled. */
struct message_shell_details shell_details(const struct shell *shell);
/* Answers a Get with the shell's details. */
void shell_describe(struct shell *shell, struct operation *operation);
/* Asks the host to end everything; shell_over() follows, by its word or by its death. */
void shell_begin_end(struct shell *shell, const char *reason);
/* The audit line of something that befell a shell, or a command of it. */
void shell_audit(const struct shell *shell, const struct operation *operation, const char *event,
                 const char *reason);
/* An allowed Delete: answered when the shell has ended. */
void shell_delete(struct shell *shell, struct operation *operation);
/* Has a Command with both ids of this one begun, or is it about to, and has not ended? */
bool shell_runs_command(const struct shell *shell, const struct operation *operation);
/* An allowed Command, or a follow-on message: gives winrmd-net a ticket for the host. */
void shell_grant(struct shell *shell, struct operation *operation);
/* Sends winrmd-net its details, for the answer to that operation. */
void shell_send_details(const struct shell *shell, const struct operation *to);
/* A request about this shell begins. */
void shell_enter(struct shell *shell);
/* A follow-on message begins to be about this shell, and keeps it from being idle. */
void shell_take_request(struct shell *shell, struct operation *operation);
/* A request about this shell is over. */
void shell_leave(struct shell *shell);
/* Nothing keeps it from being idle any more, or its idle time-out has changed. */
void shell_idle_again(struct shell *shell);
/* The longest idle time-out that a shell may have: what both files allow. */
uint64_t shell_idle_most(const struct application_settings *settings, const struct plugin *plugin);
/* May a shell of this application and plug-in have that idle time-out? 0: the default. */
bool shell_idle_allowed(const struct application_settings *settings, const struct plugin *plugin,
                        uint64_t idle_timeout);
/* The response to the shell's or a command's creation is written or lost. */
void shell_creation_written(struct operation *operation);

void shell_close_of_record(const struct record *record, const char *reason);
/* The application is removed from the configuration. */
void shell_close_of_application(const struct application *application, const char *reason);
/* That winrmd-net is gone: its channels to hosts are revoked. */
void shell_net_gone(struct broker *broker, uint32_t net);
/* It has no channel to that host (any more): the next grant brings one. */
void shell_net_lost(struct broker *broker, uint32_t net, uint32_t host);
/* The service ends. */
void shell_close_all(struct broker *broker, const char *reason);

#endif
