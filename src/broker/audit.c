/* SPDX-License-Identifier: ISC */

#include "broker/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf.h"

enum { AUDIT_TURN_LIMIT = 64 * 1024 * 1024, TIME_SIZE = 64 };

struct audit {
    struct loop *loop;
    struct loop_task flush;
    struct audit_file file;
    struct buffer lines;
    uint64_t line_count; /* in `lines` */
    struct list actions;
    bool healthy;
    uint64_t lost; /* lines that the file does not have, since it could not be written */
    char lost_since[TIME_SIZE];
    uint64_t failures;
};

static void time_now(char out[TIME_SIZE])
{
    struct timespec now = clock_today();
    struct tm parts;
    size_t length;

    gmtime_r(&now.tv_sec, &parts);
    length = strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + length, TIME_SIZE - length, ".%06ldZ", now.tv_nsec / 1000);
}

/* Returns how much of it was written; less than all with errno set. */
static size_t audit_write(struct audit *audit, const uint8_t *bytes, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t written = write(audit->file.fd, bytes + done, length - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written == 0 ? EIO : errno;
            break;
        }
        done += (size_t)written;
        audit->file.torn = bytes[done - 1] != '\n';
    }
    return done;
}

static uint64_t lines_within(const uint8_t *bytes, size_t length)
{
    uint64_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += bytes[i] == '\n' ? 1 : 0;
    return count;
}

/* What must stand before the next line: the end of a torn one, and what is missing here. */
static bool audit_resume(struct audit *audit)
{
    char now[TIME_SIZE];
    char *line;
    size_t length;
    bool written;

    if (audit->file.torn && audit_write(audit, (const uint8_t *)"\n", 1) < 1)
        return false;
    if (audit->lost == 0)
        return true;
    time_now(now);
    line = mem_printf("{\"time\":\"%s\",\"event\":\"audit-gap\",\"since\":\"%s\",\"lost\":%" PRIu64
                      "}\n",
                      now, audit->lost_since, audit->lost);
    length = strlen(line);
    written = audit_write(audit, (const uint8_t *)line, length) == length;
    free(line);
    return written;
}

static void audit_failed(struct audit *audit, int error, uint64_t lost)
{
    audit->failures++;
    if (audit->lost == 0)
        time_now(audit->lost_since);
    audit->lost += lost;
    if (audit->healthy)
        log_error("the audit file cannot be written (%s): new grants are refused until it can",
                  strerror(error));
    audit->healthy = false;
}

static bool audit_write_lines(struct audit *audit)
{
    const uint8_t *bytes = buffer_bytes(&audit->lines);
    size_t length = buffer_length(&audit->lines);
    uint64_t missing = audit->lost;
    size_t done;

    if (audit->lines.failed || !audit_resume(audit)) {
        audit_failed(audit, audit->lines.failed ? ENOBUFS : errno, audit->line_count);
        return false;
    }
    audit->lost = 0;
    done = audit_write(audit, bytes, length);
    if (done < length) {
        audit_failed(audit, errno, lines_within(bytes + done, length - done));
        return false;
    }
    if (!audit->healthy)
        log_info("the audit file can be written again; lines lost: %" PRIu64, missing);
    audit->healthy = true;
    return true;
}

static void audit_flush(struct loop_task *task)
{
    struct audit *audit = container_of(task, struct audit, flush);
    bool written = audit_write_lines(audit);
    struct list ready;

    buffer_reset(&audit->lines);
    audit->line_count = 0;
    /* What these add waits for the lines that these add. */
    list_init(&ready);
    while (!list_empty(&audit->actions)) {
        struct list *link = audit->actions.next;

        list_remove(link);
        list_append(&ready, link);
    }
    while (!list_empty(&ready)) {
        struct audit_action *action = container_of(ready.next, struct audit_action, link);

        audit_action_cancel(action);
        action->act(action, written);
    }
}

