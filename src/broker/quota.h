/* SPDX-License-Identifier: ISC */

/*
 * Counting: who has how many shells and operations at this moment, how many messages a user sent
 * in the current time slot, how many operations an application saw in its window. Quotas are
 * counted per application and canonical account; the limits are those of the user record a
 * message came in on. No other file knows how the counts are kept.
 *
 * A slot is reserved before the authorization plug-in is asked and given back when the thing it
 * counts has ended, in whatever way.
 */
#ifndef BROKER_QUOTA_H
#define BROKER_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct application;
struct application_settings;
struct quota_account;

enum { QUOTA_UNLIMITED = 0xffffffff };

/* WSMAN_AUTHZ_QUOTA in the broker's words. */
struct quota_limits {
    uint32_t shells;
    uint32_t operations;
    uint32_t slot_seconds; /* 0: no limit on the rate */
    uint32_t slot_operations;
};

/* What holds when an authorization plug-in gives no quota; there is no rate in it. */
struct quota_limits quota_limits_default(const struct application_settings *settings);

/* A refusal: the WSManFault code and a text with limit, use and when to try again. */
struct quota_refusal {
    uint32_t code; /* 0: not refused */
    char text[256];
};

/*
 * The counts of one account, kept while anybody holds a reference and while its time slot runs:
 * neither a crash of the plug-in nor a reload gives a user a new budget.
 */
struct quota_account *quota_account_get(struct application *application, const char *account);
void quota_account_unref(struct quota_account *account);
/* The application ends: accounts that nobody refers to go, whatever slot runs. */
void quota_forget(struct application *application);

/* The system throttle; counts the operation unless it is refused. `ending` is never refused. */
bool quota_throttle(struct application *application, bool ending, uint64_t now,
                    struct quota_refusal *refusal);

/* The user's rate: checked here, counted by quota_rate_count() once nothing else refuses. */
bool quota_rate_check(struct quota_account *account, const struct quota_limits *limits,
                      uint64_t now, struct quota_refusal *refusal);
void quota_rate_count(struct quota_account *account, const struct quota_limits *limits,
                      uint64_t now);

/* What one operation holds. Zeroed memory holds nothing. */
struct quota_slots {
    struct quota_account *account;
    bool operation;
    bool shell;
};

/*
 * Takes an operation slot and, for a shell, a shell slot: both or none. `ending` (Delete) is
 * counted but never refused.
 */
bool quota_reserve(struct quota_account *account, const struct quota_limits *limits, bool shell,
                   bool ending, struct quota_slots *slots, struct quota_refusal *refusal);
/* Gives back what is held; may be called again. */
void quota_return(struct quota_slots *slots);
/* Gives back the operation slot alone (count-requests-only: the request is over, the shell lives).
 */
void quota_return_operation(struct quota_slots *slots);

uint32_t quota_shells(const struct quota_account *account);
uint32_t quota_operations(const struct quota_account *account);
uint32_t quota_slot_messages(const struct quota_account *account);

#endif
