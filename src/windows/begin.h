/* SPDX-License-Identifier: ISC */

/* Beginning threads of the library, and the pool that runs callbacks and queued work. */
#ifndef WINDOWS_BEGIN_H
#define WINDOWS_BEGIN_H

#include <stdbool.h>

#include "base/list.h"

/* A detached thread with all signals blocked: those of the process are the host's business. */
bool thread_begin(void *(*run)(void *argument), void *argument);

struct work {
    struct list link;
    void (*run)(struct work *work);
};

/* Makes sure that there is a thread at all; then pool_add() cannot fail. */
bool pool_begin(void);
/* Runs it on some thread; more threads are begun, up to 512, when all are busy. */
void pool_add(struct work *work);

#endif
