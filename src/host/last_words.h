/* SPDX-License-Identifier: ISC */

/*
 * What a host that is about to die still tells the broker: in which entry point of the plug-in.
 * From a signal handler, so that everything is made beforehand.
 */
#ifndef HOST_LAST_WORDS_H
#define HOST_LAST_WORDS_H

/* Once, before plug-in code is loaded. */
void last_words_prepare(void);

/*
 * `entry`: as entry_running() has it; NULL: none. Fit for a signal handler. Nothing is said while
 * a message is on its way in parts: it would be torn.
 */
void last_words_say(const char *entry);

#endif
