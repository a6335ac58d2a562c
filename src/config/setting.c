/* SPDX-License-Identifier: ISC */

#include "config/setting.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"

#define BUILT_yes true
#define BUILT_no  false

#define ROW(text, member, kind, value, low, high, suffix, exists, words) \
    {.name = (text),                                                     \
     .type = SETTING_##kind,                                             \
     .standard = (value),                                                \
     .least = (low),                                                     \
     .most = (high),                                                     \
     .unit = (suffix),                                                   \
     .built = BUILT_##exists,                                            \
     .meaning = (words),                                                 \
     .offset = offsetof(self, member)},
#define T(section, file)                                                                           \
    static const struct setting *rows_##section(size_t *count)                                     \
    {                                                                                              \
        typedef struct settings_##section self;                                                    \
        static const struct setting rows[] = {SETTINGS_##section(ROW)};                            \
        _Static_assert(sizeof(rows) / sizeof(rows[0]) <= SETTINGS_A_SECTION, "too many settings"); \
        *count = sizeof(rows) / sizeof(rows[0]);                                                   \
        return rows;                                                                               \
    }
SETTINGS_SECTIONS(T)
#undef T

static struct setting_group groups[SECTIONS];

__attribute__((constructor)) static void setting_groups_init(void)
{
#define T(section, place)                      \
    groups[SECTION_##section].name = #section; \
    groups[SECTION_##section].file = (place);  \
    groups[SECTION_##section].rows = rows_##section(&groups[SECTION_##section].count);
    SETTINGS_SECTIONS(T)
#undef T
}

const struct setting_group *setting_group(enum setting_section section)
{
    return &groups[section];
}

int setting_find(const struct setting_group *group, const char *name, bool any_case)
{
    for (size_t i = 0; i < group->count; i++)
        if (any_case ? text_equal_case(group->rows[i].name, name)
                     : strcmp(group->rows[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* ---- spelling of values ---- */

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit time_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
static const struct unit size_units[] = {{"B", 1}, {"KiB", 1024}, {"MiB", 1048576}};
static const struct unit no_units[] = {{"", 1}};

static const struct unit *setting_units(enum setting_type type, size_t *count)
{
    if (type == SETTING_TIME) {
        *count = sizeof(time_units) / sizeof(time_units[0]);
        return time_units;
    }
    if (type == SETTING_SIZE) {
        *count = sizeof(size_units) / sizeof(size_units[0]);
        return size_units;
    }
    *count = 1;
    return no_units;
}

/* Digits and a unit. False: not a number of this kind; above 2^64 it becomes UINT64_MAX. */
static bool number_read(const struct setting *setting, const char *written, uint64_t *value)
{
    size_t digits = strspn(written, "0123456789");
    const char *suffix = written[digits] != '\0' ? written + digits : setting->unit;
    const struct unit *units;
    size_t count;
    uint64_t number = 0;

    if (digits == 0)
        return false;
    for (size_t i = 0; i < digits; i++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(written[i] - '0'), &number))
            number = UINT64_MAX;
    units = setting_units(setting->type, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(units[i].name, suffix) != 0)
            continue;
        if (__builtin_mul_overflow(number, units[i].factor, value))
            *value = UINT64_MAX;
        return true;
    }
    return false;
}

static bool switch_read(const char *written, bool *value)
{
    static const char *const words[] = {"false", "no", "off", "0", "true", "yes", "on", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_equal_case(words[i], written)) {
            *value = i >= 4;
            return true;
        }
    }
    return false;
}

/* The largest unit that says the number without a fraction. */
static const char *number_shown(const struct setting *setting, uint64_t value,
                                struct config_problems *problems)
{
    size_t count;
    const struct unit *units = setting_units(setting->type, &count);
    size_t best = 0;

    for (size_t i = 1; i < count && value > 0; i++)
        if (value % units[i].factor == 0)
            best = i;
    return problem_text(problems, "%" PRIu64 "%s", value / units[best].factor, units[best].name);
}

static const char *range_shown(const struct setting *setting, struct config_problems *problems)
{
    const char *kind = "a number";

    if (setting->type == SETTING_TIME)
        kind = setting->unit[0] != '\0' ? "a number, or a time such as \"250ms\","
                                        : "a time such as \"10s\" or \"250ms\"";
    else if (setting->type == SETTING_SIZE)
        kind = "a size such as \"64KiB\"";
    return problem_text(problems, "write %s from %s to %s", kind,
                        number_shown(setting, setting->least, problems),
                        number_shown(setting, setting->most, problems));
}

/* ---- storing ---- */

const char *path_absolute(struct arena *arena, const char *folder, const char *path)
{
    if (path[0] == '/' || path[0] == '\0')
        return arena_text(arena, path);
    return arena_printf(arena, "%s/%s", folder, path);
}

static void texts_append(struct setting_texts *texts, const char *text, struct arena *arena)
{
    const char **grown = arena_alloc(arena, (texts->count + 1) * sizeof(*grown));

    if (texts->count > 0)
        memcpy(grown, texts->text, texts->count * sizeof(*grown));
    grown[texts->count++] = arena_text(arena, text);
    texts->text = grown;
}

static void setting_store(const struct setting *setting, void *values, const char *written,
                          const char *folder, struct arena *arena)
{
    void *member = (char *)values + setting->offset;

    switch (setting->type) {
    case SETTING_none:
        break;
    case SETTING_TEXT:
        *(const char **)member = arena_text(arena, written);
        break;
    case SETTING_PATH:
        *(const char **)member = path_absolute(arena, folder, written);
        break;
    case SETTING_TEXTS:
        if (written[0] != '\0')
            texts_append(member, written, arena);
        break;
    case SETTING_SWITCH:
        switch_read(written, member);
        break;
    case SETTING_COUNT:
    case SETTING_TIME:
    case SETTING_SIZE:
        number_read(setting, written, member);
        break;
    }
}

void setting_defaults(const struct setting_group *group, void *values, const char *folder,
                      struct arena *arena)
{
    for (size_t i = 0; i < group->count; i++)
        if (group->rows[i].standard != NULL)
            setting_store(&group->rows[i], values, group->rows[i].standard, folder, arena);
}

/* ---- checks ---- */

const char *setting_shown(const struct setting_place *place, int row, const char *written,
                          struct config_problems *problems)
{
    const char *name = place->group->rows[row].name;
    bool xml = strcmp(place->group->file, "web.config") == 0;

    if (written == NULL)
        return problem_text(problems, "%s%s%s", name, place->what[0] != '\0' ? " of " : "",
                            place->what);
    return problem_text(problems, "%s%s\"%.200s\"%s%s", name, xml ? "=" : " = ", written,
                        place->what[0] != '\0' ? " of " : "", place->what);
}

/* NULL: fine. Else what is wrong with the value; `remedy` says what to write. */
static const char *value_fault(const struct setting *setting, const char *written,
                               const char **remedy, struct config_problems *problems)
{
    uint64_t value = 0;
    bool on;

    switch (setting->type) {
    case SETTING_none:
        break;
    case SETTING_TEXTS:
        *remedy = "remove it from the list";
        if (written[0] == '\0')
            return "is empty";
        return strlen(written) > 512 ? "is longer than 512 bytes" : NULL;
    case SETTING_TEXT:
    case SETTING_PATH:
        *remedy = problem_text(problems, "write %" PRIu64 " to %" PRIu64 " bytes of text",
                               setting->least, setting->most);
        if (strlen(written) < setting->least)
            return setting->least == 1 ? "is empty" : "is too short";
        return strlen(written) > setting->most ? "is too long" : NULL;
    case SETTING_SWITCH:
        *remedy = "write true or false";
        return switch_read(written, &on) ? NULL : "is neither true nor false";
    case SETTING_COUNT:
    case SETTING_TIME:
    case SETTING_SIZE:
        *remedy = range_shown(setting, problems);
        if (!number_read(setting, written, &value))
            return setting->type == SETTING_COUNT  ? "is not a number"
                   : setting->type == SETTING_TIME ? "is not a time"
                                                   : "is not a size";
        if (value < setting->least)
            return "is too small";
        return value > setting->most ? "is too large" : NULL;
    }
    return NULL;
}

/* Do two spellings mean the same? Both are known to be well-formed. */
static bool value_equal(const struct setting *setting, const char *left, const char *right)
{
    uint64_t left_number = 0;
    uint64_t right_number = 0;
    bool left_on = false;
    bool right_on = false;

    switch (setting->type) {
    case SETTING_SWITCH:
        return switch_read(left, &left_on) && switch_read(right, &right_on) && left_on == right_on;
    case SETTING_COUNT:
    case SETTING_TIME:
    case SETTING_SIZE:
        return number_read(setting, left, &left_number) &&
               number_read(setting, right, &right_number) && left_number == right_number;
    default:
        return text_equal_case(left, right);
    }
}

/* Has the setting been written before (lists excepted), or does the list overflow? */
static bool setting_repeated(const struct setting_place *place, const void *values, int row)
{
    const struct setting *setting = &place->group->rows[row];
    const struct setting_texts *texts = (const void *)((const char *)values + setting->offset);

    if (setting->type == SETTING_TEXTS)
        return texts->count >= setting->most;
    return place->lines[row] != 0;
}

void setting_take(struct setting_place *place, void *values, int row, const char *written,
                  unsigned line, const char *folder, struct arena *arena,
                  struct config_problems *problems)
{
    const struct setting *setting = &place->group->rows[row];
    const char *remedy = "";
    const char *fault = value_fault(setting, written, &remedy, problems);

    if (setting_repeated(place, values, row)) {
        problem_add(
            problems, place->file, line,
            problem_text(problems, "%s is written %s", setting_shown(place, row, NULL, problems),
                         setting->type == SETTING_TEXTS ? "with too many entries" : "twice"),
            setting->type == SETTING_TEXTS
                ? problem_text(problems, "write %" PRIu64 " at most", setting->most)
                : "remove one of them");
        return;
    }
    place->lines[row] = line;
    if (fault != NULL) {
        problem_add(
            problems, place->file, line,
            problem_text(problems, "%s %s", setting_shown(place, row, written, problems), fault),
            remedy);
        return;
    }
    if (!setting->built && !value_equal(setting, written, setting->standard)) {
        problem_add(problems, place->file, line,
                    problem_text(problems,
                                 "%s asks for something that this version of winrmd does not have",
                                 setting_shown(place, row, written, problems)),
                    setting->standard[0] != '\0'
                        ? problem_text(problems, "remove %s, or write \"%s\"", setting->name,
                                       setting->standard)
                        : problem_text(problems, "remove %s", setting->name));
        return;
    }
    setting_store(setting, values, written, folder, arena);
}

void setting_require(const struct setting_place *place, struct config_problems *problems)
{
    for (size_t i = 0; i < place->group->count; i++) {
        const struct setting *setting = &place->group->rows[i];

        if (setting->standard != NULL || place->lines[i] != 0)
            continue;
        problem_add(problems, place->file, place->line,
                    problem_text(problems, "%s has no %s", place->what, setting->name),
                    problem_text(problems, "write %s: %s", setting->name, setting->meaning));
    }
}

unsigned setting_line(const struct setting_place *place, const char *name)
{
    int row = setting_find(place->group, name, false);

    return row >= 0 && place->lines[row] != 0 ? place->lines[row] : place->line;
}
