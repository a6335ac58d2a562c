/* SPDX-License-Identifier: ISC */

#include "broker/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/administer.h"
#include "broker/broker.h"
#include "broker/explain.h"
#include "broker/reload.h"
#include "broker/status.h"
#include "broker/users.h"

/* The places are of each uid: nobody can take those of root, whose hand this is. */
enum { CONTROL_BACKLOG = 128, CONTROL_MOST = 32, ACCEPT_MOST = 64, PAUSE_TIME = 1000 };

/* A connected winrmctl. */
struct control {
    struct list link; /* in broker.controls */
    struct broker *broker;
    struct channel *channel;
    struct reload_listener reload; /* its `winrmctl reload`, until that is done */
    struct explain *explain;       /* its `winrmctl explain`; NULL: none is running */
    struct administer administer;  /* what else it has the broker do */
};

/* ---- winrmctl status ---- */

static void handle_ask(struct channel *channel, const union message_body *body)
{
    (void)body;
    status_send(((const struct control *)channel_owner(channel))->broker, channel);
    channel_send(channel, status_end);
}

/* ---- winrmctl reload ---- */

static void tell_problem(struct reload_listener *listener,
                         const struct message_config_problem *problem)
{
    const struct control *control = container_of(listener, struct control, reload);

    channel_send(control->channel, reload_problem, .file = problem->file, .line = problem->line,
                 .cause = problem->cause, .remedy = problem->remedy);
}

static void tell_end(struct reload_listener *listener, uint32_t problems)
{
    const struct control *control = container_of(listener, struct control, reload);

    channel_send(control->channel, reload_end, .problems = problems);
}

static void handle_reload(struct channel *channel, const union message_body *body)
{
    struct control *control = channel_owner(channel);

    (void)body;
    reload_forget(&control->reload);
    control->reload.problem = tell_problem;
    control->reload.done = tell_end;
    control->reload.uid = control->administer.uid;
    control->reload.pid = control->administer.pid;
    reload_begin(control->broker, &control->reload);
}

/* ---- winrmctl explain ---- */

static void explain_ended(void *owner)
{
    ((struct control *)owner)->explain = NULL;
}

static void handle_explain(struct channel *channel, const union message_body *body)
{
    struct control *control = channel_owner(channel);

    if (control->explain != NULL)
        channel_send(channel, explain_end, .problem = "another question is being answered");
    else
        control->explain =
            explain_begin(control->broker, channel, &body->explain_ask, explain_ended, control);
}

/* ---- winrmctl users, kill, revoke, unthrottle, log-level ---- */

static struct administer *administer_of(struct channel *channel)
{
    return &((struct control *)channel_owner(channel))->administer;
}

static void handle_users(struct channel *channel, const union message_body *body)
{
    (void)body;
    users_send(administer_of(channel)->broker, channel);
    channel_send(channel, control_done, .problem = NULL);
}

static void handle_kill(struct channel *channel, const union message_body *body)
{
    administer_kill(administer_of(channel), &body->control_kill);
}

static void handle_revoke(struct channel *channel, const union message_body *body)
{
    administer_revoke(administer_of(channel), &body->control_revoke);
}

static void handle_unthrottle(struct channel *channel, const union message_body *body)
{
    administer_unthrottle(administer_of(channel), &body->control_unthrottle);
}

static void handle_level(struct channel *channel, const union message_body *body)
{
    administer_level(administer_of(channel), &body->control_level);
}

/* ---- connections ---- */

static void control_free(struct control *control)
{
    reload_forget(&control->reload);
    explain_abandon(control->explain);
    administer_abandon(&control->administer);
    list_remove(&control->link);
    channel_free(control->channel);
    free(control);
}

static void control_ended(struct channel *channel, bool fault, const char *why)
{
    if (fault)
        log_error("a client of the control socket %s", why);
    control_free(channel_owner(channel));
}

static void control_resume(struct loop_timer *timer)
{
    struct broker *broker = container_of(timer, struct broker, control_pause);

    if (broker->control.fd >= 0)
        loop_rewatch(broker->loop, &broker->control, EPOLLIN);
}

