/* SPDX-License-Identifier: ISC */

/*
 * winrmd-config: reads winrmd.conf, the certificates and keys it names, and each application's
 * web.config for the broker and ends. It opens nothing itself: the broker, which may see these
 * files, hands over their descriptors, and this process, which parses them, may see nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_load.h"
#include "base/guard.h"
#include "base/log.h"
#include "config/model.h"
#include "config/send.h"
#include "config/tls_files.h"
#include "confine/confine.h"

struct reading {
    struct loop *loop;
    struct config config;
    struct config_problems problems;
    struct tls_files tls;
    struct list *next; /* application whose web.config has been asked for */
    bool begun;
    bool done;
};

static struct config_application *reading_application(struct reading *reading)
{
    return container_of(reading->next, struct config_application, link);
}

static void reading_end(struct reading *reading, struct channel *channel)
{
    int flags = fcntl(CHANNEL_FD, F_GETFL);

    fcntl(CHANNEL_FD, F_SETFL, flags & ~O_NONBLOCK);
    reading->done = config_send(channel, &reading->config, &reading->problems);
    loop_stop(reading->loop);
}

/* Asks for the next file of TLS or the next web.config that has a place, or ends. */
static void reading_advance(struct reading *reading, struct channel *channel)
{
    if (reading->next == &reading->config.applications && tls_files_ask(&reading->tls, channel))
        return;
    do {
        reading->next = reading->next->next;
    } while (reading->next != &reading->config.applications &&
             reading_application(reading)->set.directory == NULL);
    if (reading->next == &reading->config.applications)
        reading_end(reading, channel);
    else
        channel_send(channel, config_open,
                     .path = config_web_path(&reading->config, reading_application(reading)));
}

static void on_read(struct channel *channel, const union message_body *body)
{
    struct reading *reading = channel_owner(channel);
    const char *why = "no descriptor came with it";
    size_t length = 0;
    char *bytes = NULL;

    channel_set_state(channel, CHANNEL_serving);
    config_init(&reading->config, body->config_read.path != NULL ? body->config_read.path : "");
    reading->begun = true;
    if (body->config_read.file >= CHANNEL_FD) {
        bytes = file_load(body->config_read.file, &length, &why);
        close(body->config_read.file);
    }
    if (bytes == NULL)
        problem_add(&reading->problems, reading->config.file, 0,
                    problem_text(&reading->problems, "the file cannot be read: %s", why),
                    "name a file that winrmd may read");
    else
        config_read_conf(&reading->config, bytes, length, &reading->problems);
    free(bytes);
    reading->next = &reading->config.applications;
    tls_files_init(&reading->tls, &reading->config, &reading->problems);
    reading_advance(reading, channel);
}

static void on_opened(struct channel *channel, const union message_body *body)
{
    struct reading *reading = channel_owner(channel);
    int fd = body->config_opened.file;
    const char *why = strerror((int)body->config_opened.error);
    size_t length = 0;
    char *bytes = NULL;

    if (reading->begun && tls_files_waiting(&reading->tls)) {
        tls_files_opened(&reading->tls, channel, &body->config_opened);
        reading_advance(reading, channel);
        return;
    }
    if (!reading->begun || reading->next == &reading->config.applications) {
        if (fd >= CHANNEL_FD)
            close(fd);
        return;
    }
    if (fd >= CHANNEL_FD) {
        bytes = file_load(fd, &length, &why);
        close(fd);
    }
    if (bytes == NULL)
        problem_add(&reading->problems,
                    config_web_path(&reading->config, reading_application(reading)), 0,
                    problem_text(&reading->problems, "the file of %s cannot be read: %s",
                                 reading_application(reading)->place.what, why),
                    "write a web.config there, or correct directory");
    else
        config_read_web(&reading->config, reading_application(reading), bytes, length,
                        &reading->problems);
    free(bytes);
    reading_advance(reading, channel);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    struct reading *reading = channel_owner(channel);

    if (fault)
        log_error("the broker %s", why);
    loop_stop(reading->loop);
}

int main(int count, char **arguments)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_config_read] = on_read, [MESSAGE_config_opened] = on_opened};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    static struct reading reading;
    struct channel *channel;

    (void)arguments;
    log_open("winrmd-config");
    guard_memory();
    guard_end_with_parent();
    confine_config();
    reading.loop = loop_new();
    problems_init(&reading.problems);
    channel = count > 1 || reading.loop == NULL
                  ? NULL
                  : channel_new(reading.loop, CHANNEL_FD, PROCESS_config, PROCESS_broker, &events,
                                &reading);
    if (channel == NULL) {
        fprintf(stderr, "winrmd-config is started by winrmd, not by hand\n");
        return 2;
    }
    loop_run(reading.loop);
    channel_free(channel);
    tls_files_free(&reading.tls);
    problems_free(&reading.problems);
    if (reading.begun)
        config_free(&reading.config);
    loop_free(reading.loop);
    return reading.done ? 0 : 1;
}
