/* SPDX-License-Identifier: ISC */

#include "broker/administer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "broker/administer_steps.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell.h"

enum {
    AUTH_PATIENCE = 2000,
    CANDIDATES = 8 /* shells that are named when one is to be chosen */
};

/* A shell whose end is waited for, and what is said of it then. */
struct ending {
    struct shell_watcher watcher;
    struct list link; /* administer->endings */
    struct administer *administer;
    char *application;
    char *shell_id;
    char *user;
    char *account;
};

void administer_init(struct administer *administer, struct broker *broker, struct channel *channel,
                     uid_t uid, pid_t pid)
{
    administer->broker = broker;
    administer->channel = channel;
    administer->uid = uid;
    administer->pid = pid;
    list_init(&administer->endings);
    list_init(&administer->forget_link);
}

static void ending_free(struct ending *ending)
{
    list_remove(&ending->watcher.link);
    list_remove(&ending->link);
    free(ending->application);
    free(ending->shell_id);
    free(ending->user);
    free(ending->account);
    free(ending);
}

void administer_abandon(struct administer *administer)
{
    while (!list_empty(&administer->endings))
        ending_free(container_of(administer->endings.next, struct ending, link));
    list_remove(&administer->forget_link);
    loop_timer_stop(administer->broker->loop, &administer->patience);
}

/* ---- answers ---- */

bool administer_begin(struct administer *administer)
{
    if (administer->busy) {
        channel_send(administer->channel, control_done,
                     .problem = "another command is being carried out");
        return false;
    }
    administer->busy = true;
    administer->done = (struct message_control_done){0};
    return true;
}

void administer_consider(struct administer *administer)
{
    if (!administer->busy || !list_empty(&administer->endings) || administer->forget_call != 0)
        return;
    administer->busy = false;
    channel_write(administer->channel, MESSAGE_control_done, &administer->done);
}

void administer_refuse(struct administer *administer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(administer->problem, sizeof(administer->problem), format, arguments);
    va_end(arguments);
    administer->done.problem = administer->problem;
    administer_consider(administer);
}

void administer_audit(const struct administer *administer, const char *event)
{
    struct audit *audit = administer->broker->audit;

    audit_begin(audit, event);
    audit_number(audit, "by-uid", administer->uid);
    audit_number(audit, "by-pid", (uint64_t)administer->pid);
}

/* ---- the end of shells ---- */

static void ending_over(struct shell_watcher *watcher)
{
    struct ending *ending = container_of(watcher, struct ending, watcher);
    struct administer *administer = ending->administer;

    channel_send(administer->channel, control_shell, .application = ending->application,
                 .shell_id = ending->shell_id, .user = ending->user, .account = ending->account);
    ending_free(ending);
    administer_consider(administer);
}

static void shell_end_and_wait(struct administer *administer, struct shell *shell,
                               const char *reason)
{
    const struct caller *caller = &shell->operation->caller;
    struct ending *ending = mem_alloc(sizeof(*ending));

    ending->administer = administer;
    ending->watcher.over = ending_over;
    ending->application = mem_text(shell->operation->application->settings->path);
    ending->shell_id = mem_text(shell->id);
    ending->user = mem_text(caller->name);
    ending->account = mem_text(caller->token->account);
    list_append(&administer->endings, &ending->link);
    list_append(&shell->watchers, &ending->watcher.link);
    shell_begin_end(shell, reason);
}

/* Which shells are meant; NULL: whatever it is. */
struct selection {
    const char *shell; /* the beginning of its id */
    const char *user;
    const char *application;
    struct shell **found;
    size_t count;
};

static void select_visit(void *value, void *context)
{
    struct shell *shell = value;
    struct selection *selection = context;
    const struct operation *made = shell->operation;

    if ((selection->shell != NULL &&
         strncasecmp(shell->id, selection->shell, strlen(selection->shell)) != 0) ||
        (selection->user != NULL && !caller_is(&made->caller, selection->user)) ||
        (selection->application != NULL &&
         strcmp(made->application->settings->path, selection->application) != 0))
        return;
    selection->found =
        mem_resize(selection->found, selection->count + 1, sizeof(*selection->found));
    selection->found[selection->count++] = shell;
}

/* Free selection->found. */
static void select_shells(const struct broker *broker, struct selection *selection)
{
    map_each((struct map *)&broker->shells, select_visit, selection);
}

static bool application_known(const struct broker *broker, const char *path)
{
    for (size_t i = 0; i < broker->application_count; i++)
        if (path == NULL || strcmp(broker->applications[i]->settings->path, path) == 0)
            return true;
    return false;
}

/* Says why there is not the one shell that is meant. */
static void refuse_shell(struct administer *administer, const struct selection *selection)
{
    char list[640] = "";
    size_t used = 0;

    if (selection->count == 0) {
        administer_refuse(administer, "there is no shell whose id is or begins with %s",
                          selection->shell);
        return;
    }
    for (size_t i = 0; i < selection->count && i < CANDIDATES; i++) {
        int wrote = snprintf(list + used, sizeof(list) - used, "%s%s (%.32s)", i > 0 ? ", " : "",
                             selection->found[i]->id,
                             selection->found[i]->operation->application->settings->path);

        if (wrote < 0 || (size_t)wrote >= sizeof(list) - used)
            break;
        used += (size_t)wrote;
    }
    list[used] = '\0';
    administer_refuse(
        administer, "%zu shells are meant by %s: %s%s; give more of the id, or --application",
        selection->count, selection->shell, list, selection->count > CANDIDATES ? " ..." : "");
}

