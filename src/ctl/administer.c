/* SPDX-License-Identifier: ISC */

/* winrmctl users, kill, revoke, unthrottle and log-level. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/control.h"
#include "ctl/table.h"
#include "log_levels.h"

/* A plug-in has 5 s to end what its shell has running, and its host 3 s more (docs/operating.md).
 */
enum { PATIENCE = 30 };

struct administering {
    struct question question;
    struct table rows; /* users or shells */
    struct message_control_done done;
    char *problem;
};

static struct administering *administering_of(const struct channel *channel)
{
    return container_of(question_of(channel), struct administering, question);
}

static void on_user(struct channel *channel, const union message_body *body)
{
    table_add(&administering_of(channel)->rows, &body->control_user);
}

static void on_shell(struct channel *channel, const union message_body *body)
{
    table_add(&administering_of(channel)->rows, &body->control_shell);
}

static void on_done(struct channel *channel, const union message_body *body)
{
    struct administering *administering = administering_of(channel);

    administering->done = body->control_done;
    if (body->control_done.problem != NULL)
        administering->problem = ctl_printable(body->control_done.problem);
    administering->done.problem = NULL;
    question_answered(channel);
}

static void administering_end(struct administering *administering)
{
    table_free(&administering->rows);
    free(administering->problem);
}

/* What cannot be done is on standard error when this returns anything but CTL_done. */
static enum ctl_exit administering_ask(struct administering *administering, const char *config,
                                       enum message_type ask, const union message_body *body)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_control_user] = on_user,
        [MESSAGE_control_shell] = on_shell,
        [MESSAGE_control_done] = on_done,
    };
    enum ctl_exit result;

    administering->question =
        (struct question){.ask = ask, .body = body, .handlers = handlers, .patience = PATIENCE};
    if (administering->rows.type == MESSAGE_none)
        administering->rows = (struct table){.type = MESSAGE_control_shell, .name = "shells"};
    result = question_ask(&administering->question, config);
    if (result == CTL_done && administering->problem != NULL) {
        ctl_complain("%s", administering->problem);
        result = CTL_failed;
    }
    return result;
}

static enum ctl_exit printed(enum ctl_exit result)
{
    if (result == CTL_done && fflush(stdout) != 0) {
        ctl_complain("standard output cannot be written");
        return CTL_failed;
    }
    return result;
}

/* ---- users ---- */

enum ctl_exit ctl_users(const struct ctl_options *options)
{
    struct administering administering = {.rows = {.type = MESSAGE_control_user, .name = "users"}};
    enum ctl_exit result =
        administering_ask(&administering, options->config, MESSAGE_control_users, NULL);

    if (result == CTL_done && options->json) {
        fputs("{\n", stdout);
        table_print_json(&administering.rows, stdout);
        fputs("\n}\n", stdout);
    } else if (result == CTL_done) {
        table_print_text(&administering.rows, stdout);
    }
    administering_end(&administering);
    return printed(result);
}

/* ---- kill and revoke ---- */

enum ctl_exit ctl_kill(const struct ctl_options *options, const char *shell)
{
    const union message_body body = {
        .control_kill = {.shell = shell,
                         .user = options->user_count > 0 ? options->users[0] : NULL,
                         .application = options->application}};
    struct administering administering = {0};
    enum ctl_exit result =
        administering_ask(&administering, options->config, MESSAGE_control_kill, &body);

    if (result == CTL_done && options->json) {
        fputs("{\n", stdout);
        table_print_json(&administering.rows, stdout);
        fputs("\n}\n", stdout);
    } else if (result == CTL_done) {
        fputs("ended ", stdout);
        table_print_text(&administering.rows, stdout);
    }
    administering_end(&administering);
    return printed(result);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

enum ctl_exit ctl_revoke(const struct ctl_options *options, const char *user)
{
    const union message_body body = {
        .control_revoke = {.user = user, .application = options->application}};
    struct administering administering = {0};
    const struct message_control_done *done = &administering.done;
    enum ctl_exit result =
        administering_ask(&administering, options->config, MESSAGE_control_revoke, &body);

    if (result == CTL_done && options->json) {
        printf("{\n  \"sessions\": %u,\n  \"records\": %u,\n", done->sessions, done->records);
        table_print_json(&administering.rows, stdout);
        fputs("\n}\n", stdout);
    } else if (result == CTL_done) {
        printf("ended %u session%s, %u user record%s and %zu shell%s\n", done->sessions,
               plural(done->sessions), done->records, plural(done->records),
               administering.rows.rows, plural(administering.rows.rows));
    }
    administering_end(&administering);
    return printed(result);
}

/* ---- unthrottle and log-level ---- */

enum ctl_exit ctl_unthrottle(const struct ctl_options *options, const char *who)
{
    const union message_body body = {.control_unthrottle = {.who = who}};
    struct administering administering = {0};
    const struct message_control_done *done = &administering.done;
    enum ctl_exit result =
        administering_ask(&administering, options->config, MESSAGE_control_unthrottle, &body);

    if (result == CTL_done && done->windows + done->failures == 0) {
        ctl_complain("there is nothing to give back to %s: neither messages of this time slot nor "
                     "failed logins",
                     who);
        result = CTL_failed;
    } else if (result == CTL_done && options->json)
        printf("{\n  \"windows\": %u,\n  \"failures\": %u\n}\n", done->windows, done->failures);
    else if (result == CTL_done)
        printf("given back: %u time slot%s, %u count%s of failed logins\n", done->windows,
               plural(done->windows), done->failures, plural(done->failures));
    administering_end(&administering);
    return printed(result);
}

/* LOG_LEVEL_none: "default"; LOG_LEVELS: no level. */
static enum log_level level_of(const char *word)
{
#define L(level, name, priority)   \
    if (strcmp(word, (name)) == 0) \
        return LOG_LEVEL_##level;
    LOG_LEVEL_TABLE(L)
#undef L
    return strcmp(word, "default") == 0 ? LOG_LEVEL_none : LOG_LEVELS;
}

enum ctl_exit ctl_log_level(const struct ctl_options *options, const char *word,
                            const char *process)
{
    const union message_body body = {
        .control_level = {.level = level_of(word), .process = process}};
    struct administering administering = {0};
    enum ctl_exit result;

    if (level_of(word) == LOG_LEVELS) {
        ctl_complain("%s is no level; write error, info, debug, or default for what winrmd was "
                     "started with",
                     word);
        return CTL_usage;
    }
    result = administering_ask(&administering, options->config, MESSAGE_control_level, &body);
    if (result == CTL_done && options->json)
        printf("{\n  \"processes\": %u\n}\n", administering.done.processes);
    else if (result == CTL_done)
        printf("told %u process%s\n", administering.done.processes,
               administering.done.processes == 1 ? "" : "es");
    administering_end(&administering);
    return printed(result);
}
