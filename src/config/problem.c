/* SPDX-License-Identifier: ISC */

#include "config/problem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/utf.h"

void problems_init(struct config_problems *problems)
{
    problems->kept = problems->count = 0;
    /* Bounded by PROBLEMS_KEPT and PROBLEM_TEXT, hence without a limit of its own. */
    arena_init(&problems->texts, SIZE_MAX / 2);
}

void problems_free(struct config_problems *problems)
{
    if (problems == NULL)
        return;
    arena_free(&problems->texts);
    problems->kept = problems->count = 0;
}

const char *problem_text(struct config_problems *problems, const char *format, ...)
{
    char raw[PROBLEM_TEXT + 1];
    char safe[PROBLEM_TEXT + 1];
    va_list arguments;

    if (problems->count >= PROBLEMS_KEPT)
        return "";
    va_start(arguments, format);
    if (vsnprintf(raw, sizeof(raw), format, arguments) < 0)
        raw[0] = '\0';
    va_end(arguments);
    log_safe(safe, sizeof(safe), raw);
    safe[strlen(safe) - utf8_incomplete_tail(safe, strlen(safe))] = '\0';
    return arena_text(&problems->texts, safe);
}

void problem_add(struct config_problems *problems, const char *file, unsigned line,
                 const char *cause, const char *remedy)
{
    problems->count++;
    if (problems->kept == PROBLEMS_KEPT)
        return;
    problems->list[problems->kept++] = (struct config_problem){
        .file = arena_text(&problems->texts, file), .line = line, .cause = cause, .remedy = remedy};
}
