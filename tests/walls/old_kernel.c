/* SPDX-License-Identifier: ISC */

/* Runs a program as on a kernel without Landlock: old_kernel PROGRAM [ARGUMENT]... */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char **arguments)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

    if (count < 2 || filter == NULL ||
        seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) !=
            0 ||
        seccomp_load(filter) != 0) {
        fprintf(stderr, "old_kernel: it cannot be made\n");
        return 1;
    }
    seccomp_release(filter);
    execv(arguments[1], arguments + 1);
    perror(arguments[1]);
    return 1;
}
