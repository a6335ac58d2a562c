/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "policy/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <wsman.h>

#include "common/utf16.h"
#include "policy/rules_condition.h"
#include "policy/rules_cursor.h"
#include "policy/rules_quota.h"

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

/* U+FEFF, which some editors put in front of UTF-8. */
#define MARK "\xef\xbb\xbf"

#define OPERATION_COUNT (sizeof(operation_names) / sizeof(operation_names[0]))

static bool parse_subject(struct rules_cursor *at, struct rules_subject *subject)
{
    const struct rules_word *word = cursor_take(at, "an account, group:NAME or *");
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
    return cursor_copy(at, name, RULES_NAME_LENGTH, "name", &subject->name);
}

static bool parse_run_as(struct rules_cursor *at, char **account)
{
    const struct rules_word *word = cursor_take(at, "the account to run as");

    if (!word)
        return false;
    if (*word->text == '\0')
        return rules_line_fail(at->line, at->error,
                               "the account behind run-as is empty: write one of may-map-to");
    return cursor_copy(at, word->text, RULES_NAME_LENGTH, "account", account);
}

/* What may follow "allow" in a user rule, in any order. */
static bool parse_grant(struct rules_cursor *at, struct user_rule *rule)
{
    bool quota_seen = false;

    for (;;) {
        if (!rule->administrator && cursor_accept(at, "administrator")) {
            rule->administrator = true;
        } else if (!quota_seen && cursor_accept(at, "quota")) {
            quota_seen = true;
            if (!rules_quota_parse(at, &rule->quota))
                return false;
        } else if (!rule->run_as && cursor_accept(at, "run-as")) {
            if (!parse_run_as(at, &rule->run_as))
                return false;
        } else {
            return true;
        }
    }
}

/* The optional reason behind "deny". */
static bool parse_reason(struct rules_cursor *at, char **reason)
{
    const struct rules_word *word = cursor_peek(at);

    if (!word)
        return true;
    if (!word->quoted)
        return rules_line_fail(at->line, at->error,
                               "\"%.*s\" after deny is no reason: put the reason in quotes",
                               rules_word_shown(word->text), word->text);
    at->next++;
    return cursor_copy(at, word->text, RULES_TEXT_LENGTH, "reason", reason);
}

/* Printable ASCII without blanks: what can stand in an HTTP header as it is. */
static bool is_plain_uri(const char *text)
{
    while (*text > ' ' && *text < 0x7f)
        text++;
    return *text == '\0';
}

static bool parse_redirect(struct rules_cursor *at, char **uri)
{
    const struct rules_word *word = cursor_take(at, "the URI to redirect to");
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
    return cursor_copy(at, word->text, RULES_URI_LENGTH, "URI", uri);
}

static bool fail_verdict(struct rules_cursor *at, const struct rules_word *word, const char *choice)
{
    return rules_line_fail(at->line, at->error, "\"%.*s\" is no verdict: write %s",
                           rules_word_shown(word->text), word->text, choice);
}

static bool parse_user_rule(struct rules_cursor *at, struct user_rule *rule)
{
    const struct rules_word *word;

    rule->quota = (struct rules_quota){.shells = RULES_DEFAULT_SHELLS,
                                       .operations = RULES_DEFAULT_OPERATIONS,
                                       .slot_operations = RULES_UNLIMITED};
    if (!parse_subject(at, &rule->subject) || !rules_condition_parse(at, false, &rule->condition))
        return false;
    if (cursor_accept(at, "allow")) {
        rule->verdict = RULES_ALLOW;
        return parse_grant(at, rule);
    }
    if (cursor_accept(at, "deny")) {
        rule->verdict = RULES_DENY;
        return parse_reason(at, &rule->text);
    }
    if (cursor_accept(at, "redirect")) {
        rule->verdict = RULES_REDIRECT;
        return parse_redirect(at, &rule->text);
    }
    word = cursor_take(at, "allow, deny or redirect");
    return word ? fail_verdict(at, word, "allow, deny or redirect") : false;
}

static bool parse_operation_name(struct rules_cursor *at, const char *name, size_t length,
                                 unsigned *bits)
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

