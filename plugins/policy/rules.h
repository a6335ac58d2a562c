/* SPDX-License-Identifier: ISC */

/*
 * The rule file of the policy plug-in: parsed from bytes into two lists, and judged. In each list
 * the first rule that matches decides; no match means no.
 *
 *   user       SUBJECT  VERDICT                    who may connect, judged once for each user
 *   operation  SUBJECT  OPERATIONS  URI  VERDICT   what he may do, judged for each operation
 *
 *   SUBJECT     an account, group:NAME, or * for everybody
 *   OPERATIONS  get put create delete enumerate subscribe shell command invoke, joined by commas
 *               without blanks, or * for all of them
 *   URI         a resource URI; with * at its end all that begin like it; letter case is ignored
 *   VERDICT     allow
 *               deny ["reason"]
 *   for users   allow [administrator] [quota shells=N operations=N rate=N/10s]
 *               redirect URI
 *
 * Words are divided by blanks; a word with blanks in it stands in double quotes, with \" and \\
 * inside. A quoted subject is always an account. A word that begins with # begins a comment.
 *
 * A parsed `struct rules` is never changed again, so any number of threads may judge with it. All
 * functions are pure: no file, no clock, no global state.
 */

#ifndef PLUGINS_POLICY_RULES_H
#define PLUGINS_POLICY_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULES_FILE_SIZE   (1024 * 1024) /* bytes */
#define RULES_COUNT       10000         /* both lists together */
#define RULES_LINE_LENGTH 8192          /* bytes */
#define RULES_WORDS       16            /* in one line */
#define RULES_NAME_LENGTH 256           /* bytes, accounts and groups */
#define RULES_URI_LENGTH  2048          /* bytes */
#define RULES_TEXT_LENGTH 512           /* bytes, reasons */

#define RULES_UNLIMITED UINT32_MAX

/* Limits that a quota leaves unsaid: those of a service without an authorization plug-in. */
#define RULES_DEFAULT_SHELLS     30
#define RULES_DEFAULT_OPERATIONS 1500

enum rules_verdict {
    RULES_NONE = 0,
    RULES_ALLOW,
    RULES_DENY,
    RULES_REDIRECT,
};

enum rules_subject_kind {
    SUBJECT_NONE = 0,
    SUBJECT_ACCOUNT,
    SUBJECT_GROUP,
    SUBJECT_EVERYBODY,
};

struct rules_subject {
    enum rules_subject_kind kind;
    char *name; /* NULL for everybody */
};

struct rules_quota {
    uint32_t shells;
    uint32_t operations;
    uint32_t slot_seconds; /* 0: no limit on the rate */
    uint32_t slot_operations;
};

struct user_rule {
    unsigned line;
    struct rules_subject subject;
    enum rules_verdict verdict;
    bool administrator;
    struct rules_quota quota;
    char *text; /* redirect: the URI; deny: the reason or NULL */
};

struct operation_rule {
    unsigned line;
    struct rules_subject subject;
    unsigned operations; /* a bit 1 << n for each enum WSManOperationNumber n */
    char *uri;
    bool uri_is_prefix;
    enum rules_verdict verdict;
    char *text; /* deny: the reason or NULL */
};

struct rules {
    struct user_rule *users;
    size_t user_count;
    struct operation_rule *operations;
    size_t operation_count;
};

/* Why a file is refused: what is wrong and what to write instead. */
struct rules_error {
    unsigned line; /* counted from 1; 0: the file as a whole */
    char text[320];
};

/* Somebody to be judged. */
struct rules_client {
    const char *account;
    const char *groups; /* joined by commas, or "" */
};

/*
 * Parses a rule file. On success the caller owns *rules and ends it with rules_free; on failure
 * *rules is empty and *error says why. bytes need no closing NUL.
 */
bool rules_parse(const char *bytes, size_t size, struct rules *rules, struct rules_error *error);

/* Frees what rules_parse allocated and empties *rules. */
void rules_free(struct rules *rules);

/* The first user rule that matches; NULL when none does, which means no. */
const struct user_rule *rules_judge_user(const struct rules *rules,
                                         const struct rules_client *client);

/*
 * The first operation rule that matches; NULL when none does, which means no.
 *
 * operation: an enum WSManOperationNumber; a number it does not have matches no rule.
 */
const struct operation_rule *rules_judge_operation(const struct rules *rules,
                                                   const struct rules_client *client,
                                                   uint32_t operation, const char *uri);

#endif
