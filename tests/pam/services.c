/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into a winrmd-pam under test: PAM's services are those in the folder that the
 * environment names (pam_start(3), pam_start_confdir).
 */
#include <security/pam_appl.h>
#include <stdlib.h>

__attribute__((visibility("default"))) int pam_start(const char *service, const char *user,
                                                     const struct pam_conv *conversation,
                                                     pam_handle_t **handle)
{
    return pam_start_confdir(service, user, conversation, getenv("TEST_PAM_SERVICES"), handle);
}
