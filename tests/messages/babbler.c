/* SPDX-License-Identifier: ISC */

/*
 * Stands in for winrmd-net or winrmd-host in a copy of the program folder and talks nonsense to
 * the broker that the message rules permit: ids that it has seen or guessed, texts that are
 * missing, empty or as long as may be, answers twice or to nobody, and an end at any moment.
 *
 * Beside the executable lies the folder `babble` with empty files net.SEED, authz.SEED and
 * shell.SEED: every start takes one of its kind away. Without one the program becomes the real
 * one, which lies there as winrmd-net.real or winrmd-host.real. As winrmd-net it authenticates the
 * users of the tests, so that its operations are some that a captured winrmd-net could ask for.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "operations.h"

enum {
    KNOWN = 32,            /* ids and texts that are remembered */
    LONGEST_LIFE = 600,    /* messages */
    FIRST_PATIENCE = 3000, /* milliseconds, for the first ids */
    LAST_PATIENCE = 5000   /* the broker kills a process whose channel has ended */
};

static char program[4096], kind[8];
static enum process role;
static uint64_t ids[KNOWN];
static char shells[KNOWN][LIMIT_ID + 1];
static unsigned ids_seen, shells_seen;
static char longest[LIMIT_PAYLOAD + 1];
static bool serving; /* the broker takes more than the first message */

static unsigned chance(unsigned sides)
{
    return (unsigned)lrand48() % sides;
}

/* ---- becoming somebody ---- */

static bool take_seed(long *seed)
{
    char path[8192], file[16384];
    size_t length = strlen(kind);
    struct dirent *entry;
    bool taken = false;
    DIR *folder;

    snprintf(path, sizeof(path), "%.*s/babble", (int)(strrchr(program, '/') - program), program);
    folder = opendir(path);
    while (!taken && folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, kind, length) != 0 || entry->d_name[length] != '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
        /* Of several that start at the same moment one removes it. */
        taken = unlink(file) == 0;
        *seed = atol(entry->d_name + length + 1);
    }
    if (folder != NULL)
        closedir(folder);
    return taken;
}

/* A host learns from the first field of its first message which kind it is. */
static bool find_role(void)
{
    uint8_t first[MESSAGE_HEADER_SIZE + 1];
    struct pollfd ready = {.fd = CHANNEL_FD, .events = POLLIN};

    if (strstr(program, "winrmd-net") != NULL) {
        role = PROCESS_net;
        strcpy(kind, "net");
        return true;
    }
    if (poll(&ready, 1, -1) != 1 ||
        recv(CHANNEL_FD, first, sizeof(first), MSG_PEEK) != (ssize_t)sizeof(first))
        return false;
    role = first[MESSAGE_HEADER_SIZE] != 0 ? PROCESS_authz_host : PROCESS_shell_host;
    strcpy(kind, role == PROCESS_authz_host ? "authz" : "shell");
    return true;
}

/* ---- saying ---- */

static void say(int fd, enum message_type type, const void *body)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    struct buffer out;

    buffer_init(&out, MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE);
    if (!message_encode(&out, type, body))
        exit(91);
    while (buffer_length(&out) > 0) {
        ssize_t sent = send(fd, buffer_bytes(&out), buffer_length(&out), MSG_NOSIGNAL);

        if (sent > 0)
            buffer_consume(&out, (size_t)sent);
        else if (errno == EAGAIN)
            poll(&ready, 1, -1);
        else
            exit(0);
    }
    buffer_free(&out);
}

