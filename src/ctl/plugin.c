/* SPDX-License-Identifier: ISC */

/*
 * winrmctl check-plugin: lives of the plug-in that a service would give it in years, one after the
 * other, each in a host of its own. No winrmd has to run.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/memory.h"
#include "ctl/plugin_trial.h"
#include "ctl/plugin_users.h"
#include "ipc/program.h"
#include "operations.h"

enum {
    CROWD = 192,     /* calls at the same time */
    LEFT_OPEN = 32,  /* when the stop comes */
    MISSED_LIMIT = 3 /* so many calls that were not completed end a life: each takes its time */
};

struct check {
    struct trial_settings settings;
    struct plugin_report report;
    struct trial trial;
    struct trial_user users[USERS_ROOM];
    size_t user_count;
    struct ipc_item accounts[CTL_ACCOUNTS];
};

static bool check_goes_on(const struct check *check)
{
    return !check->trial.over && check->trial.missed < MISSED_LIMIT;
}

/* ---- the lives ---- */

/* As a quiet service asks: one call after the other, each user first, contexts back at the end. */
static void live_in_order(struct check *check)
{
    struct trial *trial = &check->trial;

    for (size_t i = 0; i < check->user_count && check_goes_on(check); i++) {
        const struct trial_user *user = &check->users[i];
        struct trial_call *entry = trial_ask(trial, MESSAGE_authz_user, user, 0);

        trial_wait(trial);
        if (check->settings.supports_quota && check_goes_on(check)) {
            trial_ask(trial, MESSAGE_authz_quota, user, 0);
            trial_wait(trial);
        }
        for (uint32_t kind = OPERATION_get; kind <= OPERATION_invoke && check_goes_on(check);
             kind++) {
            struct trial_call *call = trial_ask(trial, MESSAGE_authz_operation, user, kind);

            trial_wait(trial);
            trial_release(trial, call);
        }
        trial_release(trial, entry);
        trial_settle(trial);
    }
}

/* As nobody asks who is in his right mind: questions before the user's, contexts back while calls
 * are open, the same user many times. */
static void live_out_of_order(struct check *check)
{
    struct trial *trial = &check->trial;

    for (size_t i = 0; i < check->user_count && check_goes_on(check); i++) {
        const struct trial_user *user = &check->users[i];
        struct trial_call *call = trial_ask(trial, MESSAGE_authz_operation, user, OPERATION_shell);
        struct trial_call *entries[2];

        if (check->settings.supports_quota)
            trial_ask(trial, MESSAGE_authz_quota, user, 0);
        entries[0] = trial_ask(trial, MESSAGE_authz_user, user, 0);
        entries[1] = trial_ask(trial, MESSAGE_authz_user, user, 0);
        trial_wait(trial);
        trial_release(trial, entries[1]);
        trial_ask(trial, MESSAGE_authz_operation, user, OPERATION_command);
        trial_release(trial, entries[0]);
        trial_release(trial, call);
        trial_wait(trial);
        trial_settle(trial);
    }
}

static enum message_type crowd_type(const struct check *check, size_t number)
{
    if (number % 4 == 1 && check->settings.supports_quota)
        return MESSAGE_authz_quota;
    return number % 2 == 0 ? MESSAGE_authz_user : MESSAGE_authz_operation;
}

static struct trial_call *crowd_ask(struct check *check, size_t number)
{
    return trial_ask(&check->trial, crowd_type(check, number),
                     &check->users[number % check->user_count],
                     OPERATION_get + (uint32_t)(number % OPERATION_invoke));
}

/* Many calls at the same time; every fourth is closed before it is answered, if that succeeds. */
static void live_in_a_crowd(struct check *check)
{
    struct trial *trial = &check->trial;

    for (size_t i = 0; i < CROWD; i++) {
        struct trial_call *call = crowd_ask(check, i);

        if (i % 4 == 3)
            trial_close(trial, call);
    }
    trial_wait(trial);
    trial_settle(trial);
    for (size_t i = 0; i < trial->count; i++)
        trial_release(trial, &trial->calls[i]);
}

/* Calls closed when the plug-in has them in hand: what it completes then comes too late. */
static void live_with_deadlines(struct check *check)
{
    struct trial *trial = &check->trial;

    for (size_t i = 0; i < check->user_count * 3 && check_goes_on(check); i++) {
        struct trial_call *call = crowd_ask(check, i);

        trial_wait_entered(trial, call);
        trial_close(trial, call);
        trial_release(trial, call);
    }
    trial_settle(trial);
    trial_ask(trial, MESSAGE_authz_user, &check->users[0], 0);
    trial_wait(trial);
}

