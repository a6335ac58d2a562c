/* SPDX-License-Identifier: ISC */

/* The input of a command. Runs on the host's threads: a send blocks until its data is taken. */

#define WSMAN_API_VERSION_1_1

#include "cmd/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <wsman_linux.h>
#include <wsmerror.h>

#include "cmd/code_page.h"
#include "common/utf16.h"

enum {
    PIECE = 4096,  /* bytes that are converted at a time; what is longer has nobody typed */
    CTRL_Z = 0x1a, /* ends the input of a console on Windows */
};

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

static DWORD write_bytes(const struct command *command, int cancel_event, const BYTE *bytes,
                         size_t length)
{
    int fd = command->child.input;
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

/* Out of the client's code page, piece by piece. */
static DWORD write_data(const struct command *command, int cancel_event, const BYTE *bytes,
                        size_t length)
{
    BYTE text[PIECE * CODE_PAGE_GROWTH];
    DWORD error = NO_ERROR;

    if (!command->shell->page)
        return write_bytes(command, cancel_event, bytes, length);
    while (length > 0 && error == NO_ERROR) {
        size_t piece = length < PIECE ? length : PIECE;

        error = write_bytes(command, cancel_event, text,
                            code_page_to_utf8(command->shell->page, bytes, piece, text));
        bytes += piece;
        length -= piece;
    }
    return error;
}

/* What somebody has typed at a console: one line, and nothing else. */
static bool is_typed_line(const WSMAN_DATA_BINARY *data)
{
    size_t length = data->dataLength;

    if (length < 2 || length > PIECE || data->data[length - 2] != '\r' ||
        data->data[length - 1] != '\n')
        return false;
    for (size_t i = 0; i < length - 2; i++) {
        if (data->data[i] == '\0' || data->data[i] == '\r' || data->data[i] == '\n')
            return false;
    }
    return true;
}

/*
 * In console mode: of a typed line the end is the one of here, and one that begins with Ctrl-Z ends
 * the input. Clients that do not care say TRUE, too, and then send files: the first send that is no
 * such line shows it, and from there on every byte is as it was sent. *last is set by a Ctrl-Z.
 */
static DWORD write_typed(struct command *command, int cancel_event, bool *last,
                         const WSMAN_DATA_BINARY *data)
{
    BYTE line[PIECE];
    size_t length = data->dataLength;

    if (*last || !is_typed_line(data)) {
        command->typed = false;
        return write_data(command, cancel_event, data->data, length);
    }
    if (data->data[0] == CTRL_Z) {
        *last = true;
        return NO_ERROR;
    }
    memcpy(line, data->data, length);
    line[length - 2] = '\n';
    return write_data(command, cancel_event, line, length - 1);
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
    else if (data->dataLength > 0 && command->typed)
        error = write_typed(command, cancel_event, &last, data);
    else if (data->dataLength > 0)
        error = write_data(command, cancel_event, data->data, data->dataLength);
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
