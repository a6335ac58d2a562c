/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into a process of winrmd: lets an allocation fail and moves the clocks, as the test
 * says in a file that both have mapped (WINRMD_FAULTS names it; faults.py writes it).
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The file; faults.py has the same order. */
struct faults {
    _Atomic int64_t until;   /* counted down: the allocation that makes it 0 fails; 0: none */
    _Atomic int64_t failed;  /* so far */
    _Atomic int64_t today;   /* nanoseconds that CLOCK_REALTIME is ahead */
    _Atomic int64_t running; /* CLOCK_MONOTONIC */
    _Atomic int64_t elapsed; /* CLOCK_BOOTTIME */
    _Atomic int64_t only;    /* the process whose allocations count; 0: all */
    _Atomic int64_t never;   /* one whose allocations do not; 0: none */
};

/* Everything below is seen by the process. */
#pragma GCC visibility push(default)

/* glibc's own, which it exports for those who replace the public ones. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static struct faults none;
static struct faults *faults = &none;

__attribute__((constructor)) static void map_faults(void)
{
    const char *path = getenv("WINRMD_FAULTS");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *mapped;

    /* What the process starts, a command for example, has nothing to do with it. */
    unsetenv("LD_PRELOAD");
    unsetenv("WINRMD_FAULTS");
    if (fd < 0)
        return;
    mapped = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped != MAP_FAILED)
        faults = mapped;
}

/* ---- allocations ---- */

static int counts(void)
{
    int64_t only = atomic_load(&faults->only);
    int64_t never = atomic_load(&faults->never);

    return (only == 0 || only == getpid()) && (never == 0 || never != getpid());
}

static int fails(void)
{
    if (atomic_load(&faults->until) <= 0 || !counts() || atomic_fetch_sub(&faults->until, 1) != 1)
        return 0;
    atomic_fetch_add(&faults->failed, 1);
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    void *made = fails() ? NULL : __libc_memalign(alignment, size);

    if (made == NULL)
        return ENOMEM;
    *memory = made;
    return 0;
}

/* ---- clocks ---- */

static int64_t ahead(clockid_t clock)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        return atomic_load(&faults->today);
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
        return atomic_load(&faults->running);
    case CLOCK_BOOTTIME:
        return atomic_load(&faults->elapsed);
    default:
        return 0;
    }
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    static int (*real)(clockid_t, struct timespec *);
    int64_t nanoseconds = ahead(clock);
    int result;

    if (real == NULL)
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    result = real(clock, time);
    if (result != 0 || nanoseconds == 0)
        return result;
    nanoseconds += time->tv_nsec;
    time->tv_sec += nanoseconds / 1000000000;
    nanoseconds %= 1000000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        time->tv_sec--;
    }
    time->tv_nsec = nanoseconds;
    return 0;
}

/* What libraries ask (OpenSSL, Kerberos). */
time_t time(time_t *out)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now = {0};

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

#pragma GCC visibility pop
