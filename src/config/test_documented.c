/* SPDX-License-Identifier: ISC */

/*
 * docs/configuration.md: every setting of tables/settings.h has a row there that begins with its
 * name and its standard value and says so when the part is not built; the examples are accepted.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/file_load.h"
#include "config/model.h"

static char *document;

/* The part of the document about a section: from its anchor to the next one. */
static char *section_text(const char *section)
{
    char *anchor = mem_printf("<!-- settings: %s -->", section);
    char *start = strstr(document, anchor);
    char *end = start != NULL ? strstr(start + 1, "<!-- settings: ") : NULL;
    char *text = start == NULL ? NULL
                 : end == NULL ? mem_text(start)
                               : mem_text_n(start, (size_t)(end - start));

    free(anchor);
    return text;
}

static bool row_documented(const char *text, const struct setting *setting)
{
    const char *standard = setting->standard == NULL      ? "required"
                           : setting->standard[0] == '\0' ? "none"
                                                          : setting->standard;
    char *head = mem_printf("\n| `%s` | %s |", setting->name, standard);
    const char *row = strstr(text, head);
    const char *end = row == NULL ? NULL : strchr(row + 1, '\n');
    bool said = false;

    if (end != NULL) {
        char *line = mem_text_n(row, (size_t)(end - row));

        said = strstr(line, "(not built yet)") != NULL;
        free(line);
    }
    free(head);
    return row != NULL && said == !setting->built;
}

static void every_setting_is_documented(void **state)
{
    unsigned missing = 0;

    (void)state;
    for (enum setting_section section = SECTION_none + 1; section < SECTIONS; section++) {
        const struct setting_group *group = setting_group(section);
        char *text = section_text(group->name);

        if (text == NULL)
            print_message("docs/configuration.md has no part about %s\n", group->name);
        assert_non_null(text);
        for (size_t i = 0; i < group->count; i++) {
            if (row_documented(text, &group->rows[i]))
                continue;
            missing++;
            print_message("%s: write a row \"| `%s` | %s | ...\" that ends as its `built` says\n",
                          group->name, group->rows[i].name,
                          group->rows[i].standard == NULL ? "required" : group->rows[i].standard);
        }
        free(text);
    }
    assert_int_equal(missing, 0);
}

/* The text between the first line "```<language>" and the next "```". */
static char *example(const char *language)
{
    char *fence = mem_printf("\n```%s\n", language);
    char *start = strstr(document, fence);
    char *end;
    char *text;

    assert_non_null(start);
    start += strlen(fence);
    end = strstr(start, "\n```");
    assert_non_null(end);
    text = mem_text_n(start, (size_t)(end + 1 - start));
    free(fence);
    return text;
}

static void the_examples_work(void **state)
{
    static struct config_problems problems;
    struct config config;
    char *conf = example("conf");
    char *web = example("xml");

    (void)state;
    problems_init(&problems);
    config_init(&config, "/etc/winrmd/winrmd.conf");
    config_read_conf(&config, conf, strlen(conf), &problems);
    assert_int_equal(config.application_count, 1);
    config_read_web(&config,
                    container_of(config.applications.next, struct config_application, link), web,
                    strlen(web), &problems);
    for (size_t i = 0; i < problems.kept; i++)
        print_message("%s:%u: %s\n", problems.list[i].file, problems.list[i].line,
                      problems.list[i].cause);
    assert_int_equal(problems.count, 0);
    config_free(&config);
    problems_free(&problems);
    free(conf);
    free(web);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_setting_is_documented),
                                       cmocka_unit_test(the_examples_work)};
    const char *why = "no argument";
    size_t length;
    int fd = count == 2 ? open(arguments[1], O_RDONLY | O_CLOEXEC) : -1;
    int result;

    document = fd < 0 ? NULL : file_load(fd, &length, &why);
    if (document == NULL) {
        fprintf(stderr, "docs/configuration.md cannot be read: %s\n", why);
        return 2;
    }
    close(fd);
    result = cmocka_run_group_tests(tests, NULL, NULL);
    free(document);
    return result;
}
