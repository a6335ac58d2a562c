/* SPDX-License-Identifier: ISC */

#include "policy/rules_line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool rules_line_fail(const struct rules_line *line, struct rules_error *error, const char *format,
                     ...)
{
    va_list arguments;

    error->line = line->number;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof(error->text), format, arguments);
    va_end(arguments);
    return false;
}

int rules_word_shown(const char *text)
{
    size_t length = strlen(text);

    if (length <= 60)
        return (int)length;
    length = 60;
    while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    return (int)length;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes the quoted word that begins behind *at; writes it in place, without quotes and escapes. */
static bool take_quoted(struct rules_line *line, char **at, struct rules_error *error)
{
    char *in = *at + 1;
    char *out = *at;

    while (*in != '"') {
        if (*in == '\\') {
            in++;
            if (*in != '"' && *in != '\\')
                return rules_line_fail(line, error,
                                       "\\ in quotes must be followed by \" or \\: write \\\\");
        }
        if (*in == '\0')
            return rules_line_fail(line, error, "a quote is left open: close it with \"");
        *out++ = *in++;
    }
    in++;
    if (*in != '\0' && !is_blank(*in))
        return rules_line_fail(line, error, "a word follows a quote: put a blank between them");
    *at = *in ? in + 1 : in;
    *out = '\0';
    return true;
}

static bool take_plain(struct rules_line *line, char **at, struct rules_error *error)
{
    char *in = *at;

    while (*in != '\0' && !is_blank(*in)) {
        if (*in == '"')
            return rules_line_fail(line, error,
                                   "a quote begins inside a word: quote the whole word");
        in++;
    }
    *at = *in ? in + 1 : in;
    *in = '\0';
    return true;
}

static bool check_bytes(struct rules_line *line, const char *bytes, size_t length,
                        struct rules_error *error)
{
    if (length > RULES_LINE_LENGTH)
        return rules_line_fail(line, error, "the line is longer than %d bytes: divide the rule",
                               RULES_LINE_LENGTH);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return rules_line_fail(line, error,
                                   "the line holds a control character (0x%02x): remove it", c);
    }
    return true;
}

bool rules_line_split(struct rules_line *line, const char *bytes, size_t length,
                      struct rules_error *error)
{
    char *at = line->buffer;

    line->count = 0;
    if (length > 0 && bytes[length - 1] == '\r')
        length--;
    if (!check_bytes(line, bytes, length, error))
        return false;
    memcpy(line->buffer, bytes, length);
    line->buffer[length] = '\0';
    for (;;) {
        struct rules_word *word;

        while (is_blank(*at))
            at++;
        if (*at == '\0' || *at == '#')
            return true;
        if (line->count == RULES_WORDS)
            return rules_line_fail(line, error, "the line has more than %d words: divide the rule",
                                   RULES_WORDS);
        word = &line->words[line->count++];
        word->text = at;
        word->quoted = *at == '"';
        if (!(word->quoted ? take_quoted(line, &at, error) : take_plain(line, &at, error)))
            return false;
    }
}
