/* SPDX-License-Identifier: ISC */

/*
 * The last words of a host whose plug-in crashes it: which entry point ran, which signal, and the
 * calls that led there, on standard error, which is winrmd's log. Afterwards the signal does what
 * it would have done without this.
 */
#ifndef HOST_CRASH_H
#define HOST_CRASH_H

#include "host/load.h"

/* Watches for crashes from now on. Once, before plug-in code is loaded. */
void crash_watch(void);

/* The plug-in whose crashes these would be; `plugin` stays as it is from now on. */
void crash_name(const struct plugin *plugin);

/* For a new thread that will run plug-in code: a stack to report its stack overflow on. */
void crash_thread(void);

#endif
