/* SPDX-License-Identifier: ISC */

/* winrmctl ntlm-passwd. */
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/ntlm_users.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/netbios.h"
#include "base/text.h"
#include "ctl/ctl.h"
#include "ctl/password.h"
#include "ctl/replaced_file.h"

/* ---- the hash ---- */

/* MD4, which OpenSSL has in its legacy provider alone; in a context of its own. */
static bool md4(const void *bytes, size_t length, uint8_t hash[NTLM_HASH])
{
    OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *legacy = context != NULL ? OSSL_PROVIDER_load(context, "legacy") : NULL;
    EVP_MD *algorithm = legacy != NULL ? EVP_MD_fetch(context, "MD4", NULL) : NULL;
    unsigned made = 0;
    bool done = algorithm != NULL && EVP_MD_get_size(algorithm) == NTLM_HASH &&
                EVP_Digest(bytes, length, hash, &made, algorithm, NULL) == 1;

    EVP_MD_free(algorithm);
    if (legacy != NULL)
        OSSL_PROVIDER_unload(legacy);
    OSSL_LIB_CTX_free(context);
    if (!done)
        ctl_complain("OpenSSL has no MD4, which is in its legacy provider; install that "
                     "(openssl-provider-legacy, where there is such a package)");
    return done;
}

/* The NT hash of a password: MD4 of it in UTF-16, little-endian (MS-NLMP, 3.3.1). */
static bool password_hash(uint8_t hash[NTLM_HASH])
{
    char password[PASSWORD_LIMIT + 2] = "";
    char16_t units[PASSWORD_LIMIT];
    uint8_t bytes[sizeof(units)];
    ptrdiff_t count;
    bool done = false;

    if (password_read(password)) {
        count = utf16_from_utf8(units, password, strlen(password));
        for (ptrdiff_t i = 0; i < count; i++) {
            bytes[2 * i] = (uint8_t)(units[i] & 0xff);
            bytes[2 * i + 1] = (uint8_t)(units[i] >> 8);
        }
        done = count > 0 && md4(bytes, 2 * (size_t)count, hash);
    }
    explicit_bzero(password, sizeof(password));
    explicit_bzero(units, sizeof(units));
    explicit_bzero(bytes, sizeof(bytes));
    return done;
}

/* ---- the file ---- */

/* Is the text a file that gss-ntlmssp reads as we do? */
static bool text_acceptable(const struct replaced_file *file)
{
    struct file_fault fault;

    if (ntlm_users_valid((const char *)buffer_bytes(&file->old), buffer_length(&file->old), &fault))
        return true;
    ctl_complain("%s is not in order: line %u: %s", file->path, fault.line, fault.text);
    return false;
}

static bool arguments_valid(const char *domain, const char *name)
{
    if (!ntlm_domain_valid(domain)) {
        ctl_complain("\"%.200s\" cannot be a domain; use 1 to %d letters, digits, '_' and '-' with "
                     "--domain, as in ntlm-domain of winrmd.conf",
                     domain, NTLM_DOMAIN_LIMIT);
        return false;
    }
    if (!ntlm_user_valid(name)) {
        ctl_complain("\"%.300s\" cannot be a user's name; use 1 to %d bytes of text without colon, "
                     "backslash, slash and @",
                     name, NTLM_USER_LIMIT);
        return false;
    }
    return true;
}

/* As winrmd-gss calls this machine; or what was said, in capitals. */
static void domain_choose(const struct ctl_options *options, char domain[NETBIOS_NAME], bool *whole)
{
    char machine[256] = "";

    gethostname(machine, sizeof(machine) - 1);
    netbios_name(domain, options->domain != NULL ? options->domain : machine);
    *whole = options->domain == NULL || text_equal_case(options->domain, domain);
}

enum ctl_exit ctl_ntlm_passwd(const struct ctl_options *options, const char *path, const char *name)
{
    struct replaced_file file;
    char domain[NETBIOS_NAME];
    uint8_t hash[NTLM_HASH] = {0};
    enum ctl_exit result = CTL_failed;
    const char *line;
    char *fresh = NULL;
    size_t length = 0;
    bool whole;

    domain_choose(options, domain, &whole);
    if (!arguments_valid(whole ? domain : options->domain, name))
        return CTL_usage;
    /* First the password: nobody should hold the lock while somebody types. */
    if (!options->remove && !password_hash(hash))
        return CTL_failed;
    if (!replaced_file_open(&file, path) || !text_acceptable(&file))
        goto out;
    line = ntlm_users_find((const char *)buffer_bytes(&file.old), buffer_length(&file.old), domain,
                           name, &length);
    if (options->remove && line == NULL) {
        ctl_complain("%s has no user %s\\%s", file.path, domain, name);
        goto out;
    }
    if (!options->remove)
        fresh = ntlm_users_line(domain, name, hash, (uint64_t)clock_today().tv_sec);
    if (replaced_file_edit(&file, line, length, fresh) && replaced_file_write(&file))
        result = CTL_done;
out:
    if (fresh != NULL)
        explicit_bzero(fresh, strlen(fresh));
    free(fresh);
    explicit_bzero(hash, sizeof(hash));
    replaced_file_close(&file);
    return result;
}
