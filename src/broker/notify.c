/* SPDX-License-Identifier: ISC */

#include "broker/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum { RETRY_TIME = 100 };

/* Is there something that may still be taken later? */
static bool notify_send(const struct notify *notify, const char *text)
{
    return sendto(notify->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
                  (const struct sockaddr *)&notify->address, notify->address_length) < 0 &&
           (errno == EAGAIN || errno == ENOBUFS || errno == EINTR);
}

static void notify_state(struct notify *notify)
{
    if (notify_send(notify, notify->state))
        loop_timer_start(notify->loop, &notify->retry, RETRY_TIME);
    else
        loop_timer_stop(notify->loop, &notify->retry);
}

static void retry_expired(struct loop_timer *timer)
{
    notify_state(container_of(timer, struct notify, retry));
}

static void watchdog_expired(struct loop_timer *timer)
{
    struct notify *notify = container_of(timer, struct notify, watchdog);

    /* The next one is soon enough. */
    (void)notify_send(notify, "WATCHDOG=1");
    loop_timer_start(notify->loop, timer, notify->period);
}

/* False: it is no address of a datagram socket on this machine. */
static bool address_read(struct notify *notify, const char *text)
{
    size_t length = strlen(text);

    notify->address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length < 2 || length >= sizeof(notify->address.sun_path) ||
        (text[0] != '/' && text[0] != '@'))
        return false;
    memcpy(notify->address.sun_path, text, length);
    if (text[0] == '@')
        notify->address.sun_path[0] = '\0';
    notify->address_length =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (text[0] == '@' ? 0 : 1));
    return true;
}

/* Microseconds of the watchdog that is this process's; 0: it has none. */
static uint64_t watchdog_time(void)
{
    const char *time = getenv("WATCHDOG_USEC");
    const char *process = getenv("WATCHDOG_PID");

    if (time == NULL || (process != NULL && strtol(process, NULL, 10) != (long)getpid()))
        return 0;
    return strtoull(time, NULL, 10);
}

void notify_open(struct notify *notify, struct loop *loop)
{
    const char *text = getenv("NOTIFY_SOCKET");
    uint64_t watchdog = watchdog_time();

    *notify = (struct notify){.fd = -1};
    if (text != NULL && !address_read(notify, text))
        log_error("NOTIFY_SOCKET names no socket that can be told anything");
    else if (text != NULL)
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (notify->fd < 0)
        return;
    notify->loop = loop;
    notify->retry.expired = retry_expired;
    notify->watchdog.expired = watchdog_expired;
    notify->period = watchdog / 2000;
    if (watchdog > 0 && notify->period == 0)
        notify->period = 1;
    if (notify->period > 0)
        watchdog_expired(&notify->watchdog);
}

void notify_close(struct notify *notify)
{
    if (notify->loop == NULL)
        return;
    loop_timer_stop(notify->loop, &notify->retry);
    loop_timer_stop(notify->loop, &notify->watchdog);
    close(notify->fd);
    notify->loop = NULL;
}

void notify_ready(struct notify *notify, const char *status)
{
    if (notify->loop == NULL)
        return;
    snprintf(notify->state, sizeof(notify->state), "READY=1\nSTATUS=%s", status);
    notify_state(notify);
}

void notify_reloading(struct notify *notify)
{
    struct timespec now;

    if (notify->loop == NULL)
        return;
    now = clock_read(CLOCK_MONOTONIC);
    snprintf(notify->state, sizeof(notify->state),
             "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=reading the configuration again",
             (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    notify_state(notify);
}

void notify_stopping(struct notify *notify)
{
    if (notify->loop == NULL)
        return;
    snprintf(notify->state, sizeof(notify->state),
             "STOPPING=1\nSTATUS=ending shells and answering what was asked");
    notify_state(notify);
}

void notify_failed(struct notify *notify)
{
    if (notify->loop == NULL)
        return;
    snprintf(notify->state, sizeof(notify->state), "STATUS=the start has failed; the log says why");
    notify_state(notify);
    notify_close(notify);
}
