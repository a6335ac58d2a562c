/* SPDX-License-Identifier: ISC */

/*
 * Shells and their clients (MS-WSMV, Disconnect, Reconnect, Connect): which client a shell is
 * connected to, by the SessionId that it says, and how it leaves the shell and comes back. A client
 * is somebody of the shell's owner; a shell without one goes on until its idle time is over.
 *
 *   connected ──Disconnect──> disconnecting ──the host has done it──> disconnected
 *       ^                                                                  │  ^
 *       └──the host has done it── connecting <──Reconnect, Connect─────────┘  │
 *                                     └──it failed, or its client has left────┘
 *
 * One message at a time changes that: shell->change, which stays until the host has said what came
 * of it, also when its client has left meanwhile.
 */
#ifndef BROKER_SHELL_CONNECT_H
#define BROKER_SHELL_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

struct operation;
struct shell;

/* Of a shell's client; 'connected' is what a new shell is. */
enum shell_client {
    CLIENT_connected,
    CLIENT_disconnecting,
    CLIENT_disconnected,
    CLIENT_connecting
};

/* A Disconnect, Reconnect or Connect of the shell's owner. */
void shell_change(struct shell *shell, struct operation *operation);
/* The client of such a message has left before the host has said what came of it. */
void shell_change_abandoned(struct operation *operation);
/* The shell ends: what is about to change it is answered, or will be by winrmd-net. */
void shell_change_over(struct shell *shell);

/* The host's words. False: they are about no change that waits for them. */
bool shell_has_disconnected(struct shell *shell, uint64_t operation);
bool shell_has_connected(struct shell *shell, uint64_t operation, uint32_t code);

/* For winrmctl. */
const char *shell_client_name(const struct shell *shell);

#endif
