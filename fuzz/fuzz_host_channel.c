/* SPDX-License-Identifier: ISC */

/*
 * What a shell host says to winrmd-net: the way from one user to the others. The first byte of an
 * input says how it is sent (enum sent), the rest are the raw bytes of the channel, which go
 * through the real framing, the decoder, the table of who may send what, and the handlers with
 * their answers. In the header of a frame the words "answ", "outp" and "conn" stand for the types
 * of the three messages, so that seeds outlive changes of the table.
 *
 * Requests wait in every state, at this host and at another one. Whatever the host says, only those
 * that it was asked are answered, each once, by a well-formed envelope; the broker hears of nobody
 * else; nothing is held beyond one message; nothing leaks.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "net/connection.h"
#include "net/host_channel.h"
#include "net/net.h"
#include "operations.h"
#include "soap/reader.h"
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum sent {
    SENT_PIECES = 0x07, /* in pieces of 1, 4, 16 ... bytes; 0: in one */
    SENT_FD = 0x08,     /* with a descriptor along */
    SENT_DEAF = 0x10,   /* by a host that does not read */
    SENT_TWICE = 0x20,  /* everything again */
    SENT_WIDE = 0x40,   /* to clients that speak UTF-16 */
    SENT_ALONE = 0x80   /* when the clients have left */
};

enum { HOST = 9, OTHER = 10, SIZE_LIMIT = 2 * MESSAGE_SIZE_LIMIT, PIECES_LIMIT = 64 };

/* What waits: at whom, in which state. Its id is its place here and 1 in the upper half. */
static const struct {
    enum operation_kind kind;
    enum request_state state;
    uint32_t host;
} rows[] = {
    {OPERATION_receive, REQUEST_PASSED, HOST},
    {OPERATION_shell, REQUEST_PASSED, HOST},
    {OPERATION_command, REQUEST_PASSED, HOST},
    {OPERATION_send, REQUEST_PASSED, HOST},
    {OPERATION_signal, REQUEST_PASSED, HOST},
    {OPERATION_connect, REQUEST_PASSED, HOST},
    {OPERATION_reconnect, REQUEST_PASSED, HOST},
    {OPERATION_receive, REQUEST_PASSED, HOST},
    {OPERATION_receive, REQUEST_PASSED, OTHER},
    {OPERATION_shell, REQUEST_PASSED, OTHER},
    {OPERATION_connect, REQUEST_PASSED, OTHER},
    {OPERATION_command, REQUEST_PASSED, OTHER},
    {OPERATION_receive, REQUEST_ASKED, 0},
    {OPERATION_get, REQUEST_STARTED, 0},
    {OPERATION_none, REQUEST_AUTHENTICATING, 0},
    {OPERATION_receive, REQUEST_ANSWERED, 0},
    {OPERATION_receive, REQUEST_PASSED, HOST /* its time is over at once */},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), LATE = ROWS - 1 };

static struct {
    struct loop *loop;
    struct soap_reader *reader;
    struct net net;
    struct connection *clients[ROWS];
    unsigned answers[ROWS];
    int broker, host, other; /* the far ends */
    bool ending;             /* the other host ends too */
} world;

/* ---- the log, which would be told of every rule that is broken ---- */

void log_error(const char *format, ...)
{
    (void)format;
}

void log_info(const char *format, ...)
{
    (void)format;
}

void log_debug(const char *format, ...)
{
    (void)format;
}

const char *log_safe(char *out, size_t size, const char *text)
{
    (void)text;
    if (size > 0)
        out[0] = '\0';
    return out;
}

/* ---- the HTTP server ---- */

static void check_envelope(const void *body, size_t length)
{
    struct soap_document document;
    struct arena arena;

    arena_init(&arena, 64 * 1024 * 1024);
    switch (soap_read(world.reader, body, length, NULL, &arena, &document)) {
    case SOAP_OK:
    case SOAP_LIMIT: /* of what is read from clients; a plug-in may embed more */
        break;
    default:
        require(false);
    }
    arena_free(&arena);
}

