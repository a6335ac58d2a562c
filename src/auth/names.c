/* SPDX-License-Identifier: ISC */

#include "auth/names.h"

#include <string.h>

#include "base/text.h"

/* What separates the parts of names, so that it is no part of one. */
#define SEPARATORS "@\\/:"

static const char *account_take(const char *user, size_t length, char account[USER_NAME_LIMIT + 1])
{
    account[0] = '\0';
    if (length == 0)
        return "the name has no user in it";
    if (length > USER_NAME_LIMIT)
        return "the user is longer than 512 bytes";
    for (size_t i = 0; i < length; i++)
        account[i] = user[i] >= 'A' && user[i] <= 'Z' ? (char)(user[i] - 'A' + 'a') : user[i];
    account[length] = '\0';
    if (strpbrk(account, SEPARATORS) == NULL && user_name_valid(account))
        return NULL;
    account[0] = '\0';
    return "the user is no plain name";
}

static bool realm_accepted(const char *realm, const struct ipc_items *realms)
{
    for (uint32_t i = 0; i < realms->count; i++)
        if (realms->item[i].name != NULL && strcmp(realms->item[i].name, realm) == 0)
            return true;
    return false;
}

const char *name_of_kerberos(const char *name, const struct ipc_items *realms,
                             char account[USER_NAME_LIMIT + 1])
{
    const char *at = name != NULL ? strchr(name, '@') : NULL;

    account[0] = '\0';
    if (at == NULL)
        return "the principal has no realm";
    /* A character that means something is escaped in a component: no account is called that. */
    if (strpbrk(name, "/\\") != NULL)
        return "the principal is no user's";
    if (!realm_accepted(at + 1, realms))
        return "the principal's realm is none that is let in";
    return account_take(name, (size_t)(at - name), account);
}

static bool domain_ours(const char *part, size_t length, const char *domain)
{
    char written[LIMIT_ID + 1];

    if (domain == NULL || length == 0 || length > LIMIT_ID)
        return false;
    memcpy(written, part, length);
    written[length] = '\0';
    return text_equal_case(written, domain);
}

const char *name_of_ntlm(const char *name, const char *domain, char account[USER_NAME_LIMIT + 1])
{
    const char *slash = name != NULL ? strchr(name, '\\') : NULL;

    account[0] = '\0';
    if (name == NULL)
        return "the name has no user in it";
    if (slash == NULL)
        return account_take(name, strlen(name), account);
    if (!domain_ours(name, (size_t)(slash - name), domain))
        return "the user's domain is not this machine's";
    return account_take(slash + 1, strlen(slash + 1), account);
}
