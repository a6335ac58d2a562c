/* SPDX-License-Identifier: ISC */

#include "soap/encoding.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>

#include "base/text.h"

/* How the bytes are to be read. */
enum layout { LAYOUT_other, LAYOUT_utf8, LAYOUT_utf16_little, LAYOUT_utf16_big };

struct mark {
    const char *bytes;
    size_t length;
    enum layout layout;
    bool is_mark; /* a byte order mark, which is dropped; else the beginning of the markup */
};

static const struct mark marks[] = {
    {"\xef\xbb\xbf", 3, LAYOUT_utf8, true},  {"\xff\xfe", 2, LAYOUT_utf16_little, true},
    {"\xfe\xff", 2, LAYOUT_utf16_big, true}, {"<\0", 2, LAYOUT_utf16_little, false},
    {"\0<", 2, LAYOUT_utf16_big, false},
};

static const struct {
    const char *name;
    enum layout layout;
} charsets[] = {
    {"utf-8", LAYOUT_utf8},
    {"utf8", LAYOUT_utf8},
    {"us-ascii", LAYOUT_utf8},
    {"utf-16", LAYOUT_utf16_little},
    {"utf-16le", LAYOUT_utf16_little},
    {"utf-16be", LAYOUT_utf16_big},
    {"unicode", LAYOUT_utf16_little},
};

static enum layout layout_of_charset(const char *name)
{
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
        if (text_equal_case(name, charsets[i].name))
            return charsets[i].layout;
    return LAYOUT_other;
}

/* The layout that an XML declaration names; UTF-8 when there is none or it names none. */
static enum layout layout_of_declaration(const char *bytes, size_t length)
{
    static const char attribute[] = "encoding";
    char name[32];
    const char *end;
    const char *at;
    char quote;
    size_t i = 0;

    if (bytes == NULL || length < 6 || memcmp(bytes, "<?xml", 5) != 0 || !text_is_space(bytes[5]))
        return LAYOUT_utf8;
    end = memmem(bytes, length < 256 ? length : 256, "?>", 2);
    at =
        end == NULL ? NULL : memmem(bytes, (size_t)(end - bytes), attribute, sizeof(attribute) - 1);
    if (at == NULL)
        return LAYOUT_utf8;
    for (at += sizeof(attribute) - 1; at < end && (text_is_space(*at) || *at == '='); at++)
        continue;
    quote = *at++;
    while (at < end && *at != quote && i < sizeof(name) - 1)
        name[i++] = *at++;
    name[i] = 0;
    return layout_of_charset(name);
}

static const struct mark *find_mark(const char *bytes, size_t length)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (length >= marks[i].length && memcmp(bytes, marks[i].bytes, marks[i].length) == 0)
            return &marks[i];
    return NULL;
}

/* Sets `text` to a converted copy; its units are first put into the machine's order. */
static bool from_utf16(const char *bytes, size_t length, bool big, struct arena *arena,
                       const char **text, size_t *text_length, bool *full)
{
    size_t units = length / 2;
    char16_t *copy;
    char *converted;
    ptrdiff_t size;

    if (length % 2 != 0)
        return false;
    copy = arena_alloc(arena, units * sizeof(*copy) + 1);
    converted = arena_alloc(arena, units * 3 + 1);
    *full = copy == NULL || converted == NULL;
    if (*full)
        return false;
    for (size_t i = 0; i < units; i++) {
        unsigned first = (uint8_t)bytes[2 * i];
        unsigned second = (uint8_t)bytes[2 * i + 1];

        copy[i] = (char16_t)(big ? first << 8 | second : second << 8 | first);
    }
    size = utf8_from_utf16(converted, copy, units);
    if (size < 0)
        return false;
    *text = converted;
    *text_length = (size_t)size;
    return true;
}

/* Parsers switch to UTF-16 when a document begins like this, whatever they were told it is. */
static bool looks_like_utf16(const char *text, size_t length)
{
    return length >= 2 && (text[0] == 0 || text[1] == 0 || (text[0] & 0xfe) == 0xfe);
}

bool soap_to_utf8(const void *bytes, size_t length, const char *charset, struct arena *arena,
                  enum soap_encoding *encoding, const char **text, size_t *text_length, bool *full)
{
    const char *start = bytes;
    const struct mark *mark = find_mark(start, length);
    enum layout layout;

    *encoding = SOAP_ENCODING_none;
    *full = false;
    *text = start;
    *text_length = length;
    if (mark != NULL)
        layout = mark->layout;
    else if (charset != NULL)
        layout = layout_of_charset(charset);
    else
        layout = layout_of_declaration(start, length);
    if (mark != NULL && mark->is_mark) {
        *text += mark->length;
        *text_length -= mark->length;
    }
    if (layout == LAYOUT_other)
        return false;
    *encoding = layout == LAYOUT_utf8 ? SOAP_UTF8 : SOAP_UTF16;
    if (layout != LAYOUT_utf8 && !from_utf16(*text, *text_length, layout == LAYOUT_utf16_big, arena,
                                             text, text_length, full))
        return false;
    return !looks_like_utf16(*text, *text_length);
}

bool soap_encode(struct buffer *response, enum soap_encoding encoding)
{
    struct buffer converted;
    size_t length = buffer_length(response);
    char16_t *units;
    ptrdiff_t count = -1;

    if (encoding != SOAP_UTF16 || response->failed)
        return !response->failed;
    buffer_init(&converted, (length + 1) * sizeof(*units));
    units = (char16_t *)(void *)buffer_reserve(&converted, (length + 1) * sizeof(*units));
    if (units != NULL)
        count = utf16_from_utf8(units + 1, (const char *)buffer_bytes(response), length);
    if (count >= 0) {
        units[0] = htole16(0xfeff);
        for (ptrdiff_t i = 1; i <= count; i++)
            units[i] = htole16(units[i]);
        buffer_reset(response);
        buffer_append(response, units, ((size_t)count + 1) * sizeof(*units));
    } else {
        response->failed = true;
    }
    buffer_free(&converted);
    return !response->failed;
}

const char *soap_content_type(enum soap_encoding encoding)
{
    return encoding == SOAP_UTF16 ? "application/soap+xml;charset=UTF-16"
                                  : "application/soap+xml;charset=UTF-8";
}
