/* SPDX-License-Identifier: ISC */

/*
 * Trying plug-ins before they are needed, for `winrmd --check` and for a reload: each is loaded
 * and started in a host of its own, as it would be for a request, and shut down again.
 */
#ifndef BROKER_CHECK_H
#define BROKER_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"
#include "ipc/message.h"

struct application_settings;
struct broker;
struct plugin;

/* A plug-in that can not be used. Texts live until it returns. */
typedef void (*check_problem)(void *context, const struct message_config_problem *problem);

/* Plug-ins being tried; embedded in its owner, who sets the two functions. */
struct check {
    struct broker *broker;
    check_problem problem; /* its context is the check */
    /* The last one that was begun has been tried; not called from within check_application(). */
    void (*done)(struct check *check);
    struct list trials; /* of check.c */
};

void check_init(struct check *check, struct broker *broker);
/* Begins to try the enabled plug-ins; authorization plug-ins only if they are wanted. */
void check_application(struct check *check, struct application_settings *settings,
                       bool authorization);
/* Are there trials that have not ended? */
bool check_running(const struct check *check);
/* Gives up: nothing is called any more. */
void check_stop(struct check *check);

/* Tells that a plug-in of these settings can not be used, and why. */
void check_tell(const struct application_settings *settings, const struct plugin *plugin,
                const char *why, check_problem problem, void *context);

#endif
