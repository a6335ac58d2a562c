/* SPDX-License-Identifier: ISC */

#include <getopt.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

enum { TIMEOUT = 10 /* the default of authorization-timeout */, TIMEOUT_LIMIT = 600 };

/* Long options without a letter. */
enum {
    OPTION_extra_info = 256,
    OPTION_supports_quota,
    OPTION_user,
    OPTION_timeout,
    OPTION_trace,
    OPTION_application,
    OPTION_mechanism,
    OPTION_address,
    OPTION_operation,
    OPTION_action,
    OPTION_uri,
    OPTION_may_map_to,
    OPTION_domain,
    OPTION_all
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, 'j'},
    {"groups", required_argument, NULL, 'g'},
    {"delete", no_argument, NULL, 'd'},
    {"extra-info", required_argument, NULL, OPTION_extra_info},
    {"supports-quota", no_argument, NULL, OPTION_supports_quota},
    {"user", required_argument, NULL, OPTION_user},
    {"timeout", required_argument, NULL, OPTION_timeout},
    {"trace", no_argument, NULL, OPTION_trace},
    {"application", required_argument, NULL, OPTION_application},
    {"mechanism", required_argument, NULL, OPTION_mechanism},
    {"address", required_argument, NULL, OPTION_address},
    {"operation", required_argument, NULL, OPTION_operation},
    {"action", required_argument, NULL, OPTION_action},
    {"uri", required_argument, NULL, OPTION_uri},
    {"may-map-to", required_argument, NULL, OPTION_may_map_to},
    {"domain", required_argument, NULL, OPTION_domain},
    {"all", no_argument, NULL, OPTION_all},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

void ctl_complain(const char *format, ...)
{
    va_list arguments;

    fputs("winrmctl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static enum ctl_exit wrong_usage(const char *cause)
{
    ctl_complain("%s; winrmctl --help shows how it is used", cause);
    return CTL_usage;
}

/* ---- the commands ---- */

static enum ctl_exit run_passwd(const struct ctl_options *options, char **words)
{
    if (options->remove && options->groups != NULL)
        return wrong_usage("--delete and --groups exclude each other");
    return ctl_passwd(options, words[0], words[1]);
}

static enum ctl_exit run_ntlm_passwd(const struct ctl_options *options, char **words)
{
    return ctl_ntlm_passwd(options, words[0], words[1]);
}

static enum ctl_exit run_status(const struct ctl_options *options, char **words)
{
    (void)words;
    return ctl_status(options);
}

static enum ctl_exit run_shells(const struct ctl_options *options, char **words)
{
    (void)words;
    return ctl_shells(options);
}

static enum ctl_exit run_users(const struct ctl_options *options, char **words)
{
    (void)words;
    return ctl_users(options);
}

static enum ctl_exit run_kill(const struct ctl_options *options, char **words)
{
    bool one = words[0] != NULL && words[0][0] != '\0' && !options->all && options->user_count == 0;
    bool all = words[0] == NULL && options->all && options->user_count == 1;

    if (!one && !all)
        return wrong_usage("kill takes a shell's id or its beginning, or --all with one --user");
    return ctl_kill(options, words[0]);
}

static enum ctl_exit run_revoke(const struct ctl_options *options, char **words)
{
    return ctl_revoke(options, words[0]);
}

static enum ctl_exit run_unthrottle(const struct ctl_options *options, char **words)
{
    return ctl_unthrottle(options, words[0]);
}

static enum ctl_exit run_log_level(const struct ctl_options *options, char **words)
{
    return ctl_log_level(options, words[0], words[1]);
}

static enum ctl_exit run_reload(const struct ctl_options *options, char **words)
{
    (void)words;
    return ctl_reload(options);
}

static enum ctl_exit run_explain(const struct ctl_options *options, char **words)
{
    (void)words;
    if (options->application == NULL || options->user_count != 1 || options->uri == NULL ||
        (options->operation == NULL && options->action == NULL))
        return wrong_usage(
            "explain needs --application, one --user, --uri, and --operation or --action");
    return ctl_explain(options);
}

static enum ctl_exit run_check_plugin(const struct ctl_options *options, char **words)
{
    return ctl_check_plugin(options, words[0]);
}

static const struct command {
    const char *name;
    int words; /* that follow */
    int more;  /* that may follow besides */
    enum ctl_exit (*run)(const struct ctl_options *options, char **words);
    /* What --config, which every command takes, stands beside: names of long_options. */
    const char *takes[10];
    const char *usage;
} commands[] = {
    {"passwd",
     2,
     0,
     run_passwd,
     {"groups", "delete"},
     "passwd takes a password file and a user's name"},
    {"ntlm-passwd",
     2,
     0,
     run_ntlm_passwd,
     {"domain", "delete"},
     "ntlm-passwd takes an NTLM password file, a user's name, --domain and --delete"},
    {"status", 0, 0, run_status, {"json"}, "status takes --config and --json only"},
    {"shells", 0, 0, run_shells, {"json"}, "shells takes --config and --json only"},
    {"users", 0, 0, run_users, {"json"}, "users takes --config and --json only"},
    {"kill",
     0,
     1,
     run_kill,
     {"all", "user", "application", "json"},
     "kill takes a shell's id or its beginning, or --all with one --user; --application and "
     "--json"},
    {"revoke",
     1,
     0,
     run_revoke,
     {"application", "json"},
     "revoke takes a user, --application and --json"},
    {"unthrottle",
     1,
     0,
     run_unthrottle,
     {"json"},
     "unthrottle takes a user or address, and --json"},
    {"log-level",
     1,
     1,
     run_log_level,
     {"json"},
     "log-level takes error, info, debug or default, a process if not all are meant, and --json"},
    {"reload", 0, 0, run_reload, {NULL}, "reload takes --config only"},
    {"explain",
     0,
     0,
     run_explain,
     {"application", "user", "groups", "mechanism", "address", "operation", "action", "uri",
      "json"},
     "explain takes --application, --user, --groups, --mechanism, --address, --operation, "
     "--action, --uri and --json"},
    {"check-plugin",
     1,
     0,
     run_check_plugin,
     {"extra-info", "supports-quota", "user", "may-map-to", "timeout", "trace"},
     "check-plugin takes a plug-in library, --extra-info, --supports-quota, --user, --may-map-to, "
     "--timeout and --trace"},
};

/* ---- the command line ---- */

/* `seen`: bits, by the row of long_options. */
static bool takes_all(const struct command *command, uint32_t seen)
{
    for (size_t i = 0; long_options[i].name != NULL; i++) {
        bool taken = strcmp(long_options[i].name, "config") == 0;

        for (size_t k = 0; command->takes[k] != NULL; k++)
            taken = taken || strcmp(command->takes[k], long_options[i].name) == 0;
        if ((seen & (UINT32_C(1) << i)) != 0 && !taken)
            return false;
    }
    return true;
}

static enum ctl_exit run(const struct ctl_options *options, uint32_t seen, int count, char **words)
{
    if (count == 0)
        return wrong_usage("a command is missing: status, shells, users, kill, revoke, unthrottle, "
                           "log-level, reload, "
                           "explain, passwd, ntlm-passwd or check-plugin");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(words[0], commands[i].name) != 0)
            continue;
        if (count - 1 < commands[i].words || count - 1 > commands[i].words + commands[i].more ||
            !takes_all(&commands[i], seen))
            return wrong_usage(commands[i].usage);
        return commands[i].run(options, words + 1);
    }
    return wrong_usage("there is no such command");
}

