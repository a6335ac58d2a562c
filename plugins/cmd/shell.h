/* SPDX-License-Identifier: ISC */

/*
 * A shell: where its commands run, with which environment, and that it stays until it is cancelled
 * and its last command has completed. The struct is the shell context a host is given.
 *
 * One thread for each shell reads the user's profile, waits for that end and completes the
 * operation; it is joined in shell_release. The environment is the thread's until it is ready, for
 * which shell_add_command waits; what else commands read from a shell never changes after
 * shell_open. The rest is under its lock. No lock is held while a service function is called.
 */

#ifndef PLUGINS_CMD_SHELL_H
#define PLUGINS_CMD_SHELL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <wsman.h>

/* Threads of this plug-in need little: their buffers are on the heap. */
#define THREAD_STACK_SIZE (256 * 1024)

#define OUTPUT_COUNT 2 /* stdout and stderr */

struct shell {
    WSMAN_PLUGIN_REQUEST *request;
    int shutdown_event; /* the host's */
    int wake;           /* an eventfd of our own, written when the thread has to end early */
    char *directory;
    struct code_page *page; /* NULL: the client has UTF-8, and nothing is converted */
    char **environment;     /* of commands */
    char **base;            /* what it is made of, while it is not ready: as a profile finds it, */
    char **client;          /* and what the client asked for */
    bool outputs[OUTPUT_COUNT]; /* which of stdout and stderr the client wants at all */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool ready;      /* the environment is */
    size_t commands; /* operations not completed yet */
    bool closed;     /* the operation is being completed: no more commands */
    bool abandoned;  /* the host did not take the context: the thread completes nothing */
};

/*
 * Runs WSManPluginShell: reports the new shell as context, or completes the operation with an
 * error.
 */
void shell_open(WSMAN_PLUGIN_REQUEST *request, const WSMAN_SHELL_STARTUP_INFO *startup);

/*
 * One command more, to be paired with shell_remove_command after the command is completed. Waits
 * until the profile is read. False when the shell is about to complete.
 */
bool shell_add_command(struct shell *shell);
void shell_remove_command(struct shell *shell);

/* The end of a shell, after its operation completed. */
void shell_release(struct shell *shell);

/* Starts a thread with a small stack and every signal blocked; false when there is none to have. */
bool thread_start(pthread_t *thread, void *(*run)(void *), void *argument);

/*
 * Completes an operation with an error and a text made from the format; the text is UTF-8 and can
 * hold what a client sent.
 */
void complete_with_text(WSMAN_PLUGIN_REQUEST *request, DWORD error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Completes an operation with an error of options_read_..., about the option of that name. */
void complete_with_option(WSMAN_PLUGIN_REQUEST *request, DWORD error, PCWSTR name);

/* Index of an output stream by its name, or -1. */
int output_index(PCWSTR name);

#endif
