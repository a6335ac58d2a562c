/* SPDX-License-Identifier: ISC */

/* Registered waits (RegisterWaitForSingleObject), as the watcher sees them. */
#ifndef WINDOWS_REGISTERED_H
#define WINDOWS_REGISTERED_H

/* Dispatcher held: fires what has expired. Milliseconds until the next limit, -1: there is none. */
int registered_expire(void);

#endif
