/* SPDX-License-Identifier: ISC */

/*
 * The file the audit goes to. It is a regular file: that takes a line without waiting for a
 * reader, and the broker must never wait.
 */
#ifndef BROKER_AUDIT_FILE_H
#define BROKER_AUDIT_FILE_H

#include <stdbool.h>

struct audit_file {
    int fd;          /* -1: none */
    bool torn;       /* it ends in the middle of a line */
    const char *why; /* it could not be opened; until the next call of strerror() */
};

void audit_file_init(struct audit_file *file);
/* Opens (creates, mode 0600) to append. False with `why`. */
bool audit_file_open(struct audit_file *file, const char *path);
/* Could it be opened? Creates nothing. False with `why`. */
bool audit_file_check(struct audit_file *file, const char *path);
/* Logs what keeps the file of that path from being used. */
void audit_file_complain(const struct audit_file *file, const char *path);
void audit_file_close(struct audit_file *file);

#endif
