/* SPDX-License-Identifier: ISC */

/*
 * Listeners and plug-ins as clients know them, one by one and enumerated (docs/protocol.md,
 * P-4.15.5, P-4.15.6 and P-4.15.9). `request` and `operation` of an item are the caller's to fill
 * in; its texts and lists last until the next one is made.
 */
#ifndef BROKER_CONFIGURATION_ITEMS_H
#define BROKER_CONFIGURATION_ITEMS_H

#include "ipc/message.h"

struct enumeration_source;
struct listener;
struct operation;
struct plugin;

struct message_listener_item configuration_listener_item(const struct operation *operation,
                                                         const struct listener *listener);
struct message_plugin_item configuration_plugin_item(const struct plugin *plugin);

extern const struct enumeration_source listeners_source;
extern const struct enumeration_source plugins_source;

#endif
