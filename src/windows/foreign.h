/* SPDX-License-Identifier: ISC */

/*
 * The host's shutdownNotificationHandle as an object that can be waited for, and the one thread
 * of the library that has to watch: the eventfds of those handles, and the time limits of
 * registered waits. It begins when it is first needed and never ends.
 *
 * The eventfd of an operation is the host's and is closed with it; so it is duplicated.
 */
#ifndef WINDOWS_FOREIGN_H
#define WINDOWS_FOREIGN_H

#include "windows/object.h"

/* Not held. A new object for an open operation's handle, with one reference, or NULL with the
 * last error set. */
struct object *foreign_object(HANDLE handle);

/* Begins the thread; false, with the last error set, when there can be none. */
bool watcher_begin(void);
/* Held: a time limit may be nearer than those before. */
void watcher_poke(void);

#endif
