/* SPDX-License-Identifier: ISC */

/*
 * One line to standard error, `winrmd-net[pid]: text`. Every process of winrmd inherits the
 * broker's standard error. Text from outside goes through log_safe() first. Any thread may log.
 * The journal names the program that it has started, which is winrmd, and the process that has
 * written: there a line is `winrmd-net: text`, and `text` of winrmd itself.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "log_levels.h"

/*
 * `program` is kept, not copied. Whether standard error is the journal says JOURNAL_STREAM, as
 * systemd sets it for a service (systemd.exec(5)).
 */
void log_open(const char *program);
/* Lines of this level and those below it are written; LOG_LEVEL_info unless this was called. */
void log_set_level(enum log_level level);
enum log_level log_level(void);
/* Standard error is the journal: each line begins with its priority (sd-daemon(3)). */
void log_set_journal(bool journal);
bool log_journal(void);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * What a line begins with that is written otherwise: its priority in the journal, "" elsewhere. And
 * one of winrmd itself that others know it by: that, or "winrmd: ".
 */
const char *log_priority(enum log_level level);
const char *log_title(enum log_level level);

/* Copy of `text` into `out` with control characters shown as '?'; returns `out`. */
const char *log_safe(char *out, size_t size, const char *text);

#endif
