/* SPDX-License-Identifier: ISC */

/*
 * A command: one /bin/sh -c, or a program, in its own process group, and the thread that carries
 * its output, sees its end, and completes its operations. The struct is the command context a host
 * is given.
 *
 * The operations of a command end in this order: sends and the receive, then the command. A
 * terminate signal drops output that was not fetched yet. A report that waits for a client who will
 * never fetch is the host's to release: it cancels what a terminated command leaves open.
 *
 * The process is reaped as the last thing before the command completes. Until then its number
 * belongs to its group, so signals cannot hit a stranger. A terminate signal or a cancellation
 * kills the whole group. What a process leaves behind when it ends by itself lives on, as it would
 * on Windows and under sshd, but not longer than the shell: with that the host ends all its
 * descendants. Nobody waits for those who hold the pipes of a command that has exited.
 *
 * Threads: the fields under `lock` are shared between the thread and the entry points; the others
 * are the thread's own, or do not change. No lock is held while a service function is called.
 */

#ifndef PLUGINS_CMD_COMMAND_H
#define PLUGINS_CMD_COMMAND_H

#include <pthread.h>
#include <stdbool.h>

#include <wsman.h>

#include "cmd/child.h"
#include "cmd/output.h"
#include "cmd/shell.h"

enum command_start {
    START_PENDING = 0,
    START_REPORTED,  /* the host took the context */
    START_ABANDONED, /* it did not: the thread just ends */
};

struct command {
    struct shell *shell;
    WSMAN_PLUGIN_REQUEST *request;
    int shutdown_event; /* the host's */
    struct child child;
    pthread_t thread;
    int wake;  /* an eventfd: something under the lock has changed */
    int ended; /* an eventfd, readable once `closing` is set: wakes a blocked send */
    struct output outputs[OUTPUT_COUNT];
    bool exited;
    DWORD exit_code;
    bool cancelled;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    enum command_start start;
    WSMAN_PLUGIN_REQUEST *receive; /* the open receive operation, or NULL */
    int receive_event;             /* its shutdown event */
    bool receive_wants[OUTPUT_COUNT];
    bool terminated; /* a terminate signal has come: nobody wants the output any more */
    bool closing;    /* the end has begun: nothing new is accepted */
    bool sending;    /* a send is writing to child.input */
    bool typed;      /* so far somebody at a console has typed the input; that send's */
    bool reaped;     /* the number of the process group is no longer ours */
};

/* Runs WSManPluginCommand: reports the command as context or completes with an error. */
void command_open(WSMAN_PLUGIN_REQUEST *request, struct shell *shell, PCWSTR command_line,
                  const WSMAN_COMMAND_ARG_SET *arguments);

/* Runs WSManPluginSend; blocks until the data is taken, the send cancelled or the command over. */
void command_send(struct command *command, WSMAN_PLUGIN_REQUEST *request, bool last, PCWSTR stream,
                  const WSMAN_DATA *data);

/* Runs WSManPluginReceive. */
void command_receive(struct command *command, WSMAN_PLUGIN_REQUEST *request,
                     const WSMAN_STREAM_ID_SET *streams);

/* Runs WSManPluginSignal. */
void command_signal(struct command *command, WSMAN_PLUGIN_REQUEST *request, PCWSTR code);

/* The end of a command, after its operation completed. */
void command_release(struct command *command);

/* Reaps the process, with its group if it did not end by itself; after that signals do nothing. */
void command_reap(struct command *command);

/* The body of a command's thread. */
void *command_thread(void *argument);

#endif
