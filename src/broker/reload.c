/* SPDX-License-Identifier: ISC */

#include "broker/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/configuration_read.h"
#include "broker/kept.h"
#include "broker/listener.h"
#include "broker/peers.h"
#include "broker/reload_changes.h"

enum { SETTLE_PATIENCE = 5000 };

/* Who has asked for a reload: the first one of whom that is known, where several did. */
struct asker {
    bool known; /* false: a signal, which says nothing of its sender */
    uid_t uid;
    pid_t pid;
};

struct reload {
    struct broker *broker;
    struct list listeners;
    struct asker asker;
    struct list late; /* who asked when it had begun: for the next one */
    struct asker late_asker;
    struct configuration_reader reader;
    struct configuration *fresh;
    struct reload_changes changes;
    struct audit_file audit;
    uint32_t problems;
    bool again; /* another was asked for meanwhile */
    bool swapped;
    struct loop_timer settling;
};

static void reload_begin_for(struct broker *broker, struct list *listeners,
                             const struct asker *asker);

/* ---- telling ---- */

static void listeners_problem(struct list *listeners, const struct message_config_problem *problem)
{
    list_each(link, listeners) {
        struct reload_listener *listener = container_of(link, struct reload_listener, link);

        listener->problem(listener, problem);
    }
}

/* Empties the list. */
static void listeners_done(struct list *listeners, uint32_t problems)
{
    while (!list_empty(listeners)) {
        struct reload_listener *listener =
            container_of(listeners->next, struct reload_listener, link);

        list_remove(&listener->link);
        listener->done(listener, problems);
    }
}

static void reload_problem(struct reload *reload, const struct message_config_problem *problem)
{
    if (!problem->warning)
        reload->problems++;
    configuration_print_problem(problem);
    listeners_problem(&reload->listeners, problem);
}

static void reload_tell(struct reload *reload, const char *cause, const char *remedy)
{
    reload_problem(reload, &(struct message_config_problem){
                               .file = reload->broker->config, .cause = cause, .remedy = remedy});
}

static void reload_audit(const struct reload *reload)
{
    struct audit *audit = reload->broker->audit;

    audit_begin(audit, "reload");
    if (reload->asker.known) {
        audit_number(audit, "by-uid", reload->asker.uid);
        audit_number(audit, "by-pid", (uint64_t)reload->asker.pid);
    }
    audit_text(audit, "verdict", reload->problems == 0 ? "done" : "refused");
    audit_text(audit, "configuration", reload->broker->config);
    audit_end(audit);
}

/* ---- the end ---- */

static void reload_free(struct reload *reload)
{
    configuration_read_stop(&reload->reader);
    reload_changes_drop(&reload->changes);
    loop_timer_stop(reload->broker->loop, &reload->settling);
    audit_file_close(&reload->audit);
    configuration_free(reload->fresh);
    free(reload);
}

static void reload_end(struct reload *reload)
{
    struct broker *broker = reload->broker;
    uint32_t problems = reload->problems;

    broker_count(broker, problems > 0 ? COUNTER_reload_failures : COUNTER_reloads);
    if (problems > 0)
        log_error("the configuration was not reloaded: nothing has changed");
    reload_audit(reload);
    listeners_done(&reload->listeners, problems);
    broker->reload = NULL;
    if (!broker->stopping)
        broker_tell_ready(broker,
                          problems > 0 ? "; the last change of the configuration was refused" : "");
    if (reload->again)
        reload_begin_for(broker, &reload->late, &reload->late_asker);
    reload_free(reload);
}

/* ---- from the old configuration to the fresh one ---- */

/* Clients may use what is new; its sockets listen already. */
static void print_ready(const struct reload *reload, const struct configuration *old)
{
    const struct configuration *fresh = reload->broker->configuration;

    for (size_t i = 0; i < fresh->listener_count; i++)
        for (size_t k = 0; k < fresh->application_count; k++)
            if (!listener_continues(old, &fresh->listeners[i]) ||
                !application_is_configured(old, fresh->applications[k]->path))
                fprintf(stderr, "%sready on %s%s\n", log_title(LOG_LEVEL_info),
                        fresh->listeners[i].url, fresh->applications[k]->path);
}

static void reload_swap(struct reload *reload)
{
    struct broker *broker = reload->broker;
    struct configuration *old = broker->configuration;
    struct reload_tally tally = reload_changes_apply(&reload->changes);

    broker->configuration = reload->fresh;
    reload->fresh = NULL;
    audit_use(broker->audit, &reload->audit);
    peers_update(broker, old);
    log_info("the configuration was reloaded: %u application%s added, %u changed, %u removed",
             tally.added, tally.added == 1 ? "" : "s", tally.changed, tally.removed);
    print_ready(reload, old);
    configuration_free(old);
}

/* ---- until every process goes by it ---- */

void reload_settled(struct broker *broker)
{
    struct reload *reload = broker->reload;

    if (reload != NULL && reload->swapped && peers_settled(broker))
        reload_end(reload);
}

