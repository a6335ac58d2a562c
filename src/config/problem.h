/* SPDX-License-Identifier: ISC */

/*
 * What is wrong with a configuration: where, what, and what to write instead. A reader goes on
 * after a problem, so that an administrator sees all of them at once. Owned by whoever reads a
 * configuration; single-threaded.
 */
#ifndef CONFIG_PROBLEM_H
#define CONFIG_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { PROBLEMS_KEPT = 100, PROBLEM_TEXT = 1000 };

struct config_problem {
    const char *file;
    unsigned line; /* 0: the file as a whole */
    const char *cause;
    const char *remedy;
    bool warning; /* the configuration can be used all the same; not counted */
};

struct config_problems {
    struct arena texts;
    struct config_problem list[PROBLEMS_KEPT];
    size_t kept;
    size_t count; /* all of them, also those that were not kept */
};

void problems_init(struct config_problems *problems);
/* NULL is allowed. */
void problems_free(struct config_problems *problems);

/*
 * A text for problem_add(), valid as long as `problems`: at most PROBLEM_TEXT bytes, control
 * characters shown as '?', cut at the border of a character.
 */
const char *problem_text(struct config_problems *problems, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes a problem. `file` is copied; `cause` and `remedy` come from problem_text() or are constant.
 */
void problem_add(struct config_problems *problems, const char *file, unsigned line,
                 const char *cause, const char *remedy);
/* The same for what should be mended and can be used all the same. */
void problem_warn(struct config_problems *problems, const char *file, unsigned line,
                  const char *cause, const char *remedy);

#endif
