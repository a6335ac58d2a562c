/* SPDX-License-Identifier: ISC */

/* Handles of objects that the plug-in makes. Where a function fails it sets the last error. */
#ifndef WINDOWS_HANDLE_H
#define WINDOWS_HANDLE_H

#include "windows/object.h"

/* Not held. Is more wanted of a new object than there is: a name, a security descriptor? */
bool handle_refused(const SECURITY_ATTRIBUTES *attributes, const void *name);
/* Zeroed memory for an object, or NULL. */
void *handle_alloc(size_t size);
/* Not held. The first handle of a new object, which is taken over, or NULL. */
HANDLE handle_open(struct object *object, const struct object_kind *kind);

/* Held. The object of that kind behind the handle, without a reference, or NULL. */
struct object *handle_find(HANDLE handle, const struct object_kind *kind);

#endif
