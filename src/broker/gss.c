/* SPDX-License-Identifier: ISC */

#include "broker/gss.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/shortage.h"
#include "broker/broker.h"
#include "broker/identities.h"
#include "broker/introduce.h"
#include "broker/reload.h"
#include "broker/session.h"
#include "methods.h"

enum {
    PAUSE_FIRST = 50,
    PAUSE_MOST = 5000,
    STEADY = 10000,         /* one that has served that long did not crash in a row */
    START_PATIENCE = 30000, /* to say what it accepts, as a plug-in has */
    END_PATIENCE = 1000,
    LEAVE_PATIENCE = 35000 /* its logins may take 30 s */
};

struct gss {
    struct broker *broker;
    struct child *serving; /* what winrmd-auth asks; NULL: none */
    struct child *coming;  /* one that has not said yet what it accepts; NULL: none */
    char *keytab;          /* what the last one was started with; NULL: none */
    char *ntlm_users;
    char *ntlm_domain;
    bool kerberos; /* what was accepted last */
    bool ntlm;
    bool failed; /* one has ended without having said so */
    bool over;
    uint32_t restarts;
    uint64_t started_at; /* loop_now() */
    uint64_t serves_since;
    uint64_t pause;
    struct loop_timer again;
};

static void gss_start(struct gss *gss);

static struct gss *gss_of(struct broker *broker)
{
    if (broker->gss == NULL) {
        broker->gss = mem_alloc(sizeof(*broker->gss));
        broker->gss->broker = broker;
    }
    return broker->gss;
}

static bool text_same(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static bool gss_wanted(const struct configuration *configuration)
{
    return configuration->keytab != NULL || configuration->ntlm_users != NULL;
}

/* ---- who has to know ---- */

void gss_tell_net(struct broker *broker, struct child *net)
{
    const struct gss *gss = gss_of(broker);

    if (net->channel != NULL)
        channel_send(net->channel, net_mechanisms, .kerberos = gss->kerberos, .ntlm = gss->ntlm);
}

static void mechanisms_set(struct gss *gss, bool kerberos, bool ntlm)
{
    bool same = gss->kerberos == kerberos && gss->ntlm == ntlm;

    gss->kerberos = kerberos;
    gss->ntlm = ntlm;
    if (same)
        return;
    list_each(link, &gss->broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role != PROCESS_net || process->channel == NULL)
            continue;
        gss_tell_net(gss->broker, process);
        /* winrmd is ready, and a reload done, when each offers what there is. */
        process->settling += channel_send(process->channel, net_settle) ? 1 : 0;
    }
}

void gss_mechanisms(const struct broker *broker, bool *kerberos, bool *ntlm)
{
    *kerberos = broker->gss != NULL && broker->gss->kerberos;
    *ntlm = broker->gss != NULL && broker->gss->ntlm;
}

void gss_introduce(struct broker *broker)
{
    const struct gss *gss = gss_of(broker);
    int pair[2];

    if (gss->serving == NULL || gss->serving->channel == NULL || broker->auth == NULL ||
        broker->auth->channel == NULL || !broker->auth->ready)
        return;
    gss->serving->alone = !channel_pair(pair);
    if (gss->serving->alone) {
        log_error("winrmd-gss[%d] cannot be introduced to winrmd-auth (%s)", (int)gss->serving->pid,
                  shortage_text(errno));
        introduce_later(broker);
        return;
    }
    channel_send(gss->serving->channel, gss_channel, .channel = pair[0]);
    channel_send(broker->auth->channel, auth_gss, .channel = pair[1]);
}

void gss_introduce_again(struct broker *broker)
{
    if (broker->gss != NULL && broker->gss->serving != NULL && broker->gss->serving->alone)
        gss_introduce(broker);
}

bool gss_settled(const struct broker *broker)
{
    const struct gss *gss = broker->gss;

    return gss == NULL || !gss_wanted(broker->configuration) || gss->failed ||
           (gss->serving != NULL && gss->coming == NULL);
}

void gss_silent(struct broker *broker)
{
    struct gss *gss = gss_of(broker);

    /* One that has taken over since then is not meant; and of many logins one is enough. */
    if (gss->serving == NULL || loop_now(broker->loop) - gss->serves_since < NEGOTIATE_WAIT)
        return;
    gss->serves_since = loop_now(broker->loop);
    log_error("winrmd-gss[%d] does not answer; it is killed", (int)gss->serving->pid);
    child_kill(gss->serving);
}

/* ---- processes ---- */

/* It ends with the logins that have begun in it. */
static void gss_leave(struct child *process)
{
    channel_send(process->channel, gss_leave);
    child_end_within(process, LEAVE_PATIENCE);
}

/* The one that has been coming takes over. */
static void handle_ready(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct broker *broker = process->broker;
    struct gss *gss = gss_of(broker);
    struct child *before = gss->serving;

    if (process != gss->serving && process != gss->coming)
        return;
    if (process == gss->coming) {
        loop_timer_stop(broker->loop, &process->kill_timer);
        channel_set_state(channel, CHANNEL_serving);
        child_set_ready(process);
        process->settling = 0;
        gss->coming = NULL;
        gss->serving = process;
        gss->serves_since = loop_now(broker->loop);
        gss_introduce(broker);
        if (before != NULL)
            gss_leave(before);
    }
    mechanisms_set(gss, body->gss_ready.kerberos, body->gss_ready.ntlm);
    reload_settled(broker);
    broker_check_ready(broker);
}

