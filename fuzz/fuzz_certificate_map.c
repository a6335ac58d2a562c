/* SPDX-License-Identifier: ISC */

/*
 * The map of certificates: in one that was accepted each line's own pattern is found, by that line
 * or one before it; compared with itself nothing has changed, and compared with nothing everything.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/certificate_map.h"
#include "auth/users.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *context, const char *account)
{
    (*(size_t *)context)++;
    if (!user_name_valid(account))
        abort();
}

static void check_map(const struct certificate_map *map)
{
    size_t revoked = 0;

    for (size_t i = 0; i < certificate_map_count(map); i++) {
        const struct certificate_rule *rule = certificate_map_at(map, i);
        const struct certificate_rule *found =
            certificate_map_find(map, rule->issuer, rule->pattern);

        if (found == NULL || found > rule ||
            !certificate_pattern_fits(rule->pattern, rule->pattern))
            abort();
    }
    certificate_map_compare(map, map, count, &revoked);
    if (revoked != 0)
        abort();
    certificate_map_compare(map, NULL, count, &revoked);
    if (revoked != certificate_map_count(map))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file_fault fault;
    size_t half = size / 2;
    struct certificate_map *whole = certificate_map_parse((const char *)data, size, &fault);
    struct certificate_map *part;
    size_t revoked = 0;

    if ((whole == NULL) != (fault.line > 0) || (whole == NULL) == (fault.text[0] == '\0'))
        abort();
    part = certificate_map_parse((const char *)data, half, &fault);
    if (whole != NULL)
        check_map(whole);
    /* What comes behind takes nothing away. The cut may fall into a line. */
    if (whole != NULL && part != NULL && (half == 0 || data[half - 1] == '\n')) {
        certificate_map_compare(part, whole, count, &revoked);
        if (revoked != 0)
            abort();
    }
    certificate_map_free(whole);
    certificate_map_free(part);
    return 0;
}
