/* SPDX-License-Identifier: ISC */

/*
 * Takes its process down, or parts of it, where the file `when` says (startup, shutdown, user,
 * quota, operation, release) and in the way that the file `how` says:
 *
 *   abort    as a failed assertion          exit     exit(0), as if all were well
 *   quit     _exit(0)                       memory   takes what memory there is, then aborts
 *   close    closes every descriptor        fork     leaves a child behind that never ends
 *   segv     a wild pointer
 *
 * For mallory only, where there is a user. What it takes of memory is limited, so that the machine
 * of the test is not.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "plugins/kit.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { PIECE = 16 << 20, PIECES = 8 }; /* it takes several times as much, and its time */
#else
enum { PIECE = 16 << 20, PIECES = 64 };
#endif

static bool file_says(const char *name, const char *what)
{
    char text[32] = "";
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    bool same = fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strcmp(text, what) == 0;

    if (fd >= 0)
        close(fd);
    return same;
}

static void take_memory(void)
{
    for (unsigned i = 0; i < PIECES; i++) {
        void *piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (piece == MAP_FAILED)
            break;
        memset(piece, 1, PIECE);
    }
    abort();
}

static void leave_child(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    kit_note("forked %d\n", (int)child);
}

static void misbehave(void)
{
    if (file_says("how", "abort"))
        abort();
    if (file_says("how", "exit"))
        exit(0);
    if (file_says("how", "quit"))
        _exit(0);
    if (file_says("how", "segv")) {
        /* Else a sanitizer takes it, and reports what is no mistake here. */
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (file_says("how", "memory"))
        take_memory();
    if (file_says("how", "fork"))
        leave_child();
    if (file_says("how", "close"))
        for (int fd = 0; fd < 1024; fd++)
            close(fd);
}

static void perhaps(const char *where)
{
    if (file_says("when", where))
        misbehave();
}

static void perhaps_for(const char *where, const WSMAN_SENDER_DETAILS *sender)
{
    if (kit_sent_by(sender, "mallory"))
        perhaps(where);
}

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)application;
    (void)extraInfo;
    (void)pluginContext;
    perhaps("startup");
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    (void)pluginContext;
    (void)flags;
    (void)reason;
    perhaps("shutdown");
    return NO_ERROR;
}

KIT_AUTHZ_USER
{
    perhaps_for("user", sender);
    kit_allow_user(sender);
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                       DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    perhaps_for("quota", sender);
    kit_allow_quota(sender);
}

KIT_AUTHZ_OPERATION
{
    perhaps_for("operation", sender);
    kit_allow_operation(sender);
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID context)
{
    kit_release(context);
    perhaps("release");
}
