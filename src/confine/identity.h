/* SPDX-License-Identifier: ISC */

/*
 * Who a process is: uid, gid and supplementary groups. A process takes an identity once, between
 * its start and the program it becomes, and proves that it cannot go back.
 */
#ifndef CONFINE_IDENTITY_H
#define CONFINE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct identity {
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* all of them, the primary one too */
    size_t group_count;
};

/* A copy, to be given back with identity_clear(). */
struct identity identity_copy(const struct identity *identity);
/* Frees what it holds; a cleared one may be cleared again. */
void identity_clear(struct identity *identity);
bool identity_equal(const struct identity *one, const struct identity *other);

/*
 * Has this process, and what it starts, begin with a session keyring of its own, an empty one
 * (keyrings(7)): who is in a keyring may read what is in it, whatever his uid, and that of whoever
 * started winrmd would go from process to process. 0 or errno. System calls alone, as below.
 */
int identity_leave_keyring(void);

/*
 * Makes this process, which is uid 0, that one: real, effective and saved ids and the groups. uid 0
 * is taken only where `root` says so. 0, or errno: the process is then of no use and has to end.
 * For the child of vfork() too: system calls alone, none of the C library's, which would tell all
 * threads of the parent.
 */
int identity_assume(const struct identity *identity, bool root);

#endif