struct audit *audit_open(struct loop *loop, const char *path)
{
    struct audit_file file;
    struct audit *audit;

    if (!audit_file_open(&file, path)) {
        audit_file_complain(&file, path);
        return NULL;
    }
    audit = mem_alloc(sizeof(*audit));
    audit->loop = loop;
    audit->file = file;
    audit->flush.run = audit_flush;
    audit->healthy = true;
    buffer_init(&audit->lines, AUDIT_TURN_LIMIT);
    list_init(&audit->actions);
    return audit;
}

void audit_use(struct audit *audit, struct audit_file *file)
{
    audit_flush(&audit->flush);
    audit_file_close(&audit->file);
    audit->file = *file;
    audit_file_init(file);
}

void audit_close(struct audit *audit)
{
    if (audit == NULL)
        return;
    /* Also without a line: what waits is freed by being acted on. */
    do
        audit_flush(&audit->flush);
    while (!list_empty(&audit->actions));
    loop_task_cancel(&audit->flush);
    buffer_free(&audit->lines);
    audit_file_close(&audit->file);
    free(audit);
}

/* Length of the well-formed UTF-8 sequence of several bytes at `text`, 0 when there is none. */
static size_t utf8_sequence(const unsigned char *text)
{
    size_t length = *text >= 0xf0 ? 4 : *text >= 0xe0 ? 3 : 2;

    return strnlen((const char *)text, length) == length && utf8_valid(text, length) ? length : 0;
}

static void audit_string(struct buffer *out, const char *value)
{
    const unsigned char *at = (const unsigned char *)value;

    buffer_text(out, "\"");
    while (*at != '\0') {
        size_t length = 1;

        while (*at >= 0x20 && *at < 0x7f && *at != '"' && *at != '\\' && at[length - 1] != '\0' &&
               at[length] >= 0x20 && at[length] < 0x7f && at[length] != '"' && at[length] != '\\')
            length++;
        if (*at == '"' || *at == '\\') {
            buffer_printf(out, "\\%c", *at);
        } else if (*at < 0x20 || *at == 0x7f) {
            buffer_printf(out, "\\u%04x", (unsigned)*at);
        } else if (*at >= 0x80) {
            length = utf8_sequence(at);
            if (length == 0)
                buffer_text(out, "\xef\xbf\xbd");
            else
                buffer_append(out, at, length);
            length = length == 0 ? 1 : length;
        } else {
            buffer_append(out, at, length);
        }
        at += length;
    }
    buffer_text(out, "\"");
}

void audit_begin(struct audit *audit, const char *event)
{
    char time[TIME_SIZE];

    time_now(time);
    buffer_printf(&audit->lines, "{\"time\":\"%s\",\"event\":\"%s\"", time, event);
}

void audit_text(struct audit *audit, const char *name, const char *value)
{
    if (value == NULL)
        return;
    buffer_printf(&audit->lines, ",\"%s\":", name);
    audit_string(&audit->lines, value);
}

void audit_number(struct audit *audit, const char *name, uint64_t value)
{
    buffer_printf(&audit->lines, ",\"%s\":%" PRIu64, name, value);
}

void audit_flag(struct audit *audit, const char *name, bool value)
{
    buffer_printf(&audit->lines, ",\"%s\":%s", name, value ? "true" : "false");
}

void audit_end(struct audit *audit)
{
    buffer_text(&audit->lines, "}\n");
    audit->line_count++;
    loop_defer_first(audit->loop, &audit->flush);
}

void audit_then(struct audit *audit, struct audit_action *action)
{
    if (action->waiting)
        return;
    action->waiting = true;
    list_append(&audit->actions, &action->link);
    loop_defer_first(audit->loop, &audit->flush);
}

void audit_action_cancel(struct audit_action *action)
{
    if (action->waiting)
        list_remove(&action->link);
    action->waiting = false;
}

uint64_t audit_failures(const struct audit *audit)
{
    return audit->failures;
}
