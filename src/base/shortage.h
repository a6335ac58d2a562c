/* SPDX-License-Identifier: ISC */

/* What a process is out of, in the words an administrator needs (docs/reliability.md, F-20). */
#ifndef BASE_SHORTAGE_H
#define BASE_SHORTAGE_H

/* strerror(), and for a shortage what to do about it. Valid until the next call. */
const char *shortage_text(int error);

#endif
