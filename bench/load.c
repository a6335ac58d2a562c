/* SPDX-License-Identifier: ISC */

/*
 * Load client: one process, one epoll loop, a number of kept HTTP/1.1 connections that send the
 * same request again as soon as its answer is there. Every answer has to be a 200.
 *
 *   load [-c connections] [-n requests | -s seconds | -i] [-m method] [-H 'Name: value']...
 *        [-A file] [-b body-file] [-0] [-S] [-w] [-x] ADDRESS PORT PATH
 *
 * Each connection first gets WARM_UP answers outside the count (connecting, authenticating); with
 * -0 it only connects. With -w the client then prints "ready" and waits for a line on standard
 * input, and at the end keeps its connections until standard input ends: so that somebody can read
 * the servers' CPU clocks around nothing but requests. With -i that is all: the connections are
 * idle. The result is one line of JSON; latencies are microseconds.
 *
 * -A names a file with one value of Authorization a line, the first for the first connection and so
 * on. -S spreads the connections over source addresses 127.0.1.1 to 127.0.1.250, for servers that
 * limit them by address. An answer that is no 200 ends the client; with -x it is counted.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    WARM_UP = 3,
    ANSWER_SIZE = 1 << 16,
    CONNECTIONS_LIMIT = 20000,
    WARMING = 32, /* connections that are warmed up at the same time */
    SOURCES = 250,
    PATIENCE = 20000
};

struct connection {
    int fd;
    char *request;
    size_t request_length;
    double sent;   /* when */
    size_t length; /* bytes of the answer so far */
    size_t wanted; /* whole answer; 0: head not complete */
    unsigned long answers;
    char *answer;
};

