/* SPDX-License-Identifier: ISC */

#include "broker/shell_login.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/token.h"
#include "confine/cgroup.h"
#include "messages.h"

enum {
    KILL_PATIENCE = 5000,  /* for a winrmd-session to end the host: a module of PAM may block it */
    CLOSE_PATIENCE = 5000, /* for the modules to close what they have opened */
    REMOVE_PAUSE = 20,
    REMOVALS = 250
};

struct shell_login {
    struct list link; /* in broker.shell_logins */
    struct broker *broker;
    struct child *host;    /* NULL once it is gone */
    struct child *session; /* NULL once it is gone */
    char *cgroup;          /* the shell's folder; NULL: none */
    struct loop_timer kill_timer;
    struct loop_timer close_timer;  /* the modules have to be done then */
    struct loop_timer remove_timer; /* the session was killed, and the cgroup is not empty yet */
    unsigned removals;
    void (*opened)(struct child *host);
    void (*failed)(struct child *host, bool refused, const char *text);
};

/* ---- the folder for all ---- */

static void cgroup_say(const char *folder, bool limits)
{
    log_info("each shell has a cgroup in %s; its memory and processes are limited by %s", folder,
             limits ? "that" : "rlimits, because memory and pids are not delegated there");
}

static void cgroup_complain(const char *folder, const char *why)
{
    log_error("cgroup = \"%s\" cannot be used: %s; write another folder of cgroup v2, or \"auto\"",
              folder, why);
}

bool shell_login_check(const struct configuration *configuration)
{
    const char *folder = configuration->cgroup;
    char why[256];

    if (strcmp(folder, "auto") == 0 || strcmp(folder, "none") == 0 ||
        cgroup_usable(folder, why, sizeof(why)))
        return true;
    cgroup_complain(folder, why);
    return false;
}

bool shell_login_prepare(struct broker *broker)
{
    const char *setting = broker->configuration->cgroup;
    bool automatic = strcmp(setting, "auto") == 0;
    char *folder = automatic ? cgroup_own() : mem_text(setting);
    char why[256];

    if (strcmp(setting, "none") == 0 || folder == NULL) {
        free(folder);
        return true;
    }
    if (cgroup_open(folder, &broker->cgroup_limits, why, sizeof(why))) {
        broker->cgroup = folder;
        cgroup_say(folder, broker->cgroup_limits);
        return true;
    }
    if (automatic)
        log_info("shells have no cgroup: %s: %s", folder, why);
    else
        cgroup_complain(folder, why);
    free(folder);
    return automatic;
}

/* ---- the end ---- */

static void shell_login_free(struct shell_login *login)
{
    loop_timer_stop(login->broker->loop, &login->kill_timer);
    loop_timer_stop(login->broker->loop, &login->close_timer);
    loop_timer_stop(login->broker->loop, &login->remove_timer);
    list_remove(&login->link);
    free(login->cgroup);
    free(login);
}

/* Mostly the winrmd-session has removed the folder already. */
static void shell_login_remove(struct shell_login *login)
{
    if (login->cgroup == NULL || cgroup_end(login->cgroup, 0)) {
        shell_login_free(login);
    } else if (++login->removals > REMOVALS) {
        log_error("%s cannot be removed: processes in it do not end", login->cgroup);
        shell_login_free(login);
    } else {
        loop_timer_start(login->broker->loop, &login->remove_timer, REMOVE_PAUSE);
    }
}

static void shell_login_remove_again(struct loop_timer *timer)
{
    shell_login_remove(container_of(timer, struct shell_login, remove_timer));
}

void shell_login_close(struct broker *broker)
{
    list_each(link, &broker->shell_logins) {
        struct shell_login *login = container_of(link, struct shell_login, link);

        if (login->cgroup != NULL)
            cgroup_end(login->cgroup, REMOVE_PAUSE);
        shell_login_free(login);
    }
    free(broker->cgroup);
    broker->cgroup = NULL;
}

/* The host, which is not the broker's own child, has ended. */
static void shell_login_host_over(struct shell_login *login, int status)
{
    struct child *host = login->host;

    if (host == NULL)
        return;
    login->host = NULL;
    loop_timer_stop(login->broker->loop, &login->kill_timer);
    host->login = NULL;
    child_ended(host, status);
}

static void shell_login_kill_expired(struct loop_timer *timer)
{
    struct shell_login *login = container_of(timer, struct shell_login, kill_timer);

    log_error("winrmd-session[%d] does not end the shell; it is killed", (int)login->session->pid);
    child_kill(login->session);
}

void shell_login_kill(struct shell_login *login)
{
    if (login->session == NULL)
        return;
    login->session->expected_end = true;
    channel_send(login->session->channel, pam_session_end);
    channel_flush(login->session->channel);
    if (login->kill_timer.position == 0)
        loop_timer_start(login->broker->loop, &login->kill_timer, KILL_PATIENCE);
}

void shell_login_expect_end(struct shell_login *login)
{
    if (login->session != NULL)
        login->session->expected_end = true;
}

/*
 * In order, after it has said that all is over; or it was killed: then nobody else knows of the
 * host, which is the broker's child now and ends as an orphan, nor of the cgroup.
 */
