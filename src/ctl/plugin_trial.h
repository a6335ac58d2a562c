/* SPDX-License-Identifier: ISC */

/*
 * One life of a plug-in under winrmctl check-plugin: a winrmd-host of its own, to which winrmctl is
 * the broker. What the plug-in does wrong goes into the report as it happens. The functions that
 * wait return when what they wait for has come, the host has ended, or its time is over.
 */
#ifndef CTL_PLUGIN_TRIAL_H
#define CTL_PLUGIN_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/loop.h"
#include "ctl/plugin_errors.h"
#include "ctl/plugin_report.h"
#include "ipc/channel.h"

enum {
    TRIAL_CALLS = 1024, /* in one life */
    TRIAL_HOLD = 4000,  /* an entry point that is not left within that holds its thread */
    TRIAL_OWN_FILES = 6 /* descriptors of the host that are watched */
};

struct trial_user {
    const char *name;
    const char *shown;   /* NULL: as the name */
    const char *account; /* NULL: the user has no token */
    uint32_t groups;
    const char *url;
};

struct trial_call {
    enum message_type type; /* MESSAGE_authz_user, _quota or _operation */
    const struct trial_user *user;
    uint32_t operation;
    bool entered;
    bool answered;
    bool closed;
    bool returned;
    bool held; /* said so */
    uint32_t code;
    uint64_t context; /* not given back yet */
};

/* One for all lives. */
struct trial_settings {
    const char *path; /* absolute */
    const char *host; /* path of winrmd-host */
    const char *extra_info;
    bool supports_quota;
    struct ipc_items may_map_to;
    bool trace;
    uint64_t patience; /* for completions */
    struct plugin_report *report;
    unsigned calls; /* counted over all lives */
    unsigned contexts;
    unsigned lives;
};

struct trial {
    struct trial_settings *settings;
    struct plugin_report *report;
    struct loop *loop;
    struct channel *channel;
    struct loop_watch ended; /* a descriptor of the process */
    struct loop_timer timer;
    struct plugin_errors errors;
    pid_t pid;
    int status; /* of waitpid() */
    bool started;
    bool stopping;
    bool over; /* the process has ended */
    bool cut;  /* the channel has */
    bool time_over;
    uint64_t started_at;
    uint32_t start_code;
    bool shutdown_entered;
    bool shutdown_returned;
    unsigned released; /* contexts given back to the host, and taken back by the plug-in */
    unsigned taken;
    unsigned releasing; /* inside the plug-in */
    unsigned missed;    /* calls that were not completed */
    char files[TRIAL_OWN_FILES][64];
    int file_numbers[TRIAL_OWN_FILES];
    unsigned file_count;
    struct trial_call calls[TRIAL_CALLS]; /* by number, from 1 */
    size_t count;
};

/* Starts the plug-in; `flags` of its start-up. False: it does not serve, `*could_run` says whether
 * that is the plug-in's fault. trial_end() in any case. */
bool trial_begin(struct trial *trial, struct trial_settings *settings, uint32_t flags,
                 bool *could_run);
void trial_end(struct trial *trial);

/* Each asks and returns the call, or NULL when the host has ended or has been asked enough. */
struct trial_call *trial_ask(struct trial *trial, enum message_type type,
                             const struct trial_user *user, uint32_t operation);
/* The call is closed as at its deadline; nothing happens to one that was answered. */
void trial_close(struct trial *trial, struct trial_call *call);
void trial_release(struct trial *trial, struct trial_call *call);

/* Waits until every call but the closed ones is answered, and says which one was not in time. */
void trial_wait(struct trial *trial);
/* Waits until the plug-in has been entered with the call. */
void trial_wait_entered(struct trial *trial, const struct trial_call *call);
/* Waits until no entry point is running, and says which one stays. */
void trial_settle(struct trial *trial);

/* Stops the host in order and waits for its end. */
void trial_stop(struct trial *trial);

/* ---- for plugin_trial.c, plugin_process.c and plugin_messages.c ---- */

/* Turns the loop until `done` (which may be NULL), the end of the process or of the time. */
bool trial_turn(struct trial *trial, uint64_t milliseconds,
                bool (*done)(const struct trial *trial));

extern const channel_handler trial_handlers[MESSAGE_COUNT];
const char *trial_entry(enum message_type type);
/* A call in words: entry point and user. */
const char *trial_call_text(const struct trial_call *call, char text[128]);
/* Which calls are open: a line for the report, or nothing. */
void trial_open_calls(const struct trial *trial, char *text, size_t size);
/* A line of the trace: what, and when. Does nothing without --trace. */
void trial_trace(const struct trial *trial, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
