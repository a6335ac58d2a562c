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

/*
 * What iconv makes of one byte. A byte the page leaves open is the control character of that
 * number, as Windows has it (the bestfit tables of the Unicode Consortium), so that none is lost.
 */
static void set_byte(struct code_page *page, iconv_t converter, unsigned char byte)
{
    unsigned char *text = page->text[byte - ASCII];
    char from = (char)byte;
    char *in = &from;
    char *out = (char *)text;
    size_t left = 1;
    size_t room = CODE_PAGE_GROWTH;
    size_t length;

    if (iconv(converter, &in, &left, &out, &room) == (size_t)-1 || left != 0 ||
        room == CODE_PAGE_GROWTH) {
        iconv(converter, NULL, NULL, NULL, NULL);
        text[0] = 0xc2;
        text[1] = byte < 0xc0 ? byte : (unsigned char)(byte - 0x40);
        if (byte >= 0xc0)
            text[0] = 0xc3;
        room = CODE_PAGE_GROWTH - 2;
    }
    length = CODE_PAGE_GROWTH - room;
    page->length[byte - ASCII] = (unsigned char)length;
    page->pairs[byte - ASCII] = (struct pair){.point = decode(text, length), .byte = byte};
}

int code_page_new(unsigned number, struct code_page **page)
{
    const char *name = number == 437 ? "IBM437" : number == 1252 ? "CP1252" : NULL;
    struct code_page *made;
    iconv_t converter;

    if (!name)
        return EINVAL;
    made = calloc(1, sizeof(*made));
    if (!made)
        return ENOMEM;
    converter = iconv_open("UTF-8", name);
    if (converter == (iconv_t)-1) {
        int error = errno;

        free(made);
        return error;
    }
    for (unsigned byte = ASCII; byte < ASCII + UPPER; byte++)
        set_byte(made, converter, (unsigned char)byte);
    iconv_close(converter);
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
