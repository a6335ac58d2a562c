/* SPDX-License-Identifier: ISC */

#include "http/characters.h"

#define TOKEN   HTTP_IN_TOKEN
#define TARGET  HTTP_IN_TARGET
#define VALUE   HTTP_IN_VALUE
#define HOST    HTTP_IN_HOST
#define CAPITAL HTTP_IN_CAPITAL
#define LETTER  (TOKEN | TARGET | VALUE | HOST)

const uint8_t http_characters[256] = {
    ['\t'] = VALUE,
    [' '] = VALUE,
    ['!'] = LETTER,
    ['"'] = VALUE,
    ['#'] = TOKEN | VALUE,
    ['$'] = LETTER,
    ['%'] = LETTER,
    ['&'] = LETTER,
    ['\''] = LETTER,
    ['('] = TARGET | VALUE | HOST,
    [')'] = TARGET | VALUE | HOST,
    ['*'] = LETTER,
    ['+'] = LETTER,
    [','] = TARGET | VALUE,
    ['-'] = LETTER,
    ['.'] = LETTER,
    ['/'] = TARGET | VALUE,
    ['0' ... '9'] = LETTER,
    [':'] = TARGET | VALUE | HOST,
    [';'] = TARGET | VALUE | HOST,
    ['<'] = VALUE,
    ['='] = TARGET | VALUE | HOST,
    ['>'] = VALUE,
    ['?'] = TARGET | VALUE,
    ['@'] = TARGET | VALUE,
    ['A' ... 'Z'] = LETTER | CAPITAL,
    ['['] = TARGET | VALUE | HOST,
    ['\\'] = VALUE,
    [']'] = TARGET | VALUE | HOST,
    ['^'] = TOKEN | VALUE,
    ['_'] = LETTER,
    ['`'] = TOKEN | VALUE,
    ['a' ... 'z'] = LETTER,
    ['{'] = TARGET | VALUE,
    ['|'] = TOKEN | TARGET | VALUE,
    ['}'] = TARGET | VALUE,
    ['~'] = LETTER,
    [0x80 ... 0xff] = VALUE,
};
