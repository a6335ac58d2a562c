/* SPDX-License-Identifier: ISC */

/* The thread of a command: carries its output, sees its end, completes its operations. */

#define WSMAN_API_VERSION_1_1

#include "cmd/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include <wsmerror.h>

enum {
    POLL_WAKE,
    POLL_EXIT,
    POLL_STDOUT,
    POLL_STDERR,
    POLL_COMMAND_SHUTDOWN,
    POLL_SHELL_SHUTDOWN,
    POLL_RECEIVE_SHUTDOWN,
    POLL_COUNT,
};

/* Waits until the host has taken the context, or not. */
static bool wait_for_start(struct command *command)
{
    struct pollfd event = {.fd = command->wake, .events = POLLIN};
    enum command_start start;

    do {
        poll(&event, 1, -1);
        pthread_mutex_lock(&command->lock);
        start = command->start;
        pthread_mutex_unlock(&command->lock);
    } while (start == START_PENDING);
    return start == START_REPORTED;
}

/* What the entry points have said since the last look. */
struct wishes {
    WSMAN_PLUGIN_REQUEST *receive; /* NULL: none is open */
    int receive_event;
    bool wants[OUTPUT_COUNT];
    bool terminated;
};

static struct wishes look_at_wishes(struct command *command)
{
    struct wishes wishes;

    pthread_mutex_lock(&command->lock);
    wishes.receive = command->receive;
    wishes.receive_event = command->receive ? command->receive_event : -1;
    wishes.terminated = command->terminated;
    memcpy(wishes.wants, command->receive_wants, sizeof(wishes.wants));
    pthread_mutex_unlock(&command->lock);
    return wishes;
}

/* Ends the open receive; there can be another one then. */
static void complete_receive(struct command *command, WSMAN_PLUGIN_REQUEST *receive, DWORD error)
{
    pthread_mutex_lock(&command->lock);
    command->receive = NULL;
    pthread_mutex_unlock(&command->lock);
    WSManPluginOperationComplete(receive, 0, error, NULL);
}

/* One report on the receive operation; false when that operation is over with it. */
static bool report(struct command *command, WSMAN_PLUGIN_REQUEST *receive, DWORD flags,
                   PCWSTR stream, WSMAN_DATA *data, PCWSTR state)
{
    DWORD error = WSManPluginReceiveResult(receive, flags, stream, data, state, command->exit_code);

    if (error == NO_ERROR)
        return true;
    complete_receive(command, receive, error);
    return false;
}

/* Passes on what is ready; false when the receive operation is over. */
static bool report_outputs(struct command *command, const struct wishes *wishes)
{
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        struct output *output = &command->outputs[i];
        size_t ready = output->ready;
        WSMAN_DATA data = {
            .type = WSMAN_DATA_TYPE_BINARY,
            .binaryData = {.dataLength = (DWORD)ready, .data = output->buffer},
        };

        if (wishes->wants[i] && ready > 0 &&
            !report(command, wishes->receive, 0, output->name, &data, NULL))
            return false;
        output_drop(output, ready);
    }
    return true;
}

/* The last words: each stream's end, then the command's. False when the receive is over early. */
static bool report_end(struct command *command, const struct wishes *wishes)
{
    WSMAN_PLUGIN_REQUEST *receive = wishes->receive;

    for (int i = 0; i < OUTPUT_COUNT; i++) {
        if (wishes->wants[i] && !report(command, receive, WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA,
                                        command->outputs[i].name, NULL, NULL))
            return false;
    }
    return report(command, receive, 0, NULL, NULL, WSMAN_COMMAND_STATE_DONE);
}

static bool outputs_are_empty(const struct command *command)
{
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        if (command->outputs[i].fd >= 0 || command->outputs[i].used > 0)
            return false;
    }
    return true;
}

static void drop_outputs(struct command *command)
{
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        output_close(&command->outputs[i]);
        output_clear(&command->outputs[i]);
    }
}