static bool parse_operations(struct rules_cursor *at, unsigned *bits)
{
    const struct rules_word *word;
    const char *name;

    if (cursor_accept(at, "*")) {
        for (size_t i = 0; i < OPERATION_COUNT; i++)
            *bits |= 1U << operation_names[i].number;
        return true;
    }
    word = cursor_take(at, "the operations, or *");
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

/* Words that follow the URI of a rule: one of them in its place says that it was left out. */
static bool is_behind_uri(const char *text)
{
    static const char *const words[] = {"allow", "deny", "from", "mechanism"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static bool parse_uri(struct rules_cursor *at, struct operation_rule *rule)
{
    const struct rules_word *word = cursor_take(at, "a resource URI, or *");
    char *star;

    if (!word)
        return false;
    if (!word->quoted && is_behind_uri(word->text))
        return rules_line_fail(at->line, at->error,
                               "the resource URI is missing: write one, or *, before \"%s\"",
                               word->text);
    if (!cursor_copy(at, word->text, RULES_URI_LENGTH, "URI", &rule->uri))
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

static bool parse_operation_rule(struct rules_cursor *at, struct operation_rule *rule)
{
    const struct rules_word *word;

    if (!parse_subject(at, &rule->subject) || !parse_operations(at, &rule->operations) ||
        !parse_uri(at, rule) || !rules_condition_parse(at, true, &rule->condition))
        return false;
    if (cursor_accept(at, "allow")) {
        rule->verdict = RULES_ALLOW;
        return true;
    }
    if (cursor_accept(at, "deny")) {
        rule->verdict = RULES_DENY;
        return parse_reason(at, &rule->text);
    }
    word = cursor_take(at, "allow or deny");
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
static bool parse_rule(struct rules *rules, struct rules_cursor *at)
{
    void *list;

    if (rules->user_count + rules->operation_count == RULES_COUNT)
        return rules_line_fail(at->line, at->error,
                               "there are more than %d rules: use groups instead of accounts",
                               RULES_COUNT);
    if (cursor_accept(at, "user")) {
        list = rules->users;
        if (!grow(&list, rules->user_count, sizeof(*rules->users)))
            return cursor_fail_memory(at);
        rules->users = list;
        rules->users[rules->user_count] = (struct user_rule){.line = at->line->number};
        return parse_user_rule(at, &rules->users[rules->user_count++]) &&
               rules_condition_misplaced(at, false) && cursor_finish(at);
    }
    if (cursor_accept(at, "operation")) {
        list = rules->operations;
        if (!grow(&list, rules->operation_count, sizeof(*rules->operations)))
            return cursor_fail_memory(at);
        rules->operations = list;
        rules->operations[rules->operation_count] =
            (struct operation_rule){.line = at->line->number};
        if (!parse_operation_rule(at, &rules->operations[rules->operation_count++]) ||
            !rules_condition_misplaced(at, true) || !cursor_finish(at))
            return false;
        rules->networks |= rules->operations[rules->operation_count - 1].condition.networks != NULL;
        return true;
    }
    return rules_line_fail(at->line, at->error, "\"%.*s\" begins no rule: write user or operation",
                           rules_word_shown(cursor_peek(at)->text), cursor_peek(at)->text);
}

static bool parse_lines(const char *bytes, size_t size, struct rules *rules,
                        struct rules_line *line, struct rules_error *error)
{
    while (size > 0) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end ? (size_t)(end - bytes) : size;
        struct rules_cursor at = {.line = line, .error = error};

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
    if (size >= strlen(MARK) && memcmp(bytes, MARK, strlen(MARK)) == 0) {
        bytes += strlen(MARK);
        size -= strlen(MARK);
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
        free(rules->users[i].condition.networks);
        free(rules->users[i].run_as);
        free(rules->users[i].text);
    }
    for (size_t i = 0; i < rules->operation_count; i++) {
        free(rules->operations[i].subject.name);
        free(rules->operations[i].condition.networks);
        free(rules->operations[i].uri);
        free(rules->operations[i].text);
    }
    free(rules->users);
    free(rules->operations);
    *rules = (struct rules){0};
}
