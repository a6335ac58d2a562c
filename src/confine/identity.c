/* SPDX-License-Identifier: ISC */

#include "confine/identity.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"

/* Where there are two of them the plain ones take 16 bits. */
#ifdef SYS_setresuid32
enum {
    CALL_setgroups = SYS_setgroups32,
    CALL_setresgid = SYS_setresgid32,
    CALL_setresuid = SYS_setresuid32,
    CALL_getresgid = SYS_getresgid32,
    CALL_getresuid = SYS_getresuid32
};
#else
enum {
    CALL_setgroups = SYS_setgroups,
    CALL_setresgid = SYS_setresgid,
    CALL_setresuid = SYS_setresuid,
    CALL_getresgid = SYS_getresgid,
    CALL_getresuid = SYS_getresuid
};
#endif

struct identity identity_copy(const struct identity *identity)
{
    struct identity copy = *identity;

    copy.groups = mem_alloc((identity->group_count + 1) * sizeof(*copy.groups));
    for (size_t i = 0; i < identity->group_count; i++)
        copy.groups[i] = identity->groups[i];
    return copy;
}

void identity_clear(struct identity *identity)
{
    free(identity->groups);
    identity->groups = NULL;
    identity->group_count = 0;
}

bool identity_equal(const struct identity *one, const struct identity *other)
{
    if (one->uid != other->uid || one->gid != other->gid || one->group_count != other->group_count)
        return false;
    for (size_t i = 0; i < one->group_count; i++)
        if (one->groups[i] != other->groups[i])
            return false;
    return true;
}

int identity_leave_keyring(void)
{
    /* Where there are no keyrings, or a container forbids them, nobody below has any either. */
    if (syscall(SYS_keyctl, (long)KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS ||
        errno == EPERM)
        return 0;
    return errno;
}

static bool holds_no_capability(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

    memset(data, 0, sizeof(data));
    if (syscall(SYS_capget, &header, data) != 0)
        return false;
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if (data[i].effective != 0 || data[i].permitted != 0)
            return false;
    return true;
}

/* All ids are those, and root's cannot be had again. */
static bool identity_is_final(const struct identity *identity)
{
    uid_t uid[3];
    gid_t gid[3];

    if (syscall(CALL_getresuid, &uid[0], &uid[1], &uid[2]) != 0 ||
        syscall(CALL_getresgid, &gid[0], &gid[1], &gid[2]) != 0)
        return false;
    for (size_t i = 0; i < 3; i++)
        if (uid[i] != identity->uid || gid[i] != identity->gid)
            return false;
    if (identity->uid == 0)
        return true;
    return syscall(CALL_setresuid, -1L, 0L, -1L) != 0 &&
           (identity->gid == 0 || syscall(CALL_setresgid, -1L, 0L, -1L) != 0) &&
           holds_no_capability();
}

int identity_assume(const struct identity *identity, bool root)
{
    long uid = (long)identity->uid;
    long gid = (long)identity->gid;

    if (identity->uid == (uid_t)-1 || identity->gid == (gid_t)-1 || (identity->uid == 0 && !root))
        return EPERM;
    if (syscall(CALL_setgroups, (long)identity->group_count, identity->groups) != 0 ||
        syscall(CALL_setresgid, gid, gid, gid) != 0 || syscall(CALL_setresuid, uid, uid, uid) != 0)
        return errno;
    return identity_is_final(identity) ? 0 : EPERM;
}
