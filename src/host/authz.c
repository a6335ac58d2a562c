/* SPDX-License-Identifier: ISC */

/*
 * The loop's side of an authorization host: the broker's questions become calls on the pool's
 * threads, and what the plug-in completed becomes answers. Contexts the plug-in reported are kept
 * in a table from a number to the pointer; the broker knows the numbers only.
 */

#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"
#include "host/authz_call.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/language.h"
#include "ipc/log_level.h"

enum { STOP_PATIENCE = 5000, STUCK_PATIENCE = 100 };

/* WSManPluginAuthzReleaseContext on its way. */
struct release {
    struct pool_work work;
    struct post done;
    void *context;
    uint64_t number; /* 0: the broker has never heard of it */
};

/* A context the plug-in has reported and not got back. */
struct reported {
    uint64_t number;
    void *context;
};

static struct map calls;    /* by the broker's number, until answered or closed */
static struct map contexts; /* by number */
static uint64_t last_context;
static unsigned releasing;
static unsigned voided; /* calls closed when their verdict was on its way */
static struct loop_timer patience;
/* Calls whose entry point has not returned; guarded by the lock of address.h. */
static struct list running = {&running, &running};

/* ---- contexts ---- */

static void stop_consider(void);

static void release_done(struct post *post)
{
    free(container_of(post, struct release, done));
    releasing--;
    stop_consider();
}

static void release_run(struct pool_work *work)
{
    struct release *release = container_of(work, struct release, work);

    entry_begin("WSManPluginAuthzReleaseContext", release->number);
    host.plugin.authz_release(release->context);
    entry_end(0);
    post_send(&release->done);
}

static void context_release(void *context, uint64_t number)
{
    static bool said;
    struct release *release;

    if (context == NULL)
        return;
    if (host.plugin.authz_release == NULL) {
        if (!said)
            log_info("%s reports contexts but has no WSManPluginAuthzReleaseContext: they are "
                     "dropped",
                     host.plugin.name);
        said = true;
        return;
    }
    release = mem_alloc(sizeof(*release));
    *release = (struct release){
        .work.run = release_run, .done.run = release_done, .context = context, .number = number};
    releasing++;
    pool_submit_always(&host.pool, &release->work);
}

/* The number under which the broker gives this context back; 0 for none. */
static uint64_t context_keep(void *context)
{
    struct reported *reported;

    if (context == NULL)
        return 0;
    reported = mem_alloc(sizeof(*reported));
    *reported = (struct reported){.number = ++last_context, .context = context};
    map_put_u64(&contexts, reported->number, reported);
    return reported->number;
}

static void authz_release(struct channel *channel, const union message_body *body)
{
    struct reported *reported = map_remove_u64(&contexts, body->authz_release.context);

    (void)channel;
    if (reported == NULL)
        return;
    context_release(reported->context, reported->number);
    free(reported);
    stop_consider();
}

/* ---- answers ---- */

static void answer(enum handle_kind kind, uint64_t number, const struct authz_verdict *verdict)
{
    uint64_t context = context_keep(verdict->context);

    if (kind == HANDLE_authz_user)
        channel_send(host.broker, authz_user_answer, .call = number, .code = verdict->code,
                     .context = context, .token = verdict->choice, .account = verdict->account,
                     .administrator = verdict->administrator, .extended = verdict->extended);
    else if (kind == HANDLE_authz_operation)
        channel_send(host.broker, authz_operation_answer, .call = number, .code = verdict->code,
                     .context = context, .extended = verdict->extended);
    else
        channel_send(host.broker, authz_quota_answer, .call = number, .code = verdict->code,
                     .present = verdict->quota_present,
                     .shells = verdict->quota.maxAllowedConcurrentShells,
                     .operations = verdict->quota.maxAllowedConcurrentOperations,
                     .slot_seconds = verdict->quota.timeslotSize,
                     .slot_operations = verdict->quota.maxAllowedOperationsPerTimeslot,
                     .extended = verdict->extended);
}

static void call_unref(struct authz_call *call)
{
    bool last;

    address_lock();
    last = authz_call_unref(call);
    address_unlock();
    if (last)
        authz_call_free(call);
}

/* The plug-in has completed the call. */
static void call_answer(struct post *post)
{
    struct authz_call *call = container_of(post, struct authz_call, post);
    bool wanted;

    address_lock();
    wanted = call->state == AUTHZ_complete;
    address_unlock();
    if (wanted) {
        map_remove_u64(&calls, call->number);
        answer(call->handle.kind, call->number, &call->verdict);
    } else {
        voided--;
        context_release(call->verdict.context, 0);
    }
    call_unref(call);
    stop_consider();
}

/* ---- questions ---- */

static void call_run(struct pool_work *work)
{
    struct authz_call *call = container_of(work, struct authz_call, work);
    WSMAN_SENDER_DETAILS *details = call->handle.address;

    address_lock();
    list_append(&running, &call->running);
    address_unlock();
    language_enter(call->locale);
    switch (call->handle.kind) {
    case HANDLE_authz_user:
        entry_begin("WSManPluginAuthzUser", call->number);
        host.plugin.authz_user(host.plugin.context, details, 0);
        break;
    case HANDLE_authz_quota:
        entry_begin("WSManPluginAuthzQueryQuota", call->number);
        host.plugin.authz_quota(host.plugin.context, details, 0);
        break;
    default:
        entry_begin("WSManPluginAuthzOperation", call->number);
        host.plugin.authz_operation(host.plugin.context, details, 0, call->operation, call->action,
                                    call->resource_uri);
        break;
    }
    entry_end(0);
    language_leave();
    address_lock();
    list_remove(&call->running);
    address_unlock();
    call_unref(call);
}

