/* SPDX-License-Identifier: ISC */

#include "policy/rules_cursor.h"

#include <stdlib.h>
#include <string.h>

/* What the rule file is going to say one day; until it can, it must not look as if it did. */
static const char *const later_words[] = {"run-as", "from", "source", "network"};

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

static bool is_later_word(const char *text)
{
    for (size_t i = 0; i < sizeof(later_words) / sizeof(later_words[0]); i++) {
        size_t length = strlen(later_words[i]);

        if (strncmp(text, later_words[i], length) == 0 &&
            (text[length] == '\0' || text[length] == '='))
            return true;
    }
    return false;
}

bool cursor_check_version(struct rules_cursor *at, const struct rules_word *word)
{
    if (word->quoted || !is_later_word(word->text))
        return true;
    return rules_line_fail(at->line, at->error,
                           "\"%.*s\" is not available in this version: remove it",
                           rules_word_shown(word->text), word->text);
}

bool cursor_finish(struct rules_cursor *at)
{
    const struct rules_word *word = cursor_peek(at);

    if (!word)
        return true;
    if (!cursor_check_version(at, word))
        return false;
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
