/* SPDX-License-Identifier: ISC */

#include "base/shortage.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *remedy_of(int error)
{
    switch (error) {
    case EMFILE:
        return "raise the limit of open files (LimitNOFILE of the service, ulimit -Hn of the "
               "shell)";
    case ENFILE:
        return "the whole machine has too many files open; raise fs.file-max (sysctl)";
    case ENOMEM:
        return "the machine is out of memory";
    case EAGAIN:
        return "raise the limit of processes (TasksMax of the service, ulimit -u of the shell)";
    default:
        return NULL;
    }
}

const char *shortage_text(int error)
{
    static char text[200];
    const char *remedy = remedy_of(error);

    if (remedy == NULL)
        return strerror(error);
    snprintf(text, sizeof(text), "%s: %s", strerror(error), remedy);
    return text;
}
