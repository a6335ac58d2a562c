/* SPDX-License-Identifier: ISC */

#include "auth/ntlm_users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/users.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

enum { HASH_DIGITS = 2 * NTLM_HASH, TIME_DIGITS = 8 };

#define HEX_DIGITS "0123456789abcdefABCDEF"
#define NO_HASH    "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"

/* ---- names ---- */

bool ntlm_user_valid(const char *user)
{
    return strlen(user) <= NTLM_USER_LIMIT && user_name_valid(user) &&
           strpbrk(user, "\\/@") == NULL;
}

bool ntlm_domain_valid(const char *domain)
{
    size_t length = strlen(domain);

    return length > 0 && length <= NTLM_DOMAIN_LIMIT &&
           strspn(domain, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") ==
               length;
}

/* ---- one line ---- */

static bool hash_valid(const char *hash)
{
    return strlen(hash) == HASH_DIGITS &&
           (strspn(hash, HEX_DIGITS) == HASH_DIGITS || strcmp(hash, NO_HASH) == 0);
}

static bool flags_valid(const char *flags)
{
    size_t length = strlen(flags);

    return length >= 2 && flags[0] == '[' && flags[length - 1] == ']' &&
           strspn(flags + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") == length - 2;
}

static bool time_valid(const char *changed)
{
    return text_starts(changed, "LCT-") && strlen(changed) == 4 + TIME_DIGITS &&
           strspn(changed + 4, HEX_DIGITS) == TIME_DIGITS;
}

/* NULL: it is in order. Cuts the line up. */
static const char *line_fault(char *line)
{
    char *at = line;
    char *user = strsep(&at, ":");
    const char *domain = strsep(&user, "\\");
    const char *uid = strsep(&at, ":");
    const char *lan_manager = strsep(&at, ":");
    const char *hash = strsep(&at, ":");
    const char *flags = strsep(&at, ":");
    const char *changed = strsep(&at, ":");

    if (changed == NULL || at == NULL || at[0] != '\0')
        return "it has not the fields of smbpasswd(5): remove it, and give the user a password "
               "with winrmctl ntlm-passwd";
    if (user == NULL || !ntlm_domain_valid(domain) || !ntlm_user_valid(user))
        return "it does not begin with DOMAIN\\user: remove it, and give the user a password with "
               "winrmctl ntlm-passwd";
    if (uid[0] == '\0' || strspn(uid, "0123456789") != strlen(uid) || !hash_valid(lan_manager) ||
        !hash_valid(hash) || !flags_valid(flags) || !time_valid(changed))
        return "it has a field that is none of smbpasswd(5): remove it, and give the user a "
               "password with winrmctl ntlm-passwd";
    return NULL;
}

/* ---- the text ---- */

static bool line_counts(const char *line, size_t length)
{
    return length > 0 && line[0] != '#';
}

/* The first line, and how long it is without its end; the rest begins behind that. */
static size_t line_length(const char *bytes, size_t length)
{
    const char *end = memchr(bytes, '\n', length);

    return end != NULL ? (size_t)(end - bytes) : length;
}

/* NULL: it is in order, and not in `names`, where it is now. */
static const char *line_take(struct map *names, const char *bytes, size_t length)
{
    char *line = mem_text_n(bytes, length);
    size_t size = strcspn(line, ":");
    char *name = mem_text_n(line, size);
    const char *fault = line_fault(line);

    for (size_t i = 0; i < size; i++)
        name[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    if (fault == NULL && map_get(names, name, size) != NULL)
        fault = "the user stands in the file already: keep one of the lines";
    if (fault == NULL)
        map_put(names, name, size, names);
    explicit_bzero(line, length);
    free(line);
    free(name);
    return fault;
}

bool ntlm_users_valid(const char *bytes, size_t length, struct file_fault *fault)
{
    const char *cause = NULL;
    struct map names;

    *fault = (struct file_fault){0};
    map_init(&names);
    for (size_t at = 0; cause == NULL && at < length;) {
        size_t size = line_length(bytes + at, length - at);

        fault->line++;
        if (memchr(bytes + at, '\0', size) != NULL)
            cause = "a NUL byte: remove it";
        else if (line_counts(bytes + at, size))
            cause = line_take(&names, bytes + at, size);
        at += size + 1;
    }
    if (cause != NULL)
        snprintf(fault->text, sizeof(fault->text), "%s", cause);
    else
        fault->line = 0;
    map_free(&names);
    return cause == NULL;
}

const char *ntlm_users_find(const char *bytes, size_t length, const char *domain, const char *user,
                            size_t *found_length)
{
    char *wanted = mem_printf("%s\\%s", domain, user);
    const size_t name = strlen(wanted);
    const char *found = NULL;

    for (size_t at = 0; found == NULL && at < length;) {
        size_t size = line_length(bytes + at, length - at);

        if (line_counts(bytes + at, size) && size > name && bytes[at + name] == ':') {
            char *written = mem_text_n(bytes + at, name);

            if (text_equal_case(written, wanted)) {
                found = bytes + at;
                *found_length = size;
            }
            free(written);
        }
        at += size + 1;
    }
    free(wanted);
    return found;
}

char *ntlm_users_line(const char *domain, const char *user, const uint8_t hash[NTLM_HASH],
                      uint64_t changed)
{
    char digits[HASH_DIGITS + 1];
    char *line;

    for (size_t i = 0; i < NTLM_HASH; i++)
        snprintf(digits + 2 * i, 3, "%02X", hash[i]);
    line = mem_printf("%s\\%s:0:%s:%s:[U          ]:LCT-%08X:\n", domain, user, NO_HASH, digits,
                      (unsigned)(changed & UINT32_MAX));
    explicit_bzero(digits, sizeof(digits));
    return line;
}