struct load {
    unsigned connection_count;
    unsigned long requests;
    double seconds;
    const char *method;
    bool waits;
    bool idle;
    bool cold;
    bool spread;
    bool counts_others;
    unsigned long others; /* answers that are no 200 */
    uint32_t *latencies;  /* microseconds, one for each answer that counts */
    size_t latency_room;
    struct connection *connections;
    int epoll;
    bool counting;
    unsigned warm;
    unsigned long sent;
    unsigned long answered;
    double end;
    bool over; /* nothing new is sent */
    unsigned busy;
};

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void fail_with(const char *what, const char *text, size_t length)
{
    fprintf(stderr, "load: %s\n%.*s\n", what, (int)(length < 2000 ? length : 2000), text);
    exit(1);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Grows a text by some bytes. */
static void add(char **text, size_t *length, const void *bytes, size_t count)
{
    *text = realloc(*text, *length + count + 1);
    if (*text == NULL)
        fail("memory");
    memcpy(*text + *length, bytes, count);
    *length += count;
    (*text)[*length] = '\0';
}

static char *read_file(const char *name, size_t *length)
{
    FILE *file = fopen(name, "rb");
    char *text = NULL;
    char part[4096];
    size_t count;

    *length = 0;
    if (file == NULL)
        fail(name);
    while ((count = fread(part, 1, sizeof(part), file)) > 0)
        add(&text, length, part, count);
    fclose(file);
    return text;
}

static void send_request(struct load *load, struct connection *connection)
{
    ssize_t count =
        send(connection->fd, connection->request, connection->request_length, MSG_NOSIGNAL);

    /* A request fits into the socket's buffer: the one before has been answered. */
    if (count != (ssize_t)connection->request_length)
        fail("send");
    connection->sent = now();
    connection->length = 0;
    connection->wanted = 0;
    load->busy++;
    if (load->counting)
        load->sent++;
}

static void connect_one(struct load *load, struct connection *connection,
                        const struct sockaddr_in *address)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    uint32_t number = (uint32_t)(connection - load->connections) % SOURCES;
    struct sockaddr_in source = {.sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl(0x7f000101u + number)};
    int one = 1;

    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connection->answer = malloc(ANSWER_SIZE + 1);
    if (connection->fd < 0 || connection->answer == NULL ||
        (load->spread &&
         bind(connection->fd, (const struct sockaddr *)&source, sizeof(source)) < 0) ||
        connect(connection->fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        fail("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) < 0)
        fail("epoll");
    if (!load->cold)
        send_request(load, connection);
}

/* Length of the whole answer from its head; 0 when the head is not complete. */
static size_t whole_length(struct load *load, const struct connection *connection)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    const char *field;

    if (end == NULL)
        return 0;
    if (strncmp(connection->answer, "HTTP/1.1 200 ", 13) != 0) {
        if (!load->counts_others)
            fail_with("not a 200:", connection->answer, connection->length);
        load->others++;
    }
    field = strcasestr(connection->answer, "\r\nContent-Length:");
    if (field == NULL || field > end)
        fail_with("no length:", connection->answer, connection->length);
    return (size_t)(end + 4 - connection->answer) + strtoul(field + 17, NULL, 10);
}

static bool wants_more(const struct load *load)
{
    return !load->over && (load->requests == 0 || load->sent < load->requests);
}

static void note_latency(struct load *load, double seconds)
{
    if (load->answered == load->latency_room) {
        load->latency_room = load->latency_room * 2 + 1024;
        load->latencies = realloc(load->latencies, load->latency_room * sizeof(*load->latencies));
        if (load->latencies == NULL)
            fail("memory");
    }
    load->latencies[load->answered++] = (uint32_t)(seconds * 1e6);
}

static void answered(struct load *load, struct connection *connection)
{
    load->busy--;
    if (load->counting) {
        note_latency(load, now() - connection->sent);
        if (wants_more(load))
            send_request(load, connection);
    } else if (++connection->answers < WARM_UP) {
        send_request(load, connection);
    } else {
        load->warm++;
    }
}

static void readable(struct load *load, struct connection *connection)
{
    ssize_t count = recv(connection->fd, connection->answer + connection->length,
                         ANSWER_SIZE - connection->length, MSG_DONTWAIT);

    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0)
        fail_with("connection ended:", connection->answer, connection->length);
    connection->length += (size_t)count;
    connection->answer[connection->length] = '\0';
    if (connection->wanted == 0)
        connection->wanted = whole_length(load, connection);
    if (connection->wanted > ANSWER_SIZE)
        fail_with("answer too long:", connection->answer, 400);
    if (connection->wanted > 0 && connection->length >= connection->wanted)
        answered(load, connection);
}

static void turn(struct load *load)
{
    struct epoll_event events[64];
    int count = epoll_wait(load->epoll, events, 64, PATIENCE);

    if (count == 0)
        fail_with("no answer within 20 s", "", 0);
    for (int i = 0; i < count; i++)
        readable(load, events[i].data.ptr);
    if (load->counting && load->seconds > 0 && now() >= load->end)
        load->over = true;
}

static void connect_all(struct load *load, const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        fail_with("not an IPv4 address:", host, strlen(host));
    load->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (load->epoll < 0)
        fail("epoll");
    for (unsigned i = 0; i < load->connection_count; i++) {
        connect_one(load, &load->connections[i], &address);
        while (!load->cold && load->warm + WARMING <= i)
            turn(load);
    }
    while (!load->cold && load->warm < load->connection_count)
        turn(load);
}

/* Says a word to whoever drives the measurement and waits for the reply. */
static void meet(const struct load *load, const char *word)
{
    char line[16];

    if (!load->waits)
        return;
    if (word != NULL) {
        puts(word);
        fflush(stdout);
    }
    if (fgets(line, sizeof(line), stdin) == NULL && word != NULL)
        exit(1);
}

static int by_size(const void *one, const void *other)
{
    uint32_t left = *(const uint32_t *)one;
    uint32_t right = *(const uint32_t *)other;

    return left < right ? -1 : left > right;
}

static uint32_t percentile(const struct load *load, unsigned percent)
{
    return load->answered > 0 ? load->latencies[(load->answered - 1) * percent / 100] : 0;
}

static void measure(struct load *load)
{
    double begin = now();
    double took;

    load->counting = true;
    load->end = begin + load->seconds;
    for (unsigned i = 0; i < load->connection_count && wants_more(load); i++)
        send_request(load, &load->connections[i]);
    while (load->busy > 0)
        turn(load);
    took = now() - begin;
    qsort(load->latencies, load->answered, sizeof(*load->latencies), by_size);
    printf("{\"requests\": %lu, \"others\": %lu, \"seconds\": %.6f, \"per_second\": %.0f, "
           "\"p50\": %u, \"p99\": %u}\n",
           load->answered, load->others, took, (double)load->answered / took, percentile(load, 50),
           percentile(load, 99));
    fflush(stdout);
}

/* The same request for all connections, but for the line of Authorization that is its own. */
static void build_requests(struct load *load, const char *host, const char *path,
                           const char *headers, const char *body_file, char *authorizations)
{
    size_t body_length = 0;
    char *body = body_file != NULL ? read_file(body_file, &body_length) : NULL;

    load->connections = calloc(load->connection_count, sizeof(*load->connections));
    if (load->connections == NULL)
        fail("memory");
    for (unsigned i = 0; i < load->connection_count; i++) {
        struct connection *connection = &load->connections[i];
        const char *line = authorizations != NULL ? strsep(&authorizations, "\n") : NULL;
        char *head = NULL;
        int length =
            asprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n%s%s%s%sContent-Length: %zu\r\n\r\n",
                     load->method, path, host, headers, line != NULL ? "Authorization: " : "",
                     line != NULL ? line : "", line != NULL ? "\r\n" : "", body_length);

        if (length < 0)
            fail("memory");
        add(&connection->request, &connection->request_length, head, (size_t)length);
        if (body != NULL)
            add(&connection->request, &connection->request_length, body, body_length);
        free(head);
    }
    free(body);
}

