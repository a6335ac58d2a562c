/* SPDX-License-Identifier: ISC */

/*
 * The host processes of an application's authorization plug-in: started with the service, started
 * again when they end, after a growing pause when the plug-in crashes again and again, and ended
 * in order. One host is asked; after a reload the one before it leaves: it keeps its open calls
 * and its contexts, and is shut down when it has got all of them back. Questions and answers are
 * in authz.c.
 */
#ifndef BROKER_AUTHZ_HOST_H
#define BROKER_AUTHZ_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct application;
struct application_settings;
struct broker;
struct child;

struct authz_host {
    struct list link; /* in application->authz.leaving */
    struct broker *broker;
    struct application *application;       /* NULL while it is tried */
    struct application_settings *settings; /* a reference */
    struct child *process;
    uint64_t generation; /* 0 while it is tried */
    bool started;        /* WSManPluginStartup succeeded */
    bool leaving;
    char *path; /* the file it loaded, and that as it was then; NULL: not known yet */
    char *version;
    bool stuck; /* all its threads are blocked: it is being killed, and counts as crashed */
    uint64_t begun_at;
    unsigned calls;    /* questions without an answer */
    uint64_t contexts; /* reported, not given back */
    /* While it is tried: how its start went; `failure` NULL is well, else it goes by itself. */
    void (*tried)(struct authz_host *host, const char *failure);
    void *trier;
};

/* Starts the application's host; it is started again when it ends. */
void authz_host_start(struct application *application);
/*
 * The service stops: open questions are closed and answered with a refusal, so that neither a
 * client nor the plug-in's Shutdown waits for a verdict that nobody acts on.
 */
void authz_host_hush(struct application *application);
/*
 * Ends the hosts in order: open questions are closed, the contexts of user records go back, the
 * plug-ins are shut down.
 */
void authz_host_stop(struct application *application);
/* Is it known how the start of the host that is asked went? */
bool authz_host_settled(const struct application *application);

/*
 * Starts a host for settings that do not hold yet. `tried` is called once, not from within. NULL:
 * no process can be started.
 */
struct authz_host *authz_host_try(struct broker *broker, struct application_settings *settings,
                                  void (*tried)(struct authz_host *, const char *), void *trier);
/* It is not wanted after all. NULL is allowed. */
void authz_host_dismiss(struct authz_host *host);
/*
 * From now on `host` (a tried one that started well; NULL: there is no plug-in any more) is asked
 * instead of the application's host, which leaves.
 */
void authz_host_replace(struct application *application, struct authz_host *host);

/* Is another file now where the plug-in was loaded from? (A new build of it, say.) */
bool authz_host_outdated(const struct authz_host *host);

/* ---- for authz.c ---- */

/* The running host of that generation; NULL: it has gone. */
struct authz_host *authz_host_find(const struct application *application, uint64_t generation);
/* A call was answered or a context went back: one that leaves may be done. */
void authz_host_gave(struct authz_host *host);

#endif
