/* SPDX-License-Identifier: ISC */

/*
 * What a host under trial writes to its standard error: the plug-in's own lines are passed on, the
 * host's last words about a crash (src/host/crash.h) are kept for the report.
 */
#ifndef CTL_PLUGIN_ERRORS_H
#define CTL_PLUGIN_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/loop.h"

struct plugin_errors {
    struct loop *loop;
    bool verbose;            /* pass on what the host says, too */
    struct loop_watch watch; /* the end of the pipe that is read; -1: closed */
    char line[2048];
    size_t used;
    bool crashing;     /* the lines that come now are the report of a crash */
    char what[512];    /* "crashed in ...", "ended the process by exit() in ..."; or empty */
    char frames[8192]; /* the calls that led there, indented */
};

/* Takes over `fd`. `verbose`: pass on what the host says of itself, too. */
bool errors_open(struct plugin_errors *errors, struct loop *loop, int fd, bool verbose);
/* Reads what is there; for a host that has ended. */
void errors_drain(struct plugin_errors *errors);
void errors_close(struct plugin_errors *errors);

#endif
