/* SPDX-License-Identifier: ISC */

#include "session/environment.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { VARIABLES = 1024 };

/* What a sanitizer build needs to report. */
static const char *const reporting[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                                        "TSAN_OPTIONS"};

struct list {
    char **variable; /* the last one stays NULL */
    size_t count;
};

/* One of that name gives way. Takes the text. */
static void list_put(struct list *list, char *text)
{
    size_t length = strcspn(text, "=") + 1;
    size_t i = 0;

    while (i < list->count && strncmp(list->variable[i], text, length) != 0)
        i++;
    if (i == VARIABLES) {
        free(text);
        return;
    }
    free(list->variable[i]);
    list->variable[i] = text;
    list->count += i == list->count;
}

/* GCONV_PATH is where the C library loads its converters of code pages from. */
static bool is_loaders(const char *text)
{
    return text_starts(text, "LD_") || text_starts(text, "GLIBC_TUNABLES=") ||
           text_starts(text, "GCONV_PATH=");
}

char **environment_make(const struct login *login, char *const *pam)
{
    struct list list = {.variable = mem_alloc((VARIABLES + 1) * sizeof(char *))};

    list_put(&list, mem_printf("HOME=%s", login->home));
    list_put(&list, mem_printf("USER=%s", login->name));
    list_put(&list, mem_printf("LOGNAME=%s", login->name));
    list_put(&list, mem_printf("SHELL=%s", login->shell));
    list_put(&list, mem_printf("PATH=%s",
                               login->identity.uid == 0
                                   ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                                   : "/usr/local/bin:/usr/bin:/bin"));
    list_put(&list, mem_text("LANG=C.UTF-8"));
    list_put(&list, mem_text("WINRMD_SESSION=1"));
    for (; pam != NULL && *pam != NULL; pam++)
        if (strchr(*pam, '=') != NULL && **pam != '=' && !is_loaders(*pam))
            list_put(&list, mem_text(*pam));
    for (size_t i = 0; i < sizeof(reporting) / sizeof(reporting[0]); i++)
        if (getenv(reporting[i]) != NULL)
            list_put(&list, mem_printf("%s=%s", reporting[i], getenv(reporting[i])));
    return list.variable;
}

void environment_free(char **environment)
{
    for (char **entry = environment; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(environment);
}
