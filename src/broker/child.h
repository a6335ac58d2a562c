/* SPDX-License-Identifier: ISC */

/*
 * The broker's children: started with one connected socket as descriptor 3, watched, and started
 * again when they end. A process that breaks the message rules is killed.
 */
#ifndef BROKER_CHILD_H
#define BROKER_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "base/loop.h"
#include "confine/identity.h"
#include "ipc/channel.h"

struct broker;
struct application_settings;
struct shell_login;
struct plugin;

struct child {
    struct list link; /* in broker.processes */
    struct broker *broker;
    enum process role;
    uint32_t number; /* the net's number or the host's id; 0 for the others */
    pid_t pid;       /* -1 once it has been waited for; of a login: before it has begun, too */
    /* Of a shell host in root mode: who has started it and waits for it; NULL: the broker itself.
     */
    struct shell_login *login;
    bool ready;        /* it has said so */
    bool alone;        /* a winrmd-net or winrmd-gss that winrmd-auth has no channel to */
    unsigned settling; /* how often it still has to say that it goes by what it was told */
    bool expected_end;
    uint32_t restarts; /* how often this place was filled again */
    /*
     * Until gone() has been called there is one to write to, perhaps an ended one, which takes
     * anything and sends nothing.
     */
    struct channel *channel;
    struct application_settings *settings; /* hosts only: a reference */
    const struct plugin *plugin;           /* hosts only: one of the settings */
    char *crash_entry;      /* hosts only: where it said it was dying; NULL: it did not */
    void *owner;            /* of a host: shell, authz_host or trial */
    struct list operations; /* of a net: struct operation.net_link */
    /*
     * The process is dead, or dismissed; called once. `crashed`: it ended by itself, by a signal
     * that is not an administrator's, or because it broke the message rules.
     */
    void (*gone)(struct child *process, bool crashed);
    bool gone_told;
    bool faulty;        /* it broke the message rules */
    char *shell;        /* of a shell's host: its id, for the audit; owned */
    uint64_t asked;     /* questions and tickets that a host was given */
    uint64_t pointless; /* messages of a host that answered none of them */
    struct loop_timer kill_timer;
};

/*
 * Starts `program` (a name in the library folder) in `directory` (NULL: here) and watches it.
 * `identity`: whom it runs as; NULL: as the broker, which in root mode few may. `events` handle its
 * messages; their ended() must be child_channel_ended. NULL on failure, which is logged.
 */
struct child *child_start(struct broker *broker, enum process role, const char *program,
                          const char *directory, const struct identity *identity,
                          const struct channel_events *events, void (*gone)(struct child *, bool));

/*
 * The same for a process that `login` starts and waits for: `fd` is the broker's end of its
 * channel, taken over. child_ended() when it has ended.
 */
struct child *child_adopt(struct broker *broker, enum process role, int fd,
                          struct shell_login *login, const struct channel_events *events,
                          void (*gone)(struct child *, bool));
/* It has ended with this status (wait(2)): gone() is called, and there is no such child any more.
 */
void child_ended(struct child *process, int status);

/* For struct channel_events: sees to it that the process ends; gone() follows its death. */
void child_channel_ended(struct channel *channel, bool fault, const char *why);

/* It serves, or will; it is told how much to log unless that is what it does anyhow. */
void child_set_ready(struct child *process);
/*
 * The process has said what no honest one says; `why` is for the log and the audit. Nothing more of
 * it is heard, and it is killed.
 */
void child_break(struct child *process, const char *why);
/*
 * A host has said what means nothing (any more). That happens when messages cross; more often than
 * it was asked it happens to nobody, and such a host is ended.
 */
void child_pointless(struct child *process);

/* The process of a channel. */
struct child *child_of(const struct channel *channel);

/* SIGKILL; gone() follows. */
void child_kill(struct child *process);
/* Gives the process `milliseconds` to end by itself, then kills it. */
void child_end_within(struct child *process, uint64_t milliseconds);
/*
 * Closes the channel, on which a process ends by itself, and kills it when it does not within
 * `milliseconds`. gone() is called in here.
 */
void child_dismiss(struct child *process, uint64_t milliseconds);

/* Waits for every child that has ended and for orphans that fell to the broker. */
void child_reap(struct broker *broker);

#endif
