/* SPDX-License-Identifier: ISC */

#include "windows/foreign.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define WSMAN_API_VERSION_1_1
#define WSMAN_NO_ENTRY_POINTS
#include <wsman.h>
#include <wsman_linux.h>

#include "windows/begin.h"
#include "windows/registered.h"

struct foreign {
    struct object object;
    struct list link; /* in `watched` */
    uint64_t number;  /* what the watcher knows it by: an address might be another one's by then */
    int fd;
    bool signalled;
};

static pthread_once_t begun = PTHREAD_ONCE_INIT;
static bool running;
static int poller = -1;
static int poke = -1;
static struct list watched = {&watched, &watched}; /* guarded by the dispatcher, like the next */
static uint64_t last_number;

static bool foreign_signalled(const struct object *object, DWORD thread)
{
    (void)thread;
    return container_of(object, const struct foreign, object)->signalled;
}

static void foreign_destroy(struct object *object)
{
    struct foreign *foreign = container_of(object, struct foreign, object);

    list_remove(&foreign->link);
    epoll_ctl(poller, EPOLL_CTL_DEL, foreign->fd, NULL);
    close(foreign->fd);
    free(foreign);
}

static const struct object_kind foreign_kind = {foreign_signalled, NULL, foreign_destroy};

/* ---- the thread ---- */

static void foreign_readable(uint64_t number)
{
    list_each(link, &watched) {
        struct foreign *foreign = container_of(link, struct foreign, link);

        if (foreign->number != number || foreign->signalled)
            continue;
        epoll_ctl(poller, EPOLL_CTL_DEL, foreign->fd, NULL);
        foreign->signalled = true;
        object_changed(&foreign->object);
        return; /* the object may be gone, and with it the ring's next member */
    }
}

static void *watcher_run(void *unused)
{
    struct epoll_event events[16];
    uint64_t pokes;

    (void)unused;
    for (;;) {
        int timeout;
        int count;

        dispatcher_lock();
        timeout = registered_expire();
        dispatcher_unlock();
        count = epoll_wait(poller, events, (int)ARRAYSIZE(events), timeout);
        for (int i = 0; i < count; i++) {
            if (events[i].data.u64 == 0) {
                if (read(poke, &pokes, sizeof(pokes)) < 0)
                    continue;
            } else {
                dispatcher_lock();
                foreign_readable(events[i].data.u64);
                dispatcher_unlock();
            }
        }
    }
    return NULL;
}

static void watcher_start(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    poller = epoll_create1(EPOLL_CLOEXEC);
    poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    running = poller >= 0 && poke >= 0 && epoll_ctl(poller, EPOLL_CTL_ADD, poke, &event) == 0 &&
              thread_begin(watcher_run, NULL);
}

bool watcher_begin(void)
{
    pthread_once(&begun, watcher_start);
    if (!running)
        SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return running;
}

void watcher_poke(void)
{
    uint64_t one = 1;

    if (write(poke, &one, sizeof(one)) < 0)
        return; /* it is full of pokes already */
}

/* ---- a handle of the host ---- */

/*
 * A duplicate of the operation's eventfd, or -1. The operation may end meanwhile, and its
 * descriptor become somebody else's: a handle that is still good afterwards was good in between,
 * because none is used twice.
 */
static int foreign_descriptor(HANDLE handle)
{
    int fd = -1;
    int copy;

    if (WSManLinuxGetShutdownEvent(handle, &fd) != NO_ERROR)
        return -1;
    copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy >= 0 && WSManLinuxGetShutdownEvent(handle, &fd) != NO_ERROR) {
        close(copy);
        return -1;
    }
    return copy;
}

struct object *foreign_object(HANDLE handle)
{
    struct foreign *foreign = NULL;
    struct epoll_event event = {.events = EPOLLIN};
    struct pollfd now = {.events = POLLIN};

    now.fd = foreign_descriptor(handle);
    if (now.fd < 0) {
        SetLastError(ERROR_INVALID_HANDLE);
        return NULL;
    }
    if (!watcher_begin())
        goto failed;
    foreign = calloc(1, sizeof(*foreign));
    if (foreign == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        goto failed;
    }
    object_init(&foreign->object, &foreign_kind);
    foreign->fd = now.fd;
    foreign->signalled = poll(&now, 1, 0) == 1;
    dispatcher_lock();
    foreign->number = ++last_number;
    event.data.u64 = foreign->number;
    list_append(&watched, &foreign->link);
    if (!foreign->signalled && epoll_ctl(poller, EPOLL_CTL_ADD, foreign->fd, &event) != 0) {
        object_unref(&foreign->object);
        foreign = NULL;
        SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    }
    dispatcher_unlock();
    return foreign != NULL ? &foreign->object : NULL;
failed:
    close(now.fd);
    return NULL;
}
