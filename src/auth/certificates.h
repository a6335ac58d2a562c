/* SPDX-License-Identifier: ISC */

/*
 * The method of client certificates. One check goes from auth_certificate to exactly one of
 * auth_identity (to the broker, never to winrmd-net), auth_refused with an auth_failure for the
 * audit, or nothing when it was abandoned: the certificate is verified (certificate.h) against the
 * listener's authorities, mapped to an account (certificate_map.h), and the account must be one
 * that may be used (basic_account_ask()). When an account may not be had by its certificates any
 * more, the broker is told with auth_revoked. Belongs to the loop's thread.
 */
#ifndef AUTH_CERTIFICATES_H
#define AUTH_CERTIFICATES_H

#include "auth/basic.h"
#include "auth/listeners.h"

struct certificates;

/* `listeners` and `basic` outlive it. Until there is a map everybody is refused. */
struct certificates *certificates_new(struct loop *loop, struct channel *broker,
                                      struct listeners *listeners, struct basic *basic);
/* From now on this file is the map. NULL: there is none. */
void certificates_set_map(struct certificates *certificates, const char *path);
/* Other authorities hold, or others say who may be used: who is in has to be verified again. */
void certificates_revoke_all(struct certificates *certificates);

void certificates_check(struct certificates *certificates, const struct net_peer *peer,
                        const struct message_auth_certificate *request);
/* The client has left. */
void certificates_abandon(struct certificates *certificates, const struct net_peer *peer,
                          uint64_t exchange);
/* The winrmd-net has gone, and all its clients with it. */
void certificates_abandon_all(struct certificates *certificates, const struct net_peer *peer);

#endif
