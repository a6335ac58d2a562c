/* SPDX-License-Identifier: ISC */

#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "confine/limits.h"
#include "host/address.h"
#include "host/crash.h"
#include "host/entry.h"
#include "host/orphans.h"
#include "host/post.h"
#include "host/shell.h"
#include "host/token.h"

enum {
    SHUTDOWN_PATIENCE = 5000,
    FLUSH_PATIENCE = 1000,
    THREADS_PATIENCE = 1000,
    RETURN_PATIENCE = 500,
    RETURN_PAUSE = 5
};

struct host host;

static struct loop_timer shutdown_timer;
static uint64_t shutdown_latest; /* entry points that have not returned then never will */
static bool starting;
static bool shutting_down;

/* ---- the end ---- */

noreturn void host_exit(int status)
{
    for (int i = 0; i < FLUSH_PATIENCE / 10; i++) {
        channel_flush(host.broker);
        if (channel_is_ended(host.broker) || channel_backlog(host.broker) == 0)
            break;
        poll(NULL, 0, 10);
    }
    _exit(status);
}

static void shutdown_done(struct post *post)
{
    (void)post;
    host_exit(0);
}

static unsigned other_threads; /* when the plug-in was about to start: a sanitizer's, say */

/* How many threads there are besides the host's own. */
static unsigned threads_beside(void)
{
    struct stat tasks;

    /* The links of the folder: two, and one for each thread. */
    if (stat("/proc/self/task", &tasks) != 0)
        return 0;
    return (unsigned)tasks.st_nlink - 2 - 1 - pool_threads(&host.pool);
}

/*
 * How many threads the plug-in still runs. One that is ending is no thread of the plug-in's any
 * more, so it is waited for.
 */
static unsigned threads_left(void)
{
    for (int i = 0; i < THREADS_PATIENCE && threads_beside() > other_threads; i += 10)
        poll(NULL, 0, 10);
    return threads_beside() > other_threads ? threads_beside() - other_threads : 0;
}

static void shutdown_run(struct pool_work *work)
{
    static struct post done = {.run = shutdown_done};
    uint32_t code;

    (void)work;
    entry_begin("WSManPluginShutdown", 0);
    code = host.plugin.shutdown(host.plugin.context, 0, host.stop_reason);
    if (entry_is_traced())
        entry_tell(TRACE_threads, threads_left());
    entry_end(code);
    if (code != NO_ERROR)
        log_error("%s: WSManPluginShutdown returned %u", host.plugin.name, code);
    post_send(&done);
}

static void shutdown_late(struct loop_timer *timer)
{
    (void)timer;
    log_error("%s: WSManPluginShutdown did not return within %d ms", host.plugin.name,
              SHUTDOWN_PATIENCE);
    host_exit(1);
}

/*
 * What a call was about may be completed before its entry point has returned, and until then the
 * plug-in may need what WSManPluginShutdown frees. One that never returns is not waited for long.
 */
static void shutdown_when_returned(struct loop_timer *timer)
{
    static struct pool_work work = {.run = shutdown_run};

    if (pool_busy(&host.pool) > 0 && loop_now(host.loop) < shutdown_latest) {
        loop_timer_start(host.loop, timer, RETURN_PAUSE);
        return;
    }
    timer->expired = shutdown_late;
    loop_timer_start(host.loop, timer, SHUTDOWN_PATIENCE);
    pool_submit_always(&host.pool, &work);
}

void host_shutdown(void)
{
    if (shutting_down || starting)
        return;
    shutting_down = true;
    if (!host.plugin.started)
        host_exit(0);
    shutdown_latest = loop_now(host.loop) + RETURN_PATIENCE;
    shutdown_timer.expired = shutdown_when_returned;
    shutdown_when_returned(&shutdown_timer);
}

/* Without a broker there is nobody to serve; plug-in code is not asked whether that is convenient.
 */
