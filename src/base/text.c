/* SPDX-License-Identifier: ISC */

#include "base/text.h"

#include <stdint.h>
#include <string.h>

const char *text_trim(const char *text, size_t *length)
{
    size_t end = strlen(text);

    while (end > 0 && text_is_space(text[end - 1]))
        end--;
    while (end > 0 && text_is_space(*text)) {
        text++;
        end--;
    }
    *length = end;
    return text;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_case(const char *left, const char *right)
{
    while (*left != 0 && lower(*left) == lower(*right)) {
        left++;
        right++;
    }
    return *left == 0 && *right == 0;
}

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool secret_equal(const void *left, const void *right, size_t length)
{
    const volatile uint8_t *a = left;
    const volatile uint8_t *b = right;
    uint8_t difference = 0;

    for (size_t i = 0; i < length; i++)
        difference |= (uint8_t)(a[i] ^ b[i]);
    return difference == 0;
}
