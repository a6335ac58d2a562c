/* SPDX-License-Identifier: ISC */

#include "config/test_problems.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/memory.h"

char *problems_joined(const struct config_problems *problems)
{
    char *text = mem_text("");

    for (size_t i = 0; i < problems->kept; i++) {
        char *longer = mem_printf("%s%u: %s; %s\n", text, problems->list[i].line,
                                  problems->list[i].cause, problems->list[i].remedy);

        free(text);
        text = longer;
    }
    return text;
}

void problems_expect(const char *label, const struct config_problems *problems,
                     const char *const *expected)
{
    char *joined = problems_joined(problems);
    char *at = joined;
    size_t count = 0;
    bool fine = true;

    while (expected[count] != NULL)
        count++;
    fine = problems->count == count;
    for (size_t i = 0; fine && i < count; i++) {
        char *end = strchr(at, '\n');

        fine = strncmp(at, expected[i], strlen(expected[i])) == 0;
        at = end + 1;
    }
    if (!fine) {
        print_message("%s: expected\n", label);
        for (size_t i = 0; i < count; i++)
            print_message("    %s...\n", expected[i]);
        print_message("but got\n%s", joined);
    }
    free(joined);
    assert_true(fine);
}
