/* SPDX-License-Identifier: ISC */

/* What the parts of the plug-in `attacker` say to each other. */
#ifndef TESTS_HOSTILE_ATTACKER_H
#define TESTS_HOSTILE_ATTACKER_H

/* Adds a line to what the command puts out. */
void attacker_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes what no honest host would to the host's channels; `attack` is a name of the table there.
 */
void attacker_message(const char *attack);

#endif
