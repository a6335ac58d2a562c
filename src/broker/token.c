/* SPDX-License-Identifier: ISC */

#include "broker/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/application.h"
#include "broker/authz.h"
#include "broker/broker.h"
#include "broker/identities.h"

static size_t tokens_alive;

struct token *token_new(const struct application *application, const char *account,
                        const uid_t *uid, const struct ipc_items *groups)
{
    struct token *token = mem_alloc(sizeof(*token));

    token->references = 1;
    token->application = application;
    token->account = mem_text(account);
    token->uid.known = uid != NULL;
    token->uid.value = uid != NULL ? *uid : (uid_t)-1;
    if (groups != NULL) {
        token->groups = mem_alloc(groups->count * sizeof(char *));
        for (uint32_t i = 0; i < groups->count; i++)
            if (groups->item[i].name != NULL)
                token->groups[token->group_count++] = mem_text(groups->item[i].name);
    }
    tokens_alive++;
    return token;
}

struct token *token_new_login(const struct broker *broker, const struct application *application,
                              const char *account, const uid_t *looked_up,
                              const struct ipc_items *groups)
{
    uid_t own = getuid();

    return token_new(application, account, broker->root ? looked_up : &own, groups);
}

bool token_uid(const struct token *token, uid_t *uid)
{
    if (token->uid.known)
        *uid = token->uid.value;
    return token->uid.known;
}

struct token *token_bind(const struct token *token, const struct application *application)
{
    uid_t uid;
    struct token *bound =
        token_new(application, token->account, token_uid(token, &uid) ? &uid : NULL, NULL);

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
    if (a == NULL || b == NULL || a->application != b->application ||
        a->uid.known != b->uid.known || a->uid.value != b->uid.value ||
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

/* Of one that was looked up in root mode; who was not has no uid, and is nobody. */
static struct token *account_token(const struct application *application,
                                   const struct account *account, const char **why)
{
    if (account->name != NULL)
        return token_new(application, account->name, &account->identity.uid, NULL);
    *why = "the account it would run as has not been looked up";
    return NULL;
}

/* The application's service account; in unprivileged mode, without one, the invoking user. */
static struct token *service_token(const struct application *application, const char **why)
{
    const struct application_settings *settings = application->settings;
    uid_t own = getuid();
    char invoking[32];

    if (application->broker->root)
        return account_token(application, &settings->service, why);
    snprintf(invoking, sizeof(invoking), "uid %u", (unsigned)own);
    return token_new(application, settings->account != NULL ? settings->account : invoking, &own,
                     NULL);
}

static struct token *mapped_token(const struct application *application, const char *name,
                                  const char **why)
{
    const struct application_settings *settings = application->settings;
    uid_t own = getuid();

    for (size_t i = 0; i < settings->may_map_to_count && name != NULL; i++) {
        if (strcmp(settings->may_map_to[i], name) != 0)
            continue;
        return application->broker->root ? account_token(application, &settings->mapped[i], why)
                                         : token_new(application, name, &own, NULL);
    }
    *why = "the plug-in named an account this application may not map to";
    return NULL;
}

/* Why nobody may be that in this application, or NULL. */
static const char *token_forbidden(const struct application *application, const struct token *token)
{
    uid_t uid;

    if (!application->broker->root || !token_uid(token, &uid))
        return NULL;
    if (uid == 0 && !application->settings->allow_root)
        return "it would run as root, which allow-root of this application does not allow";
    if (identity_is_own(application->broker->configuration, uid))
        return "it would run as one of winrmd's own accounts";
    return NULL;
}

struct token *token_chosen(const struct application *application, struct token *client,
                           const struct authz_answer *answer, const char **why)
{
    struct token *token = NULL;

    *why = NULL;
    if (answer->code != 0)
        return NULL;
    if (answer->token == TOKEN_client)
        token = token_ref(client);
    else if (answer->token == TOKEN_none)
        token = service_token(application, why);
    else if (answer->token == TOKEN_account)
        token = mapped_token(application, answer->account, why);
    else
        *why = "the plug-in named no identity that winrmd knows";
    if (token != NULL)
        *why = token_forbidden(application, token);
    if (*why == NULL)
        return token;
    token_unref(token);
    return NULL;
}
