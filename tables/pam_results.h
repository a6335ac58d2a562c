/* SPDX-License-Identifier: ISC */

/*
 * What became of a question to PAM: R(name, reason). `reason` is what the audit says of a refusal;
 * no other process repeats a text that a module has written.
 */
#ifndef TABLES_PAM_RESULTS_H
#define TABLES_PAM_RESULTS_H

/* clang-format off */
#define PAM_RESULT_TABLE(R) \
    R(accepted, "accepted") \
    R(wrong_password, "wrong password") \
    R(unknown_user, "unknown user") \
    R(max_tries, "PAM takes no more tries of this user") \
    R(account_denied, "PAM denies the account") \
    R(account_expired, "the account has expired") \
    R(password_expired, "the password has expired") \
    R(unavailable, "what PAM asks is not available") \
    R(prompt, "PAM asks for more than a password") \
    R(module_failed, "PAM fails, or has no such service") \
    R(no_account, "PAM accepts it, but this machine knows no such account") \
    R(too_many_groups, "the account is in more than 1024 groups") \
    R(root, "uid 0 is never let in") \
    R(nonsense, "winrmd-pam was asked nothing it understands") \
    R(late, "PAM took too long, and its process was killed") \
    R(ended, "winrmd-pam ended while it was asked") \
    R(crowded, "too many passwords wait for PAM")
/* clang-format on */

enum pam_result {
    PAM_RESULT_none,
#define R(name, reason) PAM_RESULT_##name,
    PAM_RESULT_TABLE(R)
#undef R
        PAM_RESULTS
};

enum {
    PAM_PROCESSES = 4,       /* winrmd-pam processes at most; one per core */
    PAM_TIMEOUT_MOST = 30000, /* ms: of pam-timeout */
    PAM_REQUESTS = 100,      /* that one serves before another takes its place */
    PAM_DELAY = 10000,       /* ms: the longest delay that a refusal is given */
    PAM_WAIT = 10000,        /* ms that a login waits for its turn */
    PAM_WAITING = 1024,      /* logins that wait, in all */
    PAM_SOURCE_WAITING = 64, /* of one address */
    /* Refusals at once, and the time (ms) after which there may be one more: */
    PAM_SOURCE_BURST = 20,
    PAM_SOURCE_REFILL = 500,
    PAM_USER_BURST = 5,
    PAM_USER_REFILL = 1000
};

#endif
