/* SPDX-License-Identifier: ISC */

/* Waiting threads, and what the other files need of events and mutexes. */
#ifndef WINDOWS_WAIT_H
#define WINDOWS_WAIT_H

#include "windows/object.h"

/* Not held. A reference to something that can be waited for, or NULL with the last error set.
 * `by_pool`: the wait belongs to no thread, so that it cannot be for a mutex. */
struct object *wait_object(HANDLE handle, bool by_pool);

/* Held: sleeps until the condition or the deadline (NULL: none); false: the deadline. */
bool dispatcher_sleep(pthread_cond_t *condition, const struct timespec *deadline);

bool object_is_registered(const struct object *object);
bool object_is_event(const struct object *object);
bool object_is_mutex(const struct object *object);
/* Not held: this thread may come to own a mutex, which has to be known when it ends. */
void mutex_note_thread(void);
/* Held. */
void event_set(struct object *object);

#endif
