/* SPDX-License-Identifier: ISC */

/*
 * What the service answers to bytes that are or are not a proper request. docs/http.md has the same
 * table in words. Each row is played in one piece, byte by byte and in random pieces: how the
 * network cuts the bytes must never matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/play.h"
#include "http/test_requests.h"

#define OK   "request /wsman 2 hi\n200 keep\n"
#define FINE "400 close\n"

struct row {
    const char *name;
    const char *bytes;
    size_t length;
    const char *lines;
    void (*make)(struct buffer *bytes); /* instead of `bytes` */
    bool authenticated;
};

#define ROW(name, bytes, lines)                                  \
    {                                                            \
        (name), (bytes), sizeof(bytes) - 1, (lines), NULL, false \
    }
#define MADE(name, make, lines)                 \
    {                                           \
        (name), NULL, 0, (lines), (make), false \
    }
#define KNOWN(name, make, lines)               \
    {                                          \
        (name), NULL, 0, (lines), (make), true \
    }

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct row rows[] = {
    /* Good ones, to begin with. */
    ROW("a request", GOOD, OK),
    ROW("an empty body", HEAD "Content-Length: 0\r\n\r\n", "request /wsman 0 \n200 keep\n"),
    ROW("a chunked body", CODED "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", OK),
    ROW("Connection: close", HEAD "Connection: close\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        "request /wsman 2 hi\n200 close\n"),
    ROW("HTTP/1.0", "POST /wsman HTTP/1.0\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        "request /wsman 2 hi\n200 close\n"),
    ROW("HTTP/1.0 with keep-alive",
        "POST /wsman HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n"
        "Content-Length: 2\r\n\r\nhi" GOOD,
        OK OK),
    ROW("a query",
        "POST /wsman?PSVersion=5.1;MSP={x} HTTP/1.1\r\nHost: a\r\n"
        "Content-Length: 0\r\n\r\n",
        "request /wsman?PSVersion=5.1;MSP={x} 0 \n200 keep\n"),

    ROW("Content-Length negative", HEAD "Content-Length: -1\r\n\r\n", FINE),
    ROW("Content-Length signed", HEAD "Content-Length: +2\r\n\r\nhi", FINE),
    ROW("Content-Length not numeric", HEAD "Content-Length: two\r\n\r\nhi", FINE),
    ROW("Content-Length with a fraction", HEAD "Content-Length: 2.0\r\n\r\nhi", FINE),
    ROW("Content-Length hexadecimal", HEAD "Content-Length: 0x2\r\n\r\nhi", FINE),
    ROW("Content-Length empty", HEAD "Content-Length:\r\n\r\n", FINE),
    ROW("Content-Length blank", HEAD "Content-Length:  \t\r\n\r\n", FINE),
    ROW("Content-Length a list", HEAD "Content-Length: 2, 2\r\n\r\nhi", FINE),
    ROW("Content-Length of two numbers", HEAD "Content-Length: 2 2\r\n\r\nhi", FINE),
    ROW("Content-Length of 15 digits", HEAD "Content-Length: 000000000000002\r\n\r\nhi", OK),
    ROW("Content-Length of 16 digits", HEAD "Content-Length: 0000000000000002\r\n\r\nhi", FINE),
    ROW("Content-Length above 64 bits", HEAD "Content-Length: 18446744073709551618\r\n\r\nhi",
        FINE),

    ROW("Content-Length twice, equal", HEAD "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        FINE),
    ROW("Content-Length twice, different", HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi",
        FINE),
    ROW("Content-Length, then Transfer-Encoding",
        HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi", FINE),
    ROW("Transfer-Encoding, then Content-Length",
        HEAD "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("another Transfer-Encoding, then Content-Length",
        HEAD "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhi", FINE),

    ROW("Transfer-Encoding twice",
        HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FINE),
    ROW("Transfer-Encoding twice, first identity",
        HEAD "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FINE),
    ROW("Transfer-Encoding gzip", HEAD "Transfer-Encoding: gzip\r\n\r\nhi", "501 close\n"),
    ROW("Transfer-Encoding gzip, chunked", HEAD "Transfer-Encoding: gzip, chunked\r\n\r\nhi",
        "501 close\n"),
    ROW("Transfer-Encoding identity", HEAD "Transfer-Encoding: identity\r\n\r\n", "501 close\n"),
    ROW("Transfer-Encoding xchunked", HEAD "Transfer-Encoding: xchunked\r\n\r\n", "501 close\n"),
    ROW("Transfer-Encoding in quotes", HEAD "Transfer-Encoding: \"chunked\"\r\n\r\n",
        "501 close\n"),
    ROW("Transfer-Encoding with a parameter", HEAD "Transfer-Encoding: chunked;a=b\r\n\r\n",
        "501 close\n"),
    ROW("Transfer-Encoding empty", HEAD "Transfer-Encoding:\r\n\r\n", "501 close\n"),
    ROW("Transfer-Encoding in capitals", HEAD "Transfer-Encoding: Chunked\r\n\r\n", "501 close\n"),

    ROW("blank before the colon", HEAD "Content-Length : 2\r\n\r\nhi", FINE),
    ROW("tab before the colon", HEAD "Content-Length\t: 2\r\n\r\nhi", FINE),
    ROW("empty header name", HEAD ": x\r\n\r\n", FINE),
    ROW("no colon", HEAD "Content-Length 2\r\n\r\nhi", FINE),
    ROW("control character in a name", HEAD "Con\x01tent: 2\r\n\r\n", FINE),
    ROW("high byte in a name", HEAD "Con\xe4tent: 2\r\n\r\n", FINE),
    ROW("bracket in a name", HEAD "X(y): 2\r\n\r\n", FINE),
    ROW("control character in a value", HEAD "X: a\x01\r\n\r\n", FINE),
    ROW("DEL in a value", HEAD "X: a\x7f\r\n\r\n", FINE),
    ROW("high byte in a value", HEAD "X: \xe4\r\nContent-Length: 2\r\n\r\nhi", OK),
    ROW("NUL in a name", HEAD "X\0: a\r\n\r\n", FINE),
    ROW("NUL in a value", HEAD "X: a\0b\r\n\r\n", FINE),
    ROW("NUL in the target", "POST /ws\0man HTTP/1.1\r\n", FINE),
    ROW("bare return in a value", HEAD "X: a\rb\r\n\r\n", FINE),
    ROW("bare return in the request line", "POST /wsman HTTP/1.1\rHost: a\r\n", FINE),
    ROW("bare return before the end", HEAD "\rX", FINE),
    ROW("double return", HEAD "X: a\r\r\n\r\n", FINE),

    ROW("bare line feed behind the request line", "POST /wsman HTTP/1.1\nHost: a\n\n", FINE),
    ROW("bare line feed behind a header", HEAD "Content-Length: 2\n\r\nhi", FINE),
    ROW("bare line feed at the end of the head", HEAD "Content-Length: 2\r\n\nhi", FINE),
    ROW("bare line feed in a chunk size", CODED "2\nhi\r\n0\r\n\r\n", FINE),
    ROW("bare line feed behind a chunk", CODED "2\r\nhi\n0\r\n\r\n", FINE),
    ROW("bare line feed behind the chunks", CODED "2\r\nhi\r\n0\r\n\n", FINE),
    ROW("leading line break", "\r\n" GOOD, FINE),
    ROW("leading line breaks", "\r\n\r\n" GOOD, FINE),
    ROW("leading line feed", "\n" GOOD, FINE),
    ROW("leading blank", " " GOOD, FINE),
    ROW("TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", FINE),
    ROW("NULs", "\0\0\0\0", FINE),
    ROW("lower-case method", "post /wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", FINE),
    ROW("an endless method", A64, FINE),
    ROW("bad character in the method", "PO{T /wsman HTTP/1.1\r\n", FINE),

    ROW("folded line", HEAD "X: a\r\n b\r\n\r\n", FINE),
    ROW("folded line with a tab", HEAD "X: a\r\n\tb\r\n\r\n", FINE),
    ROW("blank in front of the first header", LINE " Host: a\r\n\r\n", FINE),

    ROW("Host missing", LINE "Content-Length: 2\r\n\r\nhi", FINE),
    ROW("Host missing, HTTP/1.0", "POST /wsman HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("Host twice", HEAD "Host: a\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("Host empty", LINE "Host:\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("Host with a path", LINE "Host: a/b\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("Host with a user", LINE "Host: a@b\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("Host a list", LINE "Host: a, b\r\nContent-Length: 2\r\n\r\nhi", FINE),
    ROW("Host an IPv6 address with a port",
        LINE "Host: [2001:db8::1]:5985\r\nContent-Length: 2\r\n\r\nhi", OK),
    ROW("Authorization twice",
        HEAD "Authorization: Basic eA==\r\nAuthorization: Basic eA==\r\n"
             "Content-Length: 0\r\n\r\n",
        FINE),

    ROW("no version", "POST /wsman\r\nHost: a\r\n\r\n", FINE),
    ROW("HTTP/0.9", "POST /wsman HTTP/0.9\r\nHost: a\r\n\r\n", FINE),
    ROW("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 close\n"),
    ROW("HTTP/1.2", "POST /wsman HTTP/1.2\r\nHost: a\r\n\r\n", "505 close\n"),
    ROW("HTTP/2.0", "POST /wsman HTTP/2.0\r\nHost: a\r\n\r\n", "505 close\n"),
    ROW("HTTP/2.0 with a bad target", "POST * HTTP/2.0\r\nHost: a\r\n\r\n", "505 close\n"),
    ROW("HTTP/9.9", "POST /wsman HTTP/9.9\r\nHost: a\r\n\r\n", "505 close\n"),
    ROW("lower-case protocol", "POST /wsman http/1.1\r\nHost: a\r\n\r\n", FINE),
    ROW("version without a minor number", "POST /wsman HTTP/2\r\nHost: a\r\n\r\n", FINE),
    ROW("version with two digits", "POST /wsman HTTP/1.10\r\nHost: a\r\n\r\n", FINE),
    ROW("another protocol", "POST /wsman ICAP/1.0\r\nHost: a\r\n\r\n", FINE),
    ROW("blank behind the version", "POST /wsman HTTP/1.1 \r\nHost: a\r\n\r\n", FINE),
    ROW("two blanks in the request line", "POST  /wsman HTTP/1.1\r\nHost: a\r\n\r\n", FINE),
    ROW("tab in the request line", "POST\t/wsman HTTP/1.1\r\nHost: a\r\n\r\n", FINE),

    ROW("HTTP/1.0 with chunked",
        "POST /wsman HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", FINE),

    ROW("absolute-form", "POST http://a/wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        FINE),
    ROW("asterisk-form", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", FINE),
    ROW("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", FINE),
    ROW("target without a slash", "POST wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        FINE),
    ROW("target with a fragment", "POST /wsman#a HTTP/1.1\r\nHost: a\r\n\r\n", FINE),
    ROW("target with a high byte", "POST /ws\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", FINE),

    ROW("GET", "GET /wsman HTTP/1.1\r\nHost: a\r\n\r\n" GOOD, "405 keep\n" OK),
    ROW("HEAD", "HEAD /wsman HTTP/1.1\r\nHost: a\r\n\r\n" GOOD, "405 keep\n" OK),
    ROW("PUT with a body", "PUT /wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" GOOD,
        "405 keep\n" OK),
    ROW("PUT with chunks",
        "PUT /wsman HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "4\r\nbody\r\n0\r\n\r\n" GOOD,
        "405 keep\n" OK),
    ROW("PUT with bad chunks",
        "PUT /wsman HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nbody" GOOD,
        "405 keep\n"),
    ROW("POSTS", "POSTS /wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" GOOD,
        "405 keep\n" OK),
    ROW("unknown path", "POST /unknown?a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        "404 keep\n" OK),
    ROW("GET of an unknown path", "GET /unknown HTTP/1.1\r\nHost: a\r\n\r\n" GOOD, "404 keep\n" OK),

    ROW("h2c upgrade",
        HEAD "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
             "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        OK OK),

    ROW("POST without length", HEAD "\r\n" GOOD, "411 close\n"),

    ROW("Expect: 100-continue", HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        "100\n" OK OK),
    ROW("Expect in other letters", HEAD "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        "100\n" OK OK),
    ROW("Expect with chunks",
        HEAD "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        "100\n" OK),
    ROW("Expect without a body", HEAD "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n",
        "request /wsman 0 \n200 keep\n"),
    ROW("Expect of a refused request",
        "PUT /wsman HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        "hi" GOOD,
        "405 keep\n" OK),
    ROW("Expect from HTTP/1.0",
        "POST /wsman HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "request /wsman 2 hi\n200 close\n"),
    ROW("another expectation", HEAD "Expect: coffee\r\nContent-Length: 2\r\n\r\nhi" GOOD,
        "417 close\n"),
    ROW("both expectations",
        HEAD "Expect: 100-continue\r\nExpect: coffee\r\nContent-Length: 2\r\n\r\nhi",
        "417 close\n"),

    ROW("pipelined requests", GOOD GOOD GOOD, OK OK OK),
    ROW("pipelined behind chunks", CODED "2\r\nhi\r\n0\r\n\r\n" GOOD, OK OK),

    ROW("junk after the body", GOOD "junk" GOOD, OK FINE),
    ROW("line break after the body", GOOD "\r\n" GOOD, OK FINE),
    ROW("NUL after the body", GOOD "\0", OK FINE),
    ROW("junk after the chunks", CODED "2\r\nhi\r\n0\r\n\r\njunk", OK FINE),

    ROW("chunk extension", CODED "2;a=b\r\nhi\r\n0\r\n\r\n", FINE),
    ROW("chunk extension on the last chunk", CODED "2\r\nhi\r\n0;a\r\n\r\n", FINE),
    ROW("trailer", CODED "2\r\nhi\r\n0\r\nA: b\r\n\r\n", FINE),
    ROW("chunk size negative", CODED "-2\r\nhi\r\n0\r\n\r\n", FINE),
    ROW("chunk size with 0x", CODED "0x2\r\nhi\r\n0\r\n\r\n", FINE),
    ROW("chunk size of 8 digits", CODED "00000002\r\nhi\r\n0\r\n\r\n", OK),
    ROW("chunk size of 9 digits", CODED "000000002\r\nhi\r\n0\r\n\r\n", FINE),
    ROW("chunk size of 17 digits", CODED "10000000000000002\r\nhi\r\n0\r\n\r\n", FINE),
    ROW("chunk size missing", CODED "\r\nhi\r\n0\r\n\r\n", FINE),
    ROW("chunk size with a blank", CODED "2 \r\nhi\r\n0\r\n\r\n", FINE),
    ROW("line break behind a chunk missing", CODED "2\r\nhi0\r\n\r\n", FINE),
    ROW("chunk longer than said", CODED "2\r\nhip\r\n0\r\n\r\n", FINE),

    MADE("64 headers", make_64_headers, OK),
    MADE("65 headers", make_65_headers, "431 close\n"),
    MADE("target of 8 KB", make_target_at_limit, "417 close\n"),
    MADE("target above 8 KB", make_target_above_limit, "414 close\n"),
    MADE("head of 96 KB", make_head_at_limit, OK OK),
    MADE("head above 96 KB", make_head_above_limit, "431 close\n"),
    MADE("endless head", make_endless_head, "431 close\n"),

    KNOWN("body at its limit", make_body_at_limit, "request /wsman 1089536 " A64 "\n200 keep\n" OK),
    KNOWN("body announced above its limit, rest large", make_body_above_limit, "413 close\n"),
    KNOWN("body counted up to its limit", make_chunks_at_limit,
          "request /wsman 1089536 " A64 "\n200 keep\n" OK),
    KNOWN("body counted above its limit, rest small", make_chunks_above_limit, "413 keep\n" OK),
    KNOWN("body counted above its limit, rest large", make_chunks_far_above_limit, "413 keep\n"),
    ROW("chunk of 4 GB", CODED "ffffffff\r\n", "dropped /wsman\n401 close\n"),
    MADE("many small chunks", make_single_byte_chunks,
         "request /wsman 20000 " A64 "\n200 keep\n" OK),

    MADE("large body without credentials", make_large_guest_body, "dropped /wsman\n401 keep\n" OK),
    MADE("large body without credentials that expects 100", make_guest_body_that_expects,
         "dropped /wsman\n401 keep\n" OK),
    MADE("large chunked body without credentials", make_large_guest_chunks,
         "dropped /wsman\n401 keep\n" OK),
    MADE("largest body that is dropped", make_droppable_body, "dropped /wsman\n401 keep\n" OK),
    MADE("body that is not worth dropping", make_body_not_worth_dropping,
         "dropped /wsman\n401 close\n"),
    MADE("large body with credentials", make_large_body_with_credentials,
         "request /wsman 65537 " A64 "\n200 keep\n" OK),
};

static size_t one_byte(void *context, size_t left)
{
    (void)context;
    (void)left;
    return 1;
}

static size_t random_piece(void *context, size_t left)
{
    size_t piece = 1 + (size_t)rand_r(context) % 300;

    return piece < left ? piece : left;
}

static void play_row(const struct row *row, size_t (*piece)(void *, size_t), unsigned seed)
{
    struct http_play play = http_play_default();
    struct buffer bytes;
    struct buffer lines;

    play.authenticated = row->authenticated;
    play.context = &seed;
    if (piece != NULL)
        play.piece = piece;
    buffer_init(&bytes, 8 * 1024 * 1024);
    buffer_init(&lines, 1024 * 1024);
    if (row->make != NULL)
        row->make(&bytes);
    else
        buffer_append(&bytes, row->bytes, row->length);
    http_play(&play, buffer_bytes(&bytes), buffer_length(&bytes), &lines);
    buffer_append(&lines, "", 1);
    assert_string_equal((const char *)buffer_bytes(&lines), row->lines);
    buffer_free(&bytes);
    buffer_free(&lines);
}

static void test_row(void **state)
{
    play_row(*state, NULL, 0);
    play_row(*state, one_byte, 0);
    for (unsigned seed = 1; seed <= 10; seed++)
        play_row(*state, random_piece, seed);
}

int main(void)
{
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct CMUnitTest tests[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    return cmocka_run_group_tests_name("http/connection", tests, NULL, NULL);
}
