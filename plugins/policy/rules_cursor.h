/* SPDX-License-Identifier: ISC */

/*
 * The words of one line of a rule file, read from the left. Private to the parser. Functions that
 * return false or NULL for a line that is wrong have said why in the cursor's error.
 */

#ifndef PLUGINS_POLICY_RULES_CURSOR_H
#define PLUGINS_POLICY_RULES_CURSOR_H

#include "policy/rules_line.h"

struct rules_cursor {
    struct rules_line *line;
    size_t next; /* index of the word to be read next */
    struct rules_error *error;
};

/* The next word, which stays; NULL at the end of the line. */
const struct rules_word *cursor_peek(const struct rules_cursor *at);

/* Whether the next word is this keyword; if so it is taken. */
bool cursor_accept(struct rules_cursor *at, const char *keyword);

/* Takes the next word, which has to be there: `what` names it for the error. */
const struct rules_word *cursor_take(struct rules_cursor *at, const char *what);

/* Nothing may be left in the line. */
bool cursor_finish(struct rules_cursor *at);

/* Copies a text of at most `limit` bytes; the copy is the caller's. `what` is for the error. */
bool cursor_copy(struct rules_cursor *at, const char *text, size_t limit, const char *what,
                 char **copy);

/* Out of memory; returns false. */
bool cursor_fail_memory(struct rules_cursor *at);

#endif
