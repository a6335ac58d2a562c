/* SPDX-License-Identifier: ISC */

/*
 * One line to standard error, `winrmd-net[pid]: text`. Every process of winrmd inherits the
 * broker's standard error. Text from outside goes through log_safe() first.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

/* `program` is kept, not copied. */
void log_open(const char *program);
void log_debug_enable(bool enabled);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copy of `text` into `out` with control characters shown as '?'; returns `out`. */
const char *log_safe(char *out, size_t size, const char *text);

#endif
