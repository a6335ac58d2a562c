/* SPDX-License-Identifier: ISC */

/*
 * winrmd-gss: accepts the tokens of Negotiate and Kerberos for winrmd-auth. It alone has the keys,
 * and it alone lets the libraries take apart what clients send; who these are it does not decide,
 * and it knows no session. What it has accepted it exports and forgets. A crash costs the logins
 * that have begun and not ended.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/replay_cache.h"
#include "base/watched_file.h"
#include "confine/confine.h"
#include "gss/environment.h"
#include "gss/keys.h"
#include "gss/logins.h"
#include "ipc/channel.h"
#include "ipc/log_level.h"

/*
 * By one process: the libraries lose some memory of each login, also of one that fails
 * (gss-ntlmssp 1.2.0 up to 16 KB). MEMORY is in KiB, above what it began with.
 */
enum { LOGINS = 10000, MEMORY = 64 * 1024, SHORTAGE_PAUSE = 1000 /* milliseconds */ };

struct service {
    struct loop *loop;
    struct channel *broker;
    struct channel *auth; /* NULL: there is none */
    struct logins *logins;
    struct acceptor acceptor;
    struct realms realms;
    char domain[NETBIOS_NAME];
    struct watched_file *keytab; /* NULL: not configured */
    struct watched_file *ntlm_users;
    char keytab_fault[ACCEPTOR_WHY]; /* as it was told; empty: none */
    char ntlm_fault[ACCEPTOR_WHY];
    bool started;
    unsigned begun; /* logins */
    long memory;    /* KiB, when the first one began */
    bool spent;     /* and said so */
    bool leaving;
    struct loop_timer leave_timer;
    struct loop_timer again; /* takes the keys that could not be read for want of a descriptor */
};

static struct service service;

/* ---- keys ---- */

/* Says once what is wrong, and once that it is mended. `fault` is what was said last. */
static void fault_tell(const char *what, const char *path, const char *mechanism, const char *why,
                       const char *remedy, char fault[ACCEPTOR_WHY])
{
    if (strcmp(fault, why) == 0)
        return;
    if (why[0] != '\0')
        log_error("%s %s: %s; %s is not offered until it can be used: %s", what, path, why,
                  mechanism, remedy);
    else
        log_info("%s %s can be used; %s is offered", what, path, mechanism);
    snprintf(fault, ACCEPTOR_WHY, "%s", why);
}

static void keys_tell(void)
{
    if (service.auth != NULL)
        channel_send(service.auth, gss_offer,
                     .realms = {.item = service.realms.item, .count = service.realms.count},
                     .ntlm_domain = service.domain);
}

/* Are there no descriptors? Then a file that cannot be read may be as it should. */
static bool is_short(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, CHANNEL_FD);

    if (fd >= 0)
        close(fd);
    return fd < 0;
}

static void keys_take(void);

static void again_expired(struct loop_timer *timer)
{
    (void)timer;
    keys_take();
}

/* Takes the keys as the files are now, and tells who has to know. */
static void keys_take(void)
{
    const char *keytab = service.keytab != NULL ? watched_file_path(service.keytab) : NULL;
    const char *users = service.ntlm_users != NULL ? watched_file_path(service.ntlm_users) : NULL;
    const char *keytab_remedy = "", *users_remedy = "";
    char keytab_why[ACCEPTOR_WHY] = "", users_why[ACCEPTOR_WHY] = "";
    char kerberos_why[ACCEPTOR_WHY], ntlm_why[ACCEPTOR_WHY];
    bool had_kerberos = service.acceptor.has_kerberos, had_ntlm = service.acceptor.has_ntlm;
    bool kerberos, ntlm;

    realms_clear(&service.realms);
    kerberos = keytab != NULL &&
               keytab_usable(keytab, keytab_why, sizeof(keytab_why), &keytab_remedy) &&
               realms_read(keytab, &service.realms, keytab_why, sizeof(keytab_why));
    ntlm = users != NULL && ntlm_users_usable(users, users_why, sizeof(users_why), &users_remedy);
    acceptor_open(&service.acceptor, kerberos, ntlm, kerberos_why, ntlm_why);
    if (ntlm && !service.acceptor.has_ntlm) {
        memcpy(users_why, ntlm_why, sizeof(users_why));
        users_remedy = "install the package gss-ntlmssp, if it is missing, then winrmctl reload";
    }
    if (kerberos && !service.acceptor.has_kerberos)
        memcpy(keytab_why, kerberos_why, sizeof(keytab_why));
    if (!service.acceptor.has_kerberos)
        realms_clear(&service.realms);
    if (keytab != NULL)
        fault_tell("keytab", keytab, "Kerberos", keytab_why, keytab_remedy, service.keytab_fault);
    if (users != NULL)
        fault_tell("NTLM password file", users, "NTLM", users_why, users_remedy,
                   service.ntlm_fault);
    keys_tell();
    if (!service.started || had_kerberos != service.acceptor.has_kerberos ||
        had_ntlm != service.acceptor.has_ntlm)
        channel_send(service.broker, gss_ready, .kerberos = service.acceptor.has_kerberos,
                     .ntlm = service.acceptor.has_ntlm);
    if (is_short()) {
        service.again.expired = again_expired;
        loop_timer_start(service.loop, &service.again, SHORTAGE_PAUSE);
    }
}