static void session_gone(struct child *session, bool crashed)
{
    struct shell_login *login = session->owner;

    (void)crashed;
    login->session = NULL;
    loop_timer_stop(login->broker->loop, &login->close_timer);
    if (login->cgroup != NULL)
        cgroup_kill(login->cgroup);
    shell_login_host_over(login, SIGKILL);
    shell_login_remove(login);
}

/* ---- what the session says ---- */

static struct shell_login *shell_login_of(const struct channel *channel)
{
    return child_of(channel)->owner;
}

static void handle_opened(struct channel *channel, const union message_body *body)
{
    struct shell_login *login = shell_login_of(channel);

    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(child_of(channel));
    if (login->host == NULL)
        return;
    login->host->pid = (pid_t)body->pam_session_opened.process;
    login->opened(login->host);
}

static void shell_login_close_expired(struct loop_timer *timer)
{
    struct shell_login *login = container_of(timer, struct shell_login, close_timer);

    log_error("winrmd-session[%d]: PAM's modules have not closed the session within %d s; it is "
              "killed, and what they have opened may stay",
              (int)login->session->pid, CLOSE_PATIENCE / 1000);
    child_kill(login->session);
}

static void session_leaves(struct shell_login *login)
{
    login->session->expected_end = true;
    channel_set_state(login->session->channel, CHANNEL_stopping);
    loop_timer_start(login->broker->loop, &login->close_timer, CLOSE_PATIENCE);
}

static void handle_failed(struct channel *channel, const union message_body *body)
{
    const struct message_pam_session_failed *told = &body->pam_session_failed;
    struct shell_login *login = shell_login_of(channel);

    session_leaves(login);
    if (login->host == NULL)
        return;
    login->host->expected_end = true;
    login->failed(login->host, told->refused,
                  told->text != NULL ? told->text : "it did not say why");
    shell_login_host_over(login, 0);
}

static void handle_over(struct channel *channel, const union message_body *body)
{
    const struct message_pam_session_over *told = &body->pam_session_over;
    struct shell_login *login = shell_login_of(channel);

    session_leaves(login);
    /* One that had closed its channel and lived on has broken it off. */
    if (login->host != NULL && told->killed && !login->host->expected_end &&
        login->host->channel != NULL && channel_is_ended(login->host->channel))
        login->host->faulty = true;
    shell_login_host_over(login, (int)told->status);
}

/* ---- the beginning ---- */

static uint64_t limit_of(uint32_t written)
{
    return written < PLUGIN_UNLIMITED ? written : 0;
}

struct limits shell_login_limits(const struct plugin *plugin)
{
    return (struct limits){.memory = limit_of(plugin->quotas.max_memory) << 20,
                           .processes = limit_of(plugin->quotas.max_processes),
                           .files = plugin->quotas.max_files};
}

static bool session_ask(const struct shell_login *login, const struct shell_login_wish *wish,
                        int host)
{
    const struct broker *broker = login->broker;
    const struct limits limits = shell_login_limits(wish->plugin);
    char *program = mem_printf("%s/winrmd-host", broker->programs);
    uid_t uid = (uid_t)-1;
    bool sent =
        token_uid(wish->token, &uid) &&
        channel_send(login->session->channel, pam_session_open,
                     .service = broker->configuration->session_service,
                     .account = wish->token->account, .uid = (uint32_t)uid,
                     .root = wish->settings->allow_root, .address = wish->address,
                     .program = program, .directory = wish->settings->directory,
                     .cgroup = login->cgroup, .rlimits = !broker->cgroup_limits,
                     .no_new_privileges = wish->settings->no_new_privileges,
                     .max_memory = limits.memory, .max_processes = (uint32_t)limits.processes,
                     .max_files = (uint32_t)limits.files, .host = host);

    free(program);
    return sent;
}

struct child *shell_login_start(struct broker *broker, const struct shell_login_wish *wish,
                                const struct channel_events *host_events,
                                void (*gone)(struct child *, bool))
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_pam_session_opened] = handle_opened,
        [MESSAGE_pam_session_failed] = handle_failed,
        [MESSAGE_pam_session_over] = handle_over,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct shell_login *login;
    struct child *session;
    int pair[2];

    if (!channel_pair(pair)) {
        log_error("no channel for a shell host (%s)", strerror(errno));
        return NULL;
    }
    session =
        child_start(broker, PROCESS_session, "winrmd-session", NULL, NULL, &events, session_gone);
    if (session == NULL) {
        close(pair[0]);
        close(pair[1]);
        return NULL;
    }
    login = mem_alloc(sizeof(*login));
    login->broker = broker;
    login->session = session;
    login->opened = wish->opened;
    login->failed = wish->failed;
    login->kill_timer.expired = shell_login_kill_expired;
    login->close_timer.expired = shell_login_close_expired;
    login->remove_timer.expired = shell_login_remove_again;
    list_append(&broker->shell_logins, &login->link);
    if (broker->cgroup != NULL)
        login->cgroup = mem_printf("%s/" CGROUP_SHELL "%u", broker->cgroup, wish->number);
    session->owner = login;
    session->number = wish->number;
    login->host = child_adopt(broker, PROCESS_shell_host, pair[0], login, host_events, gone);
    if (login->host == NULL)
        close(pair[1]);
    if (login->host == NULL || !session_ask(login, wish, pair[1]))
        child_kill(session);
    return login->host;
}
