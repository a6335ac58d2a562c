/* SPDX-License-Identifier: ISC */

/*
 * An identity, reference-counted. There is no default token and no way to write down an unknown
 * uid: whoever has no identity has no token. Two tokens are equal when application, canonical
 * account, uid and groups are.
 */
#ifndef BROKER_TOKEN_H
#define BROKER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "ipc/message.h"

struct application;
struct authz_answer;

struct token {
    unsigned references;
    const struct application *application; /* NULL: not yet bound to one (a session's token) */
    char *account;
    uid_t uid; /* under which things run */
    char **groups;
    size_t group_count;
};

/* One reference is the caller's. `uid` is a real one; never 0 in unprivileged mode. */
struct token *token_new(const struct application *application, const char *account, uid_t uid,
                        const struct ipc_items *groups);
/* The same identity within one application. */
struct token *token_bind(const struct token *token, const struct application *application);
struct token *token_ref(struct token *token);
/* NULL is allowed. */
void token_unref(struct token *token);
bool token_equal(const struct token *a, const struct token *b);
/*
 * The identity that the plug-in's answer to a user call names, a new reference; NULL when it
 * refused or may not choose that one. `client` is the token it was asked about.
 */
struct token *token_chosen(const struct application *application, struct token *client,
                           const struct authz_answer *answer);
/* How many tokens live, for `winrmctl status`. */
size_t token_count(void);

/* The groups as items for a message; `room` has place for token->group_count of them. */
struct ipc_items token_groups(const struct token *token, struct ipc_item *room);

#endif
