/* SPDX-License-Identifier: ISC */

/*
 * Counting: who has how many shells and operations at this moment, how many messages a user sent
 * in the current time slot, how many operations an application saw in its window, what there is of
 * a plug-in, of a shell, and of the whole service. Quotas are counted per application and
 * canonical account; the limits are those of the user record a message came in on, and those of
 * the configuration at that moment. Nobody but quota.c (accounts, rates) and quota_slots.c (what
 * exists) knows how the counts are kept.
 *
 * A slot is reserved before the authorization plug-in is asked and given back when the thing it
 * counts has ended, in whatever way.
 */
#ifndef BROKER_QUOTA_H
#define BROKER_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"

struct broker;
struct application;
struct application_settings;
struct quota_account;
struct quota_shell;
struct quota_use;

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
    uint32_t code;   /* 0: not refused */
    char text[1024]; /* the name of a plug-in has up to 512 bytes */
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

/* What there is of the whole service; zeroed memory is none. Embedded in the broker. */
struct quota_service {
    uint32_t requests; /* in progress */
    struct map users;  /* canonical account -> struct quota_user: those that have shells */
};

/*
 * A request whose answer is due. It is counted before it is judged: false when there are more than
 * the service takes, itself included; the refusal has no code, as the answer has no fault. `ending`
 * is never refused.
 */
void quota_request_enter(struct broker *broker);
bool quota_request_check(const struct broker *broker, bool ending, struct quota_refusal *refusal);
void quota_request_leave(struct broker *broker);

/* What one operation holds. Zeroed memory holds nothing. */
struct quota_slots {
    struct quota_account *account;
    struct quota_use *use;     /* what its account has of the plug-in; NULL: it is of none */
    struct quota_shell *whole; /* a shell, or what a command is of; NULL: neither */
    bool operation;
    bool shell;
    bool command;
};

/* What an operation is about to take. */
struct quota_want {
    bool shell;                       /* it makes one */
    const struct quota_slots *within; /* a command: what its shell holds; NULL: it makes none */
    const char *plugin;               /* the name of the plug-in it is for; NULL: of none */
    bool ending;                      /* Delete: counted but never refused */
};

/*
 * Takes an operation slot and, for a shell or a command, a slot of these, of the account, of the
 * plug-in and of the service: all or none. The plug-in's limits are those that the application's
 * settings have now under its name.
 */
bool quota_reserve(struct quota_account *account, const struct quota_limits *limits,
                   const struct quota_want *want, struct quota_slots *slots,
                   struct quota_refusal *refusal);
/* Gives back what is held; may be called again. */
void quota_return(struct quota_slots *slots);
/* Gives back the operation slot alone (count-requests-only: the request is over, the shell lives).
 */
void quota_return_operation(struct quota_slots *slots);

/* What is in use of a plug-in of an application. */
struct quota_plugin_use {
    uint32_t shells;
    uint32_t operations;
    uint32_t users;
};
struct quota_plugin_use quota_plugin_use(const struct application *application, const char *plugin);
/* Accounts that have shells. */
uint32_t quota_shell_users(const struct broker *broker);

/* Milliseconds for which quota_rate_check() refuses the account's messages; 0: it does not. */
uint64_t quota_throttled(const struct quota_account *account, const struct quota_limits *limits,
                         uint64_t now);
/* An administrator gives the account a new time slot. Had it sent anything in the one it has? */
bool quota_unthrottle(struct application *application, const char *account, uint64_t now);

uint32_t quota_shells(const struct quota_account *account);
uint32_t quota_operations(const struct quota_account *account);
uint32_t quota_slot_messages(const struct quota_account *account);

#endif
