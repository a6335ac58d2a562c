/* SPDX-License-Identifier: ISC */

/* The users a plug-in under trial is asked about: odd ones, and those that its author names. */
#ifndef CTL_PLUGIN_USERS_H
#define CTL_PLUGIN_USERS_H

#include "ctl/ctl.h"
#include "ctl/plugin_trial.h"

enum { USERS_NAMED = CTL_USERS, USERS_ROOM = 12 + USERS_NAMED };

/* Returns how many there are. The texts live for ever, those of `names` as long as these. */
size_t users_fill(struct trial_user users[USERS_ROOM], const char *const *names, size_t count);

#endif
