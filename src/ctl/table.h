/* SPDX-License-Identifier: ISC */

/*
 * Messages of one type as rows, printed as JSON or as columns. What the columns are comes from the
 * message's layout (tables/messages.h): a field added there appears here.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "ipc/message.h"

struct table {
    enum message_type type;
    const char *name; /* key in JSON, heading in text */
    char **cells;     /* row after row; NULL: no text */
    size_t rows;
    bool single; /* there is one row, whatever its columns: one thing and its properties */
};

/* Copies the message into a row. */
void table_add(struct table *table, const void *body);
void table_free(struct table *table);

size_t table_columns(const struct table *table);
const char *table_cell(const struct table *table, size_t row, size_t column);
/* Does each row say (name, value)? */
bool table_is_pairs(const struct table *table);

/*
 * `"name": [{...}, ...]`; a table of (name, value) pairs as `"name": {"a": 1, ...}`, and so the
 * columns of a single row.
 */
void table_print_json(const struct table *table, FILE *out);
/* Columns under their names, for people: whole texts, times in units. */
void table_print_text(const struct table *table, FILE *out);

#endif
