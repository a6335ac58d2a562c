/* SPDX-License-Identifier: ISC */

/* The steps of a record's life that record.c and record_authorize.c share. */
#ifndef BROKER_RECORD_STEPS_H
#define BROKER_RECORD_STEPS_H

#include "broker/record.h"

struct loop *record_loop(const struct record *record);
/* The record that an operation belongs to, by application, mechanism, account and certificate. */
struct record *record_find(const struct operation *operation);
/* Makes it; there must be none. It is authorizing, and nobody refers to it yet. */
struct record *record_new(const struct operation *operation);
/* Out of the table: nobody finds it any more. It ends with its last reference. */
void record_go(struct record *record);

/* NULL is allowed. */
void record_refresh_free(struct refresh *refresh);

#endif
