/* SPDX-License-Identifier: ISC */

/* Names of NTLM's domains and computers (MS-NBTE). A pure function, usable from any thread. */
#ifndef BASE_NETBIOS_H
#define BASE_NETBIOS_H

/* At most 15 bytes, with its NUL. */
enum { NETBIOS_NAME = 16 };

/*
 * Writes the first label of a host's name, in capitals and cut to its size: "web1.example.org" is
 * WEB1. One that begins with a dot, or is empty, is LOCALHOST.
 */
void netbios_name(char out[NETBIOS_NAME], const char *machine);

#endif
