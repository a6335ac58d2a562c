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

static void problem_keep(struct config_problems *problems, struct config_problem problem)
{
    if (problems->kept == PROBLEMS_KEPT)
        return;
    problem.file = arena_text(&problems->texts, problem.file);
    problems->list[problems->kept++] = problem;
}

void problem_add(struct config_problems *problems, const char *file, unsigned line,
                 const char *cause, const char *remedy)
{
    problems->count++;
    problem_keep(problems, (struct config_problem){
                               .file = file, .line = line, .cause = cause, .remedy = remedy});
}

void problem_warn(struct config_problems *problems, const char *file, unsigned line,
                  const char *cause, const char *remedy)
{
    problem_keep(
        problems,
        (struct config_problem){
            .file = file, .line = line, .cause = cause, .remedy = remedy, .warning = true});
}
