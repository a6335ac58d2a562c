/* SPDX-License-Identifier: ISC */

#include "confine/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "system_calls.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

enum { NAME_LIMIT = 24, NUMBERS = 512, LIST_LIMIT = 2048 };

#define ALL     UINT64_MAX
#define OWN_PID ((uint64_t)getpid())
/* O_TMPFILE without the O_DIRECTORY that it includes. */
#define TEMPORARY (O_TMPFILE & ~O_DIRECTORY)

/* ---- the lists ---- */

#define GROUP(group, why, calls)               \
    static const char group_##group[] = calls; \
    _Static_assert(sizeof(calls) <= LIST_LIMIT, "list_add() takes no list of that length");
SYSTEM_CALL_GROUPS(GROUP)
#undef GROUP

#define USE(group) group_##group,
static const char *const calls_net[] = {SYSTEM_CALLS_net(USE) NULL};
static const char *const calls_auth[] = {SYSTEM_CALLS_auth(USE) NULL};
static const char *const calls_gss[] = {SYSTEM_CALLS_gss(USE) NULL};
static const char *const calls_config[] = {SYSTEM_CALLS_config(USE) NULL};
#undef USE

static const char *const *const lists[PROCESS_COUNT] = {
    [PROCESS_net] = calls_net,
    [PROCESS_auth] = calls_auth,
    [PROCESS_gss] = calls_gss,
    [PROCESS_config] = calls_config,
};

struct argument_rule {
    const char *call;
    unsigned argument;
    uint64_t mask;
    uint64_t value;
};

/* ---- who asks for more ---- */

static const char *filter_program;
static char names[NUMBERS][NAME_LIMIT];

/* libseccomp allocates what it answers, which a signal handler must not do. */
static void names_prepare(void)
{
    for (int number = 0; number < NUMBERS; number++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);

        snprintf(names[number], NAME_LIMIT, "%s", name != NULL ? name : "of that number");
        free(name);
    }
}

static size_t put(char *line, size_t used, size_t size, const char *text)
{
    for (; *text != '\0' && used < size; text++)
        line[used++] = *text;
    return used;
}

static size_t put_number(char *line, size_t used, size_t size, unsigned number)
{
    char digits[12], *at = digits + sizeof(digits) - 1;

    *at = '\0';
    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return put(line, used, size, at);
}

/* The kernel has not done what was asked. The signal ends the process when it comes again. */
static void on_refused(int signal_number, siginfo_t *info, void *context)
{
    int number = info->si_syscall;
    char line[256];
    size_t used = 0;

    (void)context;
    used = put(line, used, sizeof(line), log_priority(LOG_LEVEL_error));
    used = put(line, used, sizeof(line), filter_program);
    if (!log_journal()) {
        used = put(line, used, sizeof(line), "[");
        used = put_number(line, used, sizeof(line), (unsigned)getpid());
        used = put(line, used, sizeof(line), "]");
    }
    used = put(line, used, sizeof(line), ": it asked the kernel for ");
    used = put(line, used, sizeof(line),
               number >= 0 && number < NUMBERS ? names[number] : "something unknown");
    used = put(line, used, sizeof(line), " (system call ");
    used = put_number(line, used, sizeof(line), (unsigned)number);
    used = put(line, used, sizeof(line), "), which it never needs, and is ended\n");
    if (write(STDERR_FILENO, line, used) < 0)
        used = 0;
    raise(signal_number);
}

static bool handler_set(void)
{
    struct sigaction action = {.sa_sigaction = on_refused,
                               .sa_flags = (int)(SA_SIGINFO | SA_RESETHAND | SA_NODEFER)};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGSYS, &action, NULL) == 0;
}

/* ---- the filters ---- */

/* Adds a rule for each call of a list that this machine knows. */
static int list_add(scmp_filter_ctx filter, const char *calls, bool checked)
{
    static const char *const with_arguments[] = {
#define NAME(call, argument, mask, value) #call,
        SYSTEM_CALL_ARGUMENTS(NAME)
#undef NAME
#define NAME(call, error) #call,
            SYSTEM_CALLS_ABSENT(NAME)
#undef NAME
    };
    char list[LIST_LIMIT], *rest = NULL;
    int error = 0;

    snprintf(list, sizeof(list), "%s", calls);
    for (char *name = strtok_r(list, " ", &rest); name != NULL && error == 0;
         name = strtok_r(NULL, " ", &rest)) {
        int number = seccomp_syscall_resolve_name(name);
        bool skip = number < 0;

        for (size_t i = 0; checked && i < sizeof(with_arguments) / sizeof(with_arguments[0]); i++)
            skip = skip || strcmp(name, with_arguments[i]) == 0;
        if (!skip)
            error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
    }
    return error;
}

