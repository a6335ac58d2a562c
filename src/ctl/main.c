/* SPDX-License-Identifier: ISC */

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"

static const char help[] =
    "winrmctl: asks a running winrmd how it is, and keeps its password file.\n"
    "\n"
    "  winrmctl [--config FILE] status [--json]\n"
    "  winrmctl passwd FILE NAME [--groups GROUP,GROUP]\n"
    "  winrmctl passwd FILE NAME --delete\n"
    "\n"
    "status\n"
    "    Shows processes, applications, user records, shells and counters of the winrmd\n"
    "    that runs with this configuration. --json prints one object with the keys\n"
    "    processes, applications, records, shells (lists) and counters (an object);\n"
    "    times are milliseconds. Only winrmd's own user and root are answered.\n"
    "\n"
    "passwd\n"
    "    Reads a password from the first line of standard input and gives it to user NAME\n"
    "    in the password file FILE, which is made with mode 0600 if there is none. A user\n"
    "    who is there already keeps the groups unless --groups is given (--groups \"\":\n"
    "    none). A running winrmd notices the change by itself.\n"
    "\n"
    "Options\n"
    "    -c, --config FILE      winrmd's configuration (" WINRMD_CONFIG ")\n"
    "    -j, --json             status: print JSON\n"
    "    -g, --groups G,G       passwd: groups of the user\n"
    "    -d, --delete           passwd: remove the user\n"
    "    -h, --help             this page\n"
    "    -V, --version          version\n"
    "\n"
    "Examples\n"
    "    echo 'correct horse' | winrmctl passwd /etc/winrmd/users anna --groups admins\n"
    "    winrmctl --config /etc/winrmd/winrmd.conf status --json\n"
    "\n"
    "Exit codes\n"
    "    0  done\n"
    "    1  it could not be done; standard error says why and what to do\n"
    "    2  the command line is wrong\n"
    "    3  winrmd does not run, or does not answer\n";

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

static enum ctl_exit run(const struct ctl_options *options, int count, char **words)
{
    if (count == 0)
        return wrong_usage("a command is missing: status or passwd");
    if (strcmp(words[0], "status") == 0) {
        if (count > 1 || options->groups != NULL || options->remove)
            return wrong_usage("status takes --config and --json only");
        return ctl_status(options);
    }
    if (strcmp(words[0], "passwd") == 0) {
        if (count != 3 || options->json)
            return wrong_usage("passwd takes a password file and a user's name");
        if (options->remove && options->groups != NULL)
            return wrong_usage("--delete and --groups exclude each other");
        return ctl_passwd(options, words[1], words[2]);
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
