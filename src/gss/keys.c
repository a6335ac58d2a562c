/* SPDX-License-Identifier: ISC */

#include "gss/keys.h"

#include <errno.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/trusted_file.h"

/* ---- the files ---- */

bool keytab_usable(const char *path, char *why, size_t size, const char **remedy)
{
    *remedy = "make it with ktadd of kadmin(1), or correct keytab in winrmd.conf";
    return trusted_file_usable(path, false, why, size, remedy);
}

bool ntlm_users_usable(const char *path, char *why, size_t size, const char **remedy)
{
    *remedy = "make it with winrmctl ntlm-passwd, or correct ntlm-users in winrmd.conf";
    return trusted_file_usable(path, true, why, size, remedy);
}

bool keytab_exposed(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

/* ---- realms ---- */

static void realm_add(struct realms *realms, const krb5_data *realm)
{
    if (realm->length == 0 || realm->length > LIMIT_NAME || realms->count >= LIMIT_REALMS ||
        memchr(realm->data, '\0', realm->length) != NULL)
        return;
    for (uint32_t i = 0; i < realms->count; i++)
        if (strlen(realms->item[i].name) == realm->length &&
            memcmp(realms->item[i].name, realm->data, realm->length) == 0)
            return;
    realms->item[realms->count++] =
        (struct ipc_item){.name = mem_text_n(realm->data, realm->length)};
}

static void error_show(krb5_context context, krb5_error_code error, char *why, size_t size)
{
    const char *said = krb5_get_error_message(context, error);

    log_safe(why, size, said);
    krb5_free_error_message(context, said);
}

static krb5_error_code entries_read(krb5_context context, krb5_keytab keytab, struct realms *realms)
{
    krb5_kt_cursor cursor;
    krb5_keytab_entry entry;
    krb5_error_code error = krb5_kt_start_seq_get(context, keytab, &cursor);

    if (error != 0)
        return error;
    while ((error = krb5_kt_next_entry(context, keytab, &entry, &cursor)) == 0) {
        realm_add(realms, krb5_princ_realm(context, entry.principal));
        krb5_free_keytab_entry_contents(context, &entry);
    }
    krb5_kt_end_seq_get(context, keytab, &cursor);
    return error == KRB5_KT_END ? 0 : error;
}

bool realms_read(const char *keytab, struct realms *realms, char *why, size_t size)
{
    char *name = mem_printf("FILE:%s", keytab);
    krb5_context context = NULL;
    krb5_keytab opened = NULL;
    krb5_error_code error = krb5_init_context(&context);

    *realms = (struct realms){0};
    why[0] = '\0';
    if (error != 0) {
        /* Without a context there is nobody to ask for words. */
        snprintf(why, size, "Kerberos cannot be configured (error %d); see krb5.conf", (int)error);
        goto out;
    }
    error = krb5_kt_resolve(context, name, &opened);
    if (error == 0)
        error = entries_read(context, opened, realms);
    if (error != 0)
        error_show(context, error, why, size);
    else if (realms->count == 0)
        snprintf(why, size, "it holds no key");
out:
    if (opened != NULL)
        krb5_kt_close(context, opened);
    if (context != NULL)
        krb5_free_context(context);
    free(name);
    return why[0] == '\0';
}

void realms_clear(struct realms *realms)
{
    for (uint32_t i = 0; i < realms->count; i++)
        free((char *)(uintptr_t)realms->item[i].name);
    *realms = (struct realms){0};
}
