/* SPDX-License-Identifier: ISC */

/*
 * The audit stream: one JSON object a line (docs/audit.md). Lines are collected and written with
 * one write() at the end of the loop's turn, before anything of that turn is sent. A verdict is
 * acted on only after its line has been written: audit_then() calls back with the outcome. While
 * the file can not be written, the broker refuses new grants and retries with every line; the first
 * line afterwards says how many are missing.
 */
#ifndef BROKER_AUDIT_H
#define BROKER_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/loop.h"
#include "broker/audit_file.h"

struct audit;

/* Work that waits for the lines before it to be written; embedded in its owner. */
struct audit_action {
    struct list link;
    void (*act)(struct audit_action *action, bool written);
    bool waiting;
};

/* NULL on failure, which is logged. */
struct audit *audit_open(struct loop *loop, const char *path);
/* From now on lines go to this file, which is taken over; those so far go to the one before. */
void audit_use(struct audit *audit, struct audit_file *file);
void audit_close(struct audit *audit);

/*
 * One line: audit_begin(), any number of members, audit_end(). NULL texts leave the member out.
 * Text from outside may hold anything: it is escaped, and what is not UTF-8 is shown as U+FFFD.
 */
void audit_begin(struct audit *audit, const char *event);
void audit_text(struct audit *audit, const char *name, const char *value);
void audit_number(struct audit *audit, const char *name, uint64_t value);
void audit_flag(struct audit *audit, const char *name, bool value);
void audit_end(struct audit *audit);

/* Calls action->act at the end of this turn, after the lines so far were (or were not) written. */
void audit_then(struct audit *audit, struct audit_action *action);
void audit_action_cancel(struct audit_action *action);

/* How many times a write failed. */
uint64_t audit_failures(const struct audit *audit);

#endif