static void authz_ask(const struct authz_question *question)
{
    struct authz_verdict refused = {.code = ERROR_BUSY};
    struct authz_call *call = NULL;

    if (host.stopping || !host.plugin.started) {
        refused.code = ERROR_SHUTDOWN_IN_PROGRESS;
    } else if (question->kind == HANDLE_authz_quota && host.plugin.authz_quota == NULL) {
        refused.code = ERROR_PROC_NOT_FOUND;
    } else if (map_get_u64(&calls, question->call) == NULL) {
        refused.code = ERROR_NOT_ENOUGH_MEMORY;
        call = authz_call_new(question);
    }
    if (call != NULL) {
        call->work.run = call_run;
        call->post.run = call_answer;
        call->waits_since = loop_now(host.loop);
        call->finished = pool_finished(&host.pool);
        map_put_u64(&calls, call->number, call);
        if (pool_submit(&host.pool, &call->work))
            return;
        map_remove_u64(&calls, call->number);
        authz_call_free(call);
        refused.code = ERROR_BUSY;
    }
    answer(question->kind, question->call, &refused);
}

#define QUESTION(message, question_kind)                                                         \
    {                                                                                            \
        .kind = (question_kind), .call = (message)->call, .name = (message)->name,               \
        .mechanism = (message)->mechanism, .url = (message)->url, .address = (message)->address, \
        .locale = (message)->locale, .account = (message)->account, .groups = (message)->groups, \
        .certificate = SENDER_CERTIFICATE(message)                                               \
    }

static void authz_user(struct channel *channel, const union message_body *body)
{
    const struct authz_question question = QUESTION(&body->authz_user, HANDLE_authz_user);

    (void)channel;
    authz_ask(&question);
}

static void authz_quota(struct channel *channel, const union message_body *body)
{
    const struct authz_question question = QUESTION(&body->authz_quota, HANDLE_authz_quota);

    (void)channel;
    authz_ask(&question);
}

static void authz_operation(struct channel *channel, const union message_body *body)
{
    struct authz_question question = QUESTION(&body->authz_operation, HANDLE_authz_operation);

    (void)channel;
    question.operation = body->authz_operation.operation;
    question.action = body->authz_operation.action;
    question.resource_uri = body->authz_operation.resource_uri;
    authz_ask(&question);
}

/* Does the broker wait for a call that a thread is in? */
static bool running_is_wanted(void)
{
    bool wanted = false;

    address_lock();
    list_each(link, &running)
        wanted = wanted || container_of(link, struct authz_call, running)->state == AUTHZ_open;
    address_unlock();
    return wanted;
}

/*
 * `call` was closed and had got no thread. If none has become free all the time it waited, and no
 * thread is in a call that may still be answered, none ever will: the broker is told.
 */
static void stuck_consider(const struct authz_call *call)
{
    static bool told;
    unsigned threads = pool_held(&host.pool);

    if (told || host.stopping || loop_now(host.loop) - call->waits_since < STUCK_PATIENCE ||
        threads == 0 || pool_finished(&host.pool) != call->finished || running_is_wanted())
        return;
    told = true;
    channel_send(host.broker, authz_stuck, .threads = threads);
}

static void authz_close(struct channel *channel, const union message_body *body)
{
    struct authz_call *call = map_remove_u64(&calls, body->authz_close.call);
    struct authz_call *dead = call;

    (void)channel;
    if (call == NULL)
        return;
    /* A plug-in that has not been asked yet is not asked any more. */
    if (pool_withdraw(&host.pool, &call->work)) {
        stuck_consider(call);
    } else {
        address_lock();
        dead = authz_call_close(call);
        voided += call->state == AUTHZ_void;
        address_unlock();
    }
    if (dead != NULL)
        authz_call_free(dead);
    stop_consider();
}

/* ---- the end ---- */

static void context_give_back(void *value, void *unused)
{
    struct reported *reported = value;

    (void)unused;
    context_release(reported->context, reported->number);
    map_remove_u64(&contexts, reported->number);
    free(reported);
}

/*
 * The broker did not close and release everything in time: what is open stays unanswered. A
 * plug-in that then does not take its contexts back is not waited for a second time.
 */
static void patience_over(struct loop_timer *timer)
{
    static bool before;

    if (before)
        host_exit(1);
    before = true;
    loop_timer_start(host.loop, timer, STOP_PATIENCE);
    log_error("%s: %zu calls are open and %zu contexts reported at the stop", host.plugin.name,
              calls.count, contexts.count);
    map_each(&contexts, context_give_back, NULL);
    map_free(&calls);
    map_init(&calls);
    stop_consider();
}

static void stop_consider(void)
{
    if (!host.stopping || calls.count > 0 || contexts.count > 0 || releasing > 0 || voided > 0)
        return;
    loop_timer_stop(host.loop, &patience);
    host_shutdown(); /* once: nothing calls this again, as there is nothing left to end */
}

static void authz_stop(struct channel *channel, const union message_body *body)
{
    channel_set_state(channel, CHANNEL_stopping);
    host.stopping = true;
    host.stop_reason = body->host_stop.reason;
    patience.expired = patience_over;
    loop_timer_start(host.loop, &patience, STOP_PATIENCE);
    stop_consider();
}

const channel_handler authz_handlers[MESSAGE_COUNT] = {
    [MESSAGE_host_start] = host_start,   [MESSAGE_authz_user] = authz_user,
    [MESSAGE_authz_quota] = authz_quota, [MESSAGE_authz_operation] = authz_operation,
    [MESSAGE_authz_close] = authz_close, [MESSAGE_authz_release] = authz_release,
    [MESSAGE_host_stop] = authz_stop,    [MESSAGE_log_level] = log_level_take,
};
