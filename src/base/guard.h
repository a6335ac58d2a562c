/* SPDX-License-Identifier: ISC */

/* What a process promises about itself when it starts. */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include <stdbool.h>

/* Whether a sanitizer is built in that looks at the whole process. */
bool guard_sanitized(void);

/*
 * From now on no other process of this one's uid may trace it or read its memory, descriptors or
 * environment through /proc (prctl(2), PR_SET_DUMPABLE), and it leaves no core file. What it starts
 * is as it was once it has become another program: a host's children run as the same user, and are
 * not to read tickets and other clients' input in it. Does nothing in a build with a sanitizer,
 * whose search for leaks traces the process.
 */
void guard_reads(void);
/* The same, and nothing that it starts leaves a core file either, for which it inherits a limit. */
void guard_memory(void);
/*
 * The kernel kills this process when the broker, which started it, dies: also while it is stopped
 * and does not see its channel end. Not for a shell host, which has to kill what is below it.
 */
void guard_end_with_parent(void);

#endif
