/* SPDX-License-Identifier: ISC */

#include "policy/rules_cursor.h"

#include <stdlib.h>
#include <string.h>

bool cursor_fail_memory(struct rules_cursor *at)
{
    return rules_line_fail(at->line, at->error, "out of memory");
}

const struct rules_word *cursor_peek(const struct rules_cursor *at)
{
    return at->next < at->line->count ? &at->line->words[at->next] : NULL;
}

bool cursor_accept(struct rules_cursor *at, const char *keyword)
{
    const struct rules_word *word = cursor_peek(at);

    if (!word || word->quoted || strcmp(word->text, keyword) != 0)
        return false;
    at->next++;
    return true;
}

const struct rules_word *cursor_take(struct rules_cursor *at, const char *what)
{
    const struct rules_word *word = cursor_peek(at);

    if (!word)
        rules_line_fail(at->line, at->error, "the rule ends too early: write %s next", what);
    else
        at->next++;
    return word;
}

bool cursor_finish(struct rules_cursor *at)
{
    const struct rules_word *word = cursor_peek(at);

    if (!word)
        return true;
    return rules_line_fail(at->line, at->error,
                           "\"%.*s\" has no meaning here: remove it or begin a new line",
                           rules_word_shown(word->text), word->text);
}

bool cursor_copy(struct rules_cursor *at, const char *text, size_t limit, const char *what,
                 char **copy)
{
    if (strlen(text) > limit)
        return rules_line_fail(at->line, at->error, "the %s is longer than %zu bytes: shorten it",
                               what, limit);
    *copy = strdup(text);
    return *copy ? true : cursor_fail_memory(at);
}
