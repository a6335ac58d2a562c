/* SPDX-License-Identifier: ISC */

#include "ipc/log_level.h"

#include "base/log.h"

void log_level_take(struct channel *channel, const union message_body *body)
{
    uint32_t level = body->log_level.level;

    (void)channel;
    if (level > LOG_LEVEL_none && level < LOG_LEVELS)
        log_set_level((enum log_level)level);
    log_set_journal(body->log_level.journal);
}
