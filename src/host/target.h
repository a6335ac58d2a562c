/* SPDX-License-Identifier: ISC */

/* What Receive, Send and Signal are aimed at: a command, or the shell itself. */
#ifndef HOST_TARGET_H
#define HOST_TARGET_H

#include "host/receive.h"
#include "host/request.h"
#include "host/send.h"
#include "host/signals.h"

struct command;

struct target {
    struct command *command; /* NULL: the shell */
    struct receiver receiver;
    struct sender sender;
    struct signals signals;
    struct list requests; /* receives, sends, signals and connects that are not finished */
};

/* One of them; freed with its request when that is finished. */
struct follow_on {
    struct list link;
    struct target *target;
    struct request *request;
    void (*completed)(struct follow_on *follow_on, uint32_t code, const char *extended);
    char16_t *text;      /* stream name or signal code; in the request's arena */
    WSMAN_DATA data;     /* of a send or connect; the same */
    uint32_t flags;      /* of a send */
    void *shell_context; /* what the entry point is called with */
    void *command_context;
    WSMAN_STREAM_ID_SET streams; /* of a receive */
    void *subject;               /* whatever `completed` needs */
};

void target_init(struct target *target, struct command *command);
/* All its requests are finished. */
void target_free(struct target *target);

/* A follow-on operation for the plug-in; NULL when there is no memory for it. */
struct follow_on *follow_on_new(struct target *target, enum request_kind kind);
/* The same with options. */
struct follow_on *follow_on_new_with(struct target *target, enum request_kind kind,
                                     const struct ipc_items *options, bool must_understand);
/* Calls the entry point on another thread. False (and `follow_on` is freed) when none is free. */
bool follow_on_submit(struct follow_on *follow_on, void (*enter)(struct request *request));
/* One that was not submitted. */
void follow_on_free(struct follow_on *follow_on);

/* Has nothing more to be said to the plug-in: the command (or shell) operation is complete. */
bool target_is_over(const struct target *target);
/* The broker knows that the command ended; always false for the shell itself. */
bool target_is_noted(const struct target *target);

/* Cancels its follow-on operations. */
void target_cancel(struct target *target);
/* Answers every client who waits for something of it. */
void target_refuse(struct target *target, uint32_t code);

#endif
