/* SPDX-License-Identifier: ISC */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/test_world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "methods.h"

const char *world_program;

const char identify_envelope[] =
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
    " xmlns:wsmid=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\">"
    "<s:Header/><s:Body><wsmid:Identify/></s:Body></s:Envelope>";

/* ---- peers ---- */

void peer_open(struct peer *peer, int fd)
{
    peer->fd = fd;
    peer->last = 0;
    buffer_init(&peer->in, 2 * MESSAGE_SIZE_LIMIT);
    arena_init(&peer->arena, MESSAGE_SIZE_LIMIT);
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    buffer_free(&peer->in);
    arena_free(&peer->arena);
}

void peer_write(struct peer *peer, enum message_type type, const void *body)
{
    union message_body copy;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    struct buffer frame;
    struct iovec data;
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    int *fd;

    memcpy(&copy, body, message_layout(type)->size);
    fd = message_fd(type, &copy);
    buffer_init(&frame, MESSAGE_SIZE_LIMIT);
    assert_true(message_encode(&frame, type, body));
    data = (struct iovec){buffer_bytes(&frame), buffer_length(&frame)};
    if (fd != NULL && *fd >= 3) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.header), fd, sizeof(int));
    }
    assert_int_equal(sendmsg(peer->fd, &message, MSG_NOSIGNAL), data.iov_len);
    if (message.msg_control != NULL)
        close(*fd);
    buffer_free(&frame);
}

/* Waits for bytes; false at the end of the stream. */
static bool read_more(int fd, struct buffer *in)
{
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    uint8_t *room = buffer_reserve(in, 65536);
    ssize_t got;

    assert_non_null(room);
    if (poll(&ready, 1, WORLD_PATIENCE) != 1)
        fail_msg("nothing came within %d ms", WORLD_PATIENCE);
    got = read(fd, room, 65536);
    if (got <= 0)
        return false;
    buffer_added(in, (size_t)got);
    return true;
}

const union message_body *peer_receive(struct peer *peer, enum message_type type)
{
    enum message_type got;
    size_t length;

    buffer_consume(&peer->in, peer->last);
    peer->last = 0;
    while (buffer_length(&peer->in) < MESSAGE_HEADER_SIZE)
        if (!read_more(peer->fd, &peer->in))
            fail_msg("the channel ended instead of %s", message_layout(type)->name);
    assert_true(message_header(buffer_bytes(&peer->in), &got, &length));
    while (buffer_length(&peer->in) < MESSAGE_HEADER_SIZE + length)
        assert_true(read_more(peer->fd, &peer->in));
    if (got != type)
        fail_msg("got %s instead of %s", message_layout(got)->name, message_layout(type)->name);
    arena_reset(&peer->arena);
    assert_true(message_decode(type, buffer_bytes(&peer->in) + MESSAGE_HEADER_SIZE, length,
                               &peer->arena, &peer->body));
    peer->last = MESSAGE_HEADER_SIZE + length;
    return &peer->body;
}

bool peer_silent(struct peer *peer)
{
    struct pollfd ready = {.fd = peer->fd, .events = POLLIN};

    return buffer_length(&peer->in) == peer->last && poll(&ready, 1, 0) == 0;
}

/* ---- the program ---- */

static int listen_on_loopback(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static pid_t start_program(int channel)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (channel == CHANNEL_FD)
            fcntl(channel, F_SETFD, 0);
        else
            dup2(channel, CHANNEL_FD);
        execl(world_program, world_program, (char *)NULL);
        _exit(127);
    }
    close(channel);
    return pid;
}

static int blocking(int fd)
{
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    return fd;
}

void world_new_auth(struct world *world)
{
    int pair[2];

    assert_true(channel_pair(pair));
    peer_close(&world->auth);
    peer_open(&world->auth, blocking(pair[0]));
    peer_send(&world->broker, net_auth, .channel = pair[1]);
}

int world_setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    char url[64];
    int pair[2];
    int socket;

    assert_non_null(world);
    *state = world;
    world->auth.fd = -1;
    assert_true(channel_pair(pair));
    world->pid = start_program(pair[1]);
    peer_open(&world->broker, blocking(pair[0]));
    socket = listen_on_loopback(&world->port);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d", world->port);
    peer_send(&world->broker, net_start, .net = 1, .machine = "testhost", .connections = 100,
              .guest_connections = 100, .address_connections = 100, .request_time = 120000);
    peer_send(&world->broker, net_listener, .listener = WORLD_LISTENER, .url = url,
              .methods = METHOD_BIT(basic), .header_limit = 98304, .socket = socket);
    peer_send(&world->broker, net_application, .application = WORLD_APPLICATION, .path = "/wsman",
              .max_envelope = 512000, .max_operation_time = 60000);
    world_new_auth(world);
    peer_send(&world->broker, net_go);
    peer_receive(&world->broker, MESSAGE_net_ready);
    return 0;
}

