/* SPDX-License-Identifier: ISC */

/*
 * What happens to a request, as a list of named steps. A step says "next", or that it waits for
 * another process (whose answer calls steps_run() again or responds), or that it responded. What is
 * sealed is opened in `content`, for a request that is authenticated. In the log at debug level
 * each step leaves a line.
 *
 *   guest ─> authenticate ─> content ─> read ─> ask ······> pass ······> (response)
 *     │           ·             │         │      ·  broker          host
 *     │           · winrmd-auth │         │      └> refused, Get, Pull ...: (response)
 *     └───────────┴─────────────┴─────────┴───────> (response)
 */
#ifndef NET_STEPS_H
#define NET_STEPS_H

struct request;

/* Runs the request's next steps as far as they go. `request` may have ended when this returns. */
void steps_run(struct request *request);

#endif