static void file_changed(void *owner, const char *path, struct stat *status)
{
    (void)owner;
    if (stat(path, status) != 0)
        memset(status, 0, sizeof(*status));
    if (service.started)
        keys_take();
}

static void files_refresh(void)
{
    if (service.keytab != NULL)
        watched_file_refresh(service.keytab);
    if (service.ntlm_users != NULL)
        watched_file_refresh(service.ntlm_users);
}

/* Each login by Kerberos would be refused. */
static void replays_check(void)
{
    char path[PATH_MAX], why[ACCEPTOR_WHY];

    if (!replay_cache_usable(path, sizeof(path), why, sizeof(why)))
        log_error("replay cache %s: %s; no login by Kerberos is accepted: let this process write "
                  "there, or name another folder in KRB5RCACHEDIR",
                  path, why);
}

static void files_watch(const struct message_gss_start *start)
{
    if (start->keytab != NULL) {
        replays_check();
        service.keytab =
            watched_file_new(service.loop, "keytab", "login", start->keytab, file_changed, NULL);
    }
    if (start->ntlm_users != NULL)
        service.ntlm_users = watched_file_new(service.loop, "NTLM password file", "login",
                                              start->ntlm_users, file_changed, NULL);
    files_refresh();
    if (start->keytab != NULL && keytab_exposed(start->keytab))
        log_error("warning: keytab %s can be read by everybody on this machine, who can pass for "
                  "anybody here; chmod o= it, and make new keys",
                  start->keytab);
}

/* ---- winrmd-auth ---- */

static void leave_if_free(void)
{
    if (service.leaving && (service.auth == NULL || logins_count(service.logins) == 0))
        _exit(0);
}

static void on_auth_ended(struct channel *channel, bool fault, const char *why)
{
    if (fault)
        log_error("winrmd-auth %s", why);
    channel_free(channel);
    service.auth = NULL;
    logins_free(service.logins);
    service.logins = NULL;
    leave_if_free();
}

