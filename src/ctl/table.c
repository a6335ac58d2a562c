/* SPDX-License-Identifier: ISC */

#include "ctl/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

size_t table_columns(const struct table *table)
{
    return message_layout(table->type)->field_count;
}

bool table_is_pairs(const struct table *table)
{
    const struct message_field *fields = message_layout(table->type)->fields;

    return table_columns(table) == 2 && strcmp(fields[1].name, "value") == 0;
}

const char *table_cell(const struct table *table, size_t row, size_t column)
{
    return table->cells[row * table_columns(table) + column];
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
    bool pairs = table_is_pairs(table);

    if (table->single) {
        fprintf(out, "  \"%s\": {", table->name);
        if (table->rows > 0)
            print_row(table, 0, out);
        fputc('}', out);
        return;
    }
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
