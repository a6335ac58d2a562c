/* SPDX-License-Identifier: ISC */

/*
 * What may stand between the subject (or the URI) of a rule and its verdict: mechanism NAMES and
 * from NETWORKS, each once, in any order. Private to the parser.
 */

#ifndef PLUGINS_POLICY_RULES_CONDITION_H
#define PLUGINS_POLICY_RULES_CONDITION_H

#include "policy/rules_cursor.h"

/*
 * Reads conditions up to the first word that is none. `networks` says whether `from` may stand
 * here. False, with the cursor's error, when one is wrong; what was allocated then is the
 * condition's.
 */
bool rules_condition_parse(struct rules_cursor *at, bool networks,
                           struct rules_condition *condition);

/* Has the word behind a verdict a place before it? Then the error says so; false. */
bool rules_condition_misplaced(struct rules_cursor *at, bool networks);

#endif
