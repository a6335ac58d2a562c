/* SPDX-License-Identifier: ISC */

/*
 * Which byte may stand where in the head of a request: RFC 9110, 5.6.2 (token), 5.5 (field value);
 * RFC 3986, 2 (target), 3.2 (host and port).
 */
#ifndef HTTP_CHARACTERS_H
#define HTTP_CHARACTERS_H

#include <stdint.h>

enum {
    HTTP_IN_TOKEN = 1,
    HTTP_IN_TARGET = 2,
    HTTP_IN_VALUE = 4,
    HTTP_IN_HOST = 8,
    HTTP_IN_CAPITAL = 16 /* A to Z, which a method begins with */
};

/* By the byte: the places it may stand in. */
extern const uint8_t http_characters[256];

#endif
