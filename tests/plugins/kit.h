/* SPDX-License-Identifier: ISC */

/*
 * What the authorization plug-ins made for tests have in common. They are linked against the
 * public headers and libwsmsvc alone, and talk to the test through files in the application's
 * folder, which is the working directory of their process: each notes what it saw, one line at a
 * time, in the file `noted`.
 *
 * By convention `mallory` is the user a plug-in misbehaves for in AuthzUser and `trent` the one in
 * AuthzOperation; everybody else is let in.
 */
#ifndef TESTS_PLUGINS_KIT_H
#define TESTS_PLUGINS_KIT_H

#define WSMAN_API_VERSION_1_1

#include <stdbool.h>

#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

/* Is this the text? `plain` is ASCII. */
bool kit_is(PCWSTR text, const char *plain);
bool kit_sent_by(const WSMAN_SENDER_DETAILS *sender, const char *user);

/* Appends a line to the file `noted`; from any thread, never torn. */
void kit_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Completes with success, the client's own token and a context of its own (to be released). */
void kit_allow_user(WSMAN_SENDER_DETAILS *sender);
void kit_allow_operation(WSMAN_SENDER_DETAILS *sender);
/* Completes with a quota that limits nothing a test does. */
void kit_allow_quota(WSMAN_SENDER_DETAILS *sender);
/* Frees a context of the two above. */
void kit_release(PVOID context);

/*
 * Runs `work` on a thread of its own. The plug-in's WSManPluginShutdown must call kit_wait(),
 * which returns when all of them have ended; kit_stopping() tells them to.
 */
void kit_run(void (*work)(void *argument), void *argument);
bool kit_stopping(void);
void kit_wait(void);

/* Waits, looking every few milliseconds, until the test has made that file or we are stopping. */
void kit_wait_for_file(const char *name);

/* The entry points most of them need just like this. */
#define KIT_STARTUP_AND_SHUTDOWN                                                       \
    DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo, \
                                    PVOID *pluginContext)                              \
    {                                                                                  \
        (void)flags;                                                                   \
        (void)application;                                                             \
        (void)extraInfo;                                                               \
        *pluginContext = NULL;                                                         \
        return NO_ERROR;                                                               \
    }                                                                                  \
    DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)   \
    {                                                                                  \
        (void)pluginContext;                                                           \
        (void)flags;                                                                   \
        (void)reason;                                                                  \
        kit_wait();                                                                    \
        return NO_ERROR;                                                               \
    }

/* Entry points that look at `sender` alone; what follows is their body. */
#define KIT_AUTHZ_USER                                                                  \
    static void kit_authz_user(WSMAN_SENDER_DETAILS *sender);                           \
    VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, \
                                     DWORD flags)                                       \
    {                                                                                   \
        (void)pluginContext;                                                            \
        (void)flags;                                                                    \
        kit_authz_user(sender);                                                         \
    }                                                                                   \
    static void kit_authz_user(WSMAN_SENDER_DETAILS *sender)

#define KIT_AUTHZ_OPERATION                                                                  \
    static void kit_authz_operation(WSMAN_SENDER_DETAILS *sender);                           \
    VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, \
                                          DWORD flags, DWORD operation, PCWSTR action,       \
                                          PCWSTR resourceUri)                                \
    {                                                                                        \
        (void)pluginContext;                                                                 \
        (void)flags;                                                                         \
        (void)operation;                                                                     \
        (void)action;                                                                        \
        (void)resourceUri;                                                                   \
        kit_authz_operation(sender);                                                         \
    }                                                                                        \
    static void kit_authz_operation(WSMAN_SENDER_DETAILS *sender)

#define KIT_ALLOW_OPERATIONS         \
    KIT_AUTHZ_OPERATION              \
    {                                \
        kit_allow_operation(sender); \
    }

#define KIT_QUOTA                                                                             \
    VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, \
                                           DWORD flags)                                       \
    {                                                                                         \
        (void)pluginContext;                                                                  \
        (void)flags;                                                                          \
        kit_allow_quota(sender);                                                              \
    }

#define KIT_RELEASE                                           \
    VOID WINAPI WSManPluginAuthzReleaseContext(PVOID context) \
    {                                                         \
        kit_release(context);                                 \
    }

#endif
