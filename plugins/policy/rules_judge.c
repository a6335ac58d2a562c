/* SPDX-License-Identifier: ISC */

#include "policy/rules.h"

#include <string.h>

static bool in_group(const char *groups, const char *name)
{
    size_t length = strlen(name);

    while (*groups) {
        size_t this_length = strcspn(groups, ",");

        if (this_length == length && memcmp(groups, name, length) == 0)
            return true;
        groups += this_length;
        groups += *groups == ',';
    }
    return false;
}

static bool subject_matches(const struct rules_subject *subject, const struct rules_client *client)
{
    switch (subject->kind) {
    case SUBJECT_EVERYBODY:
        return true;
    case SUBJECT_ACCOUNT:
        return strcmp(subject->name, client->account) == 0;
    case SUBJECT_GROUP:
        return in_group(client->groups, subject->name);
    case SUBJECT_NONE:
        break;
    }
    return false;
}

static unsigned lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned)(c + ('a' - 'A')) : (unsigned char)c;
}

/* Without regard to case: a service may find the same resource under either spelling. */
static bool uri_matches(const struct operation_rule *rule, const char *uri)
{
    const char *pattern = rule->uri;

    while (*pattern && lower(*pattern) == lower(*uri)) {
        pattern++;
        uri++;
    }
    return *pattern == '\0' && (rule->uri_is_prefix || *uri == '\0');
}

const struct user_rule *rules_judge_user(const struct rules *rules,
                                         const struct rules_client *client)
{
    for (size_t i = 0; i < rules->user_count; i++) {
        if (subject_matches(&rules->users[i].subject, client) &&
            rules_condition_matches(&rules->users[i].condition, client))
            return &rules->users[i];
    }
    return NULL;
}

const struct operation_rule *rules_judge_operation(const struct rules *rules,
                                                   const struct rules_client *client,
                                                   uint32_t operation, const char *uri)
{
    unsigned bit = operation < 32 ? 1U << operation : 0;

    for (size_t i = 0; i < rules->operation_count; i++) {
        const struct operation_rule *rule = &rules->operations[i];

        if ((rule->operations & bit) && uri_matches(rule, uri) &&
            subject_matches(&rule->subject, client) &&
            rules_condition_matches(&rule->condition, client))
            return rule;
    }
    return NULL;
}
