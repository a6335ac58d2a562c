/* SPDX-License-Identifier: ISC */

/*
 * Which entry point of the plug-in runs on which thread. Each call into plug-in code stands between
 * entry_begin() and entry_end() on the thread that makes it: a crash is then reported with the
 * entry point it happened in (crash.h), and a host that is traced tells the checker (winrmctl
 * check-plugin) each of the two.
 */
#ifndef HOST_ENTRY_H
#define HOST_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "host/api.h"
#include "ipc/message.h"

/* From now on everything is told. On the loop's thread, before plug-in code runs. */
void entry_trace(void);

/* `name` is kept, not copied. `number`: the call or context this is about, or 0. */
void entry_begin(const char *name, uint64_t number);
/* `code`: what the entry point returned, or 0. */
void entry_end(uint32_t code);

/* More that a traced host tells of the entry point that runs on this thread. */
void entry_tell(enum trace_event event, uint32_t value);
/* No token was made, because the application may not map to that account. */
void entry_tell_mapping(PCWSTR account);
bool entry_is_traced(void);

/* The entry point on this thread, or NULL; fit for a signal handler. */
const char *entry_running(void);

#endif
