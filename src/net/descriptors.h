/* SPDX-License-Identifier: ISC */

/*
 * Descriptors are what this process runs out of first: each connection is one, and so is each
 * channel to a shell host.
 */
#ifndef NET_DESCRIPTORS_H
#define NET_DESCRIPTORS_H

#include <stdint.h>

/*
 * Raises the soft limit of open files to the hard one. Returns how many of `connections` there are
 * descriptors for besides the channels, and logs the cause and the remedy when these are fewer: a
 * connection too many is then sent away, instead of leaving no descriptor for a shell.
 */
uint32_t descriptors_for(uint32_t connections);

#endif
