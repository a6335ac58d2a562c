/* SPDX-License-Identifier: ISC */

/*
 * A token is what a plug-in gets to see of an identity: an address that stands for an account and
 * its groups. Either the client's (it belongs to a call or a shell) or made by the plug-in for an
 * account the application may map to (it belongs to the plug-in until the host takes it over).
 * Guarded by the lock of address.h.
 */
#ifndef HOST_TOKEN_H
#define HOST_TOKEN_H

#include "host/address.h"
#include "host/api.h"
#include "ipc/message.h"

struct token {
    struct handle handle;
    char *account;       /* canonical name */
    char *groups;        /* joined by commas */
    const void *made_in; /* senderDetails it was made for; NULL: a client's token */
};

/* Lock not held. False when there are no addresses left. */
bool token_open(struct token *token, const char *account, const struct ipc_items *groups);
/* Lock held. NULL address is allowed. Frees what token_open() made, not the token. */
void token_close(struct token *token);

/* Accounts WSManLinuxCreateToken may be asked for; copied. Before the plug-in is started. */
void token_permit(const struct ipc_items *accounts);

/* Lock held: the token at this address if it was made for that senderDetails, else NULL. */
struct token *token_made(HANDLE address, const void *sender);
/* Lock held: ends a token made by WSManLinuxCreateToken. */
void token_free(struct token *token);

DWORD service_create_token(WSMAN_SENDER_DETAILS *senderDetails, PCWSTR accountName, HANDLE *token);
DWORD service_close_token(HANDLE token);
DWORD service_get_token_account(HANDLE token, PWSTR buffer, DWORD *length);
DWORD service_get_token_groups(HANDLE token, PWSTR buffer, DWORD *length);

#endif
