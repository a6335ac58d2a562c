/* SPDX-License-Identifier: ISC */

/* The counts of one account within one application: for quota.c and quota_slots.c alone. */
#ifndef BROKER_QUOTA_ACCOUNT_H
#define BROKER_QUOTA_ACCOUNT_H

#include "broker/quota.h"

struct quota_account {
    struct application *application;
    char *name;
    unsigned references;
    uint32_t shells;
    uint32_t operations;
    uint64_t slot_start; /* of the rate: the first message after the slot before */
    uint32_t slot_messages;
    uint64_t slot_end; /* 0: of no length */
};

#endif