/* The stop finds contexts that are out and calls that are open. */
static void live_until_the_stop(struct check *check)
{
    struct trial *trial = &check->trial;

    for (size_t i = 0; i < LEFT_OPEN && check_goes_on(check); i++)
        crowd_ask(check, i);
    trial_wait(trial);
    for (size_t i = 0; i < LEFT_OPEN && check_goes_on(check); i++)
        crowd_ask(check, i);
}

static void live_without_a_call(struct check *check)
{
    (void)check;
}

static const struct {
    const char *name;
    uint32_t flags; /* of the start-up */
    void (*live)(struct check *check);
} lives[] = {
    {"one call after the other", 0, live_in_order},
    {"calls out of order", 0, live_out_of_order},
    {"many calls at once", 0, live_in_a_crowd},
    {"calls closed before they are completed", 0, live_with_deadlines},
    {"a stop with calls open and contexts out", 0, live_until_the_stop},
    {"a start after a crash, and a stop at once", 2, live_without_a_call},
};

/* False: there is no use in another one. `*could_run`: whether the host could be started. */
static bool check_live(struct check *check, size_t number, bool *could_run)
{
    struct trial *trial = &check->trial;
    bool begun;

    if (check->settings.trace)
        printf("-- %s\n", lives[number].name);
    begun = trial_begin(trial, &check->settings, lives[number].flags, could_run);
    if (begun) {
        lives[number].live(check);
        trial_stop(trial);
        /* The others would only take as long. */
        begun = trial->over && (!trial->shutdown_entered || trial->shutdown_returned);
    }
    trial_end(trial);
    return begun;
}

/* ---- the command ---- */

static void check_summary(const struct check *check, const char *file, unsigned wrong)
{
    char *shown = ctl_printable(file);

    printf("%s: ", shown);
    if (wrong == 0)
        printf("nothing wrong");
    else
        printf("%u thing%s wrong", wrong, wrong == 1 ? "" : "s");
    printf(" (%u start%s, %u calls, %u contexts)\n", check->settings.lives,
           check->settings.lives == 1 ? "" : "s", check->settings.calls, check->settings.contexts);
    free(shown);
}

static enum ctl_exit check_run(struct check *check, const char *file)
{
    bool could_run = true;
    unsigned wrong;

    for (size_t i = 0; i < sizeof(lives) / sizeof(lives[0]) && could_run; i++)
        if (!check_live(check, i, &could_run))
            break;
    if (!could_run) {
        ctl_complain("the plug-in could not be tried: %s", strerror(errno));
        return CTL_no_answer;
    }
    wrong = report_print(&check->report);
    check_summary(check, file, wrong);
    if (fflush(stdout) != 0) {
        ctl_complain("standard output cannot be written");
        return CTL_no_answer;
    }
    return wrong == 0 ? CTL_done : CTL_failed;
}

/* What is tried is code that is not trusted yet, and made to go wrong. */
static bool is_root(const char *file)
{
    char *shown;

    if (getuid() != 0 && geteuid() != 0)
        return false;
    shown = ctl_printable(file);
    ctl_complain("a plug-in is not tried as root; try it as the account of its application: "
                 "runuser -u ACCOUNT -- winrmctl check-plugin %s",
                 shown);
    free(shown);
    return true;
}

static enum ctl_exit check_file(const struct ctl_options *options, const char *file)
{
    struct check *check = mem_alloc(sizeof(*check));
    char *folder = program_folder(WINRMD_LIBEXECDIR);
    char *host = mem_printf("%s/winrmd-host", folder);
    char *library = realpath(file, NULL);
    enum ctl_exit result = CTL_no_answer;

    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    setvbuf(stdout, NULL, _IOLBF, 0);
    check->settings = (struct trial_settings){.path = library,
                                              .host = host,
                                              .extra_info = options->extra_info,
                                              .supports_quota = options->supports_quota,
                                              .trace = options->trace,
                                              .patience = options->timeout * UINT64_C(1000),
                                              .report = &check->report};
    for (size_t i = 0; i < options->may_map_to_count; i++)
        check->accounts[i] = (struct ipc_item){.name = options->may_map_to[i]};
    check->settings.may_map_to =
        (struct ipc_items){.item = check->accounts, .count = (uint32_t)options->may_map_to_count};
    check->user_count = users_fill(check->users, options->users, options->user_count);
    if (library == NULL || access(library, R_OK) != 0)
        ctl_complain("%s cannot be read: %s", file, strerror(errno));
    else if (access(host, X_OK) != 0)
        ctl_complain("%s cannot be run: %s; it is installed with winrmd", host, strerror(errno));
    else
        result = check_run(check, file);
    report_free(&check->report);
    free(check);
    free(folder);
    free(host);
    free(library);
    return result;
}

enum ctl_exit ctl_check_plugin(const struct ctl_options *options, const char *file)
{
    return is_root(file) ? CTL_no_answer : check_file(options, file);
}