/* The most memory that it has had at a time, in KiB. */
static long memory_used(void)
{
    struct rusage usage = {0};

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* A login begins. */
static void spent_check(void)
{
    if (service.begun++ == 0)
        service.memory = memory_used();
    if (service.spent || (service.begun < LOGINS && memory_used() - service.memory < MEMORY))
        return;
    service.spent = true;
    channel_send(service.broker, gss_spent, .end_of_message = 0);
}

static void answer(struct channel *channel, uint64_t number, enum accept_outcome outcome,
                   const struct accepted *accepted)
{
    const struct ipc_bytes token = {.data = accepted->token.value,
                                    .length = (uint32_t)accepted->token.length};

    switch (outcome) {
    case ACCEPT_continues:
        channel_send(channel, gss_continue, .context = number, .token = token);
        break;
    case ACCEPT_done:
        channel_send(channel, gss_done, .context = number, .mechanism = accepted->mechanism,
                     .name = accepted->name, .lifetime = accepted->lifetime,
                     .seals = accepted->seals, .bound = accepted->bound, .token = token,
                     .exported = {.data = accepted->exported.value,
                                  .length = (uint32_t)accepted->exported.length});
        break;
    case ACCEPT_failed:
        channel_send(channel, gss_failed, .context = number, .mechanism = accepted->mechanism,
                     .reason = accepted->reason, .detail = accepted->detail);
        break;
    }
}

/* The login that a token belongs to; one that begins another ends what there was. */
static struct login *login_of(uint64_t number, const struct ipc_bytes *token)
{
    struct login *login = logins_find(service.logins, number);

    if (login != NULL && acceptor_token_begins(token->data, token->length)) {
        logins_end(service.logins, number);
        login = NULL;
    }
    if (login != NULL)
        return login;
    files_refresh();
    spent_check();
    return logins_begin(service.logins, number);
}

static void on_accept(struct channel *channel, const union message_body *body)
{
    const struct message_gss_accept *ask = &body->gss_accept;
    struct login *login = login_of(ask->context, &ask->token);
    struct accepted accepted;
    enum accept_outcome outcome;

    if (login == NULL) {
        channel_send(channel, gss_failed, .context = ask->context,
                     .reason = "too many logins at the same time",
                     .detail = "too many logins have begun and not ended");
        return;
    }
    outcome = acceptor_take(&service.acceptor, login, ask->kerberos, ask->binding.data,
                            ask->binding.length, ask->token.data, ask->token.length, &accepted);
    answer(channel, ask->context, outcome, &accepted);
    accepted_clear(&accepted);
    if (outcome != ACCEPT_continues)
        logins_end(service.logins, ask->context);
}

static void on_drop(struct channel *channel, const union message_body *body)
{
    (void)channel;
    logins_end(service.logins, body->gss_drop.context);
}

/* ---- the broker ---- */

static void on_start(struct channel *channel, const union message_body *body)
{
    const struct message_gss_start *start = &body->gss_start;
    char machine[256] = "";

    gethostname(machine, sizeof(machine) - 1);
    environment_set(start->keytab, start->ntlm_users, start->ntlm_domain, machine, service.domain);
    confine_gss(start->keytab, start->ntlm_users);
    files_watch(start);
    keys_take();
    service.started = true;
    channel_set_state(channel, CHANNEL_serving);
}

static void on_channel(struct channel *channel, const union message_body *body)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_accept] = on_accept, [MESSAGE_gss_drop] = on_drop};
    static const struct channel_events events = {.handlers = handlers, .ended = on_auth_ended};
    int fd = body->gss_channel.channel;

    (void)channel;
    /* It cannot be asked anything: the one that is started in its place has room. */
    if (fd < CHANNEL_FD) {
        log_error("this process ends, because it cannot be reached");
        _exit(1);
    }
    if (service.auth != NULL)
        on_auth_ended(service.auth, false, "");
    service.auth = channel_new(service.loop, fd, PROCESS_gss, PROCESS_auth, &events, NULL);
    if (service.auth == NULL) {
        log_error("the channel to winrmd-auth cannot be watched");
        return;
    }
    service.logins = logins_new(service.loop);
    channel_set_state(service.auth, CHANNEL_serving);
    keys_tell();
}

static void leave_expired(struct loop_timer *timer)
{
    (void)timer;
    _exit(0);
}

static void on_leave(struct channel *channel, const union message_body *body)
{
    (void)channel;
    (void)body;
    service.leaving = true;
    service.leave_timer.expired = leave_expired;
    loop_timer_start(service.loop, &service.leave_timer, LOGIN_TIME);
    if (service.auth == NULL)
        _exit(0);
}

static void on_broker_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fault)
        log_error("the broker %s", why);
    _exit(fault ? 1 : 0);
}

int main(int count, char **arguments)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_start] = on_start,
        [MESSAGE_gss_channel] = on_channel,
        [MESSAGE_gss_leave] = on_leave,
        [MESSAGE_log_level] = log_level_take,
    };
    static const struct channel_events events = {.handlers = handlers, .ended = on_broker_ended};

    (void)arguments;
    log_open("winrmd-gss");
    guard_memory();
    guard_end_with_parent();
    service.loop = count > 1 ? NULL : loop_new();
    if (service.loop != NULL)
        service.broker =
            channel_new(service.loop, CHANNEL_FD, PROCESS_gss, PROCESS_broker, &events, NULL);
    if (service.broker == NULL) {
        fprintf(stderr, "winrmd-gss is started by winrmd, not by hand\n");
        return 2;
    }
    loop_run(service.loop);
    return 0;
}
