/* SPDX-License-Identifier: ISC */

#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What systemd starts, and calls every line by (systemd.exec(5), SyslogIdentifier). */
#define SERVICE "winrmd"

static const char *log_program = SERVICE;
/* Set on one thread, while others log. */
static _Atomic int log_most = LOG_LEVEL_info;
static _Atomic bool log_to_journal;

static bool is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];

    if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
        return false;
    snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(stream, own) == 0;
}

void log_open(const char *program)
{
    log_program = program;
    log_to_journal = is_journal();
}

void log_set_level(enum log_level level)
{
    log_most = (int)level;
}

enum log_level log_level(void)
{
    return (enum log_level)log_most;
}

void log_set_journal(bool journal)
{
    log_to_journal = journal;
}

bool log_journal(void)
{
    return log_to_journal;
}

const char *log_priority(enum log_level level)
{
    static const char *const priorities[LOG_LEVELS] = {
#define L(level, word, priority) [LOG_LEVEL_##level] = (priority),
        LOG_LEVEL_TABLE(L)
#undef L
    };

    return log_to_journal ? priorities[level] : "";
}

const char *log_title(enum log_level level)
{
    return log_to_journal ? log_priority(level) : SERVICE ": ";
}

static int line_begin(char *line, size_t size, enum log_level level)
{
    if (!log_to_journal)
        return snprintf(line, size, "%s[%d]: ", log_program, (int)getpid());
    if (strcmp(log_program, SERVICE) == 0)
        return snprintf(line, size, "%s", log_priority(level));
    return snprintf(line, size, "%s%s: ", log_priority(level), log_program);
}

/* One write for the whole line: lines of several processes must not mix. */
__attribute__((format(printf, 2, 0))) static void log_line(enum log_level level, const char *format,
                                                           va_list arguments)
{
    char line[2048];
    int head = line_begin(line, sizeof(line), level);
    size_t used = head > 0 ? (size_t)head : 0;
    int body = vsnprintf(line + used, sizeof(line) - used - 1, format, arguments);

    if (body > 0)
        used += (size_t)body;
    if (used > sizeof(line) - 2)
        used = sizeof(line) - 2;
    line[used++] = '\n';
    if (write(STDERR_FILENO, line, used) < 0)
        return;
}

#define LOG_BODY(level)                                 \
    do {                                                \
        va_list arguments;                              \
        if ((int)LOG_LEVEL_##level > log_most)          \
            return;                                     \
        va_start(arguments, format);                    \
        log_line(LOG_LEVEL_##level, format, arguments); \
        va_end(arguments);                              \
    } while (0)

void log_error(const char *format, ...)
{
    LOG_BODY(error);
}

void log_info(const char *format, ...)
{
    LOG_BODY(info);
}

void log_debug(const char *format, ...)
{
    LOG_BODY(debug);
}

const char *log_safe(char *out, size_t size, const char *text)
{
    size_t i = 0;

    for (; text != NULL && text[i] != '\0' && i + 1 < size; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    out[i] = '\0';
    return out;
}
