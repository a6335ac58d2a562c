/* SPDX-License-Identifier: ISC */

#include "broker/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/application.h"
#include "broker/authz.h"

static size_t tokens_alive;

struct token *token_new(const struct application *application, const char *account, uid_t uid,
                        const struct ipc_items *groups)
{
    struct token *token = mem_alloc(sizeof(*token));

    token->references = 1;
    token->application = application;
    token->account = mem_text(account);
    token->uid = uid;
    if (groups != NULL) {
        token->groups = mem_alloc(groups->count * sizeof(char *));
        for (uint32_t i = 0; i < groups->count; i++)
            if (groups->item[i].name != NULL)
                token->groups[token->group_count++] = mem_text(groups->item[i].name);
    }
    tokens_alive++;
    return token;
}

struct token *token_bind(const struct token *token, const struct application *application)
{
    struct token *bound = token_new(application, token->account, token->uid, NULL);

    bound->groups = mem_alloc(token->group_count * sizeof(char *));
    for (size_t i = 0; i < token->group_count; i++)
        bound->groups[bound->group_count++] = mem_text(token->groups[i]);
    return bound;
}

struct token *token_ref(struct token *token)
{
    token->references++;
    return token;
}

void token_unref(struct token *token)
{
    if (token == NULL || --token->references > 0)
        return;
    for (size_t i = 0; i < token->group_count; i++)
        free(token->groups[i]);
    free(token->groups);
    free(token->account);
    free(token);
    tokens_alive--;
}

bool token_equal(const struct token *a, const struct token *b)
{
    if (a == NULL || b == NULL || a->application != b->application || a->uid != b->uid ||
        a->group_count != b->group_count || strcmp(a->account, b->account) != 0)
        return false;
    for (size_t i = 0; i < a->group_count; i++)
        if (strcmp(a->groups[i], b->groups[i]) != 0)
            return false;
    return true;
}

size_t token_count(void)
{
    return tokens_alive;
}

struct ipc_items token_groups(const struct token *token, struct ipc_item *room)
{
    for (size_t i = 0; i < token->group_count; i++)
        room[i] = (struct ipc_item){.name = token->groups[i]};
    return (struct ipc_items){.item = room, .count = (uint32_t)token->group_count};
}

/* The application's service account; in unprivileged mode, without one, the invoking user. */
static struct token *service_token(const struct application *application)
{
    char invoking[32];

    snprintf(invoking, sizeof(invoking), "uid %u", (unsigned)getuid());
    return token_new(application,
                     application->settings->account != NULL ? application->settings->account
                                                            : invoking,
                     getuid(), NULL);
}

struct token *token_chosen(const struct application *application, struct token *client,
                           const struct authz_answer *answer)
{
    const struct application_settings *settings = application->settings;
    bool may = false;

    if (answer->code != 0)
        return NULL;
    switch (answer->token) {
    case TOKEN_client:
        return token_ref(client);
    case TOKEN_none:
        return service_token(application);
    case TOKEN_account:
        for (size_t i = 0; i < settings->may_map_to_count && answer->account != NULL; i++)
            may = may || strcmp(settings->may_map_to[i], answer->account) == 0;
        return may ? token_new(application, answer->account, getuid(), NULL) : NULL;
    default:
        return NULL;
    }
}
