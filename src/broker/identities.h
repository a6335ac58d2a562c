/* SPDX-License-Identifier: ISC */

/*
 * Whom each process runs as. In unprivileged mode everybody as the broker; in root mode nobody does
 * but winrmd-pam and winrmd-session, which need root for what PAM's modules do.
 */
#ifndef BROKER_IDENTITIES_H
#define BROKER_IDENTITIES_H

#include <stdbool.h>

#include "confine/identity.h"
#include "processes.h"

struct broker;
struct configuration;
struct application_settings;

/*
 * The identity of a process of that role (hosts: with these settings), as `configuration` has it;
 * NULL: as the broker. It lives as long as what it was taken from.
 */
const struct identity *identity_of_role(const struct broker *broker,
                                        const struct configuration *configuration,
                                        enum process role,
                                        const struct application_settings *settings);

/* May a process of that role be what the broker is? In root mode: only those that need it. */
bool identity_may_be_broker(const struct broker *broker, enum process role);

/* Is that the uid of one of winrmd's own accounts? Nothing of a user or of an application runs as
 * it. */
bool identity_is_own(const struct configuration *configuration, uid_t uid);

#endif