void administer_kill(struct administer *administer, const struct message_control_kill *ask)
{
    struct selection selection = {
        .shell = ask->shell, .user = ask->user, .application = ask->application};

    if (!administer_begin(administer))
        return;
    if (!application_known(administer->broker, ask->application)) {
        administer_refuse(administer, "there is no application %s", ask->application);
        return;
    }
    select_shells(administer->broker, &selection);
    if (ask->shell == NULL && ask->user == NULL) {
        administer_refuse(administer, "neither a shell nor a user is named");
    } else if (ask->shell != NULL && selection.count != 1) {
        refuse_shell(administer, &selection);
    } else if (selection.count == 0) {
        administer_refuse(administer, "%s has no shells", ask->user);
    } else {
        for (size_t i = 0; i < selection.count; i++) {
            administer_audit(administer, "kill");
            operation_audit(selection.found[i]->operation);
            audit_end(administer->broker->audit);
            shell_end_and_wait(administer, selection.found[i], "an administrator ended it");
        }
        administer_consider(administer);
    }
    free(selection.found);
}

/* ---- winrmd-auth ---- */

static void forget_expired(struct loop_timer *timer)
{
    struct administer *administer = container_of(timer, struct administer, patience);

    list_remove(&administer->forget_link);
    administer->forget_call = 0;
    if (administer->forget_matters)
        administer_refuse(administer,
                          "winrmd-auth does not answer; it forgets failed logins when it does");
    else
        administer_consider(administer);
}

/* `passwords`, or what `who` has failed. One that is only starting has nothing to forget. */
static void auth_ask(struct administer *administer, bool passwords, const char *who)
{
    struct broker *broker = administer->broker;

    if (broker->auth == NULL || !broker->auth->ready || broker->auth->channel == NULL)
        return;
    administer->forget_call = broker_next_id(broker);
    administer->forget_matters = who != NULL;
    administer->patience.expired = forget_expired;
    list_append(&broker->forgetting, &administer->forget_link);
    loop_timer_start(broker->loop, &administer->patience, AUTH_PATIENCE);
    channel_send(broker->auth->channel, auth_forget, .call = administer->forget_call,
                 .passwords = passwords, .who = who);
}

void administer_forgotten(struct broker *broker, const struct message_auth_forgotten *told)
{
    list_each(link, &broker->forgetting) {
        struct administer *administer = container_of(link, struct administer, forget_link);

        if (administer->forget_call != told->call)
            continue;
        list_remove(&administer->forget_link);
        loop_timer_stop(broker->loop, &administer->patience);
        administer->forget_call = 0;
        administer->done.failures = told->failures;
        administer_consider(administer);
        return;
    }
}

/* ---- all that a user has ---- */

void administer_revoke(struct administer *administer, const struct message_control_revoke *ask)
{
    struct broker *broker = administer->broker;
    struct selection selection = {.user = ask->user, .application = ask->application};

    if (!administer_begin(administer))
        return;
    if (ask->user == NULL) {
        administer_refuse(administer, "no user is named");
        return;
    }
    if (!application_known(broker, ask->application)) {
        administer_refuse(administer, "there is no application %s", ask->application);
        return;
    }
    /* Sessions first, so that nothing new comes of them; the shells of gone records are found by
     * whose they are. */
    administer->done.sessions = session_revoke_user(broker, ask->user);
    for (size_t i = 0; i < broker->application_count; i++)
        if (ask->application == NULL ||
            strcmp(broker->applications[i]->settings->path, ask->application) == 0)
            administer->done.records += record_revoke_user(broker->applications[i], ask->user);
    select_shells(broker, &selection);
    administer_audit(administer, "revoke");
    audit_text(broker->audit, "application", ask->application);
    audit_text(broker->audit, "user", ask->user);
    audit_number(broker->audit, "sessions", administer->done.sessions);
    audit_number(broker->audit, "records", administer->done.records);
    audit_number(broker->audit, "shells", selection.count);
    audit_end(broker->audit);
    for (size_t i = 0; i < selection.count; i++)
        shell_end_and_wait(administer, selection.found[i], "an administrator revoked its user");
    /* A password may be remembered of somebody who has nothing else. */
    auth_ask(administer, true, NULL);
    if (administer->done.sessions + administer->done.records + selection.count == 0)
        administer_refuse(
            administer, "%s is not logged in and has neither a user record nor a shell", ask->user);
    else
        administer_consider(administer);
    free(selection.found);
}

/* ---- what is used up ---- */

struct giving {
    struct broker *broker;
    const char *who;
    uint32_t windows;
};

/* A user is known by the name that he sends, too. */
static void give_visit(void *value, void *context)
{
    const struct record *record = value;
    struct giving *giving = context;

    if (strcmp(record->name, giving->who) == 0 &&
        quota_unthrottle(record->application, record->client_token->account,
                         loop_now(giving->broker->loop)))
        giving->windows++;
}

void administer_unthrottle(struct administer *administer,
                           const struct message_control_unthrottle *ask)
{
    struct broker *broker = administer->broker;
    struct giving giving = {.broker = broker, .who = ask->who};

    if (!administer_begin(administer))
        return;
    if (ask->who == NULL) {
        administer_refuse(administer, "neither a user nor an address is named");
        return;
    }
    for (size_t i = 0; i < broker->application_count; i++) {
        if (quota_unthrottle(broker->applications[i], ask->who, loop_now(broker->loop)))
            giving.windows++;
        map_each(&broker->applications[i]->records, give_visit, &giving);
    }
    administer->done.windows = giving.windows;
    administer_audit(administer, "unthrottle");
    audit_text(broker->audit, "user", ask->who);
    audit_end(broker->audit);
    auth_ask(administer, false, ask->who);
    administer_consider(administer);
}
