/* SPDX-License-Identifier: ISC */

#include "broker/start.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/authz_host.h"
#include "broker/broker.h"
#include "broker/check.h"
#include "broker/check_files.h"
#include "broker/configuration_read.h"
#include "broker/control.h"
#include "broker/kept.h"
#include "broker/listener.h"
#include "broker/peers.h"
#include "broker/shell_login.h"

/* ---- the configuration is read ---- */

struct reading {
    struct configuration_reader reader;
    struct broker *broker;
};

static void reading_problem(struct configuration_reader *reader,
                            const struct message_config_problem *problem)
{
    (void)reader;
    configuration_print_problem(problem);
}

static void reading_done(struct configuration_reader *reader, struct configuration *configuration)
{
    struct broker *broker = container_of(reader, struct reading, reader)->broker;

    broker->configuration = configuration;
    loop_stop(broker->loop);
}

bool start_read(struct broker *broker)
{
    struct reading reading = {.reader = {.problem = reading_problem, .done = reading_done},
                              .broker = broker};

    if (configuration_read(broker, broker->config, &reading.reader))
        loop_run(broker->loop);
    configuration_read_stop(&reading.reader);
    return broker->configuration != NULL;
}

/* ---- and checked ---- */

struct checking {
    struct check check;
    bool usable;
};

static void plugin_problem(void *context, const struct message_config_problem *problem)
{
    struct check *check = context;

    container_of(check, struct checking, check)->usable = false;
    configuration_print_problem(problem);
}

static void plugins_checked(struct check *check)
{
    loop_stop(check->broker->loop);
}

static bool check_audit(const struct configuration *configuration)
{
    struct audit_file file;
    bool usable = audit_file_check(&file, configuration->audit);

    if (!usable)
        audit_file_complain(&file, configuration->audit);
    return usable;
}

static bool configuration_usable(struct broker *broker)
{
    struct checking checking = {.check = {.problem = plugin_problem, .done = plugins_checked},
                                .usable = check_audit(broker->configuration)};

    if (broker->root && !shell_login_check(broker->configuration))
        checking.usable = false;
    if (!check_files(broker))
        checking.usable = false;
    check_init(&checking.check, broker);
    for (size_t i = 0; i < broker->configuration->application_count; i++)
        check_application(&checking.check, broker->configuration->applications[i], true);
    if (check_running(&checking.check))
        loop_run(broker->loop);
    check_stop(&checking.check);
    return checking.usable;
}

bool start_check(struct broker *broker)
{
    const char *made = kept_to_write(broker->configuration);

    if (made != NULL)
        printf("%s: there is none yet; winrmd makes it when it starts\n", made);
    if (!configuration_usable(broker))
        return false;
    printf("%s: nothing wrong\n", broker->config);
    return true;
}

/* ---- or served ---- */

static bool broker_listen(struct broker *broker)
{
    struct listener_problem problem;
    char why[512];

    if (!listeners_bind(broker, broker->configuration, NULL, &problem)) {
        log_error("%s; %s", problem.cause, problem.remedy);
        return false;
    }
    if (!kept_write(broker->configuration, why, sizeof(why))) {
        log_error("%s; make that possible, or configure certificate and key", why);
        return false;
    }
    return true;
}

bool start_serve(struct broker *broker)
{
    const struct configuration *configuration = broker->configuration;

    notify_open(&broker->notify, broker->loop);
    broker->audit = audit_open(broker->loop, configuration->audit);
    if (broker->audit == NULL)
        return false;
    if (!broker_listen(broker) || !control_listen(broker))
        return false;
    if (broker->root && !shell_login_prepare(broker))
        return false;
    if (broker->root)
        log_info("root mode: every shell runs as its user, every process as whom it should be");
    else
        log_info(
            "unprivileged mode: every shell runs as uid %u, and there are no walls between users",
            (unsigned)getuid());
    for (size_t i = 0; i < configuration->application_count; i++)
        authz_host_start(application_new(broker, configuration->applications[i]));
    peers_start(broker);
    return true;
}

void broker_tell_ready(struct broker *broker, const char *what)
{
    const struct configuration *configuration = broker->configuration;
    char status[NOTIFY_SIZE];

    snprintf(status, sizeof(status), "serving; %zu listener%s, %zu application%s%s",
             configuration->listener_count, configuration->listener_count == 1 ? "" : "s",
             configuration->application_count, configuration->application_count == 1 ? "" : "s",
             what);
    notify_ready(&broker->notify, status);
}

void broker_check_ready(struct broker *broker)
{
    const struct configuration *configuration = broker->configuration;

    if (broker->ready || broker->stopping || !peers_ready(broker))
        return;
    for (size_t i = 0; i < broker->application_count; i++)
        if (!authz_host_settled(broker->applications[i]))
            return;
    broker->ready = true;
    for (size_t i = 0; i < configuration->listener_count; i++)
        for (size_t k = 0; k < configuration->application_count; k++)
            fprintf(stderr, "%sready on %s%s\n", log_title(LOG_LEVEL_info),
                    configuration->listeners[i].url, configuration->applications[k]->path);
    broker_tell_ready(broker, "");
}
