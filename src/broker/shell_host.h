/* SPDX-License-Identifier: ISC */

/*
 * The host process of one shell, seen from the broker: starting it, its messages, and the
 * channels between it and the winrmd-nets. What the messages mean for a shell's life is decided
 * in shell_begin.c and shell_end.c, which this file reports to.
 */
#ifndef BROKER_SHELL_HOST_H
#define BROKER_SHELL_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct broker;
struct operation;
struct shell;

/* False when no process can be started. The shell may have been refused in here. */
bool shell_host_start(struct shell *shell);
/* The descriptor for that winrmd-net's channel to the host, or -1 when it has one. */
int shell_host_connect(struct shell *shell, uint32_t net);
void shell_host_revoke(struct shell *shell, uint32_t net);
/*
 * That winrmd-net says that this host has broken the message rules, `why` (may be NULL): it is
 * ended, if that winrmd-net has been introduced to it.
 */
void shell_host_broke(struct broker *broker, uint32_t net, uint32_t number, const char *why);
/* If the command has not begun it is to be forgotten; the host says command_ended then. */
void shell_host_void(struct shell *shell, const struct operation *operation);
/* The client goes: the host says when what runs for it is done. */
void shell_host_disconnect(struct shell *shell, const struct operation *operation);
/* What the host holds the answer to a Reconnect or Connect back for. */
void shell_host_note_connect(struct shell *shell, const struct operation *operation,
                             bool connected);
/* Nobody waits for that Reconnect or Connect any more; the host says what became of it. */
void shell_host_void_connect(struct shell *shell, const struct operation *operation);
/* Ends the shell in its host, which is killed after `patience` milliseconds. */
void shell_host_end(struct shell *shell, uint64_t patience);
/* The shell is over: tells every winrmd-net and lets the host go. */
void shell_host_leave(struct shell *shell);

/* Reported to shell_begin.c and shell_end.c. */
void shell_host_ready(struct shell *shell);
void shell_has_begun(struct shell *shell);
void shell_command_began(struct shell *shell, struct operation *operation,
                         const char *command_line);
void shell_command_ended(struct shell *shell, struct operation *operation, const char *reason);
void shell_over(struct shell *shell, const char *reason);
/* There is no host, because there is no session for it; `code` for a Create that waits. */
void shell_session_failed(struct shell *shell, uint32_t code, const char *why);
/* The host is gone or could not begin; `code` for a Create that waits. */
void shell_host_lost(struct shell *shell, uint32_t code, const char *reason);

#endif
