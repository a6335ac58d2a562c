/* SPDX-License-Identifier: ISC */

/*
 * The rule file and the rules that hold. Whoever judges asks for them anew each time: the file's
 * status is looked at (one stat), and a file that has changed is read. One with an error changes
 * nothing; where and what it is, is said once. What was handed out stays valid until it is given
 * back, also when other rules hold meanwhile.
 *
 * Every function may be called from any thread; while a changed file is read, others wait for it.
 */

#ifndef PLUGINS_POLICY_RULEBOOK_H
#define PLUGINS_POLICY_RULEBOOK_H

#include "policy/rules.h"

struct rulebook;

/* Reads the file; NULL, having said why, when there is none or it is wrong. `path` is copied. */
struct rulebook *rulebook_open(const char *path);
/* NULL is allowed. */
void rulebook_close(struct rulebook *book);

/* The rules that hold now; give them back with rulebook_return(). */
const struct rules *rulebook_take(struct rulebook *book);
void rulebook_return(struct rulebook *book, const struct rules *rules);

#endif
