/* SPDX-License-Identifier: ISC */

/*
 * Starting the programs of winrmd that are at the other end of a channel: each with that as
 * descriptor 3, nothing to read, nowhere to write but standard error, and an environment of its
 * own.
 */
#ifndef IPC_PROGRAM_H
#define IPC_PROGRAM_H

#include <sys/resource.h>
#include <sys/types.h>

#include "confine/identity.h"

/*
 * Where the programs are: beside this one's executable, as in a build tree, else in `installed`,
 * where the package puts them. free().
 */
char *program_folder(const char *installed);

/* The variables by which Kerberos is configured, for the programs that use it; ends with NULL. */
extern const char *const program_kerberos[];

/* Set for an authorization host that is no service's: whoever started it may look into it. */
#define PROGRAM_TRIAL "WINRMD_TRIAL"
extern const char *const program_trial[];

struct program {
    const char *path;
    const char *directory; /* where it starts; NULL: here */
    int channel;           /* becomes its descriptor 3 */
    int errors;            /* becomes its standard error; -1: this process's */
    const char *const
        *passed; /* variables that it gets of this process's; NULL-ended; NULL: none */
    const struct identity *identity; /* whom it runs as; NULL: as this process */
    const struct rlimit *files;      /* its limit of open files; NULL: this process's */
};

/*
 * Starts it; the descriptors stay open here, and no other one than those named is open in it. 0 or
 * errno: then there is no process. An identity of uid 0 is not taken.
 */
int program_start(pid_t *pid, const struct program *program);

/*
 * Waits until the child `pid` has become its program, which closes the pipe `outcome`: 0; or until
 * it has written into it why it cannot: how many bytes. From the moment it is its user, others of
 * that user may stop it: it is killed then, and when it takes longer than seconds. Such a one
 * counts as begun, and is found dead.
 */
size_t program_await(pid_t pid, int outcome, void *report, size_t size);

#endif
