/* SPDX-License-Identifier: ISC */

/*
 * One line to standard error, `winrmd-net[pid]: text`. Every process of winrmd inherits the
 * broker's standard error. Text from outside goes through log_safe() first. Any thread may log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "log_levels.h"

/* `program` is kept, not copied. */
void log_open(const char *program);
/* Lines of this level and those below it are written; LOG_LEVEL_info unless this was called. */
void log_set_level(enum log_level level);
enum log_level log_level(void);
/* Standard error is the journal: each line begins with its priority (sd-daemon(3)). */
void log_set_journal(bool journal);
bool log_journal(void);
/* Is it? By JOURNAL_STREAM, as systemd sets it for a service (systemd.exec(5)). */
bool log_is_journal(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Copy of `text` into `out` with control characters shown as '?'; returns `out`. */
const char *log_safe(char *out, size_t size, const char *text);

#endif
