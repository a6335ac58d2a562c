/* SPDX-License-Identifier: ISC */

#include "policy/rulebook.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/complain.h"

/* Rules and how often they are lent out. */
struct edition {
    unsigned users; /* one of them is the book, as long as these hold */
    struct rules rules;
};

struct rulebook {
    char *path;
    pthread_mutex_t lock; /* guards the rest, and the count of every edition */
    struct stat status;   /* of the file as last read; zero: to be looked at again */
    struct edition *edition;
};

enum read_result { READ_GOOD, READ_WRONG, READ_CHANGING };

static bool status_equal(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino &&
           left->st_size == right->st_size && left->st_mode == right->st_mode &&
           left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
           left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
           left->st_ctim.tv_sec == right->st_ctim.tv_sec &&
           left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

static bool status_fine(const char *path, const struct stat *status)
{
    if (!S_ISREG(status->st_mode))
        complain("%s is no regular file: name one in the parameter Rules", path);
    else if (status->st_mode & S_IWOTH)
        complain("%s can be written by everybody: take that right away (chmod o-w)", path);
    else
        return true;
    return false;
}

/* One byte more than is allowed tells a file that is too large. */
static bool read_bytes(const char *path, int fd, char *bytes, size_t *size)
{
    ssize_t count = 1;

    *size = 0;
    while (count != 0 && *size <= RULES_FILE_SIZE) {
        count = read(fd, bytes + *size, RULES_FILE_SIZE + 1 - *size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            complain("cannot read %s: %s", path, strerror(errno));
            return false;
        }
        *size += (size_t)count;
    }
    return true;
}

static enum read_result parse(const char *path, const char *bytes, size_t size, struct rules *rules)
{
    struct rules_error error;

    if (rules_parse(bytes, size, rules, &error))
        return READ_GOOD;
    if (error.line)
        complain("%s:%u: %s", path, error.line, error.text);
    else
        complain("%s: %s", path, error.text);
    return READ_WRONG;
}

/* `status` is that of the file that was read, or found wrong; zero when it cannot be opened. */
static enum read_result read_rules(const char *path, struct rules *rules, struct stat *status)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    enum read_result result = READ_WRONG;
    struct stat after;
    char *bytes = NULL;
    size_t size;

    memset(status, 0, sizeof(*status));
    if (fd < 0 || fstat(fd, status) != 0) {
        complain("cannot open %s: %s", path, strerror(errno));
        goto out;
    }
    if (!status_fine(path, status))
        goto out;
    bytes = malloc(RULES_FILE_SIZE + 1);
    if (!bytes) {
        complain("cannot read %s: out of memory", path);
        goto out;
    }
    if (!read_bytes(path, fd, bytes, &size))
        goto out;
    if (fstat(fd, &after) != 0 || !status_equal(status, &after))
        result = READ_CHANGING;
    else
        result = parse(path, bytes, size, rules);
out:
    if (fd >= 0)
        close(fd);
    free(bytes);
    return result;
}

static void edition_return(struct edition *edition)
{
    if (!edition || --edition->users > 0)
        return;
    rules_free(&edition->rules);
    free(edition);
}

/* The file is not as it was when it was last read; `seen` is its status, zero without a file. */
static void refresh(struct rulebook *book, const struct stat *seen)
{
    struct edition *edition = calloc(1, sizeof(*edition));
    enum read_result result =
        edition ? read_rules(book->path, &edition->rules, &book->status) : READ_CHANGING;

    if (result == READ_GOOD) {
        complain("%s has changed: %zu user and %zu operation rules hold from now on", book->path,
                 edition->rules.user_count, edition->rules.operation_count);
        edition_return(book->edition);
        edition->users = 1;
        book->edition = edition;
        return;
    }
    free(edition);
    if (result == READ_CHANGING) {
        memset(&book->status, 0, sizeof(book->status));
        return;
    }
    /* Also of a file that could not be opened, so that it is said once. */
    book->status = *seen;
    complain("%s is not taken: the rules that were read before hold until it is mended",
             book->path);
}

struct rulebook *rulebook_open(const char *path)
{
    struct rulebook *book = calloc(1, sizeof(*book));
    enum read_result result = READ_CHANGING;

    if (!book)
        return NULL;
    pthread_mutex_init(&book->lock, NULL);
    book->path = strdup(path);
    book->edition = calloc(1, sizeof(*book->edition));
    if (book->path && book->edition) {
        book->edition->users = 1;
        result = read_rules(book->path, &book->edition->rules, &book->status);
        if (result == READ_CHANGING)
            complain("%s is being written: start again when it is complete", book->path);
    }
    if (result == READ_GOOD)
        return book;
    rulebook_close(book);
    return NULL;
}

void rulebook_close(struct rulebook *book)
{
    if (!book)
        return;
    edition_return(book->edition);
    pthread_mutex_destroy(&book->lock);
    free(book->path);
    free(book);
}

const struct rules *rulebook_take(struct rulebook *book)
{
    struct stat status = {0};
    struct edition *edition;

    pthread_mutex_lock(&book->lock);
    if (stat(book->path, &status) != 0)
        memset(&status, 0, sizeof(status));
    if (!status_equal(&status, &book->status))
        refresh(book, &status);
    edition = book->edition;
    edition->users++;
    pthread_mutex_unlock(&book->lock);
    return &edition->rules;
}

void rulebook_return(struct rulebook *book, const struct rules *rules)
{
    pthread_mutex_lock(&book->lock);
    edition_return((struct edition *)((char *)(uintptr_t)rules - offsetof(struct edition, rules)));
    pthread_mutex_unlock(&book->lock);
}
