/* SPDX-License-Identifier: ISC */

/*
 * An identity, reference-counted. There is no default token, and an unknown uid is no number: a
 * token of whom this machine does not know has none, and nothing ever runs as it. Two tokens are
 * equal when application, canonical account, uid and groups are.
 */
#ifndef BROKER_TOKEN_H
#define BROKER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ipc/message.h"

struct application;
struct broker;
struct authz_answer;

struct token {
    unsigned references;
    const struct application *application; /* NULL: not yet bound to one (a session's token) */
    char *account;
    /* Of token.c; token_uid() has it. */
    struct {
        bool known;
        uid_t value;
    } uid;
    char **groups;
    size_t group_count;
};

/* One reference is the caller's. `uid`: NULL where this machine does not know the account. */
struct token *token_new(const struct application *application, const char *account,
                        const uid_t *uid, const struct ipc_items *groups);
/*
 * The same, of whom authentication has named: in unprivileged mode everybody's uid is the broker's,
 * in root mode it is `looked_up`, which may be NULL.
 */
struct token *token_new_login(const struct broker *broker, const struct application *application,
                              const char *account, const uid_t *looked_up,
                              const struct ipc_items *groups);
/* Under which uid things run; false: under none. */
bool token_uid(const struct token *token, uid_t *uid);
/* The same identity within one application. */
struct token *token_bind(const struct token *token, const struct application *application);
struct token *token_ref(struct token *token);
/* NULL is allowed. */
void token_unref(struct token *token);
bool token_equal(const struct token *a, const struct token *b);
/*
 * The identity that the plug-in's answer to a user call names, a new reference; NULL when it
 * refused, or may not choose that one: then `why` says so, and is NULL otherwise. `client` is the
 * token it was asked about.
 */
struct token *token_chosen(const struct application *application, struct token *client,
                           const struct authz_answer *answer, const char **why);
/* How many tokens live, for `winrmctl status`. */
size_t token_count(void);

/* The groups as items for a message; `room` has place for token->group_count of them. */
struct ipc_items token_groups(const struct token *token, struct ipc_item *room);

#endif
