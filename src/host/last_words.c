/* SPDX-License-Identifier: ISC */

#include "host/last_words.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "entry_points.h"
#include "host/host.h"

enum { WORDS_LIMIT = 256 };

/* The last one is for no entry point. */
static const char *const names[] = {
#define E(member, type, symbol, which, need) symbol,
    ENTRY_POINT_TABLE(E)
#undef E
        NULL};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

static struct buffer frames[NAMES];

void last_words_prepare(void)
{
    for (size_t i = 0; i < NAMES; i++) {
        buffer_init(&frames[i], WORDS_LIMIT);
        message_encode(&frames[i], MESSAGE_host_crashing,
                       &(struct message_host_crashing){.entry = names[i]});
    }
}

void last_words_say(const char *entry)
{
    size_t i = 0;

    while (i < NAMES - 1 && (entry == NULL || strcmp(names[i], entry) != 0))
        i++;
    if (host.broker == NULL || !channel_is_quiet(host.broker))
        return;
    /* The host dies whether or not it is heard. */
    if (write(CHANNEL_FD, buffer_bytes(&frames[i]), buffer_length(&frames[i])) < 0)
        return;
}
