/* SPDX-License-Identifier: ISC */

/*
 * Service calls that answered nothing (a completion of a call that is closed, a pointer never
 * handed out) and payloads without a genuine ticket: told to the broker for its audit, at most
 * STRAYS_A_SECOND of them; how many were left out is told with the next one.
 */
#ifndef HOST_STRAY_H
#define HOST_STRAY_H

enum { STRAYS_A_SECOND = 100 };

/* From any thread. Both texts are literals of this program. */
void stray_report(const char *function, const char *cause);

#endif
