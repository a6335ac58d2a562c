/* SPDX-License-Identifier: ISC */

/*
 * What the winrmd-pam processes (pam_pool.h) are asked: what winrmd-auth wants to know, and which
 * accounts there are, for the broker, which never asks NSS itself. A process that takes longer than
 * `pam-timeout` is killed, and its question answered. An identity that PAM has accepted becomes a
 * session here; winrmd-auth is told as well.
 */
#ifndef BROKER_PAM_H
#define BROKER_PAM_H

#include <stdint.h>

#include "ipc/message.h"

struct broker;
struct pam;

/* As many processes as the configuration asks for: those it has and need no change stay. */
void pam_update(struct broker *broker);
/* The service ends: nothing is started again. */
void pam_forget(struct broker *broker);
/* How many winrmd-auth may ask at a time; 0: PAM is not asked. */
uint32_t pam_processes(const struct broker *broker);

/* pam_ask from winrmd-auth. Takes the descriptor. */
void pam_ask(struct broker *broker, const struct message_pam_ask *ask);
/* winrmd-auth has gone: what it asked is answered to nobody. */
void pam_auth_gone(struct broker *broker);

/* The broker's own: which account is that? In its owner, until found() or pam_find_stop(). */
struct account_question {
    /* Called once, not from within pam_find(). What it is told lives until it returns. */
    void (*found)(struct account_question *question, const struct message_account_found *answer);
    struct pam_call *call; /* of pam.c; NULL: nothing is being asked */
};

/* Root mode only. The name is copied. */
void pam_find(struct broker *broker, struct account_question *question, const char *name);
/* found() is not called any more; nothing happens when nothing is being asked. */
void pam_find_stop(struct account_question *question);

#endif