bool http_answer(struct http_server *server, uint64_t handle, uint64_t token, unsigned status,
                 const struct http_headers *headers, const void *body, size_t length)
{
    size_t row = (uint32_t)token;

    (void)server;
    (void)headers;
    require(handle == row + 1 && row < ROWS);
    require(status == 200 || status == 500);
    require(rows[row].state == REQUEST_PASSED);
    require(rows[row].host == HOST || world.ending);
    require(++world.answers[row] == 1);
    check_envelope(body, length);
    /* Some are written before this returns, some can not be. */
    if (row % 2 == 0)
        request_end(request_find(&world.net, token), true);
    return row % 2 == 0;
}

void http_server_authenticated(struct http_server *server, uint64_t handle, bool authenticated)
{
    (void)server;
    (void)handle;
    (void)authenticated;
}

/* ---- a turn of the loop ---- */

static void woken(void *context)
{
    loop_stop(context);
}

static void turn(void)
{
    loop_wake(world.loop);
    loop_run(world.loop);
}

static void drain(int fd)
{
    uint8_t bytes[65536];

    while (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
        continue;
}

/* What the broker has been told: of requests that were asked of the host, and of that host. */
static void check_broker(void)
{
    static uint8_t bytes[65536];
    ssize_t got = recv(world.broker, bytes, sizeof(bytes), MSG_DONTWAIT);
    size_t at = 0;

    while (got > 0 && at < (size_t)got) {
        enum message_type type;
        union message_body body;
        struct arena arena;
        size_t length;

        require((size_t)got - at >= MESSAGE_HEADER_SIZE);
        require(message_header(bytes + at, &type, &length));
        require((size_t)got - at >= MESSAGE_HEADER_SIZE + length);
        arena_init(&arena, 65536);
        require(message_decode(type, bytes + at + MESSAGE_HEADER_SIZE, length, &arena, &body));
        if (type == MESSAGE_operation_written)
            require(rows[body.operation_written.operation - 1].host == HOST);
        else
            require((type == MESSAGE_host_broke && body.host_broke.host == HOST) ||
                    (type == MESSAGE_channel_lost && body.channel_lost.host == HOST));
        arena_free(&arena);
        at += MESSAGE_HEADER_SIZE + length;
    }
}

/* ---- the world ---- */

static void nothing(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    (void)why;
}

static void make_request(size_t row, struct host_channel *hosts[2], uint8_t sent)
{
    const struct http_request http = {.handle = row + 1, .target = "/wsman", .path_length = 6};
    struct connection *client = calloc(1, sizeof(*client));
    struct request *request;

    client->net = &world.net;
    world.clients[row] = client;
    request = request_new(&world.net, client, &http);
    request->operation = row + 1;
    request->message.encoding = (sent & SENT_WIDE) != 0 ? SOAP_UTF16 : SOAP_UTF8;
    request->message.response_limit = 153600;
    memset(&request->message.payload, 0, sizeof(request->message.payload));
    request->message.operation.kind = rows[row].kind;
    request->message.operation.action = SHELL "/Something";
    request->message.operation.message_id = "uuid:1";
    request->message.operation.resource_uri = SHELL "/cmd";
    request->message.operation.timeout = 60000;
    /* That and the time in which a host may answer all the same is none. */
    if (row == LATE)
        request->message.operation.timeout = (uint64_t)-5000;
    request->message.operation.command_id = row % 4 == 0 ? "COMMAND" : NULL;
    request->grant.command_id = "COMMAND";
    if (rows[row].kind == OPERATION_shell)
        request_keep_details(request, &(struct message_shell_details){.shell_id = "SHELL"});
    request->state = rows[row].state;
    if (rows[row].state == REQUEST_PASSED) {
        require(host_channel_pass(hosts[rows[row].host == OTHER], request));
        if ((sent & SENT_ALONE) != 0)
            request_client_gone(request);
    }
}

static int far_end(int *near)
{
    int pair[2];

    require(channel_pair(pair));
    *near = pair[0];
    return pair[1];
}

static void world_make(uint8_t sent)
{
    static const channel_handler handlers[MESSAGE_COUNT];
    static const struct channel_events events = {.handlers = handlers, .ended = nothing};
    struct host_channel *hosts[2];
    int near;

    if (world.loop == NULL) {
        world.loop = loop_new();
        world.reader = soap_reader_new();
        loop_on_wake(world.loop, woken, world.loop);
        world.net.reader = soap_reader_new();
    }
    world.net = (struct net){.loop = world.loop, .reader = world.net.reader};
    world.net.site.machine = (char *)(uintptr_t) "machine";
    memset(world.answers, 0, sizeof(world.answers));
    world.ending = false;
    map_init(&world.net.hosts);
    map_init(&world.net.sessions);
    list_init(&world.net.incomplete);
    world.broker = far_end(&near);
    world.net.broker =
        channel_new(world.loop, near, PROCESS_net, PROCESS_broker, &events, &world.net);
    world.host = far_end(&near);
    hosts[0] = host_channel_find(&world.net, HOST, near);
    world.other = far_end(&near);
    hosts[1] = host_channel_find(&world.net, OTHER, near);
    for (size_t row = 0; row < ROWS; row++)
        make_request(row, hosts, sent);
}

static void world_end(void)
{
    struct net *net = &world.net;

    world.ending = true;
    close(world.host);
    close(world.other);
    turn();
    turn();
    require(map_get_u64(&net->hosts, HOST) == NULL && map_get_u64(&net->hosts, OTHER) == NULL);
    require(net->incomplete_memory == 0 && list_empty(&net->incomplete));
    for (size_t row = 0; row < ROWS; row++) {
        struct request *request = net->requests.slots[row];

        require(rows[row].state != REQUEST_PASSED || request->state == REQUEST_none);
        if (request->state != REQUEST_none)
            request_end(request, false);
        arena_free(&request->arena);
        free(request);
        free(world.clients[row]);
    }
    channel_free(net->broker);
    close(world.broker);
    free(net->requests.slots);
    free(net->requests.free);
    buffer_free(&net->response);
    map_free(&net->hosts);
    map_free(&net->sessions);
}

/* What nobody may touch is as it was. */
static void check_others(void)
{
    for (size_t row = 0; row < ROWS; row++)
        if (rows[row].host != HOST)
            require(world.net.requests.slots[row]->state == rows[row].state &&
                    world.answers[row] == 0);
    require(map_get_u64(&world.net.hosts, OTHER) != NULL);
    require(world.net.incomplete_memory <= MESSAGE_SIZE_LIMIT + 2 * 65536);
}

/* ---- the input ---- */

/* The words for the types, frame by frame. */
static void spell(uint8_t *bytes, size_t size)
{
    static const struct {
        char word[5];
        uint32_t type;
    } words[] = {
        {"answ", MESSAGE_host_answer}, {"outp", MESSAGE_output}, {"conn", MESSAGE_connect_answer}};
    uint32_t length;

    for (size_t at = 0; size - at >= MESSAGE_HEADER_SIZE; at += length) {
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (memcmp(bytes + at + 4, words[i].word, 4) == 0)
                memcpy(bytes + at + 4, &words[i].type, 4);
        memcpy(&length, bytes + at, sizeof(length));
        at += MESSAGE_HEADER_SIZE;
        if (length > size - at)
            return;
    }
}

static bool say(const uint8_t *bytes, size_t size, bool with_fd)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    struct iovec data = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};

    if (with_fd) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), &world.other, sizeof(int));
    }
    return sendmsg(world.host, &message, MSG_NOSIGNAL) == (ssize_t)size;
}

static void send_input(const uint8_t *bytes, size_t size, uint8_t sent)
{
    size_t piece = (sent & SENT_PIECES) == 0 ? 65536 : (size_t)1 << 2 * ((sent & SENT_PIECES) - 1);

    if (piece < size / PIECES_LIMIT)
        piece = size / PIECES_LIMIT;
    for (size_t at = 0; at < size; at += piece) {
        bool with_fd = at == 0 && (sent & SENT_FD) != 0;

        if (!say(bytes + at, size - at < piece ? size - at : piece, with_fd))
            return;
        turn();
        if ((sent & SENT_DEAF) == 0)
            drain(world.host);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes;

    if (size < 1 || size > SIZE_LIMIT)
        return 0;
    bytes = malloc(size);
    memcpy(bytes, data + 1, size - 1);
    spell(bytes, size - 1);
    world_make(data[0]);
    /* What was asked goes out, and the time of one is over. */
    turn();
    send_input(bytes, size - 1, data[0]);
    if ((data[0] & SENT_TWICE) != 0)
        send_input(bytes, size - 1, data[0]);
    turn();
    check_others();
    check_broker();
    world_end();
    free(bytes);
    return 0;
}
