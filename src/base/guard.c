/* SPDX-License-Identifier: ISC */

#include "base/guard.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef __has_feature
#define __has_feature(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

bool guard_sanitized(void)
{
    return sanitized;
}

void guard_reads(void)
{
    if (!sanitized)
        prctl(PR_SET_DUMPABLE, 0);
}

void guard_memory(void)
{
    const struct rlimit none = {0};

    guard_reads();
    if (!sanitized)
        setrlimit(RLIMIT_CORE, &none);
}

void guard_end_with_parent(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}
