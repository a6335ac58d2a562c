/* SPDX-License-Identifier: ISC */

/*
 * What time it is. clock_read() is the only function of the service that asks the kernel, so that a
 * test can move each clock of a process (docs/reliability.md, F-30).
 *
 *   clock_milliseconds()  deadlines, pauses and idle times. Nobody can set this clock; it stands
 *                         still while the machine is suspended
 *   clock_elapsed()       how long something that lets somebody in is good for: as above, and goes
 *                         on while the machine is suspended
 *   clock_today()         what a person or another machine is told, and certificates: the calendar,
 *                         which an administrator or NTP may set forwards and backwards
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

struct timespec clock_read(clockid_t clock);

/* Milliseconds of CLOCK_MONOTONIC. */
static inline uint64_t clock_milliseconds(void)
{
    struct timespec now = clock_read(CLOCK_MONOTONIC);

    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Milliseconds of CLOCK_BOOTTIME. */
static inline uint64_t clock_elapsed(void)
{
    struct timespec now = clock_read(CLOCK_BOOTTIME);

    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Since 1970, of CLOCK_REALTIME. */
static inline struct timespec clock_today(void)
{
    return clock_read(CLOCK_REALTIME);
}

#endif
