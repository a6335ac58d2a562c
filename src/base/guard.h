/* SPDX-License-Identifier: ISC */

/* For processes through which passwords pass. */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

/*
 * From now on this process leaves no core file, and no other process of its uid may trace it or
 * read its memory, descriptors or environment through /proc (prctl(2), PR_SET_DUMPABLE). Does
 * nothing in a build with a sanitizer, whose search for leaks traces the process.
 */
void guard_memory(void);

#endif
