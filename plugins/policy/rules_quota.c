/* SPDX-License-Identifier: ISC */

#include "policy/rules_quota.h"

#include <string.h>

/* A number in decimal digits that ends before `end`, or "unlimited". */
static bool parse_limit(const char *text, const char *end, uint32_t *value)
{
    uint64_t sum = 0;

    if ((size_t)(end - text) == strlen("unlimited") && memcmp(text, "unlimited", 9) == 0) {
        *value = RULES_UNLIMITED;
        return true;
    }
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        sum = sum * 10 + (unsigned)(*text - '0');
        if (sum >= RULES_UNLIMITED)
            return false;
    }
    *value = (uint32_t)sum;
    return true;
}

/* COUNT/TIME with a time like 10s, 5m or 1h; or "unlimited". */
static bool parse_rate(const char *text, struct rules_quota *quota)
{
    const char *slash = strchr(text, '/');
    const char *end;
    uint32_t unit;

    if (strcmp(text, "unlimited") == 0) {
        quota->slot_seconds = 0;
        quota->slot_operations = RULES_UNLIMITED;
        return true;
    }
    if (!slash || !parse_limit(text, slash, &quota->slot_operations))
        return false;
    end = slash + strlen(slash) - 1;
    unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 0;
    if (unit == 0 || !parse_limit(slash + 1, end, &quota->slot_seconds))
        return false;
    if (quota->slot_seconds == 0 || quota->slot_seconds > 86400 / unit)
        return false;
    quota->slot_seconds *= unit;
    return true;
}

static const char *const names[] = {"shells=", "operations=", "rate="};

enum { NAME_COUNT = sizeof(names) / sizeof(names[0]) };

/* Which of the names a word begins with; NAME_COUNT for none. */
static size_t limit_of(const struct rules_word *word)
{
    size_t which = 0;

    while (which < NAME_COUNT &&
           (word->quoted || strncmp(word->text, names[which], strlen(names[which])) != 0))
        which++;
    return which;
}

static bool parse_one(size_t which, const char *value, struct rules_quota *quota)
{
    const char *end = value + strlen(value);

    if (which == 0)
        return parse_limit(value, end, &quota->shells);
    if (which == 1)
        return parse_limit(value, end, &quota->operations);
    return parse_rate(value, quota);
}

bool rules_quota_parse(struct rules_cursor *at, struct rules_quota *quota)
{
    const struct rules_word *word;
    unsigned seen = 0;

    while ((word = cursor_peek(at)) && limit_of(word) < NAME_COUNT) {
        size_t which = limit_of(word);

        if (seen & 1U << which)
            return rules_line_fail(at->line, at->error, "\"%s\" stands twice: keep one",
                                   names[which]);
        seen |= 1U << which;
        if (!parse_one(which, word->text + strlen(names[which]), quota))
            return rules_line_fail(at->line, at->error, "\"%.*s\" is no limit: write %s",
                                   rules_word_shown(word->text), word->text,
                                   which == 2 ? "rate=NUMBER/TIME, like rate=100/10s, at most 24h"
                                              : "a number or unlimited, like shells=2");
        at->next++;
    }
    if (seen == 0)
        return rules_line_fail(
            at->line, at->error,
            "quota limits nothing: write shells=N, operations=N or rate=N/10s behind it");
    return true;
}
