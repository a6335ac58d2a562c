/* SPDX-License-Identifier: ISC */

#include "broker/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/utf.h"

enum { AUDIT_TURN_LIMIT = 64 * 1024 * 1024 };

struct audit {
    struct loop *loop;
    struct loop_task flush;
    int fd;
    struct buffer lines;
    struct list actions;
    bool healthy;
    bool torn; /* the file ends in the middle of a line */
    uint64_t failures;
};

/* Writes all of it or says so; a part that got out leaves a torn line. */
static bool audit_write(struct audit *audit, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(audit->fd, bytes, length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        audit->torn = bytes[written - 1] != '\n';
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static bool audit_write_lines(struct audit *audit)
{
    bool written = (!audit->torn || audit_write(audit, (const uint8_t *)"\n", 1)) &&
                   !audit->lines.failed &&
                   audit_write(audit, buffer_bytes(&audit->lines), buffer_length(&audit->lines));

    if (!written) {
        audit->failures++;
        if (audit->healthy)
            log_error("the audit file cannot be written (%s): new grants are refused until it can",
                      strerror(errno));
    } else if (!audit->healthy) {
        log_info("the audit file can be written again");
    }
    audit->healthy = written;
    return written;
}

static void audit_flush(struct loop_task *task)
{
    struct audit *audit = container_of(task, struct audit, flush);
    bool written = audit_write_lines(audit);

    buffer_reset(&audit->lines);
    while (!list_empty(&audit->actions)) {
        struct audit_action *action = container_of(audit->actions.next, struct audit_action, link);

        audit_action_cancel(action);
        action->act(action, written);
    }
}

void audit_file_init(struct audit_file *file)
{
    file->fd = -1;
}

bool audit_file_open(struct audit_file *file, const char *path)
{
    file->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    return file->fd >= 0;
}

void audit_file_close(struct audit_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

struct audit *audit_open(struct loop *loop, const char *path)
{
    struct audit_file file;
    struct audit *audit;

    if (!audit_file_open(&file, path))
        return NULL;
    audit = mem_alloc(sizeof(*audit));
    audit->loop = loop;
    audit->fd = file.fd;
    audit->flush.run = audit_flush;
    audit->healthy = true;
    buffer_init(&audit->lines, AUDIT_TURN_LIMIT);
    list_init(&audit->actions);
    return audit;
}

void audit_use(struct audit *audit, struct audit_file *file)
{
    audit_flush(&audit->flush);
    close(audit->fd);
    audit->fd = file->fd;
    audit->torn = false;
    audit_file_init(file);
}

void audit_close(struct audit *audit)
{
    if (audit == NULL)
        return;
    /* Also without a line: what waits is freed by being acted on. */
    audit_flush(&audit->flush);
    loop_task_cancel(&audit->flush);
    buffer_free(&audit->lines);
    close(audit->fd);
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
    struct timespec now;
    struct tm parts;
    char time[64];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(time, sizeof(time), "%Y-%m-%dT%H:%M:%S", &parts);
    buffer_printf(&audit->lines, "{\"time\":\"%s.%06ldZ\",\"event\":\"%s\"", time,
                  now.tv_nsec / 1000, event);
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
    loop_defer(audit->loop, &audit->flush);
}

void audit_then(struct audit *audit, struct audit_action *action)
{
    if (action->waiting)
        return;
    action->waiting = true;
    list_append(&audit->actions, &action->link);
    loop_defer(audit->loop, &audit->flush);
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
