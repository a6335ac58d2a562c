/* SPDX-License-Identifier: ISC */

/*
 * Which login is asked of PAM next: the turns of the sources (turns.h), and the limits of what an
 * address and a user may fail (limits.h). A login takes a token of each when it begins, and gives
 * them back when it ends well; one for which there is none waits, and nobody behind it.
 */
#ifndef AUTH_ADMISSION_H
#define AUTH_ADMISSION_H

#include "auth/turns.h"

struct admission;

/* Embedded in its owner, who keeps it until it was refused, dropped or ended. */
struct admission_job {
    struct turn_job turn;
    const char *name; /* whose login; NULL: nobody's, and only the address counts */
    bool unlimited;   /* it proves nothing and fails nothing */
};

enum admission_reason { ADMISSION_none, ADMISSION_crowd, ADMISSION_user, ADMISSION_source };

struct admission *admission_new(void);
/* Forgets what is still there. NULL is allowed. */
void admission_free(struct admission *admission);

/* Queues a job. Returns NULL or the one that is refused for it, this one or another. */
struct admission_job *admission_add(struct admission *admission, struct admission_job *job,
                                    const char *address, uint64_t now);
/*
 * The next job, begun; NULL: there is none. `wait`: in how many milliseconds it is worth asking
 * again; 0: not before something has changed.
 */
struct admission_job *admission_next(struct admission *admission, unsigned workers, uint64_t now,
                                     uint64_t *wait);
/* One that has begun is done, and nothing of it counts if it went well. */
void admission_end(struct admission *admission, struct admission_job *job, bool well, uint64_t now);
/* Takes one out that waits. */
void admission_drop(struct admission *admission, struct admission_job *job);
/*
 * What a user of that name, or clients at that address, have failed counts no more; returns of how
 * many of the two there was anything. Worth an admission_next().
 */
uint32_t admission_forget(struct admission *admission, const char *who, uint64_t now);
/* Why one that waits does. */
enum admission_reason admission_why(struct admission *admission, const struct admission_job *job,
                                    uint64_t now);

#endif
