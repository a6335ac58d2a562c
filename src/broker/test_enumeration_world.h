/* SPDX-License-Identifier: ISC */

/*
 * What is around an enumeration in its tests: a winrmd-net for which messages are written down, a
 * client that asks through it, the operations' ends that are counted, and things to enumerate,
 * which are shells with a number from 1 on.
 */
#ifndef BROKER_TEST_ENUMERATION_WORLD_H
#define BROKER_TEST_ENUMERATION_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/operation.h"

enum { MOST = 16 /* things */ };

extern struct broker broker;
extern struct application_settings settings;
extern struct application application, other_application;
extern struct record record, other_record;
extern struct token alice, bob;

/* What was sent since the client has asked. */
extern struct sent {
    unsigned count;
    uint32_t process[MOST]; /* of the items */
    bool end, last, done;
    char context[64];
} sent;
extern uint32_t refused; /* with this code, since then; 0: not */

/* What befell the operations of the test. */
extern unsigned ended, reserved, given_back, audited;
extern const struct operation *ended_last;

extern unsigned things;
extern bool gone[MOST + 1];    /* those that are no more */
extern const char *owner;      /* a text of each item */
extern size_t backlog_of_item; /* bytes of each in the channel, which nobody reads */

/* For cmocka: a broker without enumerations; and none is left. */
int world_setup(void **state);
int world_teardown(void **state);

/* Alice's next operation, which is not begun. `most`: MaxElements. The last 16 stay. */
struct operation *ask(enum operation_kind kind, const char *context, uint32_t most);
/* Alice enumerates `count` things; Alice pulls. */
struct operation *enumerate(unsigned count, uint32_t most);
struct operation *pull(const struct operation *enumerated, uint32_t most);
/* What becomes of an answer. */
void written(struct operation *operation, uint32_t taken);
void lost(struct operation *operation);

void assert_sent(unsigned first, unsigned count, bool last);
/* It is the one enumeration that there is, and waits. */
void assert_open(const struct operation *operation);

#endif
