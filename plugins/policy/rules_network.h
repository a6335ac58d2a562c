/* SPDX-License-Identifier: ISC */

/*
 * Network addresses and networks, IPv4 and IPv6. A client at an IPv4 address that came in through
 * an IPv6 listener (::ffff:192.0.2.1, RFC 4291, 2.5.5.2) is at the IPv4 address.
 */

#ifndef PLUGINS_POLICY_RULES_NETWORK_H
#define PLUGINS_POLICY_RULES_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

struct rules_address {
    unsigned length; /* 4 or 16 bytes; 0: none */
    uint8_t bytes[16];
};

struct rules_network {
    struct rules_address address; /* no bit beyond `prefix` is set */
    unsigned prefix;              /* bits */
};

/* Reads "192.0.2.1", "2001:db8::1" or "fe80::1%eth0" (the zone does not count). */
bool rules_address_read(const char *text, struct rules_address *address);

/* Why a text is no network. */
enum rules_network_fault {
    NETWORK_GOOD = 0,
    NETWORK_NO_ADDRESS, /* what stands before the / is none */
    NETWORK_NO_PREFIX,  /* what stands behind it is no number of bits this address can have */
    NETWORK_MAPPED,     /* an IPv4 network written as an IPv6 one: nobody would ever be in it */
    NETWORK_HOST_BITS,  /* the address has bits beyond the prefix */
};

/* Reads "10.0.0.0/8", "2001:db8::/32", or an address, which is a network of one. */
enum rules_network_fault rules_network_read(const char *text, struct rules_network *network);

bool rules_network_has(const struct rules_network *network, const struct rules_address *address);

#endif
