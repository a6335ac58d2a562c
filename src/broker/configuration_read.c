/* SPDX-License-Identifier: ISC */

#include "broker/configuration_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/identities.h"
#include "broker/kept.h"

enum { END_PATIENCE = 2000 };

/* The only file that is written for winrmd-config, which what it reads may have captured. */
#define MADE_FILE "self-signed.pem"

static struct configuration_reader *reader_of(const struct channel *channel)
{
    return child_of(channel)->owner;
}

static struct configuration *told_configuration(const struct channel *channel)
{
    return reader_of(channel)->configuration;
}

/* ---- what winrmd-config says ---- */

static void handle_open(struct channel *channel, const union message_body *body)
{
    const char *path = body->config_open.path != NULL ? body->config_open.path : "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat status = {0};

    if (fd >= 0 && body->config_open.keep > 0) {
        fstat(fd, &status);
        fd = kept_read(told_configuration(channel), body->config_open.keep, fd);
    }
    channel_send(channel, config_opened, .error = fd < 0 ? (uint32_t)errno : 0,
                 .mode = status.st_mode & 07777, .file = fd);
}

/* Beside winrmd.conf. */
static bool is_made_file(const struct configuration_reader *reader, const char *path)
{
    const char *slash = strrchr(reader->path, '/');
    size_t folder = slash != NULL ? (size_t)(slash + 1 - reader->path) : 0;

    return strncmp(path, reader->path, folder) == 0 && strcmp(path + folder, MADE_FILE) == 0;
}

static void handle_made(struct channel *channel, const union message_body *body)
{
    struct configuration_reader *reader = reader_of(channel);
    const struct message_config_made *made = &body->config_made;

    if (made->path == NULL || !is_made_file(reader, made->path)) {
        log_error("%s is no file that winrmd makes", made->path != NULL ? made->path : "that");
        reader->problems++;
    } else if (!kept_make(reader->configuration, made)) {
        reader->problems++;
    }
}

static void handle_service(struct channel *channel, const union message_body *body)
{
    configuration_take_service(told_configuration(channel), &body->config_service);
}

static void handle_listener(struct channel *channel, const union message_body *body)
{
    if (!configuration_take_listener(told_configuration(channel), &body->config_listener))
        reader_of(channel)->problems++;
}

static void handle_application(struct channel *channel, const union message_body *body)
{
    if (!configuration_take_application(told_configuration(channel), &body->config_application))
        reader_of(channel)->problems++;
}

static void handle_plugin(struct channel *channel, const union message_body *body)
{
    configuration_take_plugin(told_configuration(channel), &body->config_plugin);
}

static void handle_resource(struct channel *channel, const union message_body *body)
{
    configuration_take_resource(told_configuration(channel), &body->config_resource);
}

static void handle_problem(struct channel *channel, const union message_body *body)
{
    struct configuration_reader *reader = reader_of(channel);

    if (!body->config_problem.warning)
        reader->problems++;
    reader->problem(reader, &body->config_problem);
}

static void handle_end(struct channel *channel, const union message_body *body)
{
    struct configuration_reader *reader = reader_of(channel);

    if (reader->problems == 0)
        reader->problems = body->config_end.problems;
    reader->complete = true;
    /* Nothing is permitted after its last word; its end follows, and with it done(). */
    channel_set_state(channel, CHANNEL_stopping);
    child_end_within(child_of(channel), END_PATIENCE);
}

/* ---- reading ---- */

static void tell_problem(struct configuration_reader *reader, const char *cause, const char *remedy)
{
    reader->problems++;
    reader->problem(reader, &(struct message_config_problem){
                                .file = reader->path, .cause = cause, .remedy = remedy});
}

static void reader_clear(struct configuration_reader *reader)
{
    configuration_free(reader->configuration);
    free(reader->path);
    if (reader->file >= 0)
        close(reader->file);
    reader->configuration = NULL;
    reader->path = NULL;
    reader->process = NULL;
    reader->file = -1;
}

static void reader_end(struct configuration_reader *reader)
{
    struct configuration *configuration = reader->configuration;

    if (reader->problems == 0) {
        configuration_link(configuration);
        reader->configuration = NULL;
    } else {
        configuration = NULL;
    }
    reader_clear(reader);
    reader->done(reader, configuration);
}

