/* SPDX-License-Identifier: ISC */

/*
 * Takes an input apart into what a target needs: numbers and texts, in the order in which they are
 * asked for. An input that has run out gives zeros and empty texts.
 */
#ifndef FUZZ_SOURCE_H
#define FUZZ_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf.h"

enum { SOURCE_TEXTS = 64, SOURCE_TEXT_SIZE = 256 };

struct source {
    const uint8_t *at;
    size_t left;
    unsigned texts;
    char text[SOURCE_TEXTS][SOURCE_TEXT_SIZE];
};

static inline void require(bool holds)
{
    if (!holds)
        abort();
}

static inline uint8_t source_byte(struct source *source)
{
    if (source->left == 0)
        return 0;
    source->left--;
    return *source->at++;
}

/* The bytes up to a NUL, at most SOURCE_TEXT_SIZE - 1, as a text that lives as long as `source`. */
static inline const char *source_text(struct source *source)
{
    char *text = source->text[source->texts++ % SOURCE_TEXTS];
    size_t length = 0;
    uint8_t byte;

    while (length < SOURCE_TEXT_SIZE - 1 && (byte = source_byte(source)) != 0)
        text[length++] = (char)byte;
    text[length] = '\0';
    return text;
}

/*
 * Can XML 1.0 carry it (section 2.2)? Then it must arrive as it was sent; otherwise U+FFFD stands
 * in for something.
 */
static inline bool is_xml_text(const char *text)
{
    if (!utf8_valid(text, strlen(text)) || strstr(text, "\xef\xbf\xbe") != NULL ||
        strstr(text, "\xef\xbf\xbf") != NULL)
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 && strchr("\t\n\r", *text) == NULL)
            return false;
    return true;
}

/* Arrived as it was sent, as far as XML can carry it. */
static inline void require_same(const char *sent, const char *arrived)
{
    require(arrived != NULL);
    require(!is_xml_text(sent) || strcmp(sent, arrived) == 0);
}

#endif
