/* SPDX-License-Identifier: ISC */

/*
 * Command lines of the text shell: the arguments of any line are found within it, and arguments
 * that are quoted as the page "Parsing C command-line arguments" wants it come back as they were
 * (C-4.2); quotation marks around a command are all that is ever taken away (C-3.3).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/command_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static size_t total(char *const *arguments, size_t *count)
{
    size_t length = 0;

    for (*count = 0; arguments[*count]; (*count)++)
        length += strlen(arguments[*count]);
    return length;
}

/* Writes an argument so that it is read back; returns the end. */
static char *quote(char *out, const char *argument)
{
    *out++ = '"';
    while (*argument != '\0') {
        size_t backslashes = strspn(argument, "\\");
        char next = argument[backslashes];

        memset(out, '\\', 2 * backslashes);
        out += next == '"' || next == '\0' ? 2 * backslashes : backslashes;
        argument += backslashes;
        if (next == '"')
            *out++ = '\\';
        if (next != '\0')
            *out++ = *argument++;
    }
    *out++ = '"';
    *out++ = ' ';
    return out;
}

static void try_split(const char *line)
{
    char **arguments = command_line_split(line);
    char *quoted = malloc(4 * strlen(line) + 16);
    char *end = quoted;
    char **again;
    size_t count;

    require(arguments != NULL && quoted != NULL);
    require(total(arguments, &count) <= strlen(line));
    /* In the name of the program no mark can be written. */
    *end++ = 'p';
    *end++ = ' ';
    for (size_t i = 0; i < count; i++)
        end = quote(end, arguments[i]);
    *end = '\0';
    again = command_line_split(quoted);
    require(again != NULL);
    for (size_t i = 0; i < count; i++)
        require(again[i + 1] != NULL && strcmp(again[i + 1], arguments[i]) == 0);
    require(again[count + 1] == NULL);
    free(again);
    free(quoted);
    free(arguments);
}

static bool is_program(const void *about, const char *name)
{
    return strlen(name) % 2 == *(const size_t *)about;
}

static void try_unwrap(const char *line, size_t odd)
{
    char *text = strdup(line);
    size_t length;

    require(text != NULL);
    command_line_unwrap(text, is_program, &odd);
    length = strlen(text);
    if (strcmp(text, line) != 0) {
        const char *begin = strchr(line, '"');

        require(begin != NULL && strncmp(begin + 1, text, length) == 0);
        require(begin[1 + length] == '"');
        require(strspn(line, " \t\r\n") == (size_t)(begin - line));
        require(strspn(begin + length + 2, " \t\r\n") == strlen(begin + length + 2));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1);

    require(line != NULL);
    memcpy(line, data, size);
    line[size] = '\0';
    try_split(line);
    try_unwrap(line, 0);
    try_unwrap(line, 1);
    free(line);
    return 0;
}
