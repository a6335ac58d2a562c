/* SPDX-License-Identifier: ISC */

/*
 * Who shares a queue for password hashes. A client at IPv4 is one address; one at IPv6 has a whole
 * /64 for its own and could change its address with every try (RFC 4291, 2.5.1; RFC 6177), so the
 * first 64 bits stand for it.
 */
#ifndef AUTH_SOURCE_H
#define AUTH_SOURCE_H

enum { SOURCE_SIZE = 160 };

/*
 * Writes the source of a numeric address ("192.0.2.1", "2001:db8::1", "fe80::1%eth0") into
 * `source`: "192.0.2.1", "2001:db8::/64". An IPv4 address in an IPv6 one is the IPv4 address. What
 * is no address is its own source, cut to the size of the buffer.
 */
void source_of(const char *address, char source[SOURCE_SIZE]);

#endif
