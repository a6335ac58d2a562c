/* SPDX-License-Identifier: ISC */

/*
 * Questions to an application's authorization plug-in, which runs in a host process of its own.
 * Every question gets exactly one answer here: the plug-in's, or a refusal because it was late,
 * its host died, or it could not be loaded. Contexts the plug-in reported belong to the host they
 * came from (its generation) and are given back to that one or not at all.
 */
#ifndef BROKER_AUTHZ_H
#define BROKER_AUTHZ_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/quota.h"

struct application;
struct authz_host;
struct caller;
struct channel;
union message_body;

/* A context of the plug-in; id 0: none. */
struct authz_context {
    uint64_t id;
    uint64_t generation;
};

/* Who asks: the caller's texts live as long as the call to authz_ask_*. */
struct authz_sender {
    const struct caller *caller;
    const char *url;
    const char *locale;
};

/* How a call ended without the plug-in's word. */
enum authz_lost { AUTHZ_answered, AUTHZ_late, AUTHZ_crashed, AUTHZ_unavailable, AUTHZ_stopping };

/* That as a reason for the audit; NULL for a call that was answered. `call`: AuthzUser and so on.
 */
const char *authz_lost_reason(enum authz_lost lost, const char *call, char text[128]);

struct authz_answer {
    enum authz_lost lost;
    uint32_t code; /* of the completion; for lost calls the fault's code */
    struct authz_context context;
    uint32_t token; /* enum token_choice */
    const char *account;
    bool administrator;
    bool quota_present;
    struct quota_limits quota;
    const char *extended; /* texts live until the callback returns */
};

/* Called exactly once, never from within authz_ask_*(). */
typedef void (*authz_answered)(void *asker, const struct authz_answer *answer);

/* `patience` in milliseconds; the application's authorization-timeout bounds it. */
void authz_ask_user(struct application *application, const struct authz_sender *sender,
                    uint64_t patience, authz_answered answered, void *asker);
void authz_ask_quota(struct application *application, const struct authz_sender *sender,
                     uint64_t patience, authz_answered answered, void *asker);
void authz_ask_operation(struct application *application, const struct authz_sender *sender,
                         uint32_t operation, const char *action, const char *resource_uri,
                         uint64_t patience, authz_answered answered, void *asker);

/* Gives a context back and clears it; one of a host that died is only counted. */
void authz_release(struct application *application, struct authz_context *context);

/* ---- for authz_host.c ---- */

/* The host has started: asks what has waited for it. */
void authz_ask_kept(struct application *application);
/*
 * Answers every open call that `host` was asked, or (NULL) that no host has been asked yet; what
 * they ask next as well.
 */
void authz_fail_calls(struct application *application, const struct authz_host *host,
                      enum authz_lost why, uint32_t code);
/* Handlers of the host's channel. */
void authz_handle_user_answer(struct channel *channel, const union message_body *body);
void authz_handle_quota_answer(struct channel *channel, const union message_body *body);
void authz_handle_operation_answer(struct channel *channel, const union message_body *body);

#endif
