/* SPDX-License-Identifier: ISC */

/*
 * What an administrator has the broker do, over the control socket: end shells, end all that a user
 * has, give back what a user or an address has used up, log more or less (docs/operating.md).
 * Nothing here asks a plug-in, takes a slot, or waits for a process that need not answer; a command
 * is carried out although the audit cannot be written.
 */
#ifndef BROKER_ADMINISTER_H
#define BROKER_ADMINISTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "base/loop.h"
#include "ipc/channel.h"

struct broker;

/* One command of one connection; embedded in its owner, zeroed. */
struct administer {
    struct broker *broker;
    struct channel *channel;
    uid_t uid; /* who asks */
    pid_t pid;
    bool busy;
    struct list endings;     /* shells whose end is waited for */
    struct list forget_link; /* in broker.forgetting */
    uint64_t forget_call;    /* what winrmd-auth is asked; 0: nothing */
    bool forget_matters;     /* without its answer the command is not done */
    struct loop_timer patience;
    struct message_control_done done;
    char problem[1024];
};

void administer_init(struct administer *administer, struct broker *broker, struct channel *channel,
                     uid_t uid, pid_t pid);
/* Who asked has gone. What was begun goes on. */
void administer_abandon(struct administer *administer);

/* Each is answered by rows and one control_done, now or later. */
void administer_kill(struct administer *administer, const struct message_control_kill *ask);
void administer_revoke(struct administer *administer, const struct message_control_revoke *ask);
void administer_unthrottle(struct administer *administer,
                           const struct message_control_unthrottle *ask);
void administer_level(struct administer *administer, const struct message_control_level *ask);

/* From winrmd-auth. */
void administer_forgotten(struct broker *broker, const struct message_auth_forgotten *told);

#endif
