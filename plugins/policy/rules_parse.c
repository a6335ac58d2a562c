/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "policy/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <wsman.h>

#include "common/utf16.h"
#include "policy/rules_line.h"

static const struct {
    const char *name;
    unsigned number;
} operation_names[] = {
    {"get", WSManOperationGet},
    {"put", WSManOperationPut},
    {"create", WSManOperationCreate},
    {"delete", WSManOperationDelete},
    {"enumerate", WSManOperationEnumerate},
    {"subscribe", WSManOperationSubscribe},
    {"shell", WSManOperationShell},
    {"command", WSManOperationCommand},
    {"invoke", WSManOperationInvoke},
};

#define OPERATION_COUNT (sizeof(operation_names) / sizeof(operation_names[0]))

/* What the rule file is going to say one day; until it can, it must not look as if it did. */
static const char *const later_words[] = {"run-as", "from", "source", "network"};

/* The words of a line from the left: what is read next. */
struct cursor {
    struct rules_line *line;
    size_t next;
    struct rules_error *error;
};

static bool fail_memory(struct cursor *at)
{
    return rules_line_fail(at->line, at->error, "out of memory");
}

static const struct rules_word *peek(const struct cursor *at)
{
    return at->next < at->line->count ? &at->line->words[at->next] : NULL;
}

/* Whether the next word is this keyword; if so it is taken. */
static bool accept(struct cursor *at, const char *keyword)
{
    const struct rules_word *word = peek(at);

    if (!word || word->quoted || strcmp(word->text, keyword) != 0)
        return false;
    at->next++;
    return true;
}

/* The next word, which has to be there; NULL after an error. */
static const struct rules_word *take(struct cursor *at, const char *what)
{
    const struct rules_word *word = peek(at);

    if (!word)
        rules_line_fail(at->line, at->error, "the rule ends too early: write %s next", what);
    else
        at->next++;
    return word;
}

static bool is_later_word(const char *text)
{
    for (size_t i = 0; i < sizeof(later_words) / sizeof(later_words[0]); i++) {
        size_t length = strlen(later_words[i]);

        if (strncmp(text, later_words[i], length) == 0 &&
            (text[length] == '\0' || text[length] == '='))
            return true;
    }
    return false;
}

static bool finish(struct cursor *at)
{
    const struct rules_word *word = peek(at);

    if (!word)
        return true;
    if (!word->quoted && is_later_word(word->text))
        return rules_line_fail(at->line, at->error,
                               "\"%.*s\" is not available in this version: remove it",
                               rules_word_shown(word->text), word->text);
    return rules_line_fail(at->line, at->error,
                           "\"%.*s\" has no meaning here: remove it or begin a new line",
                           rules_word_shown(word->text), word->text);
}

static bool copy_text(struct cursor *at, const char *text, size_t limit, const char *what,
                      char **copy)
{
    if (strlen(text) > limit)
        return rules_line_fail(at->line, at->error, "the %s is longer than %zu bytes: shorten it",
                               what, limit);
    *copy = strdup(text);
    return *copy ? true : fail_memory(at);
}

static bool parse_subject(struct cursor *at, struct rules_subject *subject)
{
    const struct rules_word *word = take(at, "an account, group:NAME or *");
    const char *name;

    if (!word)
        return false;
    name = word->text;
    subject->kind = SUBJECT_ACCOUNT;
    if (!word->quoted && strcmp(name, "*") == 0) {
        subject->kind = SUBJECT_EVERYBODY;
        return true;
    }
    if (!word->quoted && strncmp(name, "group:", 6) == 0) {
        subject->kind = SUBJECT_GROUP;
        name += 6;
        if (strchr(name, ','))
            return rules_line_fail(at->line, at->error,
                                   "a rule names one group: write a line for each of \"%.*s\"",
                                   rules_word_shown(name), name);
    }
    if (*name == '\0')
        return rules_line_fail(at->line, at->error,
                               "the name is empty: write an account, group:NAME or *");
    if (!word->quoted && strchr(name, '*'))
        return rules_line_fail(at->line, at->error,
                               "\"%.*s\" is no pattern: write the whole name, or * for everybody",
                               rules_word_shown(name), name);
    return copy_text(at, name, RULES_NAME_LENGTH, "name", &subject->name);
}

