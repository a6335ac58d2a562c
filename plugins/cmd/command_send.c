/* SPDX-License-Identifier: ISC */

/* The input of a command. Runs on the host's threads: a send blocks until its data is taken. */

#define WSMAN_API_VERSION_1_1

#include "cmd/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <wsman_linux.h>
#include <wsmerror.h>

#include "common/utf16.h"

/* write(2), but a reader who is gone is just an error: the SIGPIPE it raises is taken back. */
static ssize_t write_quietly(int fd, const BYTE *bytes, size_t length)
{
    const struct timespec now = {0};
    sigset_t pipe_signal;
    sigset_t pending;
    sigset_t before;
    ssize_t count;
    int error;

    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    count = write(fd, bytes, length);
    error = errno;
    if (count < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE)) {
        while (sigtimedwait(&pipe_signal, NULL, &now) < 0 && errno == EINTR)
            continue;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return count;
}

static DWORD write_all(const struct command *command, int fd, int cancel_event, const BYTE *bytes,
                       size_t length)
{
    struct pollfd events[] = {
        {.fd = fd, .events = POLLOUT},
        {.fd = command->ended, .events = POLLIN},
        {.fd = cancel_event, .events = POLLIN},
    };

    while (length > 0) {
        ssize_t count = write_quietly(fd, bytes, length);

        if (count >= 0) {
            bytes += count;
            length -= (size_t)count;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR)
            return ERROR_BROKEN_PIPE;
        if (poll(events, 3, -1) < 0)
            continue;
        if (events[2].revents)
            return ERROR_CANCELLED;
        if (events[1].revents)
            return ERROR_BROKEN_PIPE;
    }
    return NO_ERROR;
}

/* Waits for the turn of this send. False: the command has ended. */
static bool begin_send(struct command *command)
{
    bool begun;

    pthread_mutex_lock(&command->lock);
    while (command->sending && !command->closing)
        pthread_cond_wait(&command->changed, &command->lock);
    begun = !command->closing;
    if (begun)
        command->sending = true;
    pthread_mutex_unlock(&command->lock);
    return begun;
}

static void end_send(struct command *command)
{
    pthread_mutex_lock(&command->lock);
    command->sending = false;
    pthread_cond_broadcast(&command->changed);
    pthread_mutex_unlock(&command->lock);
}

/* The send has its turn: `sending` keeps the descriptor open. */
static DWORD send_data(struct command *command, int cancel_event, bool last,
                       const WSMAN_DATA_BINARY *data)
{
    DWORD error = NO_ERROR;

    if (data->dataLength > 0 && command->child.input < 0)
        error = ERROR_BROKEN_PIPE;
    else if (data->dataLength > 0)
        error =
            write_all(command, command->child.input, cancel_event, data->data, data->dataLength);
    if (last && command->child.input >= 0 && error != ERROR_CANCELLED) {
        close(command->child.input);
        command->child.input = -1;
    }
    return error;
}

void command_send(struct command *command, WSMAN_PLUGIN_REQUEST *request, bool last, PCWSTR stream,
                  const WSMAN_DATA *data)
{
    static const WSMAN_DATA nothing = {.type = WSMAN_DATA_TYPE_BINARY};
    int cancel_event = -1;
    DWORD error = NO_ERROR;

    if (!data || data->type == WSMAN_DATA_NONE)
        data = &nothing;
    if (!stream || !utf16_equal_ascii_case(stream, WSMAN_STREAM_ID_STDIN))
        error = ERROR_WSMAN_SHELL_INVALID_INPUT_STREAM;
    else if (data->type != WSMAN_DATA_TYPE_BINARY)
        error = ERROR_INVALID_PARAMETER;
    else
        error = WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &cancel_event);
    if (error != NO_ERROR) {
        WSManPluginOperationComplete(request, 0, error, NULL);
        return;
    }
    if (!begin_send(command)) {
        error = data->binaryData.dataLength > 0 ? ERROR_BROKEN_PIPE : NO_ERROR;
        WSManPluginOperationComplete(request, 0, error, NULL);
        return;
    }
    error = send_data(command, cancel_event, last, &data->binaryData);
    WSManPluginOperationComplete(request, 0, error, NULL);
    end_send(command);
}
