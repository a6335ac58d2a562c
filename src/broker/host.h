/* SPDX-License-Identifier: ISC */

/*
 * What every host process has in common, whichever kind of plug-in it holds: being started with
 * its task, being told to end, and reporting stray completions. authz_host.c, shell_host.c and
 * check.c stand on this.
 */
#ifndef BROKER_HOST_H
#define BROKER_HOST_H

#include <stdint.h>

#include "ipc/channel.h"

struct application_settings;
struct broker;
struct child;
struct plugin;

enum { HOST_STARTUP_AFTER_CRASH = 2 /* WSMAN_PLUGIN_STARTUP_AUTORESTARTED_CRASH */ };

/*
 * Starts a host for this plug-in of the settings, of which it keeps a reference, in the
 * application's folder and tells it its task. `startup_flags` are those of WSManPluginStartup;
 * `account` (whose shell it is) and `ticket_key` (TICKET_KEY_SIZE bytes) are for shell hosts, else
 * NULL. NULL when no process can be started, which is logged.
 */
struct child *host_start(struct broker *broker, struct application_settings *settings,
                         const struct plugin *plugin, uint32_t startup_flags, const char *account,
                         const uint8_t *ticket_key, const struct channel_events *events,
                         void (*gone)(struct child *, bool));

/* Tells the host to end in order; it is killed when it takes too long. */
void host_stop(struct child *host);

/* A host says in which entry point it is dying: kept for host_audit_lost(). */
void host_handle_crashing(struct channel *channel, const union message_body *body);
/* Counts it, and writes the line of a host that died without being asked. `shell` may be NULL. */
void host_audit_lost(const struct child *host, const char *shell, const char *reason,
                     const char *effect);
/* Handler of authz_stray: the audit line. */
void host_handle_stray(struct channel *channel, const union message_body *body);

#endif
