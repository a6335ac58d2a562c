/* SPDX-License-Identifier: ISC */

/* Which of root's powers the broker keeps (capabilities(7)): those that it uses, each with its why.
 */
#ifndef CONFINE_CAPABILITIES_H
#define CONFINE_CAPABILITIES_H

#include <stdbool.h>

/*
 * This process, which is uid 0, keeps what the broker needs and nothing else; the programs that it
 * starts as root have all again that the machine allows. False: it lacks one that it cannot do
 * without, or they cannot be dropped; `missing` is then its name or what failed (constant).
 */
bool capabilities_keep_broker(const char **missing);

#endif
