/* SPDX-License-Identifier: ISC */

/*
 * The UI language of the call that runs on a thread: of the request whose entry point was entered
 * there. Each thread has its own; outside of calls it is the default.
 */
#ifndef HOST_LANGUAGE_H
#define HOST_LANGUAGE_H

#include "host/api.h"

/*
 * Around an entry point. `locale` is the request's (NULL: it named none) and is borrowed until
 * language_leave(). What is no language tag by its form, or longer than Windows' names of locales,
 * counts as none.
 */
void language_enter(PCWSTR locale);
void language_leave(void);

DWORD service_get_thread_language(PWSTR buffer, DWORD *length);

#endif
