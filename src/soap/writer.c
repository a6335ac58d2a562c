/* SPDX-License-Identifier: ISC */

#include "soap/writer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* What stands for a byte of well-formed UTF-8 in XML; NULL: the byte itself. */
static const char *escape(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\t':
        return "&#9;";
    case '\n':
        return "&#10;";
    case '\r':
        return "&#13;";
    default:
        return c < 0x20 ? REPLACEMENT : NULL;
    }
}

/* The noncharacters U+FFFE and U+FFFF, which XML excludes as well. */
static bool is_noncharacter(const char *text, size_t left)
{
    return left >= 3 && (unsigned char)text[0] == 0xef && (unsigned char)text[1] == 0xbf &&
           ((unsigned char)text[2] & 0xfe) == 0xbe;
}

static void put_valid(struct buffer *buffer, const char *text, size_t length)
{
    size_t done = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        const char *instead;
        size_t size = 1;

        if (c >= 0x20 && c < 0xef && c != '&' && c != '<' && c != '>' && c != '"')
            continue;
        instead = escape(c);
        if (is_noncharacter(text + i, length - i)) {
            instead = REPLACEMENT;
            size = 3;
        }
        if (instead == NULL)
            continue;
        buffer_append(buffer, text + done, i - done);
        buffer_text(buffer, instead);
        i += size - 1;
        done = i + 1;
    }
    buffer_append(buffer, text + done, length - done);
}

void soap_put_text_n(struct buffer *buffer, const char *text, size_t length)
{
    if (utf8_valid(text, length)) {
        put_valid(buffer, text, length);
        return;
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] >= 0x80)
            soap_put(buffer, REPLACEMENT);
        else
            put_valid(buffer, text + i, 1);
    }
}

void soap_put_text(struct buffer *buffer, const char *text)
{
    soap_put_text_n(buffer, text, strlen(text));
}

void soap_put_attribute(struct buffer *buffer, const char *name, const char *value)
{
    soap_put(buffer, " ");
    buffer_text(buffer, name);
    soap_put(buffer, "=\"");
    soap_put_text(buffer, value);
    soap_put(buffer, "\"");
}

void soap_put_element(struct buffer *buffer, const char *tag, const char *text)
{
    if (text == NULL)
        return;
    soap_put(buffer, "<");
    buffer_text(buffer, tag);
    soap_put(buffer, ">");
    soap_put_text(buffer, text);
    soap_put(buffer, "</");
    buffer_text(buffer, tag);
    soap_put(buffer, ">");
}

void soap_put_number(struct buffer *buffer, const char *tag, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    soap_put_element(buffer, tag, text);
}
