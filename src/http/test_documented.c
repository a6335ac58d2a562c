/* SPDX-License-Identifier: ISC */

/* docs/http.md shows each limit of tables/input_limits.h with its number, and no others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "input_limits.h"

#define L(name, number, unit, meaning) "| `" #name "` | " #number " " unit " | " meaning " |",
static const char *const rows[] = {LIMIT_TABLE(L)};
#undef L

static char document[256 * 1024];

static unsigned rows_shown(const char *part)
{
    unsigned count = 0;

    for (const char *row = part; (row = strstr(row, "\n| `")) != NULL; row++)
        count++;
    return count;
}

static void every_limit_is_documented(void **state)
{
    const char *part = strstr(document, "<!-- limits -->");
    unsigned missing = 0;

    (void)state;
    assert_non_null(part);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strstr(part, rows[i]) != NULL)
            continue;
        missing++;
        print_message("docs/http.md needs the row\n%s\n", rows[i]);
    }
    assert_int_equal(missing, 0);
    assert_int_equal(rows_shown(part), sizeof(rows) / sizeof(rows[0]));
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_limit_is_documented)};
    int fd = count == 2 ? open(arguments[1], O_RDONLY | O_CLOEXEC) : -1;
    ssize_t length = fd < 0 ? -1 : read(fd, document, sizeof(document) - 1);

    if (length <= 0) {
        fprintf(stderr, "docs/http.md cannot be read\n");
        return 2;
    }
    close(fd);
    return cmocka_run_group_tests_name("http/documented", tests, NULL, NULL);
}