static void handle_spent(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct gss *gss = gss_of(process->broker);

    (void)body;
    if (process == gss->serving && gss->coming == NULL && !process->broker->stopping) {
        gss->restarts = process->restarts + 1;
        gss_start(gss);
    }
}

static void again_expired(struct loop_timer *timer)
{
    struct gss *gss = container_of(timer, struct gss, again);

    if (gss_wanted(gss->broker->configuration) && gss->coming == NULL)
        gss_start(gss);
}

static void start_later(struct gss *gss)
{
    if (loop_now(gss->broker->loop) - gss->started_at >= STEADY || gss->pause == 0)
        gss->pause = PAUSE_FIRST;
    else if (gss->pause < PAUSE_MOST)
        gss->pause *= 2;
    gss->again.expired = again_expired;
    loop_timer_start(gss->broker->loop, &gss->again, gss->pause);
}

static void gss_gone(struct child *process, bool crashed)
{
    struct broker *broker = process->broker;
    struct gss *gss = broker->gss;

    (void)crashed;
    process->settling = 0;
    if (gss == NULL || gss->over)
        return;
    if (process == gss->coming) {
        gss->coming = NULL;
        gss->failed = true;
    } else if (process == gss->serving) {
        gss->serving = NULL;
    } else {
        return;
    }
    gss->restarts = process->restarts + 1;
    if (!broker->stopping && gss_wanted(broker->configuration) && gss->coming == NULL)
        start_later(gss);
    reload_settled(broker);
    broker_check_ready(broker);
}

static void gss_remember(struct gss *gss)
{
    const struct configuration *configuration = gss->broker->configuration;

    free(gss->keytab);
    free(gss->ntlm_users);
    free(gss->ntlm_domain);
    gss->keytab = mem_text(configuration->keytab);
    gss->ntlm_users = mem_text(configuration->ntlm_users);
    gss->ntlm_domain = mem_text(configuration->ntlm_domain);
}

static void gss_start(struct gss *gss)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_ready] = handle_ready,
        [MESSAGE_gss_spent] = handle_spent,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *process =
        child_start(gss->broker, PROCESS_gss, "winrmd-gss", NULL,
                    identity_of_role(gss->broker, gss->broker->configuration, PROCESS_gss, NULL),
                    &events, gss_gone);

    gss->started_at = loop_now(gss->broker->loop);
    if (process == NULL) {
        gss->failed = true;
        gss->pause = PAUSE_MOST;
        start_later(gss);
        return;
    }
    gss_remember(gss);
    loop_timer_start(gss->broker->loop, &process->kill_timer, START_PATIENCE);
    process->restarts = gss->restarts;
    gss->coming = process;
    channel_send(process->channel, gss_start, .keytab = gss->keytab, .ntlm_users = gss->ntlm_users,
                 .ntlm_domain = gss->ntlm_domain);
}

static bool gss_current(const struct gss *gss)
{
    const struct configuration *configuration = gss->broker->configuration;

    return text_same(gss->keytab, configuration->keytab) &&
           text_same(gss->ntlm_users, configuration->ntlm_users) &&
           text_same(gss->ntlm_domain, configuration->ntlm_domain);
}

/* Neither is wanted any more: what has begun in them ends too. */
static void gss_dismiss(struct child **process)
{
    struct child *gone = *process;

    *process = NULL;
    if (gone != NULL)
        child_dismiss(gone, END_PATIENCE);
}

/* Who was let in by what is not taken any more is not let in any more. */
static void sessions_revoke(struct gss *gss)
{
    const struct configuration *configuration = gss->broker->configuration;

    if (gss->keytab != NULL && configuration->keytab == NULL)
        session_revoke(gss->broker,
                       &(const struct message_auth_revoked){.mechanism = MECHANISM_KERBEROS});
    if (gss->ntlm_users != NULL && configuration->ntlm_users == NULL)
        session_revoke(gss->broker,
                       &(const struct message_auth_revoked){.mechanism = MECHANISM_NTLM});
}

void gss_update(struct broker *broker)
{
    struct gss *gss = gss_of(broker);

    if (gss->over || broker->stopping)
        return;
    sessions_revoke(gss);
    if (!gss_wanted(broker->configuration)) {
        loop_timer_stop(broker->loop, &gss->again);
        gss_dismiss(&gss->coming);
        gss_dismiss(&gss->serving);
        gss_remember(gss);
        mechanisms_set(gss, false, false);
        return;
    }
    if (gss_current(gss) && (gss->serving != NULL || gss->coming != NULL))
        return;
    gss_dismiss(&gss->coming);
    loop_timer_stop(broker->loop, &gss->again);
    gss->restarts = 0;
    gss->pause = 0;
    gss->failed = false;
    /*
     * Until one says otherwise: tokens wait for it, and a client that is there first is not sent
     * away.
     */
    if (gss->serving == NULL)
        mechanisms_set(gss, broker->configuration->keytab != NULL,
                       broker->configuration->ntlm_users != NULL);
    gss_start(gss);
    if (gss->coming != NULL)
        gss->coming->settling = 1;
}

void gss_forget(struct broker *broker)
{
    struct gss *gss = broker->gss;

    if (gss == NULL)
        return;
    gss->over = true;
    loop_timer_stop(broker->loop, &gss->again);
    free(gss->keytab);
    free(gss->ntlm_users);
    free(gss->ntlm_domain);
    free(gss);
    broker->gss = NULL;
}
