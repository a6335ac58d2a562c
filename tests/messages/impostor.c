/* SPDX-License-Identifier: ISC */

/*
 * Stands in for winrmd-net in a copy of the program folder and breaks the message rules of its
 * channel to the broker. Beside the executable lie
 *
 *   impostor.queue   one line for each rule to break: the message, and the state to send it in;
 *                    every start takes the first line away. Without a line (or a file) the program
 *                    becomes the real one, which lies there as winrmd-net.real.
 *   impostor.log     what happened: "sent LINE", and "survived LINE" if nobody ended the impostor
 *
 * In state starting the message is sent at once; in state serving after everything a winrmd-net
 * does to be taken for one. The line "nonsense serving" sends a sample of every permitted message
 * and then one that is not; "garbage starting" bytes that are no message.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "messages/sample.h"

enum { QUEUE_LIMIT = 65536, WAIT_FOR_THE_END = 60000 };

static char folder[4096];

static void beside(char *path, size_t size, const char *name)
{
    if ((size_t)snprintf(path, size, "%s/%s", folder, name) >= size)
        exit(90);
}

static bool find_folder(void)
{
    ssize_t length = readlink("/proc/self/exe", folder, sizeof(folder) - 1);
    char *slash;

    if (length <= 0)
        return false;
    folder[length] = '\0';
    slash = strrchr(folder, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

/* Takes the first line of the queue; false when there is none. */
static bool take_line(char *line, size_t size)
{
    char path[8192], queue[QUEUE_LIMIT + 1];
    ssize_t length = -1;
    size_t taken = 0;
    int fd;

    beside(path, sizeof(path), "impostor.queue");
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (flock(fd, LOCK_EX) == 0)
        length = read(fd, queue, QUEUE_LIMIT);
    if (length > 0) {
        queue[length] = '\0';
        taken = strcspn(queue, "\n");
        if (taken >= size || taken + 1 > (size_t)length ||
            pwrite(fd, queue + taken + 1, (size_t)length - taken - 1, 0) < 0 ||
            ftruncate(fd, length - (off_t)taken - 1) != 0)
            exit(91);
        memcpy(line, queue, taken);
        line[taken] = '\0';
    }
    close(fd);
    return taken > 0;
}

static void say(const char *what, const char *line)
{
    char path[8192], text[512];
    int length = snprintf(text, sizeof(text), "%s %s\n", what, line);
    int fd;

    beside(path, sizeof(path), "impostor.log");
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, (size_t)length) != length)
        exit(92);
    close(fd);
}

/* The channel is non-blocking. */
static bool wait_for(short events, int milliseconds)
{
    struct pollfd ready = {.fd = CHANNEL_FD, .events = events};

    return poll(&ready, 1, milliseconds) == 1;
}

static bool read_all(void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = recv(CHANNEL_FD, (char *)bytes + done, size - done, 0);

        if (got > 0)
            done += (size_t)got;
        else if (got == 0 || (errno != EAGAIN && errno != EINTR) ||
                 !wait_for(POLLIN, WAIT_FOR_THE_END))
            return false;
    }
    return true;
}

static void write_all(const void *bytes, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t sent = send(CHANNEL_FD, (const char *)bytes + done, size - done, MSG_NOSIGNAL);

        if (sent > 0)
            done += (size_t)sent;
        else if ((errno != EAGAIN && errno != EINTR) || !wait_for(POLLOUT, WAIT_FOR_THE_END))
            return;
    }
}

static void send_sample(enum message_type type)
{
    struct buffer out;

    buffer_init(&out, MESSAGE_SIZE_LIMIT);
    if (!message_sample_encode(type, &out))
        exit(93);
    write_all(buffer_bytes(&out), buffer_length(&out));
    buffer_free(&out);
}

/* Reads the broker's messages up to net_go and says net_ready; descriptors in them are lost. */
static bool become_ready(void)
{
    static uint8_t payload[MESSAGE_SIZE_LIMIT];
    uint8_t header[MESSAGE_HEADER_SIZE];
    enum message_type type;
    size_t length;

    do {
        if (!read_all(header, sizeof(header)) || !message_header(header, &type, &length) ||
            !read_all(payload, length))
            return false;
    } while (type != MESSAGE_net_go);
    send_sample(MESSAGE_net_ready);
    return true;
}

static void send_nonsense(void)
{
    for (unsigned type = MESSAGE_none + 1; type < MESSAGE_COUNT; type++)
        if (message_permitted(PROCESS_broker, PROCESS_net, CHANNEL_serving,
                              (enum message_type)type))
            send_sample((enum message_type)type);
    send_sample(MESSAGE_auth_identity);
}

static void break_rule(const char *line)
{
    const char *state = strchr(line, ' ');
    char message[64];

    if (state == NULL)
        exit(94);
    snprintf(message, sizeof(message), "%.*s", (int)(state - line), line);
    if (strcmp(state + 1, "serving") == 0 && !become_ready())
        exit(95);
    say("sent", line);
    if (strcmp(message, "nonsense") == 0)
        send_nonsense();
    else if (strcmp(message, "garbage") == 0)
        write_all("\xff\xff\xff\xff\xff\xff\xff\xff garbage", 16);
    else if (message_by_name(message) != MESSAGE_none)
        send_sample(message_by_name(message));
    else
        exit(96);
}

int main(int count, char **arguments)
{
    char line[128], real[8192];

    (void)count;
    if (!find_folder())
        return 97;
    if (!take_line(line, sizeof(line))) {
        beside(real, sizeof(real), "winrmd-net.real");
        execv(real, arguments);
        return 98;
    }
    break_rule(line);
    /* A broker that only closes the channel has not ended anything: stay, and be seen. */
    poll(NULL, 0, WAIT_FOR_THE_END);
    say("survived", line);
    return 99;
}
