/* SPDX-License-Identifier: ISC */

/*
 * The configuration as clients can ask for it (docs/protocol.md, P-4.15): what holds at this
 * moment, as typed messages for winrmd-net. It can be read and not changed: winrmd.conf and each
 * web.config say what it is, and `winrmctl reload` makes them hold.
 */
#ifndef BROKER_CONFIGURATION_RESOURCE_H
#define BROKER_CONFIGURATION_RESOURCE_H

#include <stdbool.h>

struct operation;

/* Is this the URI of the configuration or of something in it? NULL is not. */
bool configuration_resource_is(const char *uri);

/*
 * Beside AuthzOperation it takes the plug-in's word that the user is an administrator: rules that
 * were written for shells often allow every operation on every URI. The reason for the audit, or
 * NULL when an operation on that URI may go on.
 */
const char *configuration_resource_refusal(const char *uri, bool administrator);

/* Does what the operation, which has been authorized, asks for. */
void configuration_resource_act(struct operation *operation);

#endif
