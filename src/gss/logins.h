/* SPDX-License-Identifier: ISC */

/*
 * The logins of one winrmd-auth that have begun and not ended, by the number it gave them. As many
 * as the limit are kept; those that are not continued in time are dropped, as if they had never
 * been. One thread.
 */
#ifndef GSS_LOGINS_H
#define GSS_LOGINS_H

#include "base/loop.h"
#include "gss/acceptor.h"

enum { LOGINS_LIMIT = 1024, LOGIN_TIME = 30000 /* milliseconds */ };

struct logins;

struct logins *logins_new(struct loop *loop);
/* NULL is allowed. */
void logins_free(struct logins *logins);

/* The login of that number. NULL: there is none, or it was dropped. */
struct login *logins_find(struct logins *logins, uint64_t number);
/* A new one of that number, which is not in use. NULL: there are too many. */
struct login *logins_begin(struct logins *logins, uint64_t number);
/* It is over, whatever it was; unknown numbers are allowed. */
void logins_end(struct logins *logins, uint64_t number);
size_t logins_count(const struct logins *logins);

#endif
