/* SPDX-License-Identifier: ISC */

#include "gss/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "ipc/program.h"

static void put(const char *name, const char *value)
{
    if (setenv(name, value, 1) == 0)
        return;
    log_error("out of memory");
    exit(1);
}

/*
 * A context that is handed over names the files that it was made by, and the library takes it over
 * only where it can read one of them. winrmd-net may read none, and needs nothing that they say
 * (docs/walls.md, S-4): one more that says nothing is everybody's.
 */
static void put_configuration(void)
{
    const char *named = getenv("KRB5_CONFIG");
    char *files = mem_printf("%s:/dev/null", named != NULL ? named : "/etc/krb5.conf");

    put("KRB5_CONFIG", files);
    free(files);
}

enum { KEPT = 8 };

void environment_set(const char *keytab, const char *ntlm_users, const char *domain,
                     const char *machine, char shown[NETBIOS_NAME])
{
    char computer[NETBIOS_NAME];
    char *values[KEPT];
    size_t count = 0;

    for (; count < KEPT && program_kerberos[count] != NULL; count++)
        values[count] = mem_text(getenv(program_kerberos[count]));
    clearenv();
    for (size_t i = 0; i < count; i++) {
        if (values[i] != NULL)
            put(program_kerberos[i], values[i]);
        free(values[i]);
    }
    put_configuration();
    /*
     * gss-ntlmssp asks winbind about whom its file does not name. A user of another place, who may
     * leave out the domain, would then pass for one of ours (libwbclient looks at this).
     */
    put("_NO_WINBINDD", "1");
    netbios_name(computer, machine);
    netbios_name(shown, domain != NULL ? domain : machine);
    if (keytab != NULL) {
        char *file = mem_printf("FILE:%s", keytab);

        put("KRB5_KTNAME", file);
        free(file);
    }
    if (ntlm_users == NULL)
        return;
    put("NTLM_USER_FILE", ntlm_users);
    put("NETBIOS_COMPUTER_NAME", computer);
    put("NETBIOS_DOMAIN_NAME", shown);
    /* NTLMv2 and nothing older. */
    put("LM_COMPAT_LEVEL", "5");
}
