/* SPDX-License-Identifier: ISC */

/*
 * The winrmd-gss that accepts the tokens of clients, while the configuration names keys for one.
 * There is one at a time, besides those that end with the logins that have begun in them. One that
 * has crashed is replaced at once, and after a growing pause when it crashes again and again.
 */
#ifndef BROKER_GSS_H
#define BROKER_GSS_H

#include <stdbool.h>

struct broker;
struct child;
struct configuration;
struct gss;

/* As the configuration of now wants it: starts one, or has another one take over, or ends it. */
void gss_update(struct broker *broker);
/* The service ends: nothing is started again. */
void gss_forget(struct broker *broker);

/* A (new) winrmd-auth serves: introduces the two. */
void gss_introduce(struct broker *broker);
/* The same, if it could not be done when it was due. */
void gss_introduce_again(struct broker *broker);
/* Tells a new winrmd-net what Negotiate can be accepted with. */
void gss_tell_net(struct broker *broker, struct child *net);

/* winrmd-auth has waited in vain for an answer of the one that serves: it is killed, and replaced.
 */
void gss_silent(struct broker *broker);

/* What Negotiate can be accepted with now. */
void gss_mechanisms(const struct broker *broker, bool *kerberos, bool *ntlm);

/* Has it said what it accepts, or shown that it cannot be waited for? */
bool gss_settled(const struct broker *broker);

#endif
