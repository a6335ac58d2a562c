/* SPDX-License-Identifier: ISC */

/*
 * winrmctl: what an administrator says to winrmd and to its password files. One short-lived
 * process, one thread; nothing here is kept.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

enum ctl_exit {
    CTL_done = 0,
    CTL_failed = 1, /* the message on standard error says why */
    CTL_usage = 2,
    CTL_no_answer = 3 /* winrmd does not run, or does not answer; a plug-in could not be tried */
};

enum { CTL_USERS = 16, CTL_ACCOUNTS = 16 };

struct ctl_options {
    const char *config;
    const char *groups; /* NULL: not given; the same for the next */
    const char *domain;
    bool remove;
    bool json;
    bool all;
    const char *users[CTL_USERS];
    size_t user_count;
    const char *extra_info; /* NULL: none */
    bool supports_quota;
    bool trace;
    unsigned timeout; /* seconds */
    const char *application;
    const char *mechanism; /* NULL: not given; the same for the next */
    const char *address;
    const char *operation;
    const char *action;
    const char *uri;
    const char *may_map_to[CTL_ACCOUNTS];
    size_t may_map_to_count;
};

/* One line to standard error: cause, place and remedy. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Adds, changes or removes the user `name` in the password file `path`. */
enum ctl_exit ctl_passwd(const struct ctl_options *options, const char *path, const char *name);

/* The same in the NTLM password file `path`, which has NT hashes. */
enum ctl_exit ctl_ntlm_passwd(const struct ctl_options *options, const char *path,
                              const char *name);

/* Asks the winrmd of that configuration how it is; and: for its shells alone. */
enum ctl_exit ctl_status(const struct ctl_options *options);
enum ctl_exit ctl_shells(const struct ctl_options *options);

/* Shows who is logged in and has user records. */
enum ctl_exit ctl_users(const struct ctl_options *options);

/* Ends the shell whose id begins so, or (NULL) all those of the one user of the options. */
enum ctl_exit ctl_kill(const struct ctl_options *options, const char *shell);

/* Ends all that the user has. */
enum ctl_exit ctl_revoke(const struct ctl_options *options, const char *user);

/* Gives back what the user has used of his rate, and what he or that address has failed. */
enum ctl_exit ctl_unthrottle(const struct ctl_options *options, const char *who);

/* Has `process` (NULL: all) log as much as `word` says. */
enum ctl_exit ctl_log_level(const struct ctl_options *options, const char *word,
                            const char *process);

/* Has it read its configuration again; says what is wrong with that. */
enum ctl_exit ctl_reload(const struct ctl_options *options);

/* Asks what the authorization plug-in says of a user. */
enum ctl_exit ctl_explain(const struct ctl_options *options);

/* Tries the authorization plug-in `file`; CTL_failed when it does something wrong. */
enum ctl_exit ctl_check_plugin(const struct ctl_options *options, const char *file);

extern const char ctl_help[];

/* Whole copy of a text that came from outside, fit for a terminal: '?' for what is no printable
 * UTF-8. free(). */
char *ctl_printable(const char *text);

#endif
