/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into a program that must notice it was started as root, on machines where a test can
 * not become root in a user namespace: every question after the uid is answered 0.
 */
#include <sys/types.h>

__attribute__((visibility("default"))) uid_t getuid(void);
__attribute__((visibility("default"))) uid_t geteuid(void);

uid_t getuid(void)
{
    return 0;
}

uid_t geteuid(void)
{
    return 0;
}
