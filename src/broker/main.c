/* SPDX-License-Identifier: ISC */

/*
 * winrmd: its options, its signals, and what it holds from start to end. Started as root, each
 * process runs as whom it should be. Started by an ordinary user, the same processes run under that
 * one uid, with no walls between users, and it says so.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "broker/broker.h"
#include "broker/control.h"
#include "broker/peers.h"
#include "broker/record.h"
#include "broker/reload.h"
#include "broker/shell_login.h"
#include "broker/start.h"
#include "broker/stop.h"
#include "confine/capabilities.h"
#include "ipc/program.h"

enum { EXIT_USAGE = 2 };

static const char help[] =
    "winrmd - a WinRM (WS-Management) service that runs authorization plug-ins\n"
    "\n"
    "usage: winrmd [--config FILE] [--check] [--debug]\n"
    "\n"
    "  --config FILE   the configuration; default " WINRMD_CONFIG "\n"
    "  --check         read the configuration, load every plug-in, say what is wrong, and end\n"
    "  --debug         log more\n"
    "  --version       print the version and end\n"
    "  --help          print this page and end\n"
    "\n"
    "winrmd stays in the foreground and logs to standard error. For each listener and\n"
    "application it says 'winrmd: ready on URL' when requests are taken. SIGTERM or SIGINT\n"
    "ends it in order: shells are ended, what was asked is answered, plug-ins get their contexts\n"
    "back and are shut down. SIGHUP (or winrmctl reload) reads the configuration again: it is\n"
    "checked aside and takes effect whole, or not at all; nobody is disconnected.\n"
    "\n"
    "Started as root, each process runs as whom it should be, each shell as its user. Started by\n"
    "an ordinary user, everything runs under that user's uid: there are no walls between the\n"
    "users of the service.\n"
    "\n"
    "Exit status: 0 ended in order or nothing wrong (--check); 1 wrong configuration or no\n"
    "start; 2 wrong usage. See also: winrmctl --help.\n";

struct options {
    const char *config;
    bool check;
    bool debug;
};

static bool options_read(int count, char **arguments, struct options *options)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
        {"debug", no_argument, NULL, 'd'},        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int option;

    *options = (struct options){.config = WINRMD_CONFIG};
    while ((option = getopt_long(count, arguments, "", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options->config = optarg;
            break;
        case 'k':
            options->check = true;
            break;
        case 'd':
            options->debug = true;
            break;
        case 'v':
            puts("winrmd " WINRMD_VERSION);
            exit(0);
        case 'h':
            fputs(help, stdout);
            exit(0);
        default:
            return false;
        }
    }
    if (optind < count)
        fprintf(stderr, "winrmd: %s is no option; see winrmd --help\n", arguments[optind]);
    return optind == count;
}

/* ---- signals ---- */

struct signals {
    struct loop_watch watch;
    struct broker *broker;
};

static void signals_ready(struct loop_watch *watch, uint32_t events)
{
    struct broker *broker = container_of(watch, struct signals, watch)->broker;
    struct signalfd_siginfo signal;

    (void)events;
    while (read(watch->fd, &signal, sizeof(signal)) == (ssize_t)sizeof(signal)) {
        if (signal.ssi_signo == SIGCHLD) {
            child_reap(broker);
        } else if (signal.ssi_signo == SIGHUP) {
            if (broker->ready && !broker->stopping)
                reload_begin(broker, NULL);
        } else if (!broker->stopping) {
            log_info("stopping");
            stop_begin(broker);
        }
    }
    stop_continue(broker);
}

static bool signals_watch(struct signals *signals, struct broker *broker)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* A limit on file sizes is an audit file that cannot be written, not an end. */
    signal(SIGXFSZ, SIG_IGN);
    signals->broker = broker;
    signals->watch = (struct loop_watch){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                                         .ready = signals_ready};
    return signals->watch.fd >= 0 && loop_watch(broker->loop, &signals->watch, EPOLLIN);
}

/* ---- from start to end ---- */

