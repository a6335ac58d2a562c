/* SPDX-License-Identifier: ISC */

#include "policy/rules_network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* An address without a zone, as it is written. */
static bool read_plain(const char *text, struct rules_address *address)
{
    *address = (struct rules_address){0};
    if (inet_pton(AF_INET, text, address->bytes) == 1)
        address->length = 4;
    else if (inet_pton(AF_INET6, text, address->bytes) == 1)
        address->length = 16;
    return address->length > 0;
}

static bool is_mapped(const struct rules_address *address)
{
    return address->length == 16 && memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

bool rules_address_read(const char *text, struct rules_address *address)
{
    char plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "%");

    *address = (struct rules_address){0};
    if (length >= sizeof(plain))
        return false;
    snprintf(plain, sizeof(plain), "%.*s", (int)length, text);
    if (!read_plain(plain, address))
        return false;
    if (is_mapped(address)) {
        memmove(address->bytes, address->bytes + sizeof(mapped), 4);
        memset(address->bytes + 4, 0, sizeof(address->bytes) - 4);
        address->length = 4;
    }
    return true;
}

/* One to three digits, `most` at most. */
static bool read_prefix(const char *text, unsigned most, unsigned *prefix)
{
    size_t length = strspn(text, "0123456789");

    *prefix = 0;
    if (length == 0 || length > 3 || text[length] != '\0' || (length > 1 && text[0] == '0'))
        return false;
    while (*text)
        *prefix = *prefix * 10 + (unsigned)(*text++ - '0');
    return *prefix <= most;
}

/* The bits of byte `i` that belong to a network with that prefix. */
static uint8_t mask(unsigned prefix, unsigned i)
{
    unsigned bits = prefix > 8 * i ? prefix - 8 * i : 0;

    return (uint8_t)(bits >= 8 ? 0xffU : (0xff00U >> bits) & 0xffU);
}

enum rules_network_fault rules_network_read(const char *text, struct rules_network *network)
{
    char plain[INET6_ADDRSTRLEN];
    size_t length = strcspn(text, "/");
    const char *prefix = text[length] == '/' ? text + length + 1 : NULL;

    *network = (struct rules_network){0};
    if (length >= sizeof(plain))
        return NETWORK_NO_ADDRESS;
    snprintf(plain, sizeof(plain), "%.*s", (int)length, text);
    if (!read_plain(plain, &network->address))
        return NETWORK_NO_ADDRESS;
    if (is_mapped(&network->address))
        return NETWORK_MAPPED;
    network->prefix = network->address.length * 8;
    if (prefix && !read_prefix(prefix, network->prefix, &network->prefix))
        return NETWORK_NO_PREFIX;
    for (unsigned i = 0; i < network->address.length; i++)
        if (network->address.bytes[i] & ~mask(network->prefix, i))
            return NETWORK_HOST_BITS;
    return NETWORK_GOOD;
}

bool rules_network_has(const struct rules_network *network, const struct rules_address *address)
{
    if (address->length != network->address.length)
        return false;
    for (unsigned i = 0; i < address->length; i++)
        if ((address->bytes[i] & mask(network->prefix, i)) != network->address.bytes[i])
            return false;
    return true;
}