#define SAY(message, ...) \
    say(CHANNEL_FD, MESSAGE_##message, &(const struct message_##message){__VA_ARGS__})

static uint64_t some_id(void)
{
    static const uint64_t edges[] = {0, 1, UINT64_MAX, UINT64_C(0x0102030405060708)};

    if (ids_seen == 0 || chance(10) == 0)
        return edges[chance(4)];
    /* The broker's ids are one sequence: the next ones are easily guessed. */
    return ids[chance(ids_seen < KNOWN ? ids_seen : KNOWN)] + (chance(4) == 0 ? chance(6) : 0);
}

static const char *some_text(const struct message_field *field)
{
    bool shell = strcmp(field->name, "shell_id") == 0;

    switch (chance(12)) {
    case 0:
    case 1:
        return NULL;
    case 2:
        return "";
    case 3:
        return longest + LIMIT_PAYLOAD - field->limit;
    default:
        break;
    }
    if (shell && shells_seen > 0)
        return shells[chance(shells_seen < KNOWN ? shells_seen : KNOWN)];
    if (shell)
        return NULL;
    return strcmp(field->name, "resource_uri") == 0 ? SHELL "/cmd" : field->name;
}

static void some_value(const struct message_field *field, char *body)
{
    static const struct ipc_item items[] = {{.name = NULL}, {.name = "name", .flags = 7}};
    static const uint32_t numbers[] = {0, 0, 1, 2, 3, 170, UINT32_MAX};
    void *place = body + field->offset;

    switch (field->type) {
    case FIELD_BOOL:
        *(bool *)place = chance(2) == 0;
        break;
    case FIELD_U32:
        *(uint32_t *)place = strcmp(field->name, "kind") == 0          ? chance(OPERATION_KINDS + 2)
                             : strcmp(field->name, "application") == 0 ? chance(20) == 0
                                                                       : numbers[chance(7)];
        break;
    case FIELD_U64:
        *(uint64_t *)place = some_id();
        break;
    case FIELD_TEXT:
        *(const char **)place = some_text(field);
        break;
    case FIELD_BYTES:
        break;
    case FIELD_ITEMS:
        *(struct ipc_items *)place = (struct ipc_items){.item = items, .count = chance(3)};
        break;
    case FIELD_FD:
        *(int *)place = -1;
        break;
    }
}

/* Any message that is permitted, with anything in it. */
static void say_something(void)
{
    union message_body body = {0};
    const struct message_layout *layout;
    unsigned type;

    do {
        type = chance(MESSAGE_COUNT);
    } while (!message_permitted(PROCESS_broker, role, CHANNEL_serving, (enum message_type)type));
    layout = message_layout((enum message_type)type);
    for (size_t i = 0; i < layout->field_count; i++)
        some_value(&layout->fields[i], (char *)&body);
    say(CHANNEL_FD, (enum message_type)type, &body);
}

/* ---- hearing ---- */

static void remember(const struct message_layout *layout, const char *body)
{
    for (size_t i = 0; i < layout->field_count; i++) {
        const struct message_field *field = &layout->fields[i];
        const void *place = body + field->offset;

        if (field->type == FIELD_U64)
            ids[ids_seen++ % KNOWN] = *(const uint64_t *)place;
        else if (strcmp(field->name, "shell_id") == 0 && *(const char *const *)place != NULL)
            snprintf(shells[shells_seen++ % KNOWN], sizeof(shells[0]), "%s",
                     *(const char *const *)place);
    }
}

static void authenticate(int auth)
{
    static const char *const users[] = {"alice", "bob", "dave", "frank"};

    for (uint64_t i = 0; i < 4; i++) {
        char secret[32];

        snprintf(secret, sizeof(secret), "%s-secret", users[i]);
        say(auth, MESSAGE_auth_basic,
            &(struct message_auth_basic){
                .exchange = i, .address = "here", .user = users[i], .password = secret});
    }
}

/* Now and then what the real one would do, so that things get further than their beginning. */
static void react(enum message_type type, const union message_body *body)
{
    static uint64_t context;
    uint32_t code = chance(6) == 0 ? 5 : 0;
    unsigned times = chance(8) == 0 ? chance(3) : 1;

    if (type == MESSAGE_net_go)
        say(CHANNEL_FD, MESSAGE_net_ready, &(struct message_net_ready){0});
    serving = serving || type == MESSAGE_net_go || role != PROCESS_net;
    for (; times > 0; times--) {
        if (type == MESSAGE_authz_user)
            SAY(authz_user_answer, .call = body->authz_user.call, .code = code,
                .context = ++context, .token = TOKEN_client);
        else if (type == MESSAGE_authz_quota)
            SAY(authz_quota_answer, .call = body->authz_quota.call, .code = code);
        else if (type == MESSAGE_authz_operation)
            SAY(authz_operation_answer, .call = body->authz_operation.call, .code = code,
                .context = ++context);
        else if (type == MESSAGE_host_shell)
            SAY(shell_started, .operation = body->host_shell.operation);
        else if (type == MESSAGE_shell_end)
            SAY(shell_ended, .code = code);
    }
    /* Once: a second one breaks the rules. */
    if (type == MESSAGE_host_start)
        SAY(host_started, .code = chance(20) == 0 ? 5 : 0);
    if (type == MESSAGE_host_stop)
        exit(0);
}

static int received[16];
static size_t received_count;

static void take_descriptors(struct msghdr *message)
{
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (received_count + count > 16)
            exit(92);
        memcpy(received + received_count, CMSG_DATA(header), count * sizeof(int));
        received_count += count;
    }
}

