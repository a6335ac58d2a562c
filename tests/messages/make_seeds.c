/* SPDX-License-Identifier: ISC */

/*
 * Writes the seeds of the message fuzz target, one file for each message, into the folder named:
 *
 *   make_message_seeds fuzz/seeds/message
 *
 * The files are kept in the tree; run this after a change of tables/messages.h.
 */
#include <stdio.h>

#include "messages/sample.h"

static bool write_seed(const char *folder, enum message_type type)
{
    char path[4096];
    struct buffer out;
    FILE *file = NULL;
    bool written = false;

    buffer_init(&out, MESSAGE_SIZE_LIMIT);
    snprintf(path, sizeof(path), "%s/%s", folder, message_layout(type)->name);
    if (message_sample_encode(type, &out))
        file = fopen(path, "wb");
    if (file != NULL) {
        written = fwrite(buffer_bytes(&out), 1, buffer_length(&out), file) == buffer_length(&out);
        written = fclose(file) == 0 && written;
    }
    if (!written)
        fprintf(stderr, "%s: not written\n", path);
    buffer_free(&out);
    return written;
}

int main(int count, char **arguments)
{
    int result = 0;

    if (count != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return 2;
    }
    for (unsigned i = MESSAGE_none + 1; i < MESSAGE_COUNT; i++)
        if (!write_seed(arguments[1], (enum message_type)i))
            result = 1;
    return result;
}