/* One is stopped, or busy; it will take the configuration before it serves anything else. */
static void settling_expired(struct loop_timer *timer)
{
    struct reload *reload = container_of(timer, struct reload, settling);

    log_error("a process has not taken the new configuration within %d ms", SETTLE_PATIENCE);
    reload_end(reload);
}

/* ---- checking aside ---- */

static void reload_decide(struct reload *reload)
{
    char why[512];

    if (reload_changes_running(&reload->changes))
        return;
    if (reload->problems == 0 && !kept_write(reload->fresh, why, sizeof(why)))
        reload_tell(reload, why, "configure certificate and key");
    if (reload->problems > 0) {
        reload_end(reload);
        return;
    }
    reload_swap(reload);
    reload->swapped = true;
    reload->settling.expired = settling_expired;
    loop_timer_start(reload->broker->loop, &reload->settling, SETTLE_PATIENCE);
    reload_settled(reload->broker);
}

static void change_problem(struct reload_changes *changes,
                           const struct message_config_problem *problem)
{
    reload_problem(container_of(changes, struct reload, changes), problem);
}

static void change_tried(struct reload_changes *changes)
{
    reload_decide(container_of(changes, struct reload, changes));
}

/* What need not wait for a plug-in. */
static void check_service(struct reload *reload)
{
    const struct configuration *old = reload->broker->configuration;
    const char *control = reload->fresh->control;
    struct listener_problem problem;
    char cause[512];

    if ((control == NULL) != (old->control == NULL) ||
        (control != NULL && strcmp(control, old->control) != 0))
        reload_tell(reload, "the control socket can not be another one while winrmd runs",
                    "leave control as it was, or stop and start winrmd");
    if (strcmp(reload->fresh->cgroup, old->cgroup) != 0)
        reload_tell(reload,
                    "the folder of the shells' cgroups can not be another one while winrmd "
                    "runs",
                    "leave cgroup as it was, or stop and start winrmd");
    if (!audit_file_open(&reload->audit, reload->fresh->audit)) {
        snprintf(cause, sizeof(cause), "the audit file %s cannot be opened (%s)",
                 reload->fresh->audit, reload->audit.why);
        reload_tell(reload, cause, "name another in audit { file = }");
    }
    if (!listeners_bind(reload->broker, reload->fresh, old, &problem))
        reload_tell(reload, problem.cause, problem.remedy);
}

static void configuration_told(struct configuration_reader *reader,
                               struct configuration *configuration)
{
    struct reload *reload = container_of(reader, struct reload, reader);

    if (configuration == NULL) {
        reload_end(reload);
        return;
    }
    reload->fresh = configuration;
    check_service(reload);
    reload_changes_try(&reload->changes, configuration);
    reload_decide(reload);
}

static void configuration_problem(struct configuration_reader *reader,
                                  const struct message_config_problem *problem)
{
    reload_problem(container_of(reader, struct reload, reader), problem);
}

/* ---- from outside ---- */

/* Begins one for all who are in the list, which is empty afterwards. */
static void reload_begin_for(struct broker *broker, struct list *listeners,
                             const struct asker *asker)
{
    struct reload *reload = mem_alloc(sizeof(*reload));

    broker->reload = reload;
    notify_reloading(&broker->notify);
    reload->broker = broker;
    list_init(&reload->listeners);
    list_init(&reload->late);
    list_append_all(&reload->listeners, listeners);
    reload->asker = *asker;
    audit_file_init(&reload->audit);
    reload_changes_init(&reload->changes, broker);
    reload->changes.problem = change_problem;
    reload->changes.tried = change_tried;
    reload->reader.problem = configuration_problem;
    reload->reader.done = configuration_told;
    log_info("reloading %s", broker->config);
    if (!configuration_read(broker, broker->config, &reload->reader))
        reload_end(reload);
}

void reload_begin(struct broker *broker, struct reload_listener *listener)
{
    struct reload *running = broker->reload;
    struct asker asker = {0};
    struct list listeners;

    list_init(&listeners);
    if (listener != NULL) {
        asker = (struct asker){.known = true, .uid = listener->uid, .pid = listener->pid};
        list_append(running != NULL ? &running->late : &listeners, &listener->link);
    }
    if (running == NULL) {
        reload_begin_for(broker, &listeners, &asker);
    } else if (!running->again || !running->late_asker.known) {
        running->again = true;
        running->late_asker = asker;
    }
}

void reload_forget(struct reload_listener *listener)
{
    list_remove(&listener->link);
}

void reload_stop(struct broker *broker)
{
    const struct message_config_problem stopping = {.file = broker->config,
                                                    .cause = "the service is stopping"};
    struct reload *reload = broker->reload;
    struct list late;

    if (reload == NULL)
        return;
    list_init(&late);
    list_append_all(&late, &reload->late);
    reload->again = false;
    if (!reload->swapped)
        reload_problem(reload, &stopping);
    reload_end(reload);
    listeners_problem(&late, &stopping);
    listeners_done(&late, 1);
}