static void hear_one(enum message_type type, const uint8_t *payload, size_t length)
{
    struct arena arena;
    union message_body body;
    int *fd;

    arena_init(&arena, MESSAGE_SIZE_LIMIT);
    if (!message_decode(type, payload, length, &arena, &body))
        exit(93);
    fd = message_fd(type, &body);
    if (fd != NULL && *fd == MESSAGE_FD_ANNOUNCED) {
        *fd = received[0];
        memmove(received, received + 1, --received_count * sizeof(int));
        if (type == MESSAGE_net_auth)
            authenticate(*fd);
        else
            close(*fd);
    }
    remember(message_layout(type), (const char *)&body);
    react(type, &body);
    arena_free(&arena);
}

/* False when the broker has closed the channel. */
static bool hear(struct buffer *in)
{
    union {
        char bytes[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr header;
    } control;
    struct iovec data = {.iov_base = buffer_reserve(in, 65536), .iov_len = 65536};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t got = recvmsg(CHANNEL_FD, &message, MSG_DONTWAIT);
    enum message_type type;
    size_t length;

    if (got <= 0)
        return got < 0 && errno == EAGAIN;
    buffer_added(in, (size_t)got);
    take_descriptors(&message);
    while (buffer_length(in) >= MESSAGE_HEADER_SIZE &&
           message_header(buffer_bytes(in), &type, &length) &&
           buffer_length(in) >= MESSAGE_HEADER_SIZE + length) {
        hear_one(type, buffer_bytes(in) + MESSAGE_HEADER_SIZE, length);
        buffer_consume(in, MESSAGE_HEADER_SIZE + length);
    }
    return true;
}

/* ---- life ---- */

/* A process may be there without its channel, and may be gone in any way. */
static void end_somehow(void)
{
    switch (chance(5)) {
    case 0:
        exit(0);
    case 1:
        abort();
    case 2:
        kill(getpid(), SIGKILL);
        break;
    default:
        shutdown(CHANNEL_FD, SHUT_RDWR);
        poll(NULL, 0, LAST_PATIENCE);
    }
}

int main(int count, char **arguments)
{
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    static struct buffer in; /* still reachable at the end, whichever comes */
    unsigned life;
    bool ready = false;
    long seed = 0;

    (void)count;
    if (length <= 0 || !find_role())
        return 97;
    if (!take_seed(&seed)) {
        strcat(program, ".real");
        execv(program, arguments);
        return 98;
    }
    srand48(seed);
    memset(longest, 'x', LIMIT_PAYLOAD);
    buffer_init(&in, 2 * MESSAGE_SIZE_LIMIT);
    life = chance(LONGEST_LIFE);
    while (life > 0) {
        struct pollfd channels[] = {{.fd = CHANNEL_FD, .events = POLLIN}};

        int heard = poll(channels, 1, ready ? (int)chance(3) : FIRST_PATIENCE);

        if (heard > 0 && !hear(&in))
            return 0;
        ready = ready || (serving && (heard == 0 || ids_seen > (role == PROCESS_net ? 4 : 0)));
        for (unsigned i = chance(4); ready && i > 0 && life > 0; i--, life--)
            say_something();
    }
    end_somehow();
    return 0;
}
