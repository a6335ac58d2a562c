/* SPDX-License-Identifier: ISC */

#include "cmd/code_page.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    ASCII = 0x80, /* every page has ASCII below */
    UPPER = 0x100 - ASCII,
};

/* One byte of the page. */
struct pair {
    uint32_t point; /* its character */
    unsigned char byte;
};

struct code_page {
    unsigned char text[UPPER][CODE_PAGE_GROWTH]; /* UTF-8 of each byte above ASCII ... */
    unsigned char length[UPPER];
    struct pair pairs[UPPER]; /* ... and the way back, by character */
};

/*
 * Page 437, from its 128th byte on, for a glibc that is installed without its further converters:
 * clients that say nothing else want this one. The test compares it with iconv's.
 */
static const uint16_t page_437[UPPER] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef,
    0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9,
    0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa,
    0x00f1, 0x00d1, 0x00aa, 0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb,
    0x2591, 0x2592, 0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f,
    0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559,
    0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580,
    0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4,
    0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static size_t sequence_length(unsigned char lead)
{
    return lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/* Whether this can be the second byte of what such a byte begins (RFC 3629, section 4). */
static bool second_fits(unsigned char lead, unsigned char second)
{
    unsigned char least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;

    return second >= least && second <= most;
}

/*
 * The character at the front: its length, or 0 when these bytes begin none. *complete says whether
 * all of it is there.
 */
static size_t character_at(const unsigned char *bytes, size_t length, bool *complete)
{
    size_t needed = sequence_length(bytes[0]);

    *complete = true;
    if (needed == 1)
        return bytes[0] < ASCII;
    for (size_t i = 1; i < needed; i++) {
        if (i == length) {
            *complete = false;
            return needed;
        }
        if (i == 1 ? !second_fits(bytes[0], bytes[1]) : (bytes[i] & 0xc0) != 0x80)
            return 0;
    }
    return needed;
}

size_t utf8_unfinished(const unsigned char *bytes, size_t length)
{
    bool complete;

    for (size_t back = 1; back <= 3 && back <= length; back++) {
        if ((bytes[length - back] & 0xc0) == 0x80)
            continue;
        character_at(bytes + length - back, back, &complete);
        return complete ? 0 : back;
    }
    return 0;
}

static uint32_t decode(const unsigned char *bytes, size_t length)
{
    uint32_t point = length == 1 ? bytes[0] : bytes[0] & (0x7fU >> length);

    for (size_t i = 1; i < length; i++)
        point = point << 6 | (bytes[i] & 0x3fU);
    return point;
}

static int compare(const void *left, const void *right)
{
    uint32_t one = ((const struct pair *)left)->point;
    uint32_t other = ((const struct pair *)right)->point;

    return (one > other) - (one < other);
}

/* Writes a character of the basic plane above ASCII; returns the length. */
static size_t encode(uint32_t point, unsigned char *text)
{
    size_t length = 0;

    if (point < 0x800) {
        text[length++] = (unsigned char)(0xc0 | point >> 6);
    } else {
        text[length++] = (unsigned char)(0xe0 | point >> 12);
        text[length++] = (unsigned char)(0x80 | (point >> 6 & 0x3f));
    }
    text[length++] = (unsigned char)(0x80 | (point & 0x3f));
    return length;
}

/*
 * What iconv makes of one byte. A byte the page leaves open is the control character of that
 * number, as Windows has it (the bestfit tables of the Unicode Consortium), so that none is lost.
 */
static size_t ask_iconv(iconv_t converter, unsigned char byte, unsigned char *text)
{
    char from = (char)byte;
    char *in = &from;
    char *out = (char *)text;
    size_t left = 1;
    size_t room = CODE_PAGE_GROWTH;

    if (iconv(converter, &in, &left, &out, &room) != (size_t)-1 && left == 0 &&
        room < CODE_PAGE_GROWTH)
        return CODE_PAGE_GROWTH - room;
    iconv(converter, NULL, NULL, NULL, NULL);
    return encode(byte, text);
}

static void set_byte(struct code_page *page, unsigned char byte, size_t length)
{
    page->length[byte - ASCII] = (unsigned char)length;
    page->pairs[byte - ASCII] =
        (struct pair){.point = decode(page->text[byte - ASCII], length), .byte = byte};
}

/* False: iconv does not have it. */
static bool fill_from_iconv(struct code_page *page, const char *name)
{
    iconv_t converter = iconv_open("UTF-8", name);

    if (converter == (iconv_t)-1)
        return false;
    for (unsigned byte = ASCII; byte < ASCII + UPPER; byte++)
        set_byte(page, (unsigned char)byte,
                 ask_iconv(converter, (unsigned char)byte, page->text[byte - ASCII]));
    iconv_close(converter);
    return true;
}

static void fill_from_table(struct code_page *page, const uint16_t *points)
{
    for (unsigned byte = ASCII; byte < ASCII + UPPER; byte++)
        set_byte(page, (unsigned char)byte, encode(points[byte - ASCII], page->text[byte - ASCII]));
}

int code_page_new(unsigned number, bool builtin, struct code_page **page)
{
    const char *name = number == 437 ? "IBM437" : number == 1252 ? "CP1252" : NULL;
    struct code_page *made;

    if (!name)
        return EINVAL;
    made = calloc(1, sizeof(*made));
    if (!made)
        return ENOMEM;
    if (builtin || !fill_from_iconv(made, name)) {
        if (number != 437) {
            free(made);
            return EINVAL;
        }
        fill_from_table(made, page_437);
    }
    qsort(made->pairs, UPPER, sizeof(made->pairs[0]), compare);
    *page = made;
    return 0;
}

void code_page_free(struct code_page *page)
{
    free(page);
}

static unsigned char byte_of(const struct code_page *page, uint32_t point)
{
    const struct pair wanted = {.point = point};
    const struct pair *found =
        bsearch(&wanted, page->pairs, UPPER, sizeof(page->pairs[0]), compare);

    return found ? found->byte : '?';
}

size_t code_page_from_utf8(const struct code_page *page, unsigned char *bytes, size_t *used,
                           bool last)
{
    size_t at = 0;
    size_t done = 0;

    while (at < *used) {
        bool complete;
        size_t length = character_at(bytes + at, *used - at, &complete);

        if (!complete && !last)
            break;
        if (length <= 1 || !complete) {
            bytes[done++] = bytes[at++];
        } else {
            bytes[done++] = byte_of(page, decode(bytes + at, length));
            at += length;
        }
    }
    memmove(bytes + done, bytes + at, *used - at);
    *used -= at - done;
    return done;
}

size_t code_page_to_utf8(const struct code_page *page, const unsigned char *bytes, size_t length,
                         unsigned char *out)
{
    size_t done = 0;

    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < ASCII) {
            out[done++] = bytes[i];
            continue;
        }
        memcpy(out + done, page->text[bytes[i] - ASCII], page->length[bytes[i] - ASCII]);
        done += page->length[bytes[i] - ASCII];
    }
    return done;
}