static uint32_t option_bit(int letter)
{
    for (size_t i = 0; long_options[i].name != NULL; i++)
        if (long_options[i].val == letter)
            return UINT32_C(1) << i;
    return 0;
}

static bool option_timeout(struct ctl_options *options, const char *text)
{
    char *end;
    unsigned long seconds = strtoul(text, &end, 10);

    options->timeout = (unsigned)seconds;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && seconds >= 1 &&
           seconds <= TIMEOUT_LIMIT;
}

/* False: the command line is wrong, and `cause` may say why. */
static bool option_take(struct ctl_options *options, int letter, const char **cause)
{
    switch (letter) {
    case 'c':
        options->config = optarg;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'g':
        options->groups = optarg;
        return true;
    case 'd':
        options->remove = true;
        return true;
    case OPTION_extra_info:
        options->extra_info = optarg;
        return true;
    case OPTION_supports_quota:
        options->supports_quota = true;
        return true;
    case OPTION_trace:
        options->trace = true;
        return true;
    case OPTION_user:
        *cause = "--user is given too often";
        if (options->user_count == CTL_USERS)
            return false;
        options->users[options->user_count++] = optarg;
        return true;
    case OPTION_domain:
        options->domain = optarg;
        return true;
    case OPTION_application:
        options->application = optarg;
        return true;
    case OPTION_mechanism:
        options->mechanism = optarg;
        return true;
    case OPTION_address:
        options->address = optarg;
        return true;
    case OPTION_operation:
        options->operation = optarg;
        return true;
    case OPTION_action:
        options->action = optarg;
        return true;
    case OPTION_uri:
        options->uri = optarg;
        return true;
    case OPTION_may_map_to:
        *cause = "--may-map-to is given too often";
        if (options->may_map_to_count == CTL_ACCOUNTS)
            return false;
        options->may_map_to[options->may_map_to_count++] = optarg;
        return true;
    case OPTION_all:
        options->all = true;
        return true;
    case OPTION_timeout:
        *cause = "--timeout takes 1 to 600 seconds";
        return option_timeout(options, optarg);
    default:
        *cause = "the command line is wrong";
        return false;
    }
}

int main(int count, char **arguments)
{
    struct ctl_options options = {.config = WINRMD_CONFIG, .timeout = TIMEOUT};
    const char *cause = NULL;
    uint32_t seen = 0;
    int letter;

    while ((letter = getopt_long(count, arguments, "c:jg:dhV", long_options, NULL)) != -1) {
        if (letter == 'h') {
            fputs(ctl_help, stdout);
            return CTL_done;
        }
        if (letter == 'V') {
            puts("winrmctl " WINRMD_VERSION);
            return CTL_done;
        }
        if (!option_take(&options, letter, &cause))
            return (int)wrong_usage(cause);
        seen |= option_bit(letter);
    }
    return (int)run(&options, seen, count - optind, arguments + optind);
}
