/* SPDX-License-Identifier: ISC */

/*
 * The winrmd-pam processes: as many as the configuration asks for. One that ends is started again;
 * one that has served PAM_REQUESTS, or serves what is not configured any more, makes room for
 * another when it has answered. What they are asked is pam.c's.
 */
#ifndef BROKER_PAM_POOL_H
#define BROKER_PAM_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/loop.h"

struct broker;
struct channel_events;
struct child;
struct pam_call;

struct pam_process {
    struct list link; /* pool->processes */
    struct pam_pool *pool;
    struct child *child;
    struct pam_call *call; /* of pam.c, which sets it; NULL: it is free */
    unsigned served;       /* questions; PAM_REQUESTS: it is to get no other */
    char *service;         /* NULL: PAM is not asked */
    bool root;             /* it may accept root */
};

struct pam_pool {
    struct broker *broker;
    const struct channel_events *events;
    void (*lost)(struct pam_call *call);
    struct list processes;
    struct loop_timer again; /* starts what is missing */
    uint32_t restarts;       /* of the place that is free; 0: of none, or not in order of late */
    bool over;
};

/*
 * `events` are those of its processes' channels. lost(): the process that was asked has ended, and
 * is no more.
 */
void pam_pool_init(struct pam_pool *pool, struct broker *broker,
                   const struct channel_events *events, void (*lost)(struct pam_call *call));
/* Starts what is missing. */
void pam_pool_fill(struct pam_pool *pool);
/* The configuration has changed: those that serve as it says now stay. */
void pam_pool_update(struct pam_pool *pool);
/* Nothing is started again. */
void pam_pool_stop(struct pam_pool *pool);
/* How many are to run; 0: none is needed. */
uint32_t pam_pool_size(const struct broker *broker);

/* One that can be asked now, or NULL. */
struct pam_process *pam_pool_free(const struct pam_pool *pool);
/* The process of that child (perhaps none any more) has answered: it goes if it was its last. */
void pam_process_answered(struct child *child);

#endif
