/* SPDX-License-Identifier: ISC */

#include "broker/identities.h"

#include <stddef.h>

#include "broker/broker.h"

static const struct identity *of_account(const struct account *account)
{
    return account->name != NULL ? &account->identity : NULL;
}

const struct identity *identity_of_role(const struct broker *broker,
                                        const struct configuration *configuration,
                                        enum process role,
                                        const struct application_settings *settings)
{
    if (!broker->root)
        return NULL;
    switch (role) {
    case PROCESS_net:
        return of_account(&configuration->system_accounts[SYSTEM_ACCOUNT_net]);
    case PROCESS_auth:
    case PROCESS_gss:
        return of_account(&configuration->system_accounts[SYSTEM_ACCOUNT_auth]);
    case PROCESS_config:
        return of_account(&configuration->system_accounts[SYSTEM_ACCOUNT_config]);
    case PROCESS_authz_host:
    case PROCESS_shell_host:
        return of_account(&settings->service);
    default:
        return NULL;
    }
}

bool identity_may_be_broker(const struct broker *broker, enum process role)
{
    return !broker->root || role == PROCESS_pam || role == PROCESS_session;
}

bool identity_is_own(const struct configuration *configuration, uid_t uid)
{
    for (size_t i = 0; i < SYSTEM_ACCOUNTS; i++) {
        const struct account *account = &configuration->system_accounts[i];

        if (account->name != NULL && account->identity.uid == uid)
            return true;
    }
    return false;
}
