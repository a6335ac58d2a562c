/* SPDX-License-Identifier: ISC */

#include "cmd/command_line.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static bool is_space(char character)
{
    return is_blank(character) || character == '\n' || character == '\r';
}

/* ---- quotation marks around a command ---- */

/* The next quotation mark that no backslash stands before, or NULL. */
static char *next_mark(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' && text[1] != '\0')
            text++;
        else if (*text == '"')
            return text;
    }
    return NULL;
}

/* A mark behind one of these begins something, so it does not end what the first one began. */
static bool opens_behind(char before)
{
    return is_space(before) || strchr("\"'=(;&|<>", before) != NULL;
}

/* Whether the first mark and the last one of the text belong to each other alone. */
static bool is_wrapped(char *text, char *end,
                       bool (*is_program)(const void *about, const char *name), const void *about)
{
    char *second = next_mark(text + 1);
    bool program;

    if (second == NULL)
        return true; /* the last one is behind a backslash, which was meant for what is within */
    if (second < end && !(opens_behind(second[-1]) && !is_space(second[1])))
        return false;
    *second = '\0';
    program = is_program(about, text + 1);
    *second = '"';
    return !program;
}

void command_line_unwrap(char *command, bool (*is_program)(const void *about, const char *name),
                         const void *about)
{
    char *begin = command;
    char *end = command + strlen(command);

    while (is_space(*begin))
        begin++;
    while (end > begin && is_space(end[-1]))
        end--;
    if (end - begin < 2 || *begin != '"' || end[-1] != '"')
        return;
    if (!is_wrapped(begin, end - 1, is_program, about))
        return;
    memmove(command, begin + 1, (size_t)(end - begin - 2));
    command[end - begin - 2] = '\0';
}

/* ---- the arguments of a program ---- */

/* The name of the program: marks group, and no backslash means anything. Returns its end. */
static const char *split_program(const char *at, char **out)
{
    bool quoted = false;

    for (; *at != '\0' && (quoted || !is_blank(*at)); at++) {
        if (*at == '"')
            quoted = !quoted;
        else
            *(*out)++ = *at;
    }
    return at;
}

static const char *split_argument(const char *at, char **out)
{
    bool quoted = false;

    while (*at != '\0' && (quoted || !is_blank(*at))) {
        size_t backslashes = strspn(at, "\\");

        at += backslashes;
        /* Before a mark each two are one, and one that is left makes the mark a character. */
        memset(*out, '\\', *at == '"' ? backslashes / 2 : backslashes);
        *out += *at == '"' ? backslashes / 2 : backslashes;
        if (*at == '"' && backslashes % 2 == 1) {
            *(*out)++ = *at++;
        } else if (*at == '"' && quoted && at[1] == '"') {
            *(*out)++ = '"';
            at += 2;
        } else if (*at == '"') {
            quoted = !quoted;
            at++;
        } else if (backslashes == 0) {
            *(*out)++ = *at++;
        }
    }
    return at;
}

char **command_line_split(const char *line)
{
    size_t length = strlen(line);
    /* An argument and the blank before it are two bytes at least. */
    size_t most = length / 2 + 2;
    char **arguments = malloc((most * sizeof(*arguments)) + length + 1);
    char *out = (char *)(arguments + most);
    size_t count = 0;

    if (!arguments)
        return NULL;
    line += strspn(line, " \t");
    while (*line != '\0') {
        arguments[count] = out;
        line = count == 0 ? split_program(line, &out) : split_argument(line, &out);
        line += strspn(line, " \t");
        *out++ = '\0';
        count++;
    }
    arguments[count] = NULL;
    return arguments;
}
