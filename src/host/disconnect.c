/* SPDX-License-Identifier: ISC */

#include "host/disconnect.h"

#include "host/host.h"
#include "host/shell.h"

/* A Disconnect that waits for Sends and Signals. */
static struct {
    bool asked;
    uint64_t operation;
    struct loop_timer deadline;
} leaving;

static bool signals_are_open(const struct list *signals)
{
    list_each(link, (struct list *)(uintptr_t)signals)
        if (signal_reply(link)->open)
            return true;
    return false;
}

static bool target_is_asked(struct target *target, void *context)
{
    (void)context;
    return target->sender.reply.open || signals_are_open(&target->signals.waiting) ||
           signals_are_open(&target->signals.enders);
}

static void leaving_done(void)
{
    disconnect_end();
    channel_send(host.broker, shell_disconnected, .operation = leaving.operation);
}

/* An answer has gone out: was it the last that is waited for? */
static void leaving_consider(void)
{
    if (leaving.asked && !shell_each_target(target_is_asked, NULL))
        leaving_done();
}

/* What runs goes on; nobody waits for it. */
static bool target_cut_off(struct target *target, void *context)
{
    (void)context;
    reply_send(&target->sender.reply, ERROR_WINRS_SHELL_DISCONNECTED);
    signals_refuse(target, ERROR_WINRS_SHELL_DISCONNECTED);
    return false;
}

static void leaving_late(struct loop_timer *timer)
{
    (void)timer;
    shell_each_target(target_cut_off, NULL);
    leaving_consider();
}

static bool target_leave(struct target *target, void *context)
{
    (void)context;
    receiver_refuse(target, ERROR_WINRS_SHELL_DISCONNECTED);
    return false;
}

void disconnect_ask(const struct message_shell_disconnect *message)
{
    if (shell.ending)
        return;
    shell.disconnected = true;
    shell.barrier = message->sequence;
    output_keep_as((enum output_buffering)message->buffering);
    shell_each_target(target_leave, NULL);
    leaving.asked = true;
    leaving.operation = message->operation;
    leaving.deadline.expired = leaving_late;
    loop_timer_start(host.loop, &leaving.deadline, message->timeout);
    reply_watch(leaving_consider);
    leaving_consider();
}

bool disconnect_came_after(uint64_t sequence)
{
    return sequence <= shell.barrier;
}

void disconnect_end(void)
{
    leaving.asked = false;
    loop_timer_stop(host.loop, &leaving.deadline);
}