/* A number in decimal digits that ends before `end`, or "unlimited". */
static bool parse_limit(const char *text, const char *end, uint32_t *value)
{
    uint64_t sum = 0;

    if ((size_t)(end - text) == strlen("unlimited") && memcmp(text, "unlimited", 9) == 0) {
        *value = RULES_UNLIMITED;
        return true;
    }
    if (text == end)
        return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        sum = sum * 10 + (unsigned)(*text - '0');
        if (sum >= RULES_UNLIMITED)
            return false;
    }
    *value = (uint32_t)sum;
    return true;
}

/* COUNT/TIME with a time like 10s, 5m or 1h; or "unlimited". */
static bool parse_rate(const char *text, struct rules_quota *quota)
{
    const char *slash = strchr(text, '/');
    const char *end;
    uint32_t unit;

    if (strcmp(text, "unlimited") == 0) {
        quota->slot_seconds = 0;
        quota->slot_operations = RULES_UNLIMITED;
        return true;
    }
    if (!slash || !parse_limit(text, slash, &quota->slot_operations))
        return false;
    end = slash + strlen(slash) - 1;
    unit = *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : 0;
    if (unit == 0 || !parse_limit(slash + 1, end, &quota->slot_seconds))
        return false;
    if (quota->slot_seconds == 0 || quota->slot_seconds > 86400 / unit)
        return false;
    quota->slot_seconds *= unit;
    return true;
}

static bool parse_quota(struct cursor *at, struct rules_quota *quota)
{
    static const char *const names[] = {"shells=", "operations=", "rate="};
    unsigned seen = 0;
    const struct rules_word *word;

    while ((word = peek(at)) && !word->quoted && strchr(word->text, '=')) {
        const char *value = strchr(word->text, '=') + 1;
        const char *end = value + strlen(value);
        size_t which = 0;
        bool good;

        while (which < 3 && strncmp(word->text, names[which], strlen(names[which])) != 0)
            which++;
        if (which == 3)
            break;
        if (seen & 1U << which)
            return rules_line_fail(at->line, at->error, "\"%s\" stands twice: keep one",
                                   names[which]);
        seen |= 1U << which;
        if (which == 0)
            good = parse_limit(value, end, &quota->shells);
        else if (which == 1)
            good = parse_limit(value, end, &quota->operations);
        else
            good = parse_rate(value, quota);
        if (!good)
            return rules_line_fail(at->line, at->error, "\"%.*s\" is no limit: write %s",
                                   rules_word_shown(word->text), word->text,
                                   which == 2 ? "rate=NUMBER/TIME, like rate=100/10s, at most 24h"
                                              : "a number or unlimited, like shells=2");
        at->next++;
    }
    if (seen == 0)
        return rules_line_fail(
            at->line, at->error,
            "quota limits nothing: write shells=N, operations=N or rate=N/10s behind it");
    return true;
}

/* What may follow "allow" in a user rule, in any order. */
static bool parse_grant(struct cursor *at, struct user_rule *rule)
{
    bool quota_seen = false;

    for (;;) {
        if (!rule->administrator && accept(at, "administrator")) {
            rule->administrator = true;
        } else if (!quota_seen && accept(at, "quota")) {
            quota_seen = true;
            if (!parse_quota(at, &rule->quota))
                return false;
        } else {
            return true;
        }
    }
}

/* The optional reason behind "deny". */
static bool parse_reason(struct cursor *at, char **reason)
{
    const struct rules_word *word = peek(at);

    if (!word)
        return true;
    if (!word->quoted)
        return rules_line_fail(at->line, at->error,
                               "\"%.*s\" after deny is no reason: put the reason in quotes",
                               rules_word_shown(word->text), word->text);
    at->next++;
    return copy_text(at, word->text, RULES_TEXT_LENGTH, "reason", reason);
}

/* Printable ASCII without blanks: what can stand in an HTTP header as it is. */
static bool is_plain_uri(const char *text)
{
    while (*text > ' ' && *text < 0x7f)
        text++;
    return *text == '\0';
}

