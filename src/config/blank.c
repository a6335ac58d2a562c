/* SPDX-License-Identifier: ISC */

#include "config/blank.h"

#include <string.h>

struct blanker {
    char *at;
    char *end;
    unsigned line;
    bool fresh; /* at the beginning of a word: only there "//" and "/" "*" begin a comment */
    const char *file;
    struct config_problems *problems;
};

static bool blank_starts(const struct blanker *blanker, const char *what)
{
    size_t length = strlen(what);

    return (size_t)(blanker->end - blanker->at) >= length && memcmp(blanker->at, what, length) == 0;
}

static void blank_one(struct blanker *blanker, bool erase)
{
    if (*blanker->at == '\n')
        blanker->line++;
    else if (erase)
        *blanker->at = ' ';
    blanker->at++;
}

static bool blank_fault(struct blanker *blanker, unsigned line, const char *cause,
                        const char *remedy)
{
    problem_add(blanker->problems, blanker->file, line, cause, remedy);
    return false;
}

static void blank_line(struct blanker *blanker)
{
    while (blanker->at < blanker->end && *blanker->at != '\n')
        blank_one(blanker, true);
}

static bool blank_block(struct blanker *blanker)
{
    unsigned line = blanker->line;

    while (blanker->at < blanker->end && !blank_starts(blanker, "*/"))
        blank_one(blanker, true);
    if (blanker->at == blanker->end)
        return blank_fault(blanker, line, "a comment that begins here is not closed",
                           "write */ at its end");
    blank_one(blanker, true);
    blank_one(blanker, true);
    return true;
}

static bool blank_variable(struct blanker *blanker)
{
    return blank_fault(blanker, blanker->line,
                       "\"${\" stands for an environment variable, which winrmd.conf does not take",
                       "write the value itself; in single quotes \"${\" is plain text");
}

static bool blank_quoted(struct blanker *blanker, char quote)
{
    unsigned line = blanker->line;

    blank_one(blanker, false);
    while (blanker->at < blanker->end && *blanker->at != quote) {
        if (quote == '"' && blank_starts(blanker, "${"))
            return blank_variable(blanker);
        if (*blanker->at == '\\' && blanker->at + 1 < blanker->end)
            blank_one(blanker, false);
        blank_one(blanker, false);
    }
    if (blanker->at == blanker->end)
        return blank_fault(blanker, line, "a text in quotes that begins here is not closed",
                           "write the closing quote");
    blank_one(blanker, false);
    return true;
}

static bool blank_step(struct blanker *blanker)
{
    char c = *blanker->at;
    bool fresh = blanker->fresh;

    blanker->fresh = strchr(" \t\n\r{}()=+,", c) != NULL;
    if (c == '#' || (fresh && blank_starts(blanker, "//"))) {
        blank_line(blanker);
        return true;
    }
    if (fresh && blank_starts(blanker, "/*"))
        return blank_block(blanker);
    if (c == '"' || c == '\'')
        return blank_quoted(blanker, c);
    if (blank_starts(blanker, "${"))
        return blank_variable(blanker);
    blank_one(blanker, false);
    return true;
}

bool conf_blank_comments(const char *file, char *text, size_t length,
                         struct config_problems *problems)
{
    struct blanker blanker = {.at = text,
                              .end = text + length,
                              .line = 1,
                              .fresh = true,
                              .file = file,
                              .problems = problems};

    while (blanker.at < blanker.end)
        if (!blank_step(&blanker))
            return false;
    return true;
}
