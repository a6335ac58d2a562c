/* SPDX-License-Identifier: ISC */

/*
 * What a captured shell host can write into its channels: to the broker (descriptor 3), and to
 * every winrmd-net that it has been introduced to. It knows the code of messages as well as
 * anybody.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hostile/attacker.h"
#include "ipc/channel.h"

enum { FDS = 1024, FLOOD = 2000000, GUESSES = 3000, ROWS = 64, GENERATIONS = 64 };

/* False when the other side has closed the channel. */
static bool put(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent < 0 && errno == EAGAIN) {
            poll(&ready, 1, -1);
            continue;
        }
        if (sent <= 0)
            return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool put_message(int fd, enum message_type type, const void *body)
{
    struct buffer frame;
    bool done;

    buffer_init(&frame, MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE);
    done =
        message_encode(&frame, type, body) && put(fd, buffer_bytes(&frame), buffer_length(&frame));
    buffer_free(&frame);
    return done;
}

#define PUT(fd, message, ...) \
    put_message((fd), MESSAGE_##message, &(const struct message_##message){__VA_ARGS__})

static void put_header(int fd, size_t length, enum message_type type)
{
    const uint32_t header[2] = {(uint32_t)length, (uint32_t)type};

    put(fd, header, sizeof(header));
}

static void put_with_fd(int fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    char byte = 0;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
    sendmsg(fd, &message, MSG_NOSIGNAL);
}

/* ---- what is said to either ---- */

static void say_garbage(int fd)
{
    static const char bytes[] = "GET /wsman HTTP/1.1\r\n\r\n";

    put(fd, bytes, sizeof(bytes));
}

static void say_oversized(int fd)
{
    put_header(fd, MESSAGE_SIZE_LIMIT + 1, fd == CHANNEL_FD ? MESSAGE_shell_ended : MESSAGE_output);
}

static void say_descriptor(int fd)
{
    put_with_fd(fd);
}

static void say_what_the_broker_says(int fd)
{
    PUT(fd, host_gone, .host = 1);
}

static void say_a_verdict(int fd)
{
    PUT(fd, pam_verdict, .account = "root");
}

/* ---- to the broker ---- */

static void say_malformed(int fd)
{
    put_header(fd, 2, MESSAGE_command_ended);
    put(fd, "xx", 2);
}

static void say_longest(int fd)
{
    put_header(fd, MESSAGE_SIZE_LIMIT, MESSAGE_shell_ended);
}

static void say_started_again(int fd)
{
    PUT(fd, host_started, .text = "again");
}

/* Ids are one sequence in the broker, so that those of other shells are easily guessed. */
static void end_others(int fd)
{
    for (uint64_t id = 1; id < GUESSES; id++)
        if (!PUT(fd, command_ended, .operation = id))
            return;
}

static void begin_others(int fd)
{
    for (uint64_t id = 1; id < GUESSES; id++)
        if (!PUT(fd, command_started, .operation = id, .command_line = "forged"))
            return;
}

static void connect_others(int fd)
{
    for (uint64_t id = 1; id < GUESSES; id++)
        if (!PUT(fd, shell_connected, .operation = id))
            return;
}

static void flood_ends(int fd)
{
    for (int i = 0; i < FLOOD; i++)
        if (!PUT(fd, command_ended, .operation = UINT64_MAX))
            return;
}

static void flood_strays(int fd)
{
    for (int i = 0; i < FLOOD; i++)
        if (!PUT(fd, authz_stray, .function = "x", .cause = "y"))
            return;
}

/* ---- to winrmd-net ---- */

static void say_malformed_output(int fd)
{
    put_header(fd, 12, MESSAGE_output);
    put(fd, "xxxxxxxx\xff\xff\xff\xff", 12);
}

static void answer_others(int fd)
{
    for (uint64_t generation = 1; generation < GENERATIONS; generation++)
        for (uint64_t row = 0; row < ROWS; row++)
            if (!PUT(fd, output, .request = generation << 32 | row, .state = COMMAND_STATE_done))
                return;
}

static void flood_answers(int fd)
{
    for (int i = 0; i < FLOOD; i++)
        if (!PUT(fd, host_answer, .request = UINT64_MAX))
            return;
}

static const struct {
    const char *name;
    bool broker; /* or the winrmd-nets */
    void (*say)(int fd);
} attacks[] = {
    {"broker-garbage", true, say_garbage},
    {"broker-oversized", true, say_oversized},
    {"broker-descriptor", true, say_descriptor},
    {"broker-not-permitted", true, say_what_the_broker_says},
    {"broker-verdict", true, say_a_verdict},
    {"broker-malformed", true, say_malformed},
    {"broker-longest", true, say_longest},
    {"broker-out-of-state", true, say_started_again},
    {"broker-ends-others", true, end_others},
    {"broker-begins-others", true, begin_others},
    {"broker-connects-others", true, connect_others},
    {"broker-flood", true, flood_ends},
    {"broker-stray-flood", true, flood_strays},
    {"net-garbage", false, say_garbage},
    {"net-oversized", false, say_oversized},
    {"net-descriptor", false, say_descriptor},
    {"net-not-permitted", false, say_what_the_broker_says},
    {"net-malformed", false, say_malformed_output},
    {"net-answers-others", false, answer_others},
    {"net-flood", false, flood_answers},
};

/* The channels to winrmd-nets: connected sockets of this process that are not the broker's. */
static size_t find_channels(int fds[FDS])
{
    size_t count = 0;

    for (int fd = CHANNEL_FD + 1; fd < FDS; fd++) {
        int domain = 0;
        socklen_t size = sizeof(domain);

        if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX)
            fds[count++] = fd;
    }
    return count;
}

void attacker_message(const char *attack)
{
    int fds[FDS];
    size_t count = find_channels(fds);

    for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
        if (strcmp(attacks[i].name, attack) != 0)
            continue;
        attacker_say("%zu channels", count);
        if (attacks[i].broker)
            attacks[i].say(CHANNEL_FD);
        for (size_t at = 0; !attacks[i].broker && at < count; at++)
            attacks[i].say(fds[at]);
        /* Whoever is not ended for it can be seen to live on. */
        return;
    }
    attacker_say("there is no attack %s", attack);
}
