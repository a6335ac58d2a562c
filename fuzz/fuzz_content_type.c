/* SPDX-License-Identifier: ISC */

/* The Content-Type header: never reads past its end, always ends, and finds the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/content_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *value = malloc(size + 1);
    char *padded = malloc(size + 3);
    struct content_type type;
    struct content_type again;

    if (value == NULL || padded == NULL)
        abort();
    memcpy(value, data, size);
    value[size] = '\0';
    type = content_type_read(value);
    if (type.kind != CONTENT_soap && type.kind != CONTENT_other)
        abort();
    if (strnlen(type.charset, sizeof(type.charset)) == sizeof(type.charset))
        abort();
    /* Blanks in front mean nothing. */
    memcpy(padded, " \t", 2);
    memcpy(padded + 2, value, size + 1);
    again = content_type_read(padded);
    if (again.kind != type.kind || strcmp(again.charset, type.charset) != 0)
        abort();
    free(padded);
    free(value);
    return 0;
}
