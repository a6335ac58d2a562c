/* SPDX-License-Identifier: ISC */

#include "base/netbios.h"

#include <string.h>

void netbios_name(char out[NETBIOS_NAME], const char *machine)
{
    size_t length = strcspn(machine, ".");

    if (length >= NETBIOS_NAME)
        length = NETBIOS_NAME - 1;
    for (size_t i = 0; i < length; i++)
        out[i] =
            machine[i] >= 'a' && machine[i] <= 'z' ? (char)(machine[i] - 'a' + 'A') : machine[i];
    out[length] = '\0';
    if (length == 0)
        strcpy(out, "LOCALHOST");
}
