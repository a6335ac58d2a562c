/* SPDX-License-Identifier: ISC */

#include "confine/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's interface, as in <linux/landlock.h> of Linux 6.12: that of Debian 12 ends with
 * version 2. A kernel takes the part of the structure that it knows.
 */
struct ruleset {
    uint64_t handled_files;
    uint64_t handled_network; /* version 4 */
    uint64_t scoped;          /* version 6 */
};

struct rule {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_FILE = 1 << 5,
    MAKE_REG = 1 << 8,
    FIRST_RIGHTS = (1 << 13) - 1, /* version 1 */
    REFER = 1 << 13,              /* version 2 */
    TRUNCATE = 1 << 14,           /* version 3 */
    IOCTL_DEV = 1 << 15,          /* version 5 */
    OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV,
    CONNECT_AND_BIND = 3,
    ABSTRACT_SOCKETS_AND_SIGNALS = 3,
    RULE_PATH = 1,
    ASK_VERSION = 1
};

static struct ruleset ruleset_for(int version)
{
    struct ruleset ruleset = {.handled_files = FIRST_RIGHTS};

    if (version >= 2)
        ruleset.handled_files |= REFER;
    if (version >= 3)
        ruleset.handled_files |= TRUNCATE;
    if (version >= 4)
        ruleset.handled_network = CONNECT_AND_BIND;
    if (version >= 5)
        ruleset.handled_files |= IOCTL_DEV;
    if (version >= 6)
        ruleset.scoped = ABSTRACT_SOCKETS_AND_SIGNALS;
    return ruleset;
}

static bool path_allow(int rules, uint64_t handled, const struct landlock_path *path)
{
    struct rule rule = {.allowed = READ_FILE | READ_DIR};
    struct stat status;
    bool done = false;

    rule.folder = open(path->path, O_PATH | O_CLOEXEC);
    if (rule.folder < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES;
    if (path->write)
        rule.allowed |= WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE;
    if (fstat(rule.folder, &status) == 0) {
        if (!S_ISDIR(status.st_mode))
            rule.allowed &= OF_FILES;
        rule.allowed &= handled;
        done = syscall(SYS_landlock_add_rule, rules, RULE_PATH, &rule, 0) == 0;
    }
    close(rule.folder);
    return done;
}

int landlock_version(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);

    return version > 0 ? (int)version : 0;
}

int landlock_restrict(const struct landlock_path *paths, size_t count)
{
    int version = landlock_version();
    struct ruleset ruleset = ruleset_for(version);
    int rules = -1, error;
    bool done;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    if (version == 0)
        return 0;
    /* What a kernel does not know has to be zero, and is. */
    rules = (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
    done = rules >= 0;
    for (size_t i = 0; done && i < count; i++)
        done = paths[i].path == NULL || path_allow(rules, ruleset.handled_files, &paths[i]);
    done = done && syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    error = errno;
    if (rules >= 0)
        close(rules);
    errno = error;
    return done ? version : -1;
}
