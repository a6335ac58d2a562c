/* SPDX-License-Identifier: ISC */

/*
 * One line of a rule file, split into words. Private to the parser. The words point into the line's
 * own buffer and live as long as it does.
 */

#ifndef PLUGINS_POLICY_RULES_LINE_H
#define PLUGINS_POLICY_RULES_LINE_H

#include "policy/rules.h"

struct rules_word {
    char *text;
    bool quoted; /* stands for itself: neither a keyword nor a pattern */
};

struct rules_line {
    unsigned number;
    size_t count;
    struct rules_word words[RULES_WORDS];
    char buffer[RULES_LINE_LENGTH + 1];
};

/*
 * Splits length bytes (without the line end) into the words of *line, whose number the caller has
 * set. No words: the line is empty or a comment.
 */
bool rules_line_split(struct rules_line *line, const char *bytes, size_t length,
                      struct rules_error *error);

/* Fills *error for this line; returns false, so that a caller can return the call. */
bool rules_line_fail(const struct rules_line *line, struct rules_error *error, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

/* How many bytes of a word an error text quotes: whole characters, 60 bytes at most. */
int rules_word_shown(const char *text);

#endif
