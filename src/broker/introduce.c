/* SPDX-License-Identifier: ISC */

#include "broker/introduce.h"

#include <errno.h>

#include "base/log.h"
#include "base/shortage.h"
#include "broker/broker.h"
#include "broker/gss.h"

enum { SHORTAGE_PAUSE = 1000 /* before something is tried again that found no descriptor */ };

static void introduction_expired(struct loop_timer *timer)
{
    struct broker *broker = container_of(timer, struct broker, introduction);

    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net && process->alone)
            introduce_net(process);
    }
    gss_introduce_again(broker);
}

void introduce_later(struct broker *broker)
{
    if (broker->introduction.position > 0 || broker->stopping)
        return;
    broker->introduction.expired = introduction_expired;
    loop_timer_start(broker->loop, &broker->introduction, SHORTAGE_PAUSE);
}

void introduce_net(struct child *net)
{
    struct broker *broker = net->broker;
    int pair[2];

    net->alone = true;
    if (broker->auth == NULL || broker->auth->channel == NULL || !broker->auth->ready ||
        net->channel == NULL)
        return;
    if (!channel_pair(pair)) {
        log_error("winrmd-net[%d] cannot be introduced to winrmd-auth (%s)", (int)net->pid,
                  shortage_text(errno));
        introduce_later(broker);
        return;
    }
    net->alone = false;
    channel_send(broker->auth->channel, auth_net, .net = net->number, .channel = pair[0]);
    channel_send(net->channel, net_auth, .channel = pair[1]);
}

void introduce_nets(struct broker *broker)
{
    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net)
            introduce_net(process);
    }
}

void introduce_forget(struct broker *broker)
{
    loop_timer_stop(broker->loop, &broker->introduction);
}
