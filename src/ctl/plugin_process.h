/* SPDX-License-Identifier: ISC */

/* The process of the host in a trial: its beginning, the ways it can end, what it leaves behind. */
#ifndef CTL_PLUGIN_PROCESS_H
#define CTL_PLUGIN_PROCESS_H

#include "ctl/plugin_trial.h"

/* False after a complaint, or with errno set: it cannot be started. */
bool process_launch(struct trial *trial);

/* After each wait: has the plug-in ended its host? */
void process_look(struct trial *trial);
/* The channel has ended: so does the process, unless the plug-in has closed the channel. */
void process_await_end(struct trial *trial);
/* It ended although nobody asked it to: says how. */
void process_end_report(struct trial *trial);

/*
 * Ends what the plug-in has forked, and says so: without its host it is a child of this process,
 * which has no others.
 */
void process_end_orphans(struct trial *trial);

#endif
