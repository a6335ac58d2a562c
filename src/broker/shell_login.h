/* SPDX-License-Identifier: ISC */

/*
 * In root mode a shell runs in a session of its own: a winrmd-session opens it, starts the shell
 * host as the user of the token, ends what the shell has started, and closes it. The broker never
 * starts a shell host itself then, nor waits for one: its struct child is filled by what the
 * session says. docs/root-mode.md, "Sessions" and "Limits".
 */
#ifndef BROKER_SHELL_LOGIN_H
#define BROKER_SHELL_LOGIN_H

#include <stdbool.h>

#include "broker/child.h"
#include "confine/limits.h"

struct broker;
struct application_settings;
struct configuration;
struct shell_login;
struct plugin;
struct token;

/* At the end, when no session is left. */
void shell_login_close(struct broker *broker);

/* What the processes of a shell of this plug-in may use. */
struct limits shell_login_limits(const struct plugin *plugin);

/* What a shell's session is opened for. */
struct shell_login_wish {
    const struct application_settings *settings;
    const struct plugin *plugin;
    const struct token *token; /* of whom this machine knows */
    const char *address;       /* of the client */
    uint32_t number;           /* of the shell */
    /* The session is open, and it is known which process the host is; that may have begun already.
     */
    void (*opened)(struct child *host);
    /* There will be no host: the session `refused` the account, or could not be made. */
    void (*failed)(struct child *host, bool refused, const char *text);
};

/* Can the folder for shells' cgroups be used? Changes nothing. False: that is logged. */
bool shell_login_check(const struct configuration *configuration);
/*
 * Makes ready what shells' cgroups need, once, at the start. False: the folder that is configured
 * cannot be used, which is logged.
 */
bool shell_login_prepare(struct broker *broker);

/*
 * The host of a shell, at the other end of a channel with these events. It takes messages at once;
 * `gone` follows its end, or after `failed`. NULL: there is no process to be had, which is logged.
 */
struct child *shell_login_start(struct broker *broker, const struct shell_login_wish *wish,
                                const struct channel_events *events,
                                void (*gone)(struct child *, bool));

/* For child.c: kills the host, and what is left of its shell, with the session if need be. */
void shell_login_kill(struct shell_login *login);
/* For child.c: the host was told to end. */
void shell_login_expect_end(struct shell_login *login);

#endif
