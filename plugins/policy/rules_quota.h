/* SPDX-License-Identifier: ISC */

/* What follows the word quota in a rule: shells=N operations=N rate=N/TIME. Private to the parser.
 */

#ifndef PLUGINS_POLICY_RULES_QUOTA_H
#define PLUGINS_POLICY_RULES_QUOTA_H

#include "policy/rules_cursor.h"

/*
 * Reads limits up to the first word that is none; one at least. What is not named keeps its value.
 * False, with the cursor's error, when one of them is wrong or stands twice.
 */
bool rules_quota_parse(struct rules_cursor *at, struct rules_quota *quota);

#endif
