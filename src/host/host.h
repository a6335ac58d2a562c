/* SPDX-License-Identifier: ISC */

/*
 * One winrmd-host process: the loop, the channel to the broker, the plug-in and the threads that
 * run it. A process hosts either one authorization plug-in (authz.h) or one shell of a shell
 * plug-in (shell.h). Everything here belongs to the loop's thread; service functions, which
 * plug-ins call on any thread, touch handles (address.h) and posts (post.h) only.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdnoreturn.h>

#include "base/loop.h"
#include "host/api.h"
#include "host/load.h"
#include "host/pool.h"
#include "host/service.h"
#include "ipc/channel.h"

enum {
    AUTHORIZATION_THREADS = 64,
    SHELL_THREADS = 1024, /* a command may hold several for as long as it runs */
    CALLS_WAITING = 1024
};

struct host {
    struct loop *loop;
    struct channel *broker;
    struct pool pool;
    struct plugin plugin;
    bool authorization;
    bool stopping; /* host_stop has come */
    uint32_t stop_reason;
};

/* The one of this process. */
extern struct host host;

/* The table installed into libwsmsvc. */
extern const struct wsmsvc_runtime host_services;

/* What the two kinds of host do with the broker's messages, indexed by message type. */
extern const channel_handler authz_handlers[MESSAGE_COUNT];
extern const channel_handler shell_handlers[MESSAGE_COUNT];

/* Makes the host of this process serve the channel on `fd`; false when that cannot work. */
bool host_open(int fd, bool authorization);

/* Loads and starts the plug-in; host_started follows. */
void host_start(struct channel *channel, const union message_body *body);

/* The last steps of a stop: WSManPluginShutdown on a thread of its own, then the end. */
void host_shutdown(void);

/* Writes what the broker has not read yet and ends the process at once. */
noreturn void host_exit(int status);

#endif
