/* SPDX-License-Identifier: ISC */

#include "broker/quota_account.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/application.h"
#include "faults.h"

enum { SWEEP_INTERVAL = 10000 };

struct quota_limits quota_limits_default(const struct application_settings *settings)
{
    return (struct quota_limits){.shells = settings->shells_per_user,
                                 .operations = settings->operations_per_user};
}

struct quota_account *quota_account_get(struct application *application, const char *name)
{
    struct quota_account *account = map_get(&application->quotas, name, strlen(name));

    if (account == NULL) {
        account = mem_alloc(sizeof(*account));
        account->application = application;
        account->name = mem_text(name);
        map_put(&application->quotas, name, strlen(name), account);
    }
    account->references++;
    return account;
}

static void account_free(struct quota_account *account)
{
    map_remove(&account->application->quotas, account->name, strlen(account->name));
    free(account->name);
    free(account);
}

void quota_account_unref(struct quota_account *account)
{
    if (account != NULL && --account->references == 0 && account->slot_end == 0)
        account_free(account);
}

static void account_sweep_visit(void *value, void *context)
{
    const uint64_t *now = context;
    struct quota_account *account = value;

    if (account->references == 0 && account->slot_end <= *now)
        account_free(account);
}

/* Accounts that were kept for a slot which is over. */
static void accounts_sweep(struct application *application, uint64_t now)
{
    if (now - application->quotas_swept < SWEEP_INTERVAL)
        return;
    application->quotas_swept = now;
    map_each(&application->quotas, account_sweep_visit, &now);
}

void quota_forget(struct application *application)
{
    uint64_t end = UINT64_MAX;

    map_each(&application->quotas, account_sweep_visit, &end);
}

/* ---- system throttle: a sliding window over the application's operations ---- */

static uint64_t throttle_oldest(const struct buffer *times)
{
    uint64_t oldest;

    memcpy(&oldest, buffer_bytes(times), sizeof(oldest));
    return oldest;
}

bool quota_throttle(struct application *application, bool ending, uint64_t now,
                    struct quota_refusal *refusal)
{
    struct buffer *times = &application->throttle_times;

    if (application->settings->system_operations == 0 || application->settings->system_window == 0)
        return true;
    while (buffer_length(times) > 0 &&
           throttle_oldest(times) + application->settings->system_window <= now)
        buffer_consume(times, sizeof(now));
    if (!ending && buffer_length(times) / sizeof(now) >= application->settings->system_operations) {
        refusal->code = FAULT_quota_system;
        snprintf(refusal->text, sizeof(refusal->text),
                 "The service is busy: this application takes at most %" PRIu32
                 " operations in %" PRIu64 " ms, and has that many. Try again in %" PRIu64 " ms.",
                 application->settings->system_operations, application->settings->system_window,
                 throttle_oldest(times) + application->settings->system_window - now);
        return false;
    }
    buffer_append(times, &now, sizeof(now));
    return true;
}

/* ---- rate: fixed slots, the next one starts with the first message after the last ---- */

static uint64_t slot_length(const struct quota_limits *limits)
{
    return (uint64_t)limits->slot_seconds * 1000;
}

bool quota_rate_check(struct quota_account *account, const struct quota_limits *limits,
                      uint64_t now, struct quota_refusal *refusal)
{
    uint64_t length = slot_length(limits);
    bool running = account->slot_messages > 0 && now < account->slot_start + length;
    uint32_t used = running ? account->slot_messages : 0;

    if (length == 0 || limits->slot_operations == QUOTA_UNLIMITED || used < limits->slot_operations)
        return true;
    refusal->code = FAULT_quota_rate;
    snprintf(refusal->text, sizeof(refusal->text),
             "This user may send %" PRIu32 " messages in %" PRIu32 " s and has sent %" PRIu32
             ". Nothing more is taken for at least %" PRIu64 " milliseconds.",
             limits->slot_operations, limits->slot_seconds, used,
             running ? account->slot_start + length - now : length);
    return false;
}

void quota_rate_count(struct quota_account *account, const struct quota_limits *limits,
                      uint64_t now)
{
    uint64_t length = slot_length(limits);

    if (account->slot_messages == 0 || now >= account->slot_start + length) {
        account->slot_start = now;
        account->slot_messages = 0;
        account->slot_end = length > 0 ? now + length : 0;
        accounts_sweep(account->application, now);
    }
    account->slot_messages++;
}

uint64_t quota_throttled(const struct quota_account *account, const struct quota_limits *limits,
                         uint64_t now)
{
    uint64_t end = account->slot_start + slot_length(limits);

    return slot_length(limits) > 0 && limits->slot_operations != QUOTA_UNLIMITED &&
                   account->slot_messages >= limits->slot_operations &&
                   account->slot_messages > 0 && now < end
               ? end - now
               : 0;
}

bool quota_unthrottle(struct application *application, const char *name, uint64_t now)
{
    struct quota_account *account = map_get(&application->quotas, name, strlen(name));
    bool counted = account != NULL && account->slot_messages > 0 && now < account->slot_end;

    if (account == NULL)
        return false;
    account->slot_messages = 0;
    account->slot_end = 0;
    if (account->references == 0)
        account_free(account);
    return counted;
}

uint32_t quota_slot_messages(const struct quota_account *account)
{
    return account->slot_messages;
}
