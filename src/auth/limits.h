/* SPDX-License-Identifier: ISC */

/*
 * Token buckets: how often something may be tried by somebody. Whoever has not been here for a
 * while may try `burst` times at once, then once in `refill` milliseconds. What was taken for a try
 * that turned out well is given back, so that only what fails counts. A bucket that is full again
 * is forgotten; while LIMITS_MOST are not full, a stranger has to wait.
 */
#ifndef AUTH_LIMITS_H
#define AUTH_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

enum { LIMITS_MOST = 16384 };

struct limits;

struct limits *limits_new(uint32_t burst, uint64_t refill);
/* NULL is allowed. */
void limits_free(struct limits *limits);

/* Milliseconds until `who` may try again; 0: now. */
uint64_t limits_wait(struct limits *limits, const char *who, uint64_t now);
/* One try, which limits_wait() allows now. */
void limits_take(struct limits *limits, const char *who, uint64_t now);
/* It went well. */
void limits_give(struct limits *limits, const char *who, uint64_t now);
/* Whatever `who` has failed counts no more. Was there anything? */
bool limits_forget(struct limits *limits, const char *who, uint64_t now);

#endif
