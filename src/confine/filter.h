/* SPDX-License-Identifier: ISC */

/*
 * Seccomp: which calls of the kernel this process may make (tables/system_calls.h,
 * https://docs.kernel.org/userspace-api/seccomp_filter.html).
 */
#ifndef CONFINE_FILTER_H
#define CONFINE_FILTER_H

#include <stdbool.h>

#include "processes.h"

/*
 * From now on no thread of this process makes any other call than those of `process`, which is
 * one of those that the table has lists for. One that it tries all the same is named in the log,
 * and the process ends by SIGSYS. `program`: what the log calls it; lives on. False and errno: the
 * kernel does not take it, and nothing is restricted.
 */
bool filter_restrict(enum process process, const char *program);

#endif
