/* SPDX-License-Identifier: ISC */

#include "auth/password_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

struct password_file {
    struct loop *loop;
    char *path;
    const char *name;        /* the last part of the path */
    struct loop_watch watch; /* inotify; -1: there is none */
    struct users *users;     /* NULL: no file has been read without error */
    uint64_t version;
    struct stat status; /* of the file as last looked at; zero: there was none */
    void (*revoked)(void *context, const char *name);
    void *context;
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

static bool user_equal(const struct user *left, const struct user *right)
{
    if (strcmp(left->hash, right->hash) != 0 || left->group_count != right->group_count)
        return false;
    for (size_t i = 0; i < left->group_count; i++)
        if (strcmp(left->groups[i], right->groups[i]) != 0)
            return false;
    return true;
}

static void tell_revoked(const struct password_file *file, const struct users *old)
{
    for (size_t i = 0; old != NULL && i < users_count(old); i++) {
        const struct user *before = users_at(old, i);
        const struct user *now = file->users != NULL ? users_find(file->users, before->name) : NULL;

        if (now == NULL || !user_equal(before, now))
            file->revoked(file->context, before->name);
    }
}

static void log_refused(const struct password_file *file, const struct users_fault *fault)
{
    const char *outcome =
        file->users != NULL
            ? "the users read before stay valid until it is mended"
            : "nobody can log in until it is mended (winrmctl passwd writes such files)";

    if (fault->line > 0)
        log_error("password file %s:%u: %s; %s", file->path, fault->line, fault->text, outcome);
    else
        log_error("password file %s: %s; %s", file->path, fault->text, outcome);
}

static void file_read(struct password_file *file)
{
    struct users *old = file->users;
    struct users_fault fault;
    struct users *users = users_load(file->path, &file->status, &fault);

    if (users == NULL) {
        log_refused(file, &fault);
        return;
    }
    file->users = users;
    file->version++;
    log_info("password file %s: %zu user%s", file->path, users_count(users),
             users_count(users) == 1 ? "" : "s");
    tell_revoked(file, old);
    users_free(old);
}

static void file_refresh(struct password_file *file)
{
    struct stat status = {0};

    if (stat(file->path, &status) != 0)
        memset(&status, 0, sizeof(status));
    if (!status_equal(&status, &file->status))
        file_read(file);
}

/* ---- inotify ---- */

static void watch_ready(struct loop_watch *watch, uint32_t events)
{
    struct password_file *file = container_of(watch, struct password_file, watch);
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t got;

    (void)events;
    /* Which file of the folder it was does not matter: a look at its status is cheap. */
    while ((got = read(watch->fd, bytes, sizeof(bytes))) > 0)
        continue;
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        loop_unwatch(file->loop, watch);
    file_refresh(file);
}

static void watch_folder(struct password_file *file)
{
    char *folder = mem_text_n(file->path, (size_t)(file->name - file->path));
    const uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB | IN_CREATE;

    file->watch.ready = watch_ready;
    file->watch.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (file->watch.fd >= 0 &&
        (inotify_add_watch(file->watch.fd, folder[0] != '\0' ? folder : ".", events) < 0 ||
         !loop_watch(file->loop, &file->watch, EPOLLIN))) {
        close(file->watch.fd);
        file->watch.fd = -1;
    }
    if (file->watch.fd < 0)
        log_error("the folder of the password file %s cannot be watched (%s); a change of it is "
                  "noticed with the next password that is checked",
                  file->path, strerror(errno));
    free(folder);
}

/* ---- life ---- */

static void file_begin(struct password_file *file, const char *path)
{
    const char *slash = strrchr(path, '/');

    file->path = mem_text(path);
    file->name = slash != NULL ? file->path + (slash - path) + 1 : file->path;
    memset(&file->status, 0, sizeof(file->status));
    /* Watched before it is read, so that no change is missed in between. */
    watch_folder(file);
    file_read(file);
}

static void file_leave(struct password_file *file)
{
    if (file->watch.fd >= 0) {
        loop_unwatch(file->loop, &file->watch);
        close(file->watch.fd);
    }
    free(file->path);
}

struct password_file *password_file_new(struct loop *loop, const char *path,
                                        void (*revoked)(void *context, const char *name),
                                        void *context)
{
    struct password_file *file = mem_alloc(sizeof(*file));

    file->loop = loop;
    file->version = 1;
    file->revoked = revoked;
    file->context = context;
    file_begin(file, path);
    return file;
}

void password_file_set_path(struct password_file *file, const char *path)
{
    struct users *old = file->users;

    if (strcmp(file->path, path) == 0)
        return;
    file->users = NULL;
    file->version++;
    file_leave(file);
    file_begin(file, path);
    tell_revoked(file, old);
    users_free(old);
}

void password_file_abandon(struct password_file *file)
{
    struct users *old;

    if (file == NULL)
        return;
    old = file->users;
    file->users = NULL;
    tell_revoked(file, old);
    users_free(old);
    password_file_free(file);
}

void password_file_free(struct password_file *file)
{
    if (file == NULL)
        return;
    file_leave(file);
    users_free(file->users);
    free(file);
}

const struct users *password_file_users(struct password_file *file)
{
    file_refresh(file);
    return file->users;
}

uint64_t password_file_version(const struct password_file *file)
{
    return file->version;
}