int world_teardown(void **state)
{
    struct world *world = *state;
    int status;

    peer_close(&world->broker);
    peer_close(&world->auth);
    assert_int_equal(waitpid(world->pid, &status, 0), world->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    free(world);
    return 0;
}

/* ---- clients ---- */

void client_connect(struct client *client, const struct world *world)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)world->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(client->fd >= 0);
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    buffer_init(&client->in, 16 * 1024 * 1024);
}

void client_close(struct client *client)
{
    close(client->fd);
    buffer_free(&client->in);
}

void client_write(struct client *client, const char *bytes, size_t length)
{
    assert_int_equal(send(client->fd, bytes, length, MSG_NOSIGNAL), length);
}

void client_post(struct client *client, const char *path, const char *headers, const char *body)
{
    struct buffer bytes;
    size_t length = body == NULL ? 0 : strlen(body);

    buffer_init(&bytes, 16 * 1024 * 1024);
    buffer_printf(&bytes,
                  "POST %s HTTP/1.1\r\nHost: windows-host:5985\r\n%s%sContent-Length: %zu\r\n\r\n",
                  path, headers,
                  length > 0 && strstr(headers, "Content-Type") == NULL
                      ? "Content-Type: application/soap+xml;charset=UTF-8\r\n"
                      : "",
                  length);
    if (length > 0)
        buffer_append(&bytes, body, length);
    client_write(client, (const char *)buffer_bytes(&bytes), buffer_length(&bytes));
    buffer_free(&bytes);
}

struct response client_response(struct client *client)
{
    struct response response = {0};
    const char *length;
    char *end = NULL;

    buffer_reset(&client->in);
    while (end == NULL) {
        if (!read_more(client->fd, &client->in))
            fail_msg("the connection ended instead of a response");
        buffer_reserve(&client->in, 1)[0] = '\0';
        end = strstr((char *)buffer_bytes(&client->in), "\r\n\r\n");
    }
    length = strstr((char *)buffer_bytes(&client->in), "Content-Length: ");
    assert_true(length != NULL && length < end);
    response.body_length = strtoul(length + strlen("Content-Length: "), NULL, 10);
    size_t head = (size_t)(end + 4 - (char *)buffer_bytes(&client->in));

    while (buffer_length(&client->in) < head + response.body_length)
        assert_true(read_more(client->fd, &client->in));
    assert_int_equal(buffer_length(&client->in), head + response.body_length);
    buffer_reserve(&client->in, 1)[0] = '\0';
    response.head = (char *)buffer_bytes(&client->in);
    response.head[head - 2] = '\0';
    response.body = response.head + head;
    assert_int_equal(sscanf(response.head, "HTTP/1.1 %u", &response.status), 1);
    return response;
}

const char *response_header(const struct response *response, const char *name)
{
    static char value[4096];
    char line[128];
    const char *at;

    snprintf(line, sizeof(line), "\r\n%s: ", name);
    at = strstr(response->head, line);
    if (at == NULL)
        return NULL;
    at += strlen(line);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

void world_login(struct world *world, struct client *client, uint64_t session)
{
    uint64_t exchange;

    client_post(client, "/wsman", AS_ALICE, NULL);
    exchange = peer_expect(&world->auth, auth_basic)->exchange;
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = session);
    assert_int_equal(client_response(client).status, 200);
}

const char *envelope(const char *action, const char *shell, const char *body)
{
    static char text[65536];
    char selector[256] = "";

    if (shell != NULL)
        snprintf(selector, sizeof(selector),
                 "<w:SelectorSet><w:Selector Name=\"ShellId\">%s</w:Selector></w:SelectorSet>",
                 shell);
    snprintf(
        text, sizeof(text),
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
        " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
        " xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\""
        " xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\"><s:Header>"
        "<a:To>http://windows-host:5985/wsman</a:To>"
        "<a:ReplyTo><a:Address s:mustUnderstand=\"true\">"
        "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>"
        "<w:MaxEnvelopeSize s:mustUnderstand=\"true\">153600</w:MaxEnvelopeSize>"
        "<a:MessageID>" MESSAGE_ID "</a:MessageID>"
        "<w:OperationTimeout>PT20S</w:OperationTimeout>"
        "<w:ResourceURI s:mustUnderstand=\"true\">" CMD_SHELL "</w:ResourceURI>"
        "<a:Action s:mustUnderstand=\"true\">%s</a:Action>%s"
        "</s:Header><s:Body>%s</s:Body></s:Envelope>",
        action, selector, body);
    return text;
}
