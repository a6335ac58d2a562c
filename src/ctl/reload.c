/* SPDX-License-Identifier: ISC */

/* winrmctl reload: the running winrmd reads its configuration again, or says what is wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "ctl/control.h"

/* Every plug-in may take its 30 s to start before the new configuration holds. */
enum { PATIENCE = 300 };

struct reloading {
    struct question question;
    uint32_t problems;
};

/* As `winrmd --check` says it. */
static void on_problem(struct channel *channel, const union message_body *body)
{
    const struct message_reload_problem *problem = &body->reload_problem;
    char *file = ctl_printable(problem->file != NULL ? problem->file : "?");
    char *cause = ctl_printable(problem->cause != NULL ? problem->cause : "wrong");
    char *remedy = ctl_printable(problem->remedy != NULL ? problem->remedy : "");
    char line[16] = "";

    (void)channel;
    if (problem->line > 0)
        snprintf(line, sizeof(line), ":%u", problem->line);
    fprintf(stderr, "%s%s: %s%s%s\n", file, line, cause, remedy[0] != '\0' ? "; " : "", remedy);
    free(file);
    free(cause);
    free(remedy);
}

static void on_end(struct channel *channel, const union message_body *body)
{
    struct reloading *reloading = container_of(question_of(channel), struct reloading, question);

    reloading->problems = body->reload_end.problems;
    question_answered(channel);
}

enum ctl_exit ctl_reload(const struct ctl_options *options)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_reload_problem] = on_problem,
        [MESSAGE_reload_end] = on_end,
    };
    struct reloading reloading = {
        .question = {.ask = MESSAGE_reload_ask, .handlers = handlers, .patience = PATIENCE}};
    enum ctl_exit result = question_ask(&reloading.question, options->config);

    if (result != CTL_done)
        return result;
    if (reloading.problems > 0) {
        ctl_complain("the new configuration was refused (%u problem%s); nothing was changed",
                     reloading.problems, reloading.problems == 1 ? "" : "s");
        return CTL_failed;
    }
    puts("the new configuration holds");
    return CTL_done;
}
