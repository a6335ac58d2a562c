/* SPDX-License-Identifier: ISC */

/*
 * The profile of a user: the environment that a login shell of theirs builds from /etc/profile and
 * ~/.profile. A profile is the user's own program: it may fail, hang, print, leave processes behind
 * or not be there at all, and nothing but the environment comes of it.
 */

#ifndef PLUGINS_CMD_PROFILE_H
#define PLUGINS_CMD_PROFILE_H

#include <stddef.h>

#define PROFILE_PATIENCE 5000         /* milliseconds */
#define PROFILE_LIMIT    (256 * 1024) /* bytes that an environment may have */

/*
 * Runs `/bin/sh -l` in this environment, in its HOME, and returns the environment that came of it,
 * to be ended with environment_free; NULL when none did: it failed, took too long or is too large,
 * or one of the `count` descriptors became readable, which is how a caller ends it early.
 */
char **profile_read(char *const *environment, const int *cancel, size_t count);

#endif
