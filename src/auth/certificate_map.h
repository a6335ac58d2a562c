/* SPDX-License-Identifier: ISC */

/*
 * Which client certificate is which account: one
 *
 *     THUMBPRINT PATTERN -> ACCOUNT[:GROUP,GROUP]
 *
 * a line. THUMBPRINT is the SHA-1 of the certificate of the authority that issued it, as Windows
 * shows it (40 hexadecimal digits; blanks and colons between them do not count), PATTERN its
 * subject name, in which `*` stands for any characters. The first line that fits decides. Blank
 * lines and lines that begin with '#' do not count; a file with one wrong line is refused as a
 * whole. certificate_map_parse() is a pure function over bytes. A map is constant once made.
 */
#ifndef AUTH_CERTIFICATE_MAP_H
#define AUTH_CERTIFICATE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/trusted_file.h"

enum { SHA1_SIZE = 20 };

struct certificate_rule {
    uint8_t issuer[SHA1_SIZE];
    const char *pattern;
    const char *account;
    const char *const *groups;
    size_t group_count;
};

struct certificate_map;

/* NULL when a line is wrong; `fault` then says which one and why. `bytes` need not outlive it. */
struct certificate_map *certificate_map_parse(const char *bytes, size_t length,
                                              struct file_fault *fault);
/* Reads the file, which must be one that trusted_file_read() takes. */
struct certificate_map *certificate_map_load(const char *path, struct stat *status,
                                             struct file_fault *fault);
/* NULL is allowed. */
void certificate_map_free(struct certificate_map *map);

size_t certificate_map_count(const struct certificate_map *map);
/* The rule in that place, from 0, in the order of the file. */
const struct certificate_rule *certificate_map_at(const struct certificate_map *map, size_t place);

/* The first rule that fits, or NULL. */
const struct certificate_rule *certificate_map_find(const struct certificate_map *map,
                                                    const uint8_t issuer[SHA1_SIZE],
                                                    const char *subject_name);

/*
 * Calls `revoked` for each account of `old` which a certificate that was its own may not be any
 * more, or in other groups, now that `fresh` (NULL: nothing) holds; for some accounts more than
 * once. One too many costs its clients a verification.
 */
void certificate_map_compare(const struct certificate_map *old, const struct certificate_map *fresh,
                             void (*revoked)(void *context, const char *account), void *context);

/* Letters of ASCII count as equal in both cases: so do UPNs and DNS names. */
bool certificate_pattern_fits(const char *pattern, const char *name);

#endif