static bool parse_redirect(struct cursor *at, char **uri)
{
    const struct rules_word *word = take(at, "the URI to redirect to");
    const char *host;

    if (!word)
        return false;
    host = strncasecmp(word->text, "https://", 8) == 0  ? word->text + 8
           : strncasecmp(word->text, "http://", 7) == 0 ? word->text + 7
                                                        : NULL;
    if (!host || *host == '\0' || *host == '/' || !is_plain_uri(host))
        return rules_line_fail(at->line, at->error,
                               "\"%.*s\" is no address to redirect to: write a whole one, like "
                               "https://other.example:5986/wsman",
                               rules_word_shown(word->text), word->text);
    return copy_text(at, word->text, RULES_URI_LENGTH, "URI", uri);
}

static bool fail_verdict(struct cursor *at, const struct rules_word *word, const char *choice)
{
    if (!word->quoted && is_later_word(word->text))
        return rules_line_fail(at->line, at->error,
                               "\"%.*s\" is not available in this version: remove it",
                               rules_word_shown(word->text), word->text);
    return rules_line_fail(at->line, at->error, "\"%.*s\" is no verdict: write %s",
                           rules_word_shown(word->text), word->text, choice);
}

static bool parse_user_rule(struct cursor *at, struct user_rule *rule)
{
    const struct rules_word *word;

    rule->quota = (struct rules_quota){.shells = RULES_DEFAULT_SHELLS,
                                       .operations = RULES_DEFAULT_OPERATIONS,
                                       .slot_operations = RULES_UNLIMITED};
    if (!parse_subject(at, &rule->subject))
        return false;
    if (accept(at, "allow")) {
        rule->verdict = RULES_ALLOW;
        return parse_grant(at, rule);
    }
    if (accept(at, "deny")) {
        rule->verdict = RULES_DENY;
        return parse_reason(at, &rule->text);
    }
    if (accept(at, "redirect")) {
        rule->verdict = RULES_REDIRECT;
        return parse_redirect(at, &rule->text);
    }
    word = take(at, "allow, deny or redirect");
    return word ? fail_verdict(at, word, "allow, deny or redirect") : false;
}

static bool parse_operation_name(struct cursor *at, const char *name, size_t length, unsigned *bits)
{
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        if (strlen(operation_names[i].name) == length &&
            memcmp(operation_names[i].name, name, length) == 0) {
            *bits |= 1U << operation_names[i].number;
            return true;
        }
    }
    return rules_line_fail(
        at->line, at->error,
        "\"%.*s\" is no operation: write some of get, put, create, delete, "
        "enumerate, subscribe, shell, command, invoke joined by commas, or *",
        (int)length < rules_word_shown(name) ? (int)length : rules_word_shown(name), name);
}

static bool parse_operations(struct cursor *at, unsigned *bits)
{
    const struct rules_word *word;
    const char *name;

    if (accept(at, "*")) {
        for (size_t i = 0; i < OPERATION_COUNT; i++)
            *bits |= 1U << operation_names[i].number;
        return true;
    }
    word = take(at, "the operations, or *");
    if (!word)
        return false;
    name = word->text;
    for (;;) {
        size_t length = strcspn(name, ",");

        if (!parse_operation_name(at, name, length, bits))
            return false;
        if (name[length] == '\0')
            return true;
        name += length + 1;
    }
}

static bool parse_uri(struct cursor *at, struct operation_rule *rule)
{
    const struct rules_word *word = take(at, "a resource URI, or *");
    char *star;

    if (!word)
        return false;
    if (!word->quoted && (strcmp(word->text, "allow") == 0 || strcmp(word->text, "deny") == 0))
        return rules_line_fail(at->line, at->error,
                               "the resource URI is missing: write one, or *, before \"%s\"",
                               word->text);
    if (!copy_text(at, word->text, RULES_URI_LENGTH, "URI", &rule->uri))
        return false;
    star = word->quoted ? NULL : strchr(rule->uri, '*');
    if (!star)
        return *rule->uri != '\0' ? true
                                  : rules_line_fail(at->line, at->error,
                                                    "the URI is empty: write a resource URI, or *");
    if (star[1] != '\0')
        return rules_line_fail(at->line, at->error,
                               "* stands inside a URI: it is allowed at the end only");
    *star = '\0';
    rule->uri_is_prefix = true;
    return true;
}

