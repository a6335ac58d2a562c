/* SPDX-License-Identifier: ISC */

/*
 * What a reload (reload.h) makes of each application. One that is written differently now, or whose
 * plug-in is another file or could not be used, changes: its plug-ins are tried aside, and the host
 * of its authorization plug-in is the one that will serve. When all is well the changed ones take
 * the place of the old ones at once, and those that the fresh configuration does not have go.
 */
#ifndef BROKER_RELOAD_CHANGES_H
#define BROKER_RELOAD_CHANGES_H

#include <stdbool.h>

#include "broker/check.h"

struct broker;
struct configuration;
struct reload_change;

/* Embedded in its owner, who sets the two functions. */
struct reload_changes {
    struct broker *broker;
    /* A plug-in that can not be used. Texts live until it returns. */
    void (*problem)(struct reload_changes *changes, const struct message_config_problem *problem);
    /* Something has been tried; not called from within reload_changes_try(). */
    void (*tried)(struct reload_changes *changes);
    const struct configuration *fresh;
    struct reload_change *all; /* one per application of `fresh`; NULL: none, any more */
    struct check check;
    bool begun; /* trials are being started: none may be the last one yet */
};

/* How many applications there were of each kind. */
struct reload_tally {
    unsigned added, changed, removed;
};

void reload_changes_init(struct reload_changes *changes, struct broker *broker);
/* Begins to try what changes with that configuration, which outlives the changes. */
void reload_changes_try(struct reload_changes *changes, const struct configuration *fresh);
/* Are there trials that have not ended? */
bool reload_changes_running(const struct reload_changes *changes);
/* From now on the applications are what the fresh configuration says. All has been tried, well. */
struct reload_tally reload_changes_apply(struct reload_changes *changes);
/* What was tried, or is being tried, is not wanted (any more). */
void reload_changes_drop(struct reload_changes *changes);

#endif
