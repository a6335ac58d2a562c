/* SPDX-License-Identifier: ISC */

/*
 * tables/settings.h as C: a struct of values for each section, a row for each setting, and the one
 * function that turns a written value into a stored one. Knows nothing of file formats.
 */
#ifndef CONFIG_SETTING_H
#define CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "config/problem.h"
#include "settings.h"

enum { SETTINGS_A_SECTION = 16 };

struct setting_texts {
    const char **text;
    size_t count;
};

#define SETTING_TYPE_TEXT   const char *
#define SETTING_TYPE_PATH   const char *
#define SETTING_TYPE_TEXTS  struct setting_texts
#define SETTING_TYPE_SWITCH bool
#define SETTING_TYPE_COUNT  uint64_t
#define SETTING_TYPE_TIME   uint64_t
#define SETTING_TYPE_SIZE   uint64_t

#define SETTING_MEMBER(name, member, type, ...) SETTING_TYPE_##type member;
#define T(section, file)                   \
    struct settings_##section {            \
        SETTINGS_##section(SETTING_MEMBER) \
    };
SETTINGS_SECTIONS(T)
#undef T

enum setting_type {
    SETTING_none,
    SETTING_TEXT,
    SETTING_PATH,
    SETTING_TEXTS,
    SETTING_SWITCH,
    SETTING_COUNT,
    SETTING_TIME,
    SETTING_SIZE
};

enum setting_section {
    SECTION_none,
#define T(section, file) SECTION_##section,
    SETTINGS_SECTIONS(T)
#undef T
        SECTIONS
};

struct setting {
    const char *name;
    enum setting_type type;
    const char *standard; /* NULL: must be written */
    uint64_t least;
    uint64_t most;
    const char *unit;
    bool built;
    const char *meaning;
    size_t offset; /* in struct settings_<section> */
};

struct setting_group {
    const char *name; /* of the section */
    const char *file; /* the kind of file it stands in */
    const struct setting *rows;
    size_t count;
};

const struct setting_group *setting_group(enum setting_section section);
/* The number of the row, any case if `any_case`, or -1. */
int setting_find(const struct setting_group *group, const char *name, bool any_case);

/* Where a section stands and what was written in it; carried along for the texts of problems. */
struct setting_place {
    const struct setting_group *group;
    const char *file;
    const char *what; /* `listener "http"`, `Plugin "cmd"`; empty: outside of any section */
    unsigned line;
    unsigned lines[SETTINGS_A_SECTION]; /* of each setting; 0: not written */
};

/*
 * Fills `values` (a struct settings_<section>, zeroed) with the standard values. Memory is the
 * arena's; settings that must be written stay NULL.
 */
void setting_defaults(const struct setting_group *group, void *values, const char *folder,
                      struct arena *arena);

/*
 * Takes in a written value: checks spelling, range, whether the part is built and (unless it is a
 * list) whether it was written before; what is wrong becomes a problem. PATHs are made absolute
 * against `folder`.
 */
void setting_take(struct setting_place *place, void *values, int row, const char *written,
                  unsigned line, const char *folder, struct arena *arena,
                  struct config_problems *problems);

/* One problem for each setting that must be written and is not. */
void setting_require(const struct setting_place *place, struct config_problems *problems);

/* `name = "x" of listener "http"`: how problems speak of a setting. */
const char *setting_shown(const struct setting_place *place, int row, const char *written,
                          struct config_problems *problems);

/* The line of the setting, or the section's when it was not written. */
unsigned setting_line(const struct setting_place *place, const char *name);

/* A joined absolute path in the arena; an absolute `path` is copied, an empty one stays empty. */
const char *path_absolute(struct arena *arena, const char *folder, const char *path);

#endif
