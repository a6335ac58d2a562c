/* SPDX-License-Identifier: ISC */

/* The Content-Type header of a request: which kind of body it announces, and its charset. */
#ifndef NET_CONTENT_TYPE_H
#define NET_CONTENT_TYPE_H

enum content_kind {
    CONTENT_none, /* no header */
    CONTENT_soap, /* application/soap+xml */
    CONTENT_other
};

enum { CONTENT_CHARSET_SIZE = 32 };

struct content_type {
    enum content_kind kind;
    /* Empty: none was named. One that is too long to be any is shortened, and so stays unknown. */
    char charset[CONTENT_CHARSET_SIZE];
};

/*
 * Reads the value of the header, which may be NULL. Parameters stand in any order, their names in
 * either case, their values with or without quotes.
 */
struct content_type content_type_read(const char *value);

#endif
