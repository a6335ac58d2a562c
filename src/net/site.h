/* SPDX-License-Identifier: ISC */

/*
 * What the broker said about what this process serves: listeners and applications. Filled at the
 * start and changed by reloads. An entry never moves and is never freed, because requests in
 * progress refer to it.
 */
#ifndef NET_SITE_H
#define NET_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"

/* Path of DSP0226's anonymous Identify. */
#define SITE_IDENTIFY_PATH "/wsman-anon/identify"

struct listener {
    uint32_t number;
    char *url;              /* http://127.0.0.1:5985 */
    struct tls_server *tls; /* NULL: connections are not encrypted */
    uint32_t methods;       /* that it offers; bits: METHOD_BIT */
    bool must_seal;         /* messages of users have to be sealed */
    uint32_t header_limit;  /* bytes */
    int socket;             /* -1 once it has been handed to the HTTP server */
};

struct application {
    uint32_t number;
    char *path;             /* /wsman */
    size_t length;          /* of the path */
    uint32_t max_envelope;  /* bytes */
    uint64_t max_operation; /* milliseconds */
    bool removed;           /* by a reload, until its number comes again */
};

struct site {
    char *machine;
    uint32_t connections; /* of this process */
    uint32_t guest_connections;
    uint32_t address_connections;
    uint64_t request_time; /* milliseconds */
    bool kerberos;         /* what Negotiate can be accepted by now */
    bool ntlm;
    struct listener **listeners;
    size_t listener_count;
    struct application **applications;
    size_t application_count;
};

/*
 * A new listener, whose socket it keeps, or news of a known one, which has its socket. Takes the
 * message's descriptor over. NULL when the message makes no sense.
 */
struct listener *site_put_listener(struct site *site, const struct message_net_listener *message);
/* A new application or news of a known one. False when the message makes no sense. */
bool site_put_application(struct site *site, const struct message_net_application *message);
void site_remove_application(struct site *site, uint32_t number);

/* NULL when there is none of that number. */
struct listener *site_listener(const struct site *site, uint32_t number);

/*
 * The application of a path, which is compared without regard to case, with or without a slash at
 * the end. NULL: none.
 */
const struct application *site_application(const struct site *site, const char *path,
                                           size_t length);

/* Is it the path of anonymous Identify? */
bool site_is_identify(const char *path, size_t length);

/* The largest envelope any application takes, in bytes. */
uint32_t site_max_envelope(const struct site *site);

#endif
