/* SPDX-License-Identifier: ISC */

#include "broker/reload_changes.h"

#include <stdlib.h>

#include "base/memory.h"
#include "broker/authz_host.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/record.h"
#include "broker/shell.h"

/* What becomes of one application of the fresh configuration. */
struct reload_change {
    struct reload_changes *changes;
    struct application_settings *settings; /* of the fresh configuration */
    struct application *application;       /* NULL: it is new */
    bool changed;
    struct authz_host *host; /* tried, or being tried */
    bool trying;
};

/* ---- trying aside ---- */

static void check_problem_found(void *context, const struct message_config_problem *problem)
{
    struct check *check = context;
    struct reload_changes *changes = container_of(check, struct reload_changes, check);

    changes->problem(changes, problem);
}

static void check_done(struct check *check)
{
    struct reload_changes *changes = container_of(check, struct reload_changes, check);

    changes->tried(changes);
}

static void forward_problem(void *context, const struct message_config_problem *problem)
{
    struct reload_changes *changes = context;

    changes->problem(changes, problem);
}

static void authorizer_tried(struct authz_host *host, const char *failure)
{
    struct reload_change *change = host->trier;
    struct reload_changes *changes = change->changes;

    change->trying = false;
    if (failure != NULL) {
        change->host = NULL;
        check_tell(change->settings, change->settings->authorizer, failure, forward_problem,
                   changes);
    }
    changes->tried(changes);
}

/*
 * One whose plug-in could not be used so far is tried again, though nothing was written anew; and
 * one whose plug-in was built anew gets the new one.
 */
static bool application_changes(const struct application *application,
                                const struct application_settings *settings)
{
    return application == NULL || application->removed || application->authz.failure != NULL ||
           application->authz.quarantined ||
           (application->authz.host != NULL && application->authz.host->started &&
            authz_host_outdated(application->authz.host)) ||
           !application_settings_equal(application->settings, settings);
}

static void change_try(struct reload_change *change)
{
    struct reload_changes *changes = change->changes;

    check_application(&changes->check, change->settings, false);
    if (change->settings->authorizer == NULL)
        return;
    change->host = authz_host_try(changes->broker, change->settings, authorizer_tried, change);
    change->trying = change->host != NULL;
    if (!change->trying)
        check_tell(change->settings, change->settings->authorizer, "winrmd-host cannot be started",
                   forward_problem, changes);
}

void reload_changes_init(struct reload_changes *changes, struct broker *broker)
{
    *changes = (struct reload_changes){.broker = broker};
    check_init(&changes->check, broker);
    changes->check.problem = check_problem_found;
    changes->check.done = check_done;
}

void reload_changes_try(struct reload_changes *changes, const struct configuration *fresh)
{
    changes->fresh = fresh;
    changes->all = mem_alloc(fresh->application_count * sizeof(*changes->all));
    changes->begun = true;
    for (size_t i = 0; i < fresh->application_count; i++) {
        struct reload_change *change = &changes->all[i];

        change->changes = changes;
        change->settings = fresh->applications[i];
        change->application = application_find(changes->broker, change->settings->path);
        change->changed = application_changes(change->application, change->settings);
        if (change->changed)
            change_try(change);
    }
    changes->begun = false;
}

bool reload_changes_running(const struct reload_changes *changes)
{
    if (changes->begun || check_running(&changes->check))
        return true;
    for (size_t i = 0; changes->all != NULL && i < changes->fresh->application_count; i++)
        if (changes->all[i].trying)
            return true;
    return false;
}

static void changes_forget(struct reload_changes *changes)
{
    free(changes->all);
    changes->all = NULL;
}

void reload_changes_drop(struct reload_changes *changes)
{
    check_stop(&changes->check);
    for (size_t i = 0; changes->all != NULL && i < changes->fresh->application_count; i++)
        authz_host_dismiss(changes->all[i].host);
    changes_forget(changes);
}

/* ---- instead of the old ones ---- */

static void application_change(struct reload_change *change)
{
    struct application *application = change->application;
    struct authz_host *host = change->host;

    change->host = NULL;
    if (application == NULL)
        application = application_new(change->changes->broker, change->settings);
    else
        application_set_settings(application, change->settings);
    application->removed = false;
    authz_host_replace(application, host);
    record_retire_all(application);
}

static void application_remove(struct application *application)
{
    application->removed = true;
    shell_close_of_application(application, "the application was removed from the configuration");
    enumeration_close_of_application(application,
                                     "the application was removed from the configuration");
    authz_host_replace(application, NULL);
    record_retire_all(application);
}

struct reload_tally reload_changes_apply(struct reload_changes *changes)
{
    struct broker *broker = changes->broker;
    struct reload_tally tally = {0};
    size_t known = broker->application_count;

    for (size_t i = 0; i < known; i++) {
        struct application *application = broker->applications[i];

        if (!application->removed &&
            !application_is_configured(changes->fresh, application->settings->path)) {
            application_remove(application);
            tally.removed++;
        }
    }
    for (size_t i = 0; i < changes->fresh->application_count; i++) {
        struct reload_change *change = &changes->all[i];
        bool was = change->application != NULL && !change->application->removed;

        if (!change->changed)
            continue;
        application_change(change);
        tally.changed += was ? 1 : 0;
        tally.added += was ? 0 : 1;
    }
    changes_forget(changes);
    return tally;
}