/* Is a word of this list? */
static bool list_has(const char *calls, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = strstr(calls, name); at != NULL; at = strstr(at + length, name))
        if ((at == calls || at[-1] == ' ') && (at[length] == '\0' || at[length] == ' '))
            return true;
    return false;
}

static int argument_add(scmp_filter_ctx filter, const struct argument_rule *rule)
{
    int number = seccomp_syscall_resolve_name(rule->call);
    struct scmp_arg_cmp check = {.arg = rule->argument,
                                 .op = SCMP_CMP_MASKED_EQ,
                                 .datum_a = rule->mask,
                                 .datum_b = rule->value};

    if (rule->mask == ALL) {
        check.op = SCMP_CMP_EQ;
        check.datum_a = rule->value;
    }
    /* A sanitizer may ask for it in any way. */
    if (guard_sanitized() && list_has(group_sanitizers, rule->call))
        return 0;
    return number < 0 ? 0 : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 1, &check);
}

static int arguments_add(scmp_filter_ctx filter, const struct argument_rule *rules, size_t count)
{
    int error = 0;

    for (size_t i = 0; i < count && error == 0; i++)
        error = argument_add(filter, &rules[i]);
    return error;
}

/* What is not in the lists ends the process. */
static int calls_add(scmp_filter_ctx filter, enum process process)
{
    int error = 0;

    for (const char *const *calls = lists[process]; *calls != NULL && error == 0; calls++)
        error = list_add(filter, *calls, false);
    if (error == 0 && guard_sanitized())
        error = list_add(filter, group_sanitizers, false);
    return error;
}

/*
 * What is in the lists, and asked for with other arguments, is refused. (Of two filters the
 * kernel takes the sterner answer: what is in no list meets the first.)
 */
static int checks_add(scmp_filter_ctx filter, enum process process)
{
    const struct argument_rule rules[] = {
#define RULE(call, argument, mask, value) {#call, argument, mask, (uint64_t)(value)},
        SYSTEM_CALL_ARGUMENTS(RULE)
#undef RULE
    };
    const struct argument_rule rules_gss[] = {
#define RULE(call, argument, mask, value) {#call, argument, mask, (uint64_t)(value)},
        SYSTEM_CALL_ARGUMENTS_gss(RULE)
#undef RULE
    };
    int error = 0;

#define ABSENT(call, number)                                     \
    if (error == 0 && seccomp_syscall_resolve_name(#call) >= 0)  \
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(number), \
                                 seccomp_syscall_resolve_name(#call), 0);
    SYSTEM_CALLS_ABSENT(ABSENT)
#undef ABSENT
    /* For the other filter, which is loaded after this one and does not let it through. */
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(seccomp), 0);
    for (const char *const *calls = lists[process]; *calls != NULL && error == 0; calls++)
        error = list_add(filter, *calls, true);
    if (error == 0 && guard_sanitized())
        error = list_add(filter, group_sanitizers, false);
    if (error == 0)
        error = arguments_add(filter, rules, sizeof(rules) / sizeof(rules[0]));
    if (error == 0 && process == PROCESS_gss)
        error = arguments_add(filter, rules_gss, sizeof(rules_gss) / sizeof(rules_gss[0]));
    return error;
}

static bool filter_load(enum process process, uint32_t otherwise,
                        int (*add)(scmp_filter_ctx, enum process))
{
    scmp_filter_ctx filter = seccomp_init(otherwise);
    int error = filter != NULL ? 0 : -ENOMEM;

    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    /* Every thread, also one that a library has started. */
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (error == 0)
        error = add(filter, process);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    errno = -error;
    return error == 0;
}

bool filter_restrict(enum process process, const char *program)
{
    if (lists[process] == NULL) {
        errno = EINVAL;
        return false;
    }
    filter_program = program;
    names_prepare();
    return handler_set() && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           filter_load(process, SCMP_ACT_ERRNO(EPERM), checks_add) &&
           filter_load(process, SCMP_ACT_TRAP, calls_add);
}
