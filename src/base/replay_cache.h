/* SPDX-License-Identifier: ISC */

/*
 * Where Kerberos notes which tickets it has seen, so that none is taken twice: a file of its own
 * for each uid (MIT Kerberos, "replay cache"). Without it no login by Kerberos is accepted.
 */
#ifndef BASE_REPLAY_CACHE_H
#define BASE_REPLAY_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Can this process write it, as KRB5RCACHENAME, KRB5RCACHEDIR and KRB5RCACHETYPE of its environment
 * say? False: `path` is the file, or the folder in which it cannot be made, and `why`.
 */
bool replay_cache_usable(char *path, size_t path_size, char *why, size_t why_size);

#endif
