/* SPDX-License-Identifier: ISC */

#include "http/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const char envelope_type[] = "application/soap+xml;charset=UTF-8";
/* What has no body says so to a client that would look for an envelope in it. */
static const char nothing_type[] = "text/plain";

static const struct {
    unsigned status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {302, "Found"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *http_phrase(unsigned status)
{
    for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Answer";
}

static void put_digits(char *out, unsigned number, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

void http_date_format(char out[HTTP_DATE_SIZE], time_t second)
{
    static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned long days = (unsigned long)second / 86400;
    unsigned of_day = (unsigned)((unsigned long)second % 86400);
    /* Days to date as in Howard Hinnant's civil_from_days: years begin in March, eras are 400. */
    unsigned long shifted = days + 719468;
    unsigned of_era = (unsigned)(shifted % 146097);
    unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * of_year + 2) / 153;
    unsigned day = of_year - (153 * month + 2) / 5 + 1;
    unsigned year = (unsigned)(shifted / 146097) * 400 + year_of_era + (month >= 10);

    memcpy(out, "www, dd mmm yyyy hh:mm:ss GMT", HTTP_DATE_SIZE);
    memcpy(out, weekdays + days % 7 * 3, 3);
    put_digits(out + 5, day, 2);
    memcpy(out + 8, months + (month + 2) % 12 * 3, 3);
    put_digits(out + 12, year, 4);
    put_digits(out + 17, of_day / 3600, 2);
    put_digits(out + 20, of_day / 60 % 60, 2);
    put_digits(out + 23, of_day % 60, 2);
}

const char *http_date_now(struct http_date *date)
{
    struct timespec now = clock_read(CLOCK_REALTIME_COARSE);

    if (now.tv_sec != date->second || date->text[0] == '\0') {
        date->second = now.tv_sec;
        http_date_format(date->text, now.tv_sec);
    }
    return date->text;
}

/* What may stand in a header value (RFC 9110, 5.5), so that nobody smuggles a line break in. */
static bool is_value(const char *text)
{
    for (; *text != '\0'; text++)
        if (((unsigned char)*text < ' ' && *text != '\t') || *text == 0x7f)
            return false;
    return true;
}

static bool add_header(struct buffer *out, const char *name, const char *value)
{
    if (value == NULL)
        return true;
    return is_value(value) && buffer_text(out, name) && buffer_text(out, value) &&
           buffer_append(out, "\r\n", 2);
}

static bool add_status(struct buffer *out, unsigned status)
{
    char line[64] = "HTTP/1.1 200 ";
    size_t length;

    put_digits(line + 9, status, 3);
    length = strlen(http_phrase(status));
    memcpy(line + 13, http_phrase(status), length);
    memcpy(line + 13 + length, "\r\n", 2);
    return buffer_append(out, line, length + 15);
}

static bool add_length(struct buffer *out, size_t length)
{
    char digits[24];
    char *start = digits + sizeof(digits);

    do {
        *--start = (char)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    return buffer_text(out, "Content-Length: ") &&
           buffer_append(out, start, (size_t)(digits + sizeof(digits) - start)) &&
           buffer_append(out, "\r\n\r\n", 4);
}

bool http_answer_head(struct buffer *out, unsigned status, const struct http_headers *headers,
                      size_t body_length, enum http_persistence persistence, const char *date)
{
    static const char *const persistences[] = {
        [HTTP_PERSIST_NONE] = "close", [HTTP_PERSIST] = NULL, [HTTP_PERSIST_SPELT] = "keep-alive"};
    const char *type = headers->content_type != NULL      ? headers->content_type
                       : body_length > 0 || status == 200 ? envelope_type
                                                          : nothing_type;
    size_t before = buffer_length(out);
    bool done = add_status(out, status) && add_header(out, "Content-Type: ", type);

    for (size_t i = 0; i < headers->www_authenticate_count; i++)
        done = done && add_header(out, "WWW-Authenticate: ", headers->www_authenticate[i]);
    done = done && add_header(out, "Location: ", headers->location) &&
           add_header(out, "Allow: ", headers->allow) && add_header(out, "Server: ", "winrmd") &&
           add_header(out, "Date: ", date) &&
           add_header(out, "Connection: ", persistences[persistence]) &&
           add_length(out, body_length);
    if (!done) {
        out->end = out->start + before;
        out->failed = false;
    }
    return done;
}
