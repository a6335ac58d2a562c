/* SPDX-License-Identifier: ISC */

#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *log_program = "winrmd";
static bool log_debug_enabled;

void log_open(const char *program)
{
    log_program = program;
}

void log_debug_enable(bool enabled)
{
    log_debug_enabled = enabled;
}

/* One write for the whole line: lines of several processes must not mix. */
__attribute__((format(printf, 1, 0))) static void log_line(const char *format, va_list arguments)
{
    char line[2048];
    int head = snprintf(line, sizeof(line), "%s[%d]: ", log_program, (int)getpid());
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

#define LOG_BODY()                   \
    do {                             \
        va_list arguments;           \
        va_start(arguments, format); \
        log_line(format, arguments); \
        va_end(arguments);           \
    } while (0)

void log_error(const char *format, ...)
{
    LOG_BODY();
}

void log_info(const char *format, ...)
{
    LOG_BODY();
}

void log_debug(const char *format, ...)
{
    if (log_debug_enabled)
        LOG_BODY();
}

const char *log_safe(char *out, size_t size, const char *text)
{
    size_t i = 0;

    for (; text != NULL && text[i] != '\0' && i + 1 < size; i++)
        out[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
    out[i] = '\0';
    return out;
}
