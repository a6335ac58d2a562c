/* SPDX-License-Identifier: ISC */

/* What the commands of an administrator have in common (broker/administer.h). */
#ifndef BROKER_ADMINISTER_STEPS_H
#define BROKER_ADMINISTER_STEPS_H

#include <stdbool.h>

struct administer;

/* False: the connection's last command is not done yet, and this one is not begun. */
bool administer_begin(struct administer *administer);
/* Answers, once nothing is waited for. */
void administer_consider(struct administer *administer);
/* As administer_consider(); the answer is why it is not done. */
void administer_refuse(struct administer *administer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Begins the audit's line of the command: who asks. */
void administer_audit(const struct administer *administer, const char *event);

#endif