int main(int count, char **arguments)
{
    struct load load = {.connection_count = 50, .method = "POST"};
    const char *body_file = NULL;
    char *authorizations = NULL;
    char *headers = NULL;
    size_t headers_length = 0;
    size_t length;
    int option;

    add(&headers, &headers_length, "", 0);
    while ((option = getopt(count, arguments, "c:n:s:m:H:A:b:iw0Sx")) != -1) {
        switch (option) {
        case 'c':
            load.connection_count = (unsigned)atoi(optarg);
            break;
        case 'n':
            load.requests = strtoul(optarg, NULL, 10);
            break;
        case 's':
            load.seconds = atof(optarg);
            break;
        case 'm':
            load.method = optarg;
            break;
        case 'H':
            add(&headers, &headers_length, optarg, strlen(optarg));
            add(&headers, &headers_length, "\r\n", 2);
            break;
        case 'A':
            authorizations = read_file(optarg, &length);
            break;
        case 'b':
            body_file = optarg;
            break;
        case 'i':
            load.idle = load.waits = true;
            break;
        case 'w':
            load.waits = true;
            break;
        case '0':
            load.cold = true;
            break;
        case 'S':
            load.spread = true;
            break;
        case 'x':
            load.counts_others = true;
            break;
        default:
            return 2;
        }
    }
    if (count - optind != 3 || load.connection_count < 1 ||
        load.connection_count > CONNECTIONS_LIMIT ||
        (load.requests > 0) + (load.seconds > 0) + load.idle != 1) {
        fprintf(stderr, "usage: load [-c connections] [-n requests | -s seconds | -i] [-m method] "
                        "[-H header]... [-A file] [-b body-file] [-0] [-S] [-w] [-x] "
                        "ADDRESS PORT PATH\n");
        return 2;
    }
    build_requests(&load, arguments[optind], arguments[optind + 2], headers, body_file,
                   authorizations);
    connect_all(&load, arguments[optind], arguments[optind + 1]);
    meet(&load, "ready");
    if (!load.idle)
        measure(&load);
    meet(&load, NULL);
    return 0;
}
