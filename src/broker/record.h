/* SPDX-License-Identifier: ISC */

/*
 * User records: what the authorization plug-in said about a user, kept so that it is asked once
 * for all connections of that user. Their life is record.c, what the plug-in is asked and answers
 * record_authorize.c: these two alone know the states and when contexts are given back:
 *
 *   (none) ── first message ──> authorizing ── allowed ──> active ── interval ──> refreshing
 *                                    │                       │  <── still allowed ──┘   │
 *                                 refused                 idle, host lost       refused or changed
 *                                    └──────────> gone <─────┴────────── next message ──┘
 *
 * A record lives while it is in its application's table or anything (operation, shell) refers to
 * it. Its key is application, mechanism, canonical account and, of a certificate, its thumbprint;
 * its quota belongs to application and account alone.
 */
#ifndef BROKER_RECORD_H
#define BROKER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/loop.h"
#include "broker/authz.h"
#include "broker/quota.h"
#include "broker/token.h"

struct application;
struct operation;

enum record_state {
    RECORD_none,
    RECORD_authorizing,
    RECORD_active,
    RECORD_refreshing,
    RECORD_gone
};

struct record {
    enum record_state state;
    struct application *application;
    unsigned references; /* operations and shells */
    char *key;
    size_t key_length;
    char *mechanism;
    char *name; /* as the client whose message made the record sent it */
    struct token *client_token;
    struct token *token; /* what operations run as */
    bool administrator;
    struct authz_context context;
    uint64_t generation; /* of the host that authorized it */
    struct quota_limits limits;
    bool limits_known;
    bool asking_limits;
    struct quota_account *account;
    struct list waiting;      /* struct operation.record_link: waiting for the user or quota call */
    struct list retired_link; /* in application->retired */
    uint64_t authorized_at;
    uint64_t used_at;
    struct loop_timer idle;
    struct loop_timer closing; /* after a revocation: then the shells of the record are closed */
    struct refresh *refresh;   /* while the user or quota call of a refresh is to be made */
    uint32_t doomed;           /* not 0: the next message gets this code and the record goes */
    enum authz_lost doomed_by; /* how the refresh that doomed it ended */
    char *doomed_reason;
    bool revoked; /* by an administrator: what it has let in and is not done yet is refused */
};

/* Why a record did not let an operation in. */
struct record_refusal {
    enum authz_lost lost;
    uint32_t code;        /* 0: let in */
    bool by_user_call;    /* AuthzUser refused: its code must not say more than it may */
    const char *reason;   /* for the audit; may be NULL */
    const char *location; /* redirect */
    const char *extended; /* for quota failures */
};

/*
 * Brings an operation to its user record. `operation_recorded()` (operation.h) is called once,
 * now or later; on success operation->record holds a reference.
 */
void record_enter(struct operation *operation);
/* The call whose answer an operation awaits that record_enter() has taken and not let in. */
const char *record_awaited_call(const struct operation *operation);
void record_ref(struct record *record);
/* NULL is allowed. */
void record_unref(struct record *record);

/* That host is lost: records it authorized are gone, running things keep their reference. */
void record_drop_all(struct application *application, uint64_t generation);
/*
 * The application has other settings, or is removed: its records are gone, whoever waited at one
 * is authorized anew. Shells of a user whom the new settings do not authorize, or authorize as
 * somebody else, live on for authorization-timeout.
 */
void record_retire_all(struct application *application);
/*
 * An administrator withdraws what was said of that user (caller_is()): his records are gone, who
 * waits at one is refused, and enumerations end. Returns how many there were. Shells are the
 * caller's.
 */
uint32_t record_revoke_user(struct application *application, const char *user);
/* The thumbprint of the certificate that the record is for; NULL: another mechanism. */
const char *record_certificate(const struct record *record);
/* Shutdown: gives all contexts back. */
void record_release_all(struct application *application);

const char *record_state_name(const struct record *record);

#endif
