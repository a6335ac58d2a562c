/* SPDX-License-Identifier: ISC */

#include "auth/certificate_map.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/users.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "input_limits.h"

struct certificate_map {
    char *text; /* a copy of the file with NULs for its separators; all names point into it */
    struct certificate_rule *list;
    size_t count;
    size_t room;
    struct map places; /* struct rule_key -> place in the list, counted from one */
};

/* What a certificate must have; two rules of one map differ in it. */
struct rule_key {
    size_t length;
    char bytes[SHA1_SIZE + CERTIFICATE_NAME_BYTES];
};

/* ---- patterns ---- */

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool certificate_pattern_fits(const char *pattern, const char *name)
{
    const char *star = NULL; /* behind the last one that was passed */
    const char *retry = NULL;

    while (*name != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern != '\0' && folded(*pattern) == folded(*name)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

/* ---- one line ---- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, folded(c)) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* What stands behind it, or NULL when there are not 40 digits and then a blank. */
static char *thumbprint_take(char *line, uint8_t thumbprint[SHA1_SIZE])
{
    size_t digits = 0;

    for (; digits < 2 * SHA1_SIZE; line++) {
        int digit = hex_digit(*line);

        if (digit < 0 && *line != ':' && *line != ' ' && *line != '\t')
            return NULL;
        if (digit < 0)
            continue;
        thumbprint[digits / 2] = (uint8_t)(thumbprint[digits / 2] << 4 | digit);
        digits++;
    }
    return *line == ' ' || *line == '\t' ? line : NULL;
}

static char *trimmed(char *text)
{
    size_t length = strlen(text);
    size_t begin = strspn(text, " \t");

    while (length > begin && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    text[length] = '\0';
    return text + begin;
}

static bool pattern_valid(const char *pattern)
{
    size_t length = strlen(pattern);

    if (length == 0 || length > CERTIFICATE_NAME_BYTES || !utf8_valid(pattern, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)pattern[i] < 0x20 || pattern[i] == 0x7f)
            return false;
    return true;
}

/* NULL: fine, and `rule` is filled (its groups are to be freed in any case). */
static const char *line_parse(char *line, struct certificate_rule *rule)
{
    char *pattern = thumbprint_take(line, rule->issuer);
    char *arrow = pattern != NULL ? strstr(pattern, "->") : NULL;
    char *groups;

    if (pattern == NULL)
        return "it does not begin with the thumbprint of an authority: write the 40 hexadecimal "
               "digits of its SHA-1, then a blank";
    if (arrow == NULL)
        return "it maps to nothing: write THUMBPRINT PATTERN -> ACCOUNT[:GROUP,GROUP]";
    *arrow = '\0';
    groups = trimmed(arrow + 2);
    rule->account = trimmed(strsep(&groups, ":"));
    groups = groups != NULL ? trimmed(groups) : NULL;
    rule->pattern = trimmed(pattern);
    if (!pattern_valid(rule->pattern))
        return "the pattern is empty, longer than 512 bytes or no plain UTF-8 text: write a "
               "subject name, * for any characters";
    if (!user_name_valid(rule->account))
        return "the account is empty, longer than 512 bytes or no plain UTF-8 text: write another";
    if (!user_groups_split(groups, &rule->groups, &rule->group_count))
        return "a group is empty or no plain text, or there are more than 256: correct the groups";
    return NULL;
}

/* ---- the table ---- */

static struct rule_key rule_key(const struct certificate_rule *rule)
{
    struct rule_key key = {.length = SHA1_SIZE + strlen(rule->pattern)};

    memcpy(key.bytes, rule->issuer, SHA1_SIZE);
    for (size_t i = SHA1_SIZE; i < key.length; i++)
        key.bytes[i] = folded(rule->pattern[i - SHA1_SIZE]);
    return key;
}

/* The place of the rule with the same certificates, counted from one; 0: there is none. */
static size_t map_place(const struct certificate_map *map, const struct certificate_rule *rule)
{
    struct rule_key key = rule_key(rule);

    return (uintptr_t)map_get(&map->places, key.bytes, key.length);
}

static const char *map_add(struct certificate_map *map, char *line)
{
    struct certificate_rule rule = {0};
    const char *fault = line_parse(line, &rule);
    struct rule_key key;

    if (fault == NULL && map->count == CERTIFICATE_RULES)
        fault = "one line too many: 4096 are the most";
    if (fault == NULL && map_place(map, &rule) != 0)
        fault = "the same thumbprint and pattern stand in the file already: keep one of the lines";
    if (fault != NULL) {
        free((void *)(uintptr_t)rule.groups);
        return fault;
    }
    if (map->count == map->room) {
        map->room = map->room > 0 ? map->room * 2 : 16;
        map->list = mem_resize(map->list, map->room, sizeof(*map->list));
    }
    map->list[map->count++] = rule;
    key = rule_key(&rule);
    map_put(&map->places, key.bytes, key.length, (void *)(uintptr_t)map->count);
    return NULL;
}

static const char *map_fill(struct certificate_map *map, size_t length, unsigned *line)
{
    const char *fault = NULL;

    for (char *at = map->text; fault == NULL && at < map->text + length;) {
        char *end = memchr(at, '\n', (size_t)(map->text + length - at));
        size_t size = (size_t)((end != NULL ? end : map->text + length) - at);

        (*line)++;
        at[size] = '\0';
        if (memchr(at, '\0', size) != NULL)
            fault = "a NUL byte: remove it";
        else if (at[strspn(at, " \t")] != '\0' && at[0] != '#')
            fault = map_add(map, at);
        at += size + 1;
    }
    return fault;
}

struct certificate_map *certificate_map_parse(const char *bytes, size_t length,
                                              struct file_fault *fault)
{
    struct certificate_map *map = mem_alloc(sizeof(*map));
    const char *cause;

    *fault = (struct file_fault){0};
    map_init(&map->places);
    map->text = mem_alloc(length + 1);
    if (length > 0)
        memcpy(map->text, bytes, length);
    cause = map_fill(map, length, &fault->line);
    if (cause == NULL) {
        fault->line = 0;
        return map;
    }
    snprintf(fault->text, sizeof(fault->text), "%s", cause);
    certificate_map_free(map);
    return NULL;
}

struct certificate_map *certificate_map_load(const char *path, struct stat *status,
                                             struct file_fault *fault)
{
    size_t length;
    char *bytes = trusted_file_read(path, CERTIFICATE_MAP_BYTES, status, &length, fault);
    struct certificate_map *map =
        bytes != NULL ? certificate_map_parse(bytes, length, fault) : NULL;

    free(bytes);
    return map;
}

void certificate_map_free(struct certificate_map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->count; i++)
        free((void *)(uintptr_t)map->list[i].groups);
    free(map->list);
    map_free(&map->places);
    free(map->text);
    free(map);
}

size_t certificate_map_count(const struct certificate_map *map)
{
    return map->count;
}

const struct certificate_rule *certificate_map_at(const struct certificate_map *map, size_t place)
{
    return &map->list[place];
}

const struct certificate_rule *certificate_map_find(const struct certificate_map *map,
                                                    const uint8_t issuer[SHA1_SIZE],
                                                    const char *subject_name)
{
    for (size_t i = 0; i < map->count; i++)
        if (memcmp(map->list[i].issuer, issuer, SHA1_SIZE) == 0 &&
            certificate_pattern_fits(map->list[i].pattern, subject_name))
            return &map->list[i];
    return NULL;
}

/* ---- what a change means ---- */

static bool rule_equal(const struct certificate_rule *left, const struct certificate_rule *right)
{
    if (memcmp(left->issuer, right->issuer, SHA1_SIZE) != 0 ||
        strcmp(left->pattern, right->pattern) != 0 || strcmp(left->account, right->account) != 0 ||
        left->group_count != right->group_count)
        return false;
    for (size_t i = 0; i < left->group_count; i++)
        if (strcmp(left->groups[i], right->groups[i]) != 0)
            return false;
    return true;
}

/* Could a certificate fit both? Of two patterns with `*` it is not looked at closely. */
static bool rules_overlap(const struct certificate_rule *left, const struct certificate_rule *right)
{
    bool open = strchr(left->pattern, '*') != NULL && strchr(right->pattern, '*') != NULL;

    return memcmp(left->issuer, right->issuer, SHA1_SIZE) == 0 &&
           (open || certificate_pattern_fits(left->pattern, right->pattern) ||
            certificate_pattern_fits(right->pattern, left->pattern));
}

/*
 * Is a certificate that fits this rule of `old` the same account's in `fresh`? The rule has to be
 * there, and no rule may stand before it that could take one away and did not stand there.
 * `before` has the place in `old` of each rule of `fresh`, counted from one; 0: it is new.
 */
static bool rule_holds(const struct certificate_map *old, size_t place,
                       const struct certificate_map *fresh, const size_t *before)
{
    const struct certificate_rule *rule = &old->list[place];
    size_t now = map_place(fresh, rule);

    if (now == 0 || !rule_equal(rule, &fresh->list[now - 1]))
        return false;
    for (size_t i = 0; i < now - 1; i++)
        if ((before[i] == 0 || before[i] > place) && rules_overlap(rule, &fresh->list[i]))
            return false;
    return true;
}

void certificate_map_compare(const struct certificate_map *old, const struct certificate_map *fresh,
                             void (*revoked)(void *context, const char *account), void *context)
{
    size_t *before = fresh != NULL ? mem_alloc((fresh->count + 1) * sizeof(*before)) : NULL;

    for (size_t i = 0; old != NULL && fresh != NULL && i < fresh->count; i++)
        before[i] = map_place(old, &fresh->list[i]);
    for (size_t i = 0; old != NULL && i < old->count; i++)
        if (fresh == NULL || !rule_holds(old, i, fresh, before))
            revoked(context, old->list[i].account);
    free(before);
}
