/* SPDX-License-Identifier: ISC */

/*
 * The code page that a client has its streams in (WINRS_CODEPAGE), and UTF-8, which programs here
 * speak. The pages are those of one byte a character: what iconv says of each of the 256 bytes is
 * asked once, when a shell begins, and the rest is looked up. A glibc may be installed without 437,
 * which is what clients ask for that say nothing else; so that one is here, too.
 *
 * A page does not change once it is made, and any thread may use it. What is kept of a character
 * that has not come to its end yet is the caller's.
 */

#ifndef PLUGINS_CMD_CODE_PAGE_H
#define PLUGINS_CMD_CODE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of UTF-8 that a byte of a page becomes at most. */
#define CODE_PAGE_GROWTH 3

struct code_page;

/*
 * Makes the table of a page: 437 or 1252; `builtin`: without iconv. 0 or an errno: EINVAL when it
 * is another page, or there is none. To be ended with code_page_free, which takes NULL.
 */
int code_page_new(unsigned number, bool builtin, struct code_page **page);
void code_page_free(struct code_page *page);

/*
 * UTF-8 to the page, in place: *used bytes become fewer or as many. What the page does not have
 * becomes a question mark, bytes that are no UTF-8 stay as they are. Returns how many bytes at the
 * front are done; behind them stands the beginning of a character that is not complete, unless
 * `last` says that nothing comes any more.
 */
size_t code_page_from_utf8(const struct code_page *page, unsigned char *bytes, size_t *used,
                           bool last);

/*
 * The page to UTF-8: writes at most CODE_PAGE_GROWTH bytes for each of `length`; returns how many.
 */
size_t code_page_to_utf8(const struct code_page *page, const unsigned char *bytes, size_t length,
                         unsigned char *out);

/* How many bytes at the end begin a character of UTF-8 that is not complete: 0 to 3. */
size_t utf8_unfinished(const unsigned char *bytes, size_t length);

#endif
