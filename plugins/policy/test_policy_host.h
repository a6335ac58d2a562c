/* SPDX-License-Identifier: ISC */

/*
 * The host of the policy plug-in for its tests: service functions that write down what they are
 * told, and questions at its entry points.
 */
#ifndef POLICY_TEST_POLICY_HOST_H
#define POLICY_TEST_POLICY_HOST_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <cmocka.h>

#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

#define CMD_SHELL WSMAN_CMDSHELL_URI

/* What the last completion said. */
struct said {
    unsigned calls;
    PVOID context;
    HANDLE token;
    BOOL administrator;
    DWORD error;
    char *text;
    WSMAN_AUTHZ_QUOTA quota;
    DWORD answer; /* what the completion returns */
};
extern struct said last;

extern atomic_bool judging; /* by several threads: nothing is written down then */

/* A token is the address of one of these. */
struct token {
    const char *account;
    const char *groups;
};

/* The account that may be mapped to; the token made for it last, and how many are open. */
extern struct token made;
extern unsigned made_open;
extern const char *address; /* NULL: it is not told */

extern char path[64]; /* of the rule file */
/* Puts another file into its place. */
void write_rules(const char *rules);

/* Starts the plug-in with a file of these rules; there is none when that fails. */
DWORD start_with(const char *rules, PVOID *plugin);
/* Around a test: the plug-in, with rules for alice, admins and carol, is its state. */
int start(void **state);
int stop(void **state);

WSMAN_SENDER_DETAILS sender_of(struct token *token);
/* Each asks once and finds the answer in `last`. */
void ask_user(PVOID plugin, const char *account, const char *groups);
void ask_operation(PVOID plugin, const char *account, DWORD operation);
void ask_quota(PVOID plugin, const char *account);

#endif
