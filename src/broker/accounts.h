/* SPDX-License-Identifier: ISC */

/*
 * The accounts of this machine that winrmd needs to know in root mode: its own, and those that the
 * configuration names. The broker does not ask NSS: a winrmd-pam looks them up, one after the
 * other, when the configuration is read.
 */
#ifndef BROKER_ACCOUNTS_H
#define BROKER_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/pam.h"
#include "confine/identity.h"

struct broker;
struct buffer;
struct configuration;

struct account {
    char *name; /* as the account database writes it; NULL: it has not been looked up */
    struct identity identity;
};

/* winrmd's own; their names are fixed. */
enum system_account {
    SYSTEM_ACCOUNT_net,    /* "winrmd": winrmd-net */
    SYSTEM_ACCOUNT_auth,   /* "winrmd-auth": winrmd-auth and winrmd-gss */
    SYSTEM_ACCOUNT_config, /* "winrmd-config" */
    SYSTEM_ACCOUNTS
};

/* One account that is wanted; where it goes to. */
struct account_wanted {
    char *name;
    char *what; /* who wants it, for the problem: "account of application /wsman" */
    char *remedy;
    struct account *account;
    bool root;           /* may it be uid 0? */
    bool own;            /* is it one of winrmd's own? */
    struct buffer *told; /* NULL, or where it is noted what was found */
};

/* A search for several accounts; embedded in its owner, until done() or accounts_stop(). */
struct accounts_search {
    /* One of them cannot be used. Texts live until it returns. */
    void (*problem)(struct accounts_search *search, const char *cause, const char *remedy);
    /* All have been looked for; called once, not from within accounts_begin(). */
    void (*done)(struct accounts_search *search);
    /* Private. */
    struct broker *broker;
    const struct configuration *configuration;
    struct account_wanted *wanted;
    size_t count;
    size_t next;
    struct account_question question;
};

void account_clear(struct account *account);
/* Why no account was found, by enum pam_result: constant, and not what PAM would say, which was not
 * asked. */
const char *account_failure(uint32_t result);

/* Wants winrmd's own, into configuration->system_accounts. */
void accounts_want_system(struct accounts_search *search, struct configuration *configuration);
/* Wants those that the configuration names, into the settings of its applications. */
void accounts_want_configured(struct accounts_search *search, struct configuration *configuration);
/* Looks for what is wanted; without any, false: done() is not called. */
bool accounts_begin(struct accounts_search *search, struct broker *broker);
/* Gives up; nothing happens when it does not run. */
void accounts_stop(struct accounts_search *search);

#endif
