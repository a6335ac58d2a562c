/* SPDX-License-Identifier: ISC */

/*
 * An application while the service runs: its settings of now, its authorization hosts, its user
 * records and their quotas. It is known by its path and outlives reloads: what a reload brings are
 * other settings. One that was removed keeps its number and comes back with its path.
 */
#ifndef BROKER_APPLICATION_H
#define BROKER_APPLICATION_H

#include "base/list.h"
#include "base/loop.h"
#include "base/map.h"
#include "broker/configuration.h"

struct authz_host;

/* What authorization of one application needs while it runs; see authz_host.h. */
struct authz_state {
    struct authz_host *host; /* who is asked; NULL: not running */
    struct list leaving;     /* struct authz_host.link: hosts of settings that hold no more */
    bool served;             /* the start-up of some host has succeeded, under these settings */
    char *failure;           /* why that of the last one did not */
    uint64_t generation;     /* counts the hosts; a context belongs to one of them */
    uint32_t crashes;        /* in a row; sets the pause before the next start */
    uint32_t restarts;       /* under these settings */
    struct loop_timer restart;
    bool quarantined; /* it keeps crashing: until the next start everything is refused at once */
};

struct application {
    struct broker *broker;
    uint32_t number;                       /* its place in broker.applications */
    struct application_settings *settings; /* a reference; never NULL */
    bool removed;
    struct authz_state authz;
    struct map records;    /* key of record.c -> struct record */
    struct list retired;   /* struct record.retired_link: of former settings or hosts, still used */
    struct map quotas;     /* canonical account -> struct quota_account */
    uint64_t quotas_swept; /* loop_now() */
    struct map quota_plugins;     /* name -> struct quota_plugin: those of which something exists */
    struct buffer throttle_times; /* of the last operations, oldest first; see quota.c */
};

/* Adds one with these settings (takes a reference) to the broker. */
struct application *application_new(struct broker *broker, struct application_settings *settings);
void application_free(struct application *application);
/* The application of a path, removed ones included. NULL: there never was one. */
struct application *application_find(const struct broker *broker, const char *path);
/* Does that configuration have an application of that path? */
bool application_is_configured(const struct configuration *configuration, const char *path);
/* From now on these settings hold (takes a reference). Nothing else is done about it. */
void application_set_settings(struct application *application,
                              struct application_settings *settings);

#endif
