/* SPDX-License-Identifier: ISC */

/*
 * When the host of an application's authorization plug-in is started again after it has ended: at
 * once, or after a pause that grows with each crash in a row. While the pause is a long one the
 * plug-in is quarantined: nobody waits for it (docs/authorization.md, A-8).
 */
#ifndef BROKER_AUTHZ_RESTART_H
#define BROKER_AUTHZ_RESTART_H

#include <stdbool.h>
#include <stdint.h>

struct application;

/*
 * The host that was asked has ended `lived` ms after it was begun; `started`: its plug-in had told
 * that it is up. Whoever asks no host any more stops `authz.restart` of the application.
 */
void authz_restart(struct application *application, bool crashed, uint64_t lived, bool started);

#endif
