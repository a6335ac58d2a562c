/* SPDX-License-Identifier: ISC */

/* winrmctl status: asks over the control socket, prints what comes back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/model.h"
#include "ctl/ctl.h"
#include "ctl/table.h"
#include "ipc/channel.h"

enum { PATIENCE = 10000 /* milliseconds for the whole answer */ };

struct asking {
    struct loop *loop;
    struct loop_timer patience;
    struct table tables[5];
    const char *failure; /* NULL: none so far */
    bool complete;
};

#define TABLES (sizeof(((struct asking *)NULL)->tables) / sizeof(struct table))

static const struct {
    enum message_type type;
    const char *name;
} shown[] = {{MESSAGE_status_process, "processes"},
             {MESSAGE_status_application, "applications"},
             {MESSAGE_status_record, "records"},
             {MESSAGE_status_shell, "shells"},
             {MESSAGE_status_counter, "counters"}};

static void asking_add(struct channel *channel, enum message_type type, const void *body)
{
    struct asking *asking = channel_owner(channel);

    for (size_t i = 0; i < TABLES; i++)
        if (asking->tables[i].type == type)
            table_add(&asking->tables[i], body);
}

#define ON_ROW(message)                                                               \
    static void on_##message(struct channel *channel, const union message_body *body) \
    {                                                                                 \
        asking_add(channel, MESSAGE_##message, body);                                 \
    }
ON_ROW(status_process)
ON_ROW(status_application)
ON_ROW(status_record)
ON_ROW(status_shell)
ON_ROW(status_counter)

static void on_status_end(struct channel *channel, const union message_body *body)
{
    struct asking *asking = channel_owner(channel);

    (void)body;
    asking->complete = true;
    loop_stop(asking->loop);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    struct asking *asking = channel_owner(channel);

    (void)why;
    asking->failure = fault ? "it answers in a way this winrmctl does not understand"
                            : "it hung up; only its own user and root may ask";
    loop_stop(asking->loop);
}

static void on_patience_end(struct loop_timer *timer)
{
    struct asking *asking = container_of(timer, struct asking, patience);

    asking->failure = "it did not answer within 10 seconds";
    loop_stop(asking->loop);
}

static bool asking_run(struct asking *asking, int fd)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_status_process] = on_status_process,
        [MESSAGE_status_application] = on_status_application,
        [MESSAGE_status_record] = on_status_record,
        [MESSAGE_status_shell] = on_status_shell,
        [MESSAGE_status_counter] = on_status_counter,
        [MESSAGE_status_end] = on_status_end};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    struct channel *channel;

    asking->loop = loop_new();
    if (asking->loop == NULL)
        return false;
    channel = channel_new(asking->loop, fd, PROCESS_control, PROCESS_broker, &events, asking);
    if (channel != NULL) {
        channel_set_state(channel, CHANNEL_serving);
        asking->patience.expired = on_patience_end;
        loop_timer_start(asking->loop, &asking->patience, PATIENCE);
        channel_send(channel, status_ask, .end_of_message = 0);
        loop_run(asking->loop);
    }
    channel_free(channel);
    loop_free(asking->loop);
    return asking->complete;
}

static void asking_print(const struct asking *asking, bool json)
{
    if (json)
        puts("{");
    for (size_t i = 0; i < TABLES; i++) {
        if (json) {
            table_print_json(&asking->tables[i], stdout);
            puts(i + 1 < TABLES ? "," : "\n}");
        } else {
            table_print_text(&asking->tables[i], stdout);
        }
    }
}

/* ---- the way to the socket ---- */

/* Path of the control socket; free(). NULL after a complaint. */
static char *control_path(const char *file)
{
    struct config config;
    struct config_problems *problems = mem_alloc(sizeof(*problems));
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *why = fd < 0 ? strerror(errno) : "";
    size_t length = 0;
    char *bytes = fd < 0 ? NULL : config_load(fd, &length, &why);
    char *path = NULL;

    problems_init(problems);
    config_init(&config, file);
    if (bytes == NULL) {
        ctl_complain("%s cannot be read: %s; name winrmd's configuration with --config", file, why);
    } else {
        /* A file that is wrong elsewhere still names the socket of the winrmd that runs. */
        config_read_conf(&config, bytes, length, problems);
        path = mem_text(config.service.control);
    }
    config_free(&config);
    problems_free(problems);
    free(problems);
    free(bytes);
    if (fd >= 0)
        close(fd);
    return path;
}

static int control_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;

    if (strlen(path) >= sizeof(address.sun_path)) {
        ctl_complain("the path of the control socket is too long: %s", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    ctl_complain("winrmd cannot be reached at %s: %s; %s", path, strerror(errno),
                 errno == EACCES ? "ask as its own user or as root"
                                 : "is it running with this configuration?");
    if (fd >= 0)
        close(fd);
    return -1;
}

enum ctl_exit ctl_status(const struct ctl_options *options)
{
    struct asking asking = {0};
    enum ctl_exit result = CTL_failed;
    char *path = control_path(options->config);
    int fd;

    for (size_t i = 0; i < TABLES; i++)
        asking.tables[i] = (struct table){.type = shown[i].type, .name = shown[i].name};
    if (path == NULL)
        return CTL_failed;
    fd = control_connect(path);
    if (fd < 0) {
        result = CTL_no_answer;
    } else if (!asking_run(&asking, fd)) {
        ctl_complain("winrmd at %s does not answer: %s", path,
                     asking.failure != NULL ? asking.failure : "the socket cannot be watched");
        result = CTL_no_answer;
    } else {
        asking_print(&asking, options->json);
        result = fflush(stdout) == 0 ? CTL_done : CTL_failed;
    }
    for (size_t i = 0; i < TABLES; i++)
        table_free(&asking.tables[i]);
    free(path);
    return result;
}
