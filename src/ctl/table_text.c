/* SPDX-License-Identifier: ISC */

/* Tables for people. Nothing is cut off: a column is as wide as its widest text. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf.h"
#include "ctl/ctl.h"
#include "ctl/table.h"

enum { COLUMN_GAP = 2 };

static const uint64_t SECOND = 1000, MINUTE = 60000, HOUR = 3600000, DAY = 86400000;

/* Bytes of the printable UTF-8 sequence at `text`; 0 when there is none. */
static size_t printable_sequence(const unsigned char *text)
{
    size_t length = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;

    if (*text < 0x20 || *text == 0x7f || strnlen((const char *)text, length) < length ||
        !utf8_valid(text, length))
        return 0;
    /* C1 controls; and what turns or hides the text beside it (U+200E, U+200F, U+2028 to U+202E,
     * U+2066 to U+2069). */
    if ((text[0] == 0xc2 && text[1] < 0xa0) ||
        (text[0] == 0xe2 && text[1] == 0x80 &&
         (text[2] == 0x8e || text[2] == 0x8f || (text[2] >= 0xa8 && text[2] <= 0xae))) ||
        (text[0] == 0xe2 && text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9))
        return 0;
    return length;
}

char *ctl_printable(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    char *copy = mem_alloc(strlen(text) + 1);
    char *out = copy;

    while (*at != '\0') {
        size_t length = printable_sequence(at);

        if (length == 0)
            *out++ = '?';
        else
            out = mempcpy(out, at, length);
        at += length == 0 ? 1 : length;
    }
    return copy;
}

/* The two largest units: "850 ms", "12 s", "3 min 5 s", "2 h 4 min", "3 d 4 h". */
static char *duration_text(uint64_t milliseconds)
{
    if (milliseconds < SECOND)
        return mem_printf("%" PRIu64 " ms", milliseconds);
    if (milliseconds < MINUTE)
        return mem_printf("%" PRIu64 " s", milliseconds / SECOND);
    if (milliseconds < HOUR)
        return mem_printf("%" PRIu64 " min %" PRIu64 " s", milliseconds / MINUTE,
                          milliseconds % MINUTE / SECOND);
    if (milliseconds < DAY)
        return mem_printf("%" PRIu64 " h %" PRIu64 " min", milliseconds / HOUR,
                          milliseconds % HOUR / MINUTE);
    return mem_printf("%" PRIu64 " d %" PRIu64 " h", milliseconds / DAY, milliseconds % DAY / HOUR);
}

/* Every U64 of the status is a time, except the counters' values. */
static char *cell_shown(const struct table *table, size_t row, size_t column)
{
    enum field_type type = message_layout(table->type)->fields[column].type;
    const char *cell = table_cell(table, row, column);

    if (cell == NULL || cell[0] == '\0')
        return mem_text("-");
    if (type == FIELD_BOOL)
        return mem_text(strcmp(cell, "true") == 0 ? "yes" : "no");
    if (type == FIELD_U64 && !table_is_pairs(table))
        return duration_text(strtoull(cell, NULL, 10));
    return ctl_printable(cell);
}

static char *heading(const struct table *table, size_t column)
{
    char *name = mem_text(message_layout(table->type)->fields[column].name);

    for (char *at = name; *at != '\0'; at++)
        *at = *at == '_' ? ' ' : *at;
    return name;
}

/* Characters, not bytes. */
static size_t width_of(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80 ? 1 : 0;
    return width;
}

/* Numbers and times to the right. */
static void print_cell(char *text, size_t width, bool right, bool last, FILE *out)
{
    int fill = (int)(width - width_of(text));

    if (right)
        fprintf(out, "%*s%s%*s", fill, "", text, last ? 0 : COLUMN_GAP, "");
    else
        fprintf(out, "%s%*s", text, last ? 0 : fill + COLUMN_GAP, "");
    free(text);
}

static size_t column_width(const struct table *table, size_t column, bool headed)
{
    size_t width = 0;

    for (size_t row = 0; row < table->rows + (headed ? 1 : 0); row++) {
        char *text = row < table->rows ? cell_shown(table, row, column) : heading(table, column);
        size_t length = width_of(text);

        width = length > width ? length : width;
        free(text);
    }
    return width;
}

void table_print_text(const struct table *table, FILE *out)
{
    size_t columns = table_columns(table);
    const struct message_field *fields = message_layout(table->type)->fields;
    bool headed = !table_is_pairs(table);
    size_t *widths;

    if (headed && !table->single)
        fprintf(out, "%s: %zu\n", table->name, table->rows);
    else
        fprintf(out, "%s:\n", table->name);
    if (table->rows == 0)
        return;
    widths = mem_alloc(columns * sizeof(*widths));
    for (size_t i = 0; i < columns; i++)
        widths[i] = column_width(table, i, headed);
    for (size_t line = headed ? 0 : 1; line <= table->rows; line++) {
        fputs("  ", out);
        for (size_t i = 0; i < columns; i++)
            print_cell(line == 0 ? heading(table, i) : cell_shown(table, line - 1, i), widths[i],
                       fields[i].type != FIELD_TEXT && fields[i].type != FIELD_BOOL,
                       i + 1 == columns, out);
        fputc('\n', out);
    }
    free(widths);
}
