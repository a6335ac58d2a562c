/* SPDX-License-Identifier: ISC */

#include "net/descriptors.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"

/* Kept for what is no connection: channels to the broker and to shell hosts, listeners, the loop.
 */
enum { KEPT = 256 };

uint32_t descriptors_for(uint32_t connections)
{
    struct rlimit limit;
    rlim_t usable;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        log_error("getrlimit: %s", strerror(errno));
        return connections;
    }
    if (limit.rlim_cur < limit.rlim_max) {
        const struct rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
        else
            log_error("setrlimit: %s", strerror(errno));
    }
    usable = limit.rlim_cur > 2 * KEPT ? limit.rlim_cur - KEPT : limit.rlim_cur / 2;
    if (usable >= connections)
        return connections;
    log_error("the limit of %lu open files is enough for %lu connections, not for the %u that "
              "connections { total } allows; raise the hard limit (LimitNOFILE of the service, "
              "ulimit -Hn of the shell) to %u, or write a smaller total",
              (unsigned long)limit.rlim_cur, (unsigned long)usable, connections,
              connections + KEPT);
    return (uint32_t)usable;
}