/* Who waits in the queue would otherwise wake the loop again and again. */
static void control_pause(struct broker *broker)
{
    log_error("no descriptor is left to answer winrmctl with (%s); raise the limit of open files "
              "(LimitNOFILE of the service, ulimit -Hn of the shell)",
              strerror(errno));
    loop_rewatch(broker->loop, &broker->control, 0);
    broker->control_pause.expired = control_resume;
    loop_timer_start(broker->loop, &broker->control_pause, PAUSE_TIME);
}

/* Who is answered; no other uid. */
static bool peer_of(int fd, struct ucred *peer)
{
    socklen_t length = sizeof(*peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, peer, &length) == 0 &&
           (peer->uid == 0 || peer->uid == getuid());
}

static bool has_place(struct broker *broker, uid_t uid)
{
    unsigned count = 0;

    list_each(link, &broker->controls)
        count += container_of(link, struct control, link)->administer.uid == uid ? 1 : 0;
    return count < CONTROL_MOST;
}

/* Takes the connection over. */
static void control_begin(struct broker *broker, int fd)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_status_ask] = handle_ask,
        [MESSAGE_reload_ask] = handle_reload,
        [MESSAGE_explain_ask] = handle_explain,
        [MESSAGE_control_users] = handle_users,
        [MESSAGE_control_kill] = handle_kill,
        [MESSAGE_control_revoke] = handle_revoke,
        [MESSAGE_control_unthrottle] = handle_unthrottle,
        [MESSAGE_control_level] = handle_level,
    };
    static const struct channel_events channel_events = {handlers, control_ended};
    struct ucred peer;
    struct control *control;

    if (!peer_of(fd, &peer) || !has_place(broker, peer.uid)) {
        close(fd);
        return;
    }
    control = mem_alloc(sizeof(*control));
    control->broker = broker;
    list_init(&control->reload.link);
    list_append(&broker->controls, &control->link);
    control->channel =
        channel_new(broker->loop, fd, PROCESS_broker, PROCESS_control, &channel_events, control);
    administer_init(&control->administer, broker, control->channel, peer.uid, peer.pid);
    if (control->channel == NULL)
        control_free(control);
    else
        channel_set_state(control->channel, CHANNEL_serving);
}

/* Several a turn: who comes behind a crowd that is turned away is not kept by it. */
static void control_accept(struct loop_watch *watch, uint32_t events)
{
    struct broker *broker = container_of(watch, struct broker, control);

    (void)events;
    for (int i = 0; i < ACCEPT_MOST; i++) {
        int fd = accept4(watch->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE)
                control_pause(broker);
            return;
        }
        control_begin(broker, fd);
    }
}

bool control_listen(struct broker *broker)
{
    const char *path = broker->configuration->control;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int fd;
    bool bound;

    broker->control = (struct loop_watch){.fd = -1, .ready = control_accept};
    if (path == NULL)
        return true;
    if (strlen(path) >= sizeof(address.sun_path)) {
        log_error("control = \"%s\" is longer than the %zu characters a socket's path may have",
                  path, sizeof(address.sun_path) - 1);
        return false;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
        log_error("another winrmd answers on %s; stop it, or set another control path", path);
        close(fd);
        return false;
    }
    unlink(path);
    mask = umask(0177);
    bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
            listen(fd, CONTROL_BACKLOG) == 0;
    umask(mask);
    if (!bound) {
        log_error("the control socket %s cannot be made (%s)", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    broker->control.fd = fd;
    return loop_watch(broker->loop, &broker->control, EPOLLIN);
}

void control_close(struct broker *broker)
{
    if (broker->control.fd < 0)
        return;
    list_each(link, &broker->controls)
        control_free(container_of(link, struct control, link));
    loop_timer_stop(broker->loop, &broker->control_pause);
    loop_unwatch(broker->loop, &broker->control);
    close(broker->control.fd);
    unlink(broker->configuration->control);
    broker->control.fd = -1;
}