/* Looks whether the process has ended; it stays a zombie, so that its number stays its own. */
static void look_for_exit(struct command *command)
{
    siginfo_t info = {0};

    if (waitid(P_PID, (id_t)command->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return;
    command->exited = true;
    command->exit_code =
        (DWORD)(info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status);
    for (int i = 0; i < OUTPUT_COUNT; i++)
        output_bound(&command->outputs[i]);
}

/*
 * Milliseconds to wait for more of a character whose beginning has been held back long enough, -1
 * without one. Nobody waits while nobody asks.
 */
static int release_outputs(struct command *command, const struct wishes *wishes)
{
    int wait = -1;

    for (int i = 0; i < OUTPUT_COUNT; i++) {
        int patience = wishes->receive ? output_patience(&command->outputs[i]) : -1;

        if (patience == 0)
            output_release(&command->outputs[i]);
        else if (patience > 0 && (wait < 0 || patience < wait))
            wait = patience;
    }
    return wait;
}

static void wait_for_events(struct command *command, const struct wishes *wishes, int patience)
{
    struct output *outputs = command->outputs;
    struct pollfd events[POLL_COUNT] = {
        [POLL_WAKE] = {.fd = command->wake},
        [POLL_EXIT] = {.fd = command->exited ? -1 : command->child.exit_fd},
        [POLL_STDOUT] = {.fd = output_has_room(&outputs[0]) ? outputs[0].fd : -1},
        [POLL_STDERR] = {.fd = output_has_room(&outputs[1]) ? outputs[1].fd : -1},
        [POLL_COMMAND_SHUTDOWN] = {.fd = command->shutdown_event},
        [POLL_SHELL_SHUTDOWN] = {.fd = command->shell->shutdown_event},
        [POLL_RECEIVE_SHUTDOWN] = {.fd = wishes->receive_event},
    };
    eventfd_t ignored;

    for (int i = 0; i < POLL_COUNT; i++)
        events[i].events = POLLIN;
    if (poll(events, POLL_COUNT, patience) < 0)
        return;
    if (events[POLL_WAKE].revents)
        eventfd_read(command->wake, &ignored);
    if (events[POLL_COMMAND_SHUTDOWN].revents || events[POLL_SHELL_SHUTDOWN].revents)
        command->cancelled = true;
    if (events[POLL_RECEIVE_SHUTDOWN].revents)
        complete_receive(command, wishes->receive, ERROR_CANCELLED);
    if (events[POLL_EXIT].revents)
        look_for_exit(command);
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        if (command->exited || events[POLL_STDOUT + i].revents)
            output_fill(&outputs[i]);
    }
}

/*
 * Until the command is cancelled, or has ended and everything it wrote is delivered, or nobody
 * will ask for that any more because it was terminated.
 */
static void carry_output(struct command *command)
{
    while (!command->cancelled) {
        struct wishes wishes = look_at_wishes(command);
        int patience = release_outputs(command, &wishes);

        if (wishes.terminated)
            drop_outputs(command);
        if (wishes.terminated && command->exited && !wishes.receive)
            return;
        if (wishes.receive && !report_outputs(command, &wishes))
            continue;
        if (!command->exited || !wishes.receive) {
            wait_for_events(command, &wishes, patience);
            continue;
        }
        for (int i = 0; i < OUTPUT_COUNT; i++)
            output_fill(&command->outputs[i]);
        if (outputs_are_empty(command) && report_end(command, &wishes)) {
            complete_receive(command, wishes.receive, NO_ERROR);
            return;
        }
    }
}

/* From here on nothing new is accepted; a send that waits is woken and leaves. */
static void close_command(struct command *command)
{
    WSMAN_PLUGIN_REQUEST *receive;

    pthread_mutex_lock(&command->lock);
    command->closing = true;
    eventfd_write(command->ended, 1);
    while (command->sending)
        pthread_cond_wait(&command->changed, &command->lock);
    receive = command->receive;
    command->receive = NULL;
    pthread_mutex_unlock(&command->lock);
    if (receive)
        WSManPluginOperationComplete(receive, 0, ERROR_CANCELLED, NULL);
}

void *command_thread(void *argument)
{
    struct command *command = argument;

    if (!wait_for_start(command)) {
        command_reap(command);
        return NULL;
    }
    carry_output(command);
    close_command(command);
    command_reap(command);
    WSManPluginOperationComplete(command->request, 0,
                                 command->cancelled ? ERROR_CANCELLED : NO_ERROR, NULL);
    shell_remove_command(command->shell);
    return NULL;
}
