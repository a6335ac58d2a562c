/* SPDX-License-Identifier: ISC */

#include "ctl/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

enum { COLUMNS = 16, COLUMN_GAP = 2 };

static size_t table_columns(const struct table *table)
{
    size_t count = message_layout(table->type)->field_count;

    return count > COLUMNS ? COLUMNS : count;
}

static char *cell_make(const struct message_field *field, const void *body)
{
    const void *place = (const char *)body + field->offset;

    switch (field->type) {
    case FIELD_BOOL:
        return mem_text(*(const bool *)place ? "true" : "false");
    case FIELD_U32:
        return mem_printf("%" PRIu32, *(const uint32_t *)place);
    case FIELD_U64:
        return mem_printf("%" PRIu64, *(const uint64_t *)place);
    case FIELD_TEXT:
        return mem_text(*(const char *const *)place);
    default:
        return NULL;
    }
}

void table_add(struct table *table, const void *body)
{
    const struct message_layout *layout = message_layout(table->type);
    size_t columns = table_columns(table);

    table->cells = mem_resize(table->cells, (table->rows + 1) * columns, sizeof(*table->cells));
    for (size_t i = 0; i < columns; i++)
        table->cells[table->rows * columns + i] = cell_make(&layout->fields[i], body);
    table->rows++;
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->rows * table_columns(table); i++)
        free(table->cells[i]);
    free(table->cells);
    table->cells = NULL;
    table->rows = 0;
}

/* ---- JSON ---- */

static void print_string(const char *text, FILE *out)
{
    fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if ((unsigned char)*at < 0x20)
            fprintf(out, "\\u%04x", (unsigned)*at);
        else
            fputc(*at, out);
    }
    fputc('"', out);
}

static void print_cell(const struct message_field *field, const char *cell, FILE *out)
{
    if (cell == NULL)
        fputs("null", out);
    else if (field->type == FIELD_TEXT)
        print_string(cell, out);
    else
        fputs(cell, out);
}

static void print_row(const struct table *table, size_t row, FILE *out)
{
    const struct message_field *fields = message_layout(table->type)->fields;
    size_t columns = table_columns(table);

    for (size_t i = 0; i < columns; i++) {
        fprintf(out, "%s\"%s\": ", i > 0 ? ", " : "", fields[i].name);
        print_cell(&fields[i], table->cells[row * columns + i], out);
    }
}

void table_print_json(const struct table *table, FILE *out)
{
    const struct message_field *fields = message_layout(table->type)->fields;
    size_t columns = table_columns(table);
    bool pairs = columns == 2 && strcmp(fields[1].name, "value") == 0;

    fprintf(out, "  \"%s\": %c", table->name, pairs ? '{' : '[');
    for (size_t row = 0; row < table->rows; row++) {
        fprintf(out, "%s\n    ", row > 0 ? "," : "");
        if (pairs) {
            print_string(table->cells[row * 2] != NULL ? table->cells[row * 2] : "", out);
            fputs(": ", out);
            print_cell(&fields[1], table->cells[row * 2 + 1], out);
        } else {
            fputc('{', out);
            print_row(table, row, out);
            fputc('}', out);
        }
    }
    fprintf(out, "%s%c", table->rows > 0 ? "\n  " : "", pairs ? '}' : ']');
}

/* ---- columns ---- */

static const char *cell_shown(const char *cell)
{
    return cell == NULL || cell[0] == '\0' ? "-" : cell;
}

static size_t column_width(const struct table *table, size_t column)
{
    size_t columns = table_columns(table);
    size_t width = strlen(message_layout(table->type)->fields[column].name);

    for (size_t row = 0; row < table->rows; row++) {
        size_t length = strlen(cell_shown(table->cells[row * columns + column]));

        width = length > width ? length : width;
    }
    return width;
}

static void print_column(const struct table *table, size_t column, const char *text, FILE *out)
{
    char safe[512];
    bool last = column + 1 == table_columns(table);
    int width = last ? 0 : (int)column_width(table, column) + COLUMN_GAP;

    fprintf(out, "%-*s", width, log_safe(safe, sizeof(safe), text));
}

void table_print_text(const struct table *table, FILE *out)
{
    size_t columns = table_columns(table);

    fprintf(out, "%s: %zu\n", table->name, table->rows);
    if (table->rows == 0)
        return;
    fputs("  ", out);
    for (size_t i = 0; i < columns; i++)
        print_column(table, i, message_layout(table->type)->fields[i].name, out);
    for (size_t row = 0; row < table->rows; row++) {
        fputs("\n  ", out);
        for (size_t i = 0; i < columns; i++)
            print_column(table, i, cell_shown(table->cells[row * columns + i]), out);
    }
    fputc('\n', out);
}
