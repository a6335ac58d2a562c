/* SPDX-License-Identifier: ISC */

#include "host/language.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "host/text16.h"

enum {
    NAME_MOST = 84, /* LOCALE_NAME_MAX_LENGTH without the NUL */
    SUBTAG_MOST = 8 /* RFC 5646, 2.1 */
};

static const char16_t default_language[] = u"en-US";

static _Thread_local PCWSTR language;

static bool is_letter_or_digit(char16_t unit)
{
    return (unit >= u'0' && unit <= u'9') || (unit >= u'A' && unit <= u'Z') ||
           (unit >= u'a' && unit <= u'z');
}

/* Subtags of one to eight letters and digits with hyphens between them. */
static bool is_language_tag(PCWSTR name)
{
    size_t subtag = 0;
    size_t length = 0;

    for (; name[length] != 0 && length <= NAME_MOST; length++) {
        if (name[length] == u'-' && subtag > 0)
            subtag = 0;
        else if (!is_letter_or_digit(name[length]) || ++subtag > SUBTAG_MOST)
            return false;
    }
    return subtag > 0 && length <= NAME_MOST;
}

void language_enter(PCWSTR locale)
{
    language = locale != NULL && is_language_tag(locale) ? locale : NULL;
}

void language_leave(void)
{
    language = NULL;
}

DWORD service_get_thread_language(PWSTR buffer, DWORD *length)
{
    return text16_copy(language != NULL ? language : default_language, buffer, length);
}
