/* SPDX-License-Identifier: ISC */

/*
 * Introducing each winrmd-net to winrmd-auth: both get an end of a new channel. Whoever could not
 * be introduced for want of a descriptor, winrmd-gss among them, is alone and is tried again.
 */
#ifndef BROKER_INTRODUCE_H
#define BROKER_INTRODUCE_H

struct broker;
struct child;

/* Alone until winrmd-auth serves, or there is a descriptor. */
void introduce_net(struct child *net);
/* A (new) winrmd-auth serves: introduces all of them. */
void introduce_nets(struct broker *broker);
/* Somebody is alone: it is tried again after a pause. */
void introduce_later(struct broker *broker);
/* The service ends: nothing is tried again. */
void introduce_forget(struct broker *broker);

#endif
