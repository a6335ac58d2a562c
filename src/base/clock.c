/* SPDX-License-Identifier: ISC */

#include "base/clock.h"

struct timespec clock_read(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return now;
}
