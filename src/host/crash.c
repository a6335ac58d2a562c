/* SPDX-License-Identifier: ISC */

#include "host/crash.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "host/entry.h"
#include "host/last_words.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZED 1
#elif __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZED 1
#elif defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#endif
#ifdef THREAD_SANITIZED
#define SANITIZED 1
#endif

enum {
    FRAMES = 64,
    OWN_FRAMES = 3, /* report(), on_crash(), and what the kernel entered that by */
    STACK_SIZE = 64 * 1024,
    REPORT_PATIENCE = 5, /* seconds; a report that hangs must not keep the process */
    LINE_SIZE = 1024,
    EXITS = 16,       /* threads that call exit() at once; 32 handlers need no memory */
    EXIT_PATIENCE = 1 /* seconds */
};

static const struct {
    int number;
    const char *name;
} signals[] = {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
               {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"}, {SIGSYS, "SIGSYS"}};

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

static struct sigaction before[SIGNALS];
static const struct plugin *crashing;
static const void *plugin_base; /* where its library begins in memory */
static pid_t watched;           /* the host itself; not what a plug-in forks */
static volatile sig_atomic_t reported;

/* ---- words, made of what a signal handler may use ---- */

struct line {
    char text[LINE_SIZE];
    size_t length;
};

static void line_text(struct line *line, const char *text)
{
    for (; *text != '\0' && line->length < LINE_SIZE - 1; text++)
        line->text[line->length++] = (unsigned char)*text < 0x20 ? '?' : *text;
}

static void line_number(struct line *line, uint64_t number, unsigned base)
{
    char digits[24];
    size_t i = sizeof(digits) - 1;

    digits[i] = '\0';
    do {
        digits[--i] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    if (base == 16)
        line_text(line, "0x");
    line_text(line, digits + i);
}

static void line_begin(struct line *line)
{
    line->length = 0;
    line_text(line, "winrmd-host[");
    line_number(line, (uint64_t)getpid(), 10);
    line_text(line, "]: ");
    if (crashing != NULL) {
        line_text(line, crashing->name);
        line_text(line, ": ");
    }
}

static void line_end(struct line *line)
{
    line->text[line->length++] = '\n';
    if (write(STDERR_FILENO, line->text, line->length) < 0)
        return;
}

static void line_entry(struct line *line)
{
    const char *entry = entry_running();

    line_text(line, entry != NULL ? entry : "a thread of its own, outside its entry points");
}

/* ---- the report ---- */

/*
 * `library(function+offset) [offset in the library]`, as addr2line takes it. `address` is where the
 * function goes on; `calling` it, that may be behind its end.
 */
static void report_frame(unsigned number, const char *address, bool calling)
{
    struct line line;
    Dl_info found = {0};

    line_begin(&line);
    line_text(&line, "  #");
    line_number(&line, number, 10);
    line_text(&line, " ");
    if (dladdr(calling ? address - 1 : address, &found) == 0 || found.dli_fbase == NULL) {
        line_number(&line, (uintptr_t)address, 16);
    } else {
        /* It was loaded through a descriptor. */
        line_text(&line, found.dli_fbase == plugin_base ? crashing->path : found.dli_fname);
        if (found.dli_sname != NULL) {
            line_text(&line, "(");
            line_text(&line, found.dli_sname);
            line_text(&line, "+");
            line_number(&line, (uintptr_t)address - (uintptr_t)found.dli_saddr, 16);
            line_text(&line, ")");
        }
        line_text(&line, " [");
        line_number(&line, (uintptr_t)address - (uintptr_t)found.dli_fbase, 16);
        line_text(&line, "]");
    }
    line_end(&line);
}

__attribute__((noinline)) static void report(unsigned which, const siginfo_t *info)
{
    struct line line;
    void *frames[FRAMES];
    int count;

    line_begin(&line);
    line_text(&line, "crashed in ");
    line_entry(&line);
    line_text(&line, ": signal ");
    line_number(&line, (uint64_t)signals[which].number, 10);
    line_text(&line, " (");
    line_text(&line, signals[which].name);
    line_text(&line, ")");
    if (signals[which].number == SIGSEGV || signals[which].number == SIGBUS) {
        line_text(&line, " at address ");
        line_number(&line, (uintptr_t)info->si_addr, 16);
    }
    line_end(&line);
    count = backtrace(frames, FRAMES);
    for (int i = OWN_FRAMES; i < count; i++)
        /* Of endless recursion the ends are enough. */
        if (i < 2 || frames[i] != frames[i - 1] || i == count - 1)
            report_frame((unsigned)(i - OWN_FRAMES), frames[i], i > OWN_FRAMES);
}

/* Returning from here repeats what crashed, now with the action from before. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    unsigned which = 0;

    (void)context;
    while (which < SIGNALS - 1 && signals[which].number != number)
        which++;
    /* Two threads that crash at once: the first reports, and its end is that of the other. */
    if (__atomic_exchange_n(&reported, 1, __ATOMIC_SEQ_CST) != 0 && getpid() == watched)
        for (;;)
            pause();
    alarm(REPORT_PATIENCE);
    if (getpid() == watched) {
        last_words_say(entry_running());
        report(which, info);
    }
#ifdef THREAD_SANITIZED /* its own report at times waits for itself, and the process with it */
    signal(number, SIG_DFL);
#else
    sigaction(number, &before[which], NULL);
#endif
    /* Sent by somebody instead of caused by an instruction: it would not come again. */
    if (info->si_code <= 0)
        raise(number);
}

/*
 * A plug-in called exit(); the host itself never does. Its own handlers have run, being younger.
 * The rest of exit() is left out, as glibc before 2.41 crashes there when two threads call it.
 */
static void on_exit_called(int status, void *unused)
{
    struct line line;

    (void)unused;
    if (getpid() != watched || crashing == NULL)
        return;
    line_begin(&line);
    line_text(&line, "ended the process by exit() in ");
    line_entry(&line);
    line_end(&line);
    last_words_say(entry_running());
    _exit(status);
}

/*
 * Another thread that calls exit() finds the handler above taken and would end the process before
 * it is through. Each of them takes one of these.
 */
static void on_exit_again(void)
{
    struct timespec patience = {.tv_sec = EXIT_PATIENCE};

    if (getpid() == watched && crashing != NULL)
        nanosleep(&patience, NULL);
}

/* ---- for the host ---- */

void crash_watch(void)
{
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    void *frame[1];

    /* The first use loads a library, which a signal handler must not. */
    backtrace(frame, 1);
    last_words_prepare();
    watched = getpid();
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&action.sa_mask, signals[i].number);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i].number, &action, &before[i]);
    for (int i = 0; i < EXITS; i++)
        atexit(on_exit_again);
    on_exit(on_exit_called, NULL);
}

void crash_name(const struct plugin *plugin)
{
    Dl_info found = {0};
    void *startup;

    memcpy(&startup, &plugin->startup, sizeof(startup));
    if (dladdr(startup, &found) != 0)
        plugin_base = found.dli_fbase;
    crashing = plugin;
}

void crash_thread(void)
{
#ifndef SANITIZED /* they have stacks of their own */
    stack_t stack = {.ss_size = STACK_SIZE};

    stack.ss_sp =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack.ss_sp != MAP_FAILED)
        sigaltstack(&stack, NULL);
#endif
}
