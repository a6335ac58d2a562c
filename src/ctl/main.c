/* SPDX-License-Identifier: ISC */

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

static const char help[] =
    "winrmctl - asks a running winrmd how it is, and keeps its password file\n"
    "\n"
    "usage: winrmctl [--config FILE] status [--json]\n"
    "       winrmctl [--config FILE] shells [--json]\n"
    "       winrmctl [--config FILE] reload\n"
    "       winrmctl passwd FILE NAME [--groups GROUP,GROUP]\n"
    "       winrmctl passwd FILE NAME --delete\n"
    "\n"
    "status\n"
    "    Shows the processes, applications, user records, shells and counters of the winrmd\n"
    "    that runs with this configuration. --json prints one object with the keys\n"
    "    processes, applications, records, shells (lists) and counters (an object); times\n"
    "    in it are milliseconds.\n"
    "\n"
    "shells\n"
    "    Shows the shells alone: application, id, owner, account, process of the host, number\n"
    "    of commands, how long the shell has been idle and how old it is. --json prints one\n"
    "    object with the key shells, as status does.\n"
    "\n"
    "reload\n"
    "    Has winrmd read its configuration again. The new one takes the place of the old one\n"
    "    whole, and nobody is disconnected; one with a mistake changes nothing, and the\n"
    "    mistakes are printed as winrmd --check prints them.\n"
    "\n"
    "passwd\n"
    "    Reads a password from the first line of standard input and gives it to user NAME\n"
    "    in the password file FILE, which is made with mode 0600 if there is none. A user\n"
    "    who is there already keeps the groups unless --groups is given (--groups \"\":\n"
    "    none). A running winrmd notices the change by itself.\n"
    "\n"
    "options\n"
    "    -c, --config FILE      winrmd's configuration; default\n"
    "                           " WINRMD_CONFIG "\n"
    "    -j, --json             status, shells: print JSON\n"
    "    -g, --groups G,G       passwd: groups of the user\n"
    "    -d, --delete           passwd: remove the user\n"
    "    -h, --help             print this page and end\n"
    "    -V, --version          print the version and end\n"
    "\n"
    "status, shells and reload find winrmd by the control socket that the configuration\n"
    "names. winrmd answers its own user and root, and nobody else.\n"
    "\n"
    "examples\n"
    "    echo 'correct horse' | winrmctl passwd /etc/winrmd/users anna --groups admins\n"
    "    winrmctl --config /etc/winrmd/winrmd.conf status\n"
    "    winrmctl --config /etc/winrmd/winrmd.conf shells --json\n"
    "    winrmctl --config /etc/winrmd/winrmd.conf reload && echo reloaded\n"
    "\n"
    "exit status\n"
    "    0  done; reload: the new configuration holds\n"
    "    1  it could not be done, standard error says why and what to do; reload: the new\n"
    "       configuration was refused and nothing was changed\n"
    "    2  the command line is wrong\n"
    "    3  winrmd does not run, or does not answer\n"
    "\n"
    "See also: winrmd --help.\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, 'j'},
    {"groups", required_argument, NULL, 'g'},
    {"delete", no_argument, NULL, 'd'},
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

static enum ctl_exit run_passwd(const struct ctl_options *options, int count, char **words)
{
    if (count != 3 || options->json)
        return wrong_usage("passwd takes a password file and a user's name");
    if (options->remove && options->groups != NULL)
        return wrong_usage("--delete and --groups exclude each other");
    return ctl_passwd(options, words[1], words[2]);
}

/* The commands that ask a running winrmd, and take no more words. */
static const struct {
    const char *name;
    enum ctl_exit (*run)(const struct ctl_options *options);
    bool json;
    const char *usage;
} questions[] = {
    {"status", ctl_status, true, "status takes --config and --json only"},
    {"shells", ctl_shells, true, "shells takes --config and --json only"},
    {"reload", ctl_reload, false, "reload takes --config only"},
};

static enum ctl_exit run(const struct ctl_options *options, int count, char **words)
{
    if (count == 0)
        return wrong_usage("a command is missing: status, shells, reload or passwd");
    if (strcmp(words[0], "passwd") == 0)
        return run_passwd(options, count, words);
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        if (strcmp(words[0], questions[i].name) != 0)
            continue;
        if (count > 1 || options->groups != NULL || options->remove ||
            (options->json && !questions[i].json))
            return wrong_usage(questions[i].usage);
        return questions[i].run(options);
    }
    return wrong_usage("there is no such command");
}

int main(int count, char **arguments)
{
    struct ctl_options options = {.config = WINRMD_CONFIG};
    int letter;

    while ((letter = getopt_long(count, arguments, "c:jg:dhV", long_options, NULL)) != -1) {
        switch (letter) {
        case 'c':
            options.config = optarg;
            break;
        case 'j':
            options.json = true;
            break;
        case 'g':
            options.groups = optarg;
            break;
        case 'd':
            options.remove = true;
            break;
        case 'h':
            fputs(help, stdout);
            return CTL_done;
        case 'V':
            puts("winrmctl " WINRMD_VERSION);
            return CTL_done;
        default:
            return (int)wrong_usage("the command line is wrong");
        }
    }
    return (int)run(&options, count - optind, arguments + optind);
}