static void reading_gone(struct child *process, bool crashed)
{
    struct configuration_reader *reader = process->owner;

    (void)crashed;
    if (reader == NULL)
        return;
    reader->process = NULL;
    if (!reader->complete)
        tell_problem(reader, "winrmd-config ended before it had read the configuration",
                     "the log may tell why");
    if (reader->problems == 0 && reader->broker->root)
        accounts_want_configured(&reader->accounts, reader->configuration);
    if (!accounts_begin(&reader->accounts, reader->broker))
        reader_end(reader);
}

/* Hands the file to winrmd-config. */
static bool reading_begin(struct configuration_reader *reader)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_config_open] = handle_open,
        [MESSAGE_config_made] = handle_made,
        [MESSAGE_config_service] = handle_service,
        [MESSAGE_config_listener] = handle_listener,
        [MESSAGE_config_application] = handle_application,
        [MESSAGE_config_plugin] = handle_plugin,
        [MESSAGE_config_resource] = handle_resource,
        [MESSAGE_config_problem] = handle_problem,
        [MESSAGE_config_end] = handle_end,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct broker *broker = reader->broker;
    int file = reader->file;

    reader->process =
        child_start(broker, PROCESS_config, "winrmd-config", NULL,
                    identity_of_role(broker, reader->configuration, PROCESS_config, NULL), &events,
                    reading_gone);
    if (reader->process == NULL) {
        tell_problem(reader, "winrmd-config cannot be started", "the log tells why");
        return false;
    }
    reader->process->owner = reader;
    reader->file = -1;
    channel_set_state(reader->process->channel, CHANNEL_serving);
    channel_send(reader->process->channel, config_read, .path = reader->path, .file = file);
    return true;
}

static void account_problem(struct accounts_search *search, const char *cause, const char *remedy)
{
    tell_problem(container_of(search, struct configuration_reader, accounts), cause, remedy);
}

/* winrmd's own accounts come before the configuration is read, the others after that. */
static void accounts_done(struct accounts_search *search)
{
    struct configuration_reader *reader =
        container_of(search, struct configuration_reader, accounts);

    if (reader->complete || reader->problems > 0 || !reading_begin(reader))
        reader_end(reader);
}

bool configuration_read(struct broker *broker, const char *path,
                        struct configuration_reader *reader)
{
    char cause[128];
    bool begun;

    reader->broker = broker;
    reader->path = mem_text(path);
    reader->complete = false;
    reader->problems = 0;
    reader->process = NULL;
    reader->configuration = mem_alloc(sizeof(*reader->configuration));
    reader->accounts = (struct accounts_search){.problem = account_problem, .done = accounts_done};
    reader->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (reader->file < 0) {
        snprintf(cause, sizeof(cause), "it cannot be opened (%s)", strerror(errno));
        tell_problem(reader, cause, "name another file with --config");
        reader_clear(reader);
        return false;
    }
    if (broker->root)
        accounts_want_system(&reader->accounts, reader->configuration);
    begun = accounts_begin(&reader->accounts, broker) || reading_begin(reader);
    if (!begun)
        reader_clear(reader);
    return begun;
}

void configuration_read_stop(struct configuration_reader *reader)
{
    accounts_stop(&reader->accounts);
    if (reader->process != NULL) {
        reader->process->owner = NULL;
        child_kill(reader->process);
    }
    if (reader->path != NULL)
        reader_clear(reader);
}

void configuration_print_problem(const struct message_config_problem *problem)
{
    char line[16] = "";

    if (problem->line > 0)
        snprintf(line, sizeof(line), ":%u", problem->line);
    fprintf(stderr, "%s%s%s: %s%s%s\n",
            log_priority(problem->warning ? LOG_LEVEL_info : LOG_LEVEL_error),
            problem->file != NULL ? problem->file : "?", line,
            problem->cause != NULL ? problem->cause : "wrong", problem->remedy != NULL ? "; " : "",
            problem->remedy != NULL ? problem->remedy : "");
}
