/* SPDX-License-Identifier: ISC */

/*
 * One question to a running winrmd, over its control socket. The configuration file says where
 * that is; winrmd answers its own user and root only, and the whole answer must come in time.
 */
#ifndef CTL_CONTROL_H
#define CTL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/loop.h"
#include "ctl/ctl.h"
#include "ipc/channel.h"

struct question {
    enum message_type ask;
    const union message_body *body; /* NULL: `ask` is a message without fields */
    /* By message; the handler of the last message of the answer calls question_answered(). */
    const channel_handler *handlers;
    uint32_t patience; /* seconds for the whole answer */
    /* of control.c */
    struct loop *loop;
    struct loop_timer timer;
    bool answered;
    char failure[200];
};

/* CTL_done when it was answered; anything else after a complaint. */
enum ctl_exit question_ask(struct question *question, const char *config);

/* For handlers: the question their channel's answer belongs to; and: the answer is complete. */
struct question *question_of(const struct channel *channel);
void question_answered(struct channel *channel);

#endif
