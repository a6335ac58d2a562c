/* SPDX-License-Identifier: ISC */

#include "base/watched_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

enum { PASSING_PAUSE = 1000 };

struct watched_file {
    struct loop *loop;
    const char *what;
    char *path;
    struct loop_watch watch; /* inotify; -1: there is none */
    struct stat status;      /* of the file as last looked at; zero: there was none */
    bool looked;
    struct loop_timer again; /* what could not be read for want of a descriptor is, later */
    watched_file_reader read;
    void *owner;
};

static bool status_equal(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino &&
           left->st_size == right->st_size && left->st_mode == right->st_mode &&
           left->st_uid == right->st_uid && left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
           left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
           left->st_ctim.tv_sec == right->st_ctim.tv_sec &&
           left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

void watched_file_refresh(struct watched_file *file)
{
    struct stat status = {0};

    if (stat(file->path, &status) != 0)
        memset(&status, 0, sizeof(status));
    if (file->looked && status_equal(&status, &file->status))
        return;
    file->looked = true;
    file->read(file->owner, file->path, &file->status);
}

static void watch_ready(struct loop_watch *watch, uint32_t events)
{
    struct watched_file *file = container_of(watch, struct watched_file, watch);
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t got;

    (void)events;
    /* Which file of the folder it was does not matter: a look at its status is cheap. */
    while ((got = read(watch->fd, bytes, sizeof(bytes))) > 0)
        continue;
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        loop_unwatch(file->loop, watch);
    watched_file_refresh(file);
}

static void watch_folder(struct watched_file *file, const char *use)
{
    const char *slash = strrchr(file->path, '/');
    char *folder =
        slash != NULL ? mem_text_n(file->path, (size_t)(slash - file->path) + 1) : mem_text(".");
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_CREATE;

    file->watch.ready = watch_ready;
    file->watch.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (file->watch.fd >= 0 && (inotify_add_watch(file->watch.fd, folder, events) < 0 ||
                                !loop_watch(file->loop, &file->watch, EPOLLIN))) {
        close(file->watch.fd);
        file->watch.fd = -1;
    }
    if (file->watch.fd < 0)
        log_error("the folder of the %s %s cannot be watched (%s); a change of it is noticed with "
                  "the next %s",
                  file->what, file->path, strerror(errno), use);
    free(folder);
}

struct watched_file *watched_file_new(struct loop *loop, const char *what, const char *use,
                                      const char *path, watched_file_reader read, void *owner)
{
    struct watched_file *file = mem_alloc(sizeof(*file));

    *file = (struct watched_file){.loop = loop, .what = what, .read = read, .owner = owner};
    file->path = mem_text(path);
    watch_folder(file, use);
    return file;
}

void watched_file_free(struct watched_file *file)
{
    if (file == NULL)
        return;
    if (file->watch.fd >= 0) {
        loop_unwatch(file->loop, &file->watch);
        close(file->watch.fd);
    }
    loop_timer_stop(file->loop, &file->again);
    free(file->path);
    free(file);
}

const char *watched_file_path(const struct watched_file *file)
{
    return file->path;
}

static void again_expired(struct loop_timer *timer)
{
    watched_file_refresh(container_of(timer, struct watched_file, again));
}

void watched_file_complain(struct watched_file *file, const struct file_fault *fault,
                           const char *outcome)
{
    if (fault->passing) {
        bool said = file->again.position > 0;

        file->looked = false;
        file->again.expired = again_expired;
        loop_timer_start(file->loop, &file->again, PASSING_PAUSE);
        if (said)
            return;
    }
    if (fault->line > 0)
        log_error("%s %s:%u: %s; %s", file->what, file->path, fault->line, fault->text, outcome);
    else
        log_error("%s %s: %s; %s", file->what, file->path, fault->text, outcome);
}