static bool parse_operation_rule(struct cursor *at, struct operation_rule *rule)
{
    const struct rules_word *word;

    if (!parse_subject(at, &rule->subject) || !parse_operations(at, &rule->operations) ||
        !parse_uri(at, rule))
        return false;
    if (accept(at, "allow")) {
        rule->verdict = RULES_ALLOW;
        return true;
    }
    if (accept(at, "deny")) {
        rule->verdict = RULES_DENY;
        return parse_reason(at, &rule->text);
    }
    word = take(at, "allow or deny");
    return word ? fail_verdict(at, word, "allow or deny") : false;
}

/* Room for one more in a list that doubles whenever its count is a power of two. */
static bool grow(void **list, size_t count, size_t size)
{
    void *larger;

    if (count & (count - 1))
        return true;
    larger = realloc(*list, (count ? count * 2 : 1) * size);
    if (!larger)
        return false;
    *list = larger;
    return true;
}

/* The rule is counted before it is parsed: rules_free then finds what a failed rule left. */
static bool parse_rule(struct rules *rules, struct cursor *at)
{
    void *list;

    if (rules->user_count + rules->operation_count == RULES_COUNT)
        return rules_line_fail(at->line, at->error,
                               "there are more than %d rules: use groups instead of accounts",
                               RULES_COUNT);
    if (accept(at, "user")) {
        list = rules->users;
        if (!grow(&list, rules->user_count, sizeof(*rules->users)))
            return fail_memory(at);
        rules->users = list;
        rules->users[rules->user_count] = (struct user_rule){.line = at->line->number};
        return parse_user_rule(at, &rules->users[rules->user_count++]) && finish(at);
    }
    if (accept(at, "operation")) {
        list = rules->operations;
        if (!grow(&list, rules->operation_count, sizeof(*rules->operations)))
            return fail_memory(at);
        rules->operations = list;
        rules->operations[rules->operation_count] =
            (struct operation_rule){.line = at->line->number};
        return parse_operation_rule(at, &rules->operations[rules->operation_count++]) && finish(at);
    }
    return rules_line_fail(at->line, at->error, "\"%.*s\" begins no rule: write user or operation",
                           rules_word_shown(peek(at)->text), peek(at)->text);
}

static bool parse_lines(const char *bytes, size_t size, struct rules *rules,
                        struct rules_line *line, struct rules_error *error)
{
    while (size > 0) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        struct cursor at = {.line = line, .error = error};

        line->number++;
        if (!rules_line_split(line, bytes, length, error))
            return false;
        if (line->count > 0 && !parse_rule(rules, &at))
            return false;
        length += end != NULL;
        bytes += length;
        size -= length;
    }
    return true;
}

bool rules_parse(const char *bytes, size_t size, struct rules *rules, struct rules_error *error)
{
    struct rules_line *line = calloc(1, sizeof(*line));
    bool result = false;

    *rules = (struct rules){0};
    *error = (struct rules_error){0};
    if (!line) {
        snprintf(error->text, sizeof(error->text), "out of memory");
        goto out;
    }
    if (size > RULES_FILE_SIZE) {
        rules_line_fail(line, error, "the file is larger than %d bytes: use groups",
                        RULES_FILE_SIZE);
        goto out;
    }
    if (!utf8_valid(bytes, size)) {
        rules_line_fail(line, error, "the file is not UTF-8: save it in that encoding");
        goto out;
    }
    if (!parse_lines(bytes, size, rules, line, error))
        goto out;
    if (rules->user_count == 0) {
        line->number = 0;
        rules_line_fail(line, error,
                        "no rule lets anybody connect: write at least one beginning with user");
        goto out;
    }
    result = true;
out:
    if (!result)
        rules_free(rules);
    free(line);
    return result;
}

void rules_free(struct rules *rules)
{
    for (size_t i = 0; i < rules->user_count; i++) {
        free(rules->users[i].subject.name);
        free(rules->users[i].text);
    }
    for (size_t i = 0; i < rules->operation_count; i++) {
        free(rules->operations[i].subject.name);
        free(rules->operations[i].uri);
        free(rules->operations[i].text);
    }
    free(rules->users);
    free(rules->operations);
    *rules = (struct rules){0};
}