static void broker_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fcntl(CHANNEL_FD, F_GETFD) < 0)
        log_error("%s: closed descriptor %d of its host: the channel to winrmd", host.plugin.name,
                  CHANNEL_FD);
    else if (fault)
        log_error("the broker %s", why);
    if (!host.authorization)
        shell_abandon();
    _exit(fault ? 1 : 0);
}

/* ---- the beginning ---- */

static uint32_t start_code;

static void start_refuse(uint32_t code, const char *text)
{
    log_error("%s", text);
    channel_send(host.broker, host_started, .code = code, .text = text);
    host_exit(1);
}

static void start_done(struct post *post)
{
    char text[LIMIT_REASON];

    (void)post;
    starting = false;
    if (start_code != NO_ERROR) {
        snprintf(text, sizeof(text),
                 "plug-in library %s: WSManPluginStartup returned %u; the plug-in's own "
                 "documentation says what that means",
                 host.plugin.path, start_code);
        start_refuse(start_code, text);
    }
    channel_send(host.broker, host_started, .code = NO_ERROR, .path = host.plugin.path,
                 .version = host.plugin.version, .connects = host.plugin.connect != NULL);
    if (host.stopping)
        host_shutdown();
}

static void start_run(struct pool_work *work)
{
    static struct post done = {.run = start_done};

    (void)work;
    if (entry_is_traced())
        other_threads = threads_beside();
    start_code = plugin_start(&host.plugin);
    post_send(&done);
}

/* Before any code of the plug-in's runs, which could go on without them. */
static int limits_take(const struct message_host_start *start)
{
    const struct limits limits = {
        .memory = start->max_memory, .processes = start->max_processes, .files = start->max_files};

    return limits_apply(&limits, true, getuid());
}

/* Nothing that is started from now on gains any. Only this thread is there yet. */
static bool privileges_give_up(const struct message_host_start *start)
{
    return !start->no_new_privileges || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

void host_start(struct channel *channel, const union message_body *body)
{
    static struct pool_work work = {.run = start_run};
    const struct message_host_start *start = &body->host_start;
    char text[LIMIT_REASON];
    uint32_t code;

    channel_set_state(channel, CHANNEL_serving);
    starting = true;
    token_permit(&start->may_map_to);
    if (!host.authorization)
        shell_key(&start->key);
    if (start->authorization != host.authorization)
        start_refuse(ERROR_INVALID_PARAMETER, "the first message changed its mind");
    if (limits_take(start) != 0)
        start_refuse(ERROR_INVALID_PARAMETER, "the limits of the shell cannot be set");
    if (!privileges_give_up(start))
        start_refuse(ERROR_INVALID_PARAMETER, "its privileges cannot be given up");
    if (!plugin_load(&host.plugin, start, &code, text, sizeof(text)))
        start_refuse(code, text);
    crash_name(&host.plugin);
    if (start->traced)
        entry_trace();
    pool_submit_always(&host.pool, &work);
    /* The limits of a shell may be too small for that; nobody shall wait for it. */
    if (pool_threads(&host.pool) == 0)
        start_refuse(ERROR_NOT_ENOUGH_MEMORY, "its host cannot start a thread to run it on");
}

bool host_open(int fd, bool authorization)
{
    static struct channel_events events = {.ended = broker_ended};

    events.handlers = authorization ? authz_handlers : shell_handlers;
    host.authorization = authorization;
    host.loop = loop_new();
    if (host.loop == NULL || !address_init())
        return false;
    post_open(host.loop);
    crash_watch();
    pool_init(&host.pool, authorization ? AUTHORIZATION_THREADS : SHELL_THREADS, CALLS_WAITING);
    wsmsvc_install(&host_services);
    host.broker =
        channel_new(host.loop, fd, authorization ? PROCESS_authz_host : PROCESS_shell_host,
                    PROCESS_broker, &events, NULL);
    if (host.broker != NULL && !authorization)
        orphans_watch(host.loop);
    return host.broker != NULL;
}
