/* SPDX-License-Identifier: ISC */

/*
 * The rule file of the policy plug-in: parsed from bytes into two lists, and judged. In each list
 * the first rule that matches decides; no match means no.
 *
 *   user       SUBJECT  [CONDITION]  VERDICT         who may connect, judged once for each user
 *   operation  SUBJECT  OPERATIONS  URI  [CONDITION]  VERDICT
 *                                                    what he may do, judged for each operation
 *
 *   SUBJECT     an account, group:NAME, or * for everybody
 *   OPERATIONS  get put create delete enumerate subscribe shell command invoke, joined by commas
 *               without blanks, or * for all of them
 *   URI         a resource URI; with * at its end all that begin like it; letter case is ignored
 *   CONDITION   mechanism NAMES, some of basic kerberos negotiate ntlm clientcertificate, joined by
 *               commas: how the client was authenticated
 *               from NETWORKS, for operations only: where he is, like 10.0.0.0/8,2001:db8::/32
 *   VERDICT     allow
 *               deny ["reason"]
 *   for users   allow [administrator] [quota shells=N operations=N rate=N/10s] [run-as ACCOUNT]
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

#include "policy/rules_network.h"

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

/* When a rule counts at all; nothing is set in one that always does. */
struct rules_condition {
    unsigned mechanisms; /* bits of rules_mechanism(); 0: any */
    struct rules_network *networks;
    size_t network_count; /* 0: from anywhere */
};

struct user_rule {
    unsigned line;
    struct rules_subject subject;
    struct rules_condition condition;
    enum rules_verdict verdict;
    bool administrator;
    struct rules_quota quota;
    char *run_as; /* an account; NULL: the user's own */
    char *text;   /* redirect: the URI; deny: the reason or NULL */
};

struct operation_rule {
    unsigned line;
    struct rules_subject subject;
    unsigned operations; /* a bit 1 << n for each enum WSManOperationNumber n */
    char *uri;
    bool uri_is_prefix;
    struct rules_condition condition;
    enum rules_verdict verdict;
    char *text; /* deny: the reason or NULL */
};

struct rules {
    struct user_rule *users;
    size_t user_count;
    struct operation_rule *operations;
    size_t operation_count;
    bool networks; /* a rule says from: a client whose address is not known can not be judged */
};

/* Why a file is refused: what is wrong and what to write instead. */
struct rules_error {
    unsigned line; /* counted from 1; 0: the file as a whole */
    char text[320];
};

/* Somebody to be judged. */
struct rules_client {
    const char *account;
    const char *groups;    /* joined by commas, or "" */
    const char *mechanism; /* as a senderDetails has it; NULL: not known */
    struct rules_address address;
};

/*
 * Parses a rule file. On success the caller owns *rules and ends it with rules_free; on failure
 * *rules is empty and *error says why. bytes need no closing NUL.
 */
bool rules_parse(const char *bytes, size_t size, struct rules *rules, struct rules_error *error);

/* Frees what rules_parse allocated and empties *rules. */
void rules_free(struct rules *rules);

/* The bit of a mechanism, letter case ignored; 0 for one that no rule can name. */
unsigned rules_mechanism(const char *name);

/* Does a rule with this condition count for the client? */
bool rules_condition_matches(const struct rules_condition *condition,
                             const struct rules_client *client);

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
