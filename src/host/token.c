/* SPDX-License-Identifier: ISC */

#include "host/token.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "host/authz_call.h"
#include "host/entry.h"
#include "host/text16.h"

enum { GROUPS_TEXT_LIMIT = 1024 * 1024 };

static char **permitted;
static size_t permitted_count;

void token_permit(const struct ipc_items *accounts)
{
    permitted = mem_alloc((accounts->count + 1) * sizeof(char *));
    for (uint32_t i = 0; i < accounts->count; i++) {
        const struct ipc_item *item = &accounts->item[i];
        const char *account = item->name != NULL ? item->name : item->value;

        if (account != NULL)
            permitted[permitted_count++] = mem_text(account);
    }
}

static bool account_permitted(const char *account)
{
    for (size_t i = 0; i < permitted_count; i++)
        if (strcmp(permitted[i], account) == 0)
            return true;
    return false;
}

/*
 * Group items carry the group as name or as value; either way it is one text. A name with a comma
 * in it would read as two groups: it is left out.
 */
static char *groups_join(const struct ipc_items *groups)
{
    struct buffer joined;
    char *text;

    if (groups == NULL || groups->count == 0)
        return NULL;
    buffer_init(&joined, GROUPS_TEXT_LIMIT);
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct ipc_item *item = &groups->item[i];
        const char *group = item->name != NULL ? item->name : item->value;

        if (group == NULL || *group == '\0' || strchr(group, ',') != NULL)
            continue;
        buffer_text(&joined, buffer_length(&joined) > 0 ? "," : "");
        buffer_text(&joined, group);
    }
    text = joined.data != NULL
               ? mem_text_n((const char *)buffer_bytes(&joined), buffer_length(&joined))
               : NULL;
    buffer_free(&joined);
    return text;
}

bool token_open(struct token *token, const char *account, const struct ipc_items *groups)
{
    bool opened;

    *token = (struct token){.account = mem_text(account), .groups = groups_join(groups)};
    address_lock();
    opened = handle_open(&token->handle, HANDLE_token);
    address_unlock();
    return opened;
}

void token_close(struct token *token)
{
    handle_drop(&token->handle);
    free(token->account);
    free(token->groups);
    token->account = NULL;
    token->groups = NULL;
}

void token_free(struct token *token)
{
    token_close(token);
    free(token);
}

static struct token *token_find(HANDLE address)
{
    const char *cause;
    struct handle *handle = handle_find(address, HANDLE_token, &cause);

    return handle != NULL ? container_of(handle, struct token, handle) : NULL;
}

struct token *token_made(HANDLE address, const void *sender)
{
    struct token *token = token_find(address);

    return token != NULL && token->made_in == sender ? token : NULL;
}

/* ---- service functions ---- */

DWORD service_create_token(WSMAN_SENDER_DETAILS *senderDetails, PCWSTR accountName, HANDLE *token)
{
    DWORD result = ERROR_INVALID_PARAMETER;
    char *account = utf8_new(accountName);
    struct token *made = NULL;
    const struct authz_call *call;

    if (account == NULL || token == NULL)
        goto out;
    *token = NULL;
    made = mem_alloc(sizeof(*made));
    if (!token_open(made, account, NULL)) {
        result = ERROR_NOT_ENOUGH_MEMORY;
        goto out;
    }
    address_lock();
    call = authz_call_open(senderDetails, HANDLE_authz_user);
    if (call != NULL)
        result = account_permitted(account) ? NO_ERROR : ERROR_ACCESS_DENIED;
    if (result == NO_ERROR) {
        made->made_in = senderDetails;
        *token = made->handle.address;
        made = NULL;
    }
    address_unlock();
out:
    if (made != NULL) {
        address_lock();
        token_free(made);
        address_unlock();
    }
    if (result == ERROR_ACCESS_DENIED)
        entry_tell_mapping(accountName);
    free(account);
    return result;
}

DWORD service_close_token(HANDLE address)
{
    DWORD result = ERROR_INVALID_HANDLE;
    struct token *token;

    address_lock();
    token = token_find(address);
    if (token != NULL && token->made_in != NULL) {
        token_free(token);
        result = NO_ERROR;
    }
    address_unlock();
    return result;
}

static DWORD token_tell(HANDLE address, bool groups, PWSTR buffer, DWORD *length)
{
    DWORD result = ERROR_INVALID_HANDLE;
    const struct token *token;

    address_lock();
    token = token_find(address);
    if (token != NULL)
        result = text16_give(groups ? token->groups : token->account, buffer, length);
    address_unlock();
    return result;
}

DWORD service_get_token_account(HANDLE token, PWSTR buffer, DWORD *length)
{
    return token_tell(token, false, buffer, length);
}

DWORD service_get_token_groups(HANDLE token, PWSTR buffer, DWORD *length)
{
    return token_tell(token, true, buffer, length);
}
