/* SPDX-License-Identifier: ISC */

/* SipHash-2-4 (Aumasson, Bernstein 2012): keyed, so that nobody outside can choose collisions. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { HASH_KEY_SIZE = 16 };

uint64_t hash_keyed(const uint8_t key[HASH_KEY_SIZE], const void *bytes, size_t length);

/* Fills `bytes` from the kernel's generator; ends the process when there is none. */
void random_bytes(void *bytes, size_t length);
uint64_t random_u64(void);

#endif
