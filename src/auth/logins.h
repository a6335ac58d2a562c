/* SPDX-License-Identifier: ISC */

/*
 * Logins in several legs, which negotiate.h carries out: what is known of each, and how to find it.
 * A login is that of one HTTP connection until it is over or left alone. Belongs to the loop's
 * thread.
 */
#ifndef AUTH_LOGINS_H
#define AUTH_LOGINS_H

#include "auth/acceptors.h"
#include "auth/admission.h"
#include "auth/peer.h"
#include "auth/source.h"
#include "auth/users.h"
#include "base/map.h"

enum {
    LOGINS_OPEN = 1024,      /* that wait for their clients, in all */
    LOGINS_SOURCE_OPEN = 64, /* of one source */
    LOGINS_OPEN_TIME = 30000 /* ms: how long they wait */
};

enum login_state {
    LOGIN_open,    /* the client's turn */
    LOGIN_waiting, /* for its turn at winrmd-gss */
    LOGIN_asked,   /* winrmd-gss looks at the token */
    LOGIN_proved,  /* who it is, is known; whether that may be used, is asked */
    LOGIN_refused  /* the client is told when the delay is over */
};

struct login {
    struct admission_job job;
    struct list link;      /* logins->all */
    struct list open_link; /* logins->open */
    struct logins *logins;
    enum login_state state;
    const struct net_peer *peer; /* NULL: it, or the client, has gone */
    uint32_t net;
    uint64_t connection;
    uint64_t context;          /* winrmd-gss's name for it; never used twice */
    struct acceptor *acceptor; /* the winrmd-gss that has something of it; NULL: none */
    struct loop_timer timer;
    char source[SOURCE_SIZE];
    /* The leg: */
    uint64_t exchange;
    uint64_t came; /* loop_now() */
    uint32_t listener;
    bool kerberos;
    bool must_seal;
    char *address;
    char *tls; /* for the audit; NULL: no TLS */
    struct ipc_bytes token;
    /* Once proved: */
    const char *mechanism; /* constant */
    char *principal;
    char account[USER_NAME_LIMIT + 1];
    uint64_t lifetime;
    bool seals;
    bool bound;
    struct ipc_bytes answer;   /* the last token for the client */
    struct ipc_bytes exported; /* wiped */
    uint64_t question;         /* basic_account_ask(); 0: none */
};

struct logins {
    struct loop *loop;
    void *owner;
    struct list all;
    struct list open; /* those that have been so for longest first */
    size_t open_count;
    struct map by_connection; /* of those that the client has not left */
    struct map by_context;
    uint64_t last_context;
};

/* `owner` is whose they are. */
void logins_init(struct logins *logins, struct loop *loop, void *owner);

/* A new one, LOGIN_waiting; there is none of that connection. */
struct login *login_new(struct logins *logins, const struct net_peer *peer, uint64_t connection,
                        const char *address);
/* Takes what the leg says of itself, the token included. */
void login_take(struct login *login, const struct message_auth_token *leg);
/* NULL is returned where there is none. */
struct login *login_of_connection(const struct logins *logins, const struct net_peer *peer,
                                  uint64_t connection);
struct login *login_of_context(const struct logins *logins, uint64_t context);
struct login *login_of_exchange(const struct logins *logins, const struct net_peer *peer,
                                uint64_t exchange);

/*
 * The client's turn. Returns NULL, or the one that has been open for longest, of the same source if
 * that has too many of them, else of all: that has to go for it.
 */
struct login *login_open(struct login *login);
/* It is not the client's turn any more. */
void login_close(struct login *login);
/* Nobody waits for an answer any more; its connection may begin another. */
void login_leave(struct login *login);
/* Wipes what is secret. It is in no queue. */
void login_free(struct login *login);

/* A copy, and wiping and freeing of one. */
struct ipc_bytes bytes_copy(const struct ipc_bytes *bytes);
void bytes_wipe(struct ipc_bytes *bytes);

#endif