/* Leaves no child behind, however far the start came. */
static void broker_end_children(struct broker *broker)
{
    stop_begin(broker);
    while (!list_empty(&broker->processes))
        loop_run(broker->loop);
}

static void broker_close(struct broker *broker)
{
    if (broker->configuration != NULL)
        control_close(broker);
    for (size_t i = 0; i < broker->application_count; i++)
        record_retire_all(broker->applications[i]);
    peers_forget(broker);
    notify_close(&broker->notify);
    shell_login_close(broker);
    audit_close(broker->audit);
    configuration_free(broker->configuration);
    for (size_t i = 0; i < broker->application_count; i++)
        application_free(broker->applications[i]);
    free(broker->applications);
    free(broker->config);
    map_free(&broker->sessions);
    map_free(&broker->operations);
    map_free(&broker->calls);
    map_free(&broker->shells);
    map_free(&broker->enumerations);
    map_free(&broker->quota.users);
    free(broker->programs);
    loop_free(broker->loop);
}

/*
 * The broker holds a descriptor for each process, connection of winrmctl and listener: it takes as
 * many as it may. Plug-ins and commands keep what it was started with, since select() cannot take
 * more than 1024.
 */
static void files_raise(struct broker *broker)
{
    struct rlimit raised;

    if (getrlimit(RLIMIT_NOFILE, &broker->files) != 0)
        log_error("getrlimit: %s", strerror(errno));
    raised = broker->files;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0)
        log_error("setrlimit: %s", strerror(errno));
}

/* Before anything from outside is looked at. */
static bool powers_drop(const struct broker *broker)
{
    const char *missing;

    if (!broker->root || capabilities_keep_broker(&missing))
        return true;
    fprintf(stderr,
            "%sstarted as root, it lacks %s; give it back, or start winrmd as an ordinary user\n",
            log_title(LOG_LEVEL_error), missing);
    return false;
}

static void broker_init(struct broker *broker)
{
    *broker = (struct broker){
        .programs = program_folder(WINRMD_LIBEXECDIR), .root = getuid() == 0, .loop = loop_new()};
    broker->log_level = broker->log_start = log_level();
    list_init(&broker->processes);
    list_init(&broker->replacements);
    list_init(&broker->controls);
    list_init(&broker->forgetting);
    list_init(&broker->lookups);
    list_init(&broker->shell_logins);
    broker->control.fd = -1;
}

static int run(const struct options *options)
{
    struct broker broker;
    struct signals signals;
    int result = 1;

    broker_init(&broker);
    files_raise(&broker);
    if (!powers_drop(&broker))
        return 1;
    if (gethostname(broker.machine, sizeof(broker.machine) - 1) != 0)
        strcpy(broker.machine, "localhost");
    if (broker.loop == NULL || !signals_watch(&signals, &broker)) {
        log_error("no event loop (%s)", strerror(errno));
        return 1;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    /* Ticket keys, and descriptors of passwords on their way. Without root there is no wall here.
     */
    if (broker.root)
        guard_reads();
    broker.config = realpath(options->config, NULL);
    if (broker.config == NULL) {
        fprintf(stderr, "%s%s cannot be opened (%s); name another file with --config\n",
                log_title(LOG_LEVEL_error), options->config, strerror(errno));
        return 1;
    }
    if (start_read(&broker)) {
        if (options->check) {
            result = start_check(&broker) ? 0 : 1;
        } else if (start_serve(&broker)) {
            loop_run(broker.loop);
            result = 0;
        } else {
            notify_failed(&broker.notify);
        }
    }
    broker_end_children(&broker);
    broker_close(&broker);
    return result;
}

int main(int count, char **arguments)
{
    struct options options;

    log_open("winrmd");
    if (!options_read(count, arguments, &options))
        return EXIT_USAGE;
    log_set_level(options.debug ? LOG_LEVEL_debug : LOG_LEVEL_info);
    if (getuid() != geteuid() || getgid() != getegid()) {
        fprintf(stderr,
                "%sit is not made to be set-uid or set-gid; start it as root, or as an ordinary "
                "user\n",
                log_title(LOG_LEVEL_error));
        return 1;
    }
    return run(&options);
}
