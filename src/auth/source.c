/* SPDX-License-Identifier: ISC */

#include "auth/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void source_of_ipv6(struct in6_addr *address, char source[SOURCE_SIZE])
{
    char text[INET6_ADDRSTRLEN];

    if (IN6_IS_ADDR_V4MAPPED(address)) {
        inet_ntop(AF_INET, address->s6_addr + 12, source, SOURCE_SIZE);
        return;
    }
    memset(address->s6_addr + 8, 0, 8);
    inet_ntop(AF_INET6, address, text, sizeof(text));
    snprintf(source, SOURCE_SIZE, "%s/64", text);
}

void source_of(const char *address, char source[SOURCE_SIZE])
{
    struct in6_addr ipv6;

    /* Without the zone behind %: a link's clients are told apart by nothing they cannot choose. */
    snprintf(source, SOURCE_SIZE, "%.*s", (int)strcspn(address, "%"), address);
    if (inet_pton(AF_INET6, source, &ipv6) == 1)
        source_of_ipv6(&ipv6, source);
    else
        snprintf(source, SOURCE_SIZE, "%s", address);
}
