/* SPDX-License-Identifier: ISC */

/* How much is logged, from least to most; each includes those before. */
#ifndef TABLES_LOG_LEVELS_H
#define TABLES_LOG_LEVELS_H

/* L(level, word of winrmctl log-level, priority in the journal as sd-daemon(3) has it) */
#define LOG_LEVEL_TABLE(L) \
    L(error, "error", "<3>") \
    L(info, "info", "<6>") \
    L(debug, "debug", "<7>")

enum log_level {
    LOG_LEVEL_none,
#define L(level, word, priority) LOG_LEVEL_##level,
    LOG_LEVEL_TABLE(L)
#undef L
        LOG_LEVELS
};

#endif
