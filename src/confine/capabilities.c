/* SPDX-License-Identifier: ISC */

#include "confine/capabilities.h"

#include <cap-ng.h>
#include <stddef.h>

/*
 * What is not here the broker cannot do, root though it is. Not CAP_DAC_OVERRIDE and its kin: the
 * configuration, the audit file and the control socket are root's by their own permission bits. Not
 * CAP_SYS_PTRACE: nobody's memory is its to read. Not CAP_CHOWN, CAP_FOWNER, CAP_SYS_ADMIN.
 */
static const struct {
    unsigned capability;
    bool needed; /* there is no broker without it */
} kept[] = {
    {CAP_SETUID, true}, /* a process becomes whom it should be before it is that program */
    {CAP_SETGID, true}, /* and has his groups */
    {CAP_KILL, true},   /* and is ended, by us or when we end (PR_SET_PDEATHSIG) */
    {CAP_NET_BIND_SERVICE, false} /* a listener below port 1024 */
};

enum { KEPT = sizeof(kept) / sizeof(kept[0]) };

bool capabilities_keep_broker(const char **missing)
{
    bool have[KEPT];

    *missing = "what tells it its capabilities (capget)";
    if (capng_get_caps_process() != 0)
        return false;
    for (size_t i = 0; i < KEPT; i++) {
        have[i] = capng_have_capability(CAPNG_PERMITTED, kept[i].capability) != 0;
        *missing = capng_capability_to_name(kept[i].capability);
        if (kept[i].needed && !have[i])
            return false;
    }
    capng_clear(CAPNG_SELECT_CAPS);
    for (size_t i = 0; i < KEPT; i++)
        if (have[i])
            capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, kept[i].capability);
    *missing = "the right to drop capabilities (capset)";
    return capng_apply(CAPNG_SELECT_CAPS) == 0;
}
