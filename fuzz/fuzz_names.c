/* SPDX-License-Identifier: ISC */

/*
 * Names that Kerberos and NTLM have proved, and the NTLM password file: an account is always a
 * plain name in small letters, and each user of a file that is in order is found in it.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/names.h"
#include "auth/ntlm_users.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void account_check(const char *fault, const char *account)
{
    if ((fault == NULL) == (account[0] == '\0'))
        abort();
    if (fault == NULL && (!user_name_valid(account) || strpbrk(account, "@\\/:ABCXYZ") != NULL))
        abort();
}

/* The line that a file of this one line is, and nothing else. */
static void file_check(const char *text, size_t size)
{
    struct file_fault fault;
    char *name = mem_text_n(text, size);
    char *user = name;
    const char *domain;
    size_t length;

    if (ntlm_users_valid(text, size, &fault)) {
        if (fault.line != 0 || fault.text[0] != '\0')
            abort();
        name[strcspn(name, ":")] = '\0';
        domain = strsep(&user, "\\");
        if (text[0] != '#' && user != NULL && memchr(text, '\n', size) == NULL &&
            (ntlm_users_find(text, size, domain, user, &length) != text || length != size))
            abort();
    } else if (fault.line == 0 || fault.text[0] == '\0') {
        abort();
    }
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct ipc_item realms[] = {{.name = "EXAMPLE.ORG"}, {.name = "LAB"}};
    static const struct ipc_items two = {.item = realms, .count = 2};
    char *name = mem_text_n((const char *)data, strnlen((const char *)data, size));
    char account[USER_NAME_LIMIT + 1];
    const char *fault;

    fault = name_of_kerberos(name, &two, account);
    account_check(fault, account);
    fault = name_of_ntlm(name, "LAB", account);
    account_check(fault, account);
    file_check((const char *)data, size);
    free(name);
    return 0;
}
