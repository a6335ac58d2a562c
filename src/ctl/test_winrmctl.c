/* SPDX-License-Identifier: ISC */

/* What winrmctl says of wrong commands, and of what a made-up broker answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/memory.h"
#include "ctl/test_command.h"
#include "ipc/channel.h"

static void wrong_commands(void **state)
{
    static const struct {
        const char *input;
        const char *arguments;
        int code;
        const char *says;
    } cases[] = {
        {"", "", 2,
         "a command is missing: status, shells, users, kill, revoke, unthrottle, log-level, "
         "reload, explain, passwd, ntlm-passwd or check-plugin; winrmctl --help"},
        {"", "restart", 2, "there is no such command"},
        {"", "--colour", 2, "the command line is wrong"},
        {"", "passwd users", 2, "passwd takes a password file and a user's name"},
        {"", "passwd users a --delete --groups b", 2, "exclude each other"},
        {"", "ntlm-passwd users", 2, "ntlm-passwd takes an NTLM password file, a user's name"},
        {"", "ntlm-passwd users a --groups b", 2, "ntlm-passwd takes an NTLM password file"},
        {"", "passwd users a --domain b", 2, "passwd takes a password file and a user's name"},
        {"x", "ntlm-passwd users a --domain a.b", 2, "\"a.b\" cannot be a domain; use 1 to 15"},
        {"x", "ntlm-passwd users a --domain ''", 2, "\"\" cannot be a domain"},
        {"x", "ntlm-passwd users a --domain ABCDEFGHIJKLMNOP", 2, "cannot be a domain"},
        {"x", "ntlm-passwd users a@b", 2, "cannot be a user's name; use 1 to 256 bytes"},
        {"x", "ntlm-passwd users 'A\\b'", 2, "cannot be a user's name"},
        {"", "ntlm-passwd users a", 1, "standard input begins with an empty line"},
        {"", "ntlm-passwd users a -d --domain LAB", 1, "has no user LAB\\a"},
        {"", "status users", 2, "status takes --config and --json only"},
        {"", "shells --delete", 2, "shells takes --config and --json only"},
        {"", "reload now", 2, "reload takes --config only"},
        {"", "reload --json", 2, "reload takes --config only"},
        {"x", "passwd users ''", 2, "cannot be a user's name"},
        {"x", "passwd users a:b", 2, "cannot be a user's name"},
        {"x", "passwd users a --groups b,,c", 2, "names an impossible group"},
        {"", "passwd users a", 1, "standard input begins with an empty line"},
        {"\\nx", "passwd users a", 1, "standard input begins with an empty line"},
        {"\\344\\n", "passwd users a", 1, "a line that is no text in UTF-8"},
        {"x", "passwd no/users a", 1, "the folder no cannot be used: No such file"},
        {"", "--config none status", 1, "none cannot be read: No such file"},
        {"", "--version", 0, "winrmctl 0."},
        {"", "--help", 0, "exit status"},
        {"", "users anna", 2, "users takes --config and --json only"},
        {"", "kill", 2, "kill takes a shell's id or its beginning, or --all with one --user"},
        {"", "kill ''", 2, "kill takes a shell's id or its beginning"},
        {"", "kill --all", 2, "kill takes a shell's id or its beginning"},
        {"", "kill --user anna", 2, "kill takes a shell's id or its beginning"},
        {"", "kill 4F --all --user anna", 2, "kill takes a shell's id or its beginning"},
        {"", "kill 4F 5F", 2, "kill takes a shell's id or its beginning"},
        {"", "revoke", 2, "revoke takes a user, --application and --json"},
        {"", "revoke anna --all", 2, "revoke takes a user, --application and --json"},
        {"", "unthrottle", 2, "unthrottle takes a user or address, and --json"},
        {"", "log-level", 2, "log-level takes error, info, debug or default"},
        {"", "log-level loud", 2, "loud is no level; write error, info, debug, or default"},
        {"", "--config none users", 1, "none cannot be read: No such file"},
        {"", "--config none reload", 1, "none cannot be read: No such file"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int code = run(cases[i].input, cases[i].arguments);

        if (code != cases[i].code || strstr(output, cases[i].says) == NULL)
            fail_msg("winrmctl %s: %d, %s", cases[i].arguments, code, output);
    }
    assert_int_equal(run("", "passwd users a"), 1);
}

/* ---- status ---- */

static struct loop *loop;
static const uint64_t ages[] = {999, 59999, 3599999, 3600000, 86399999, 183600000};

/* As long as a name can be. */
static const char *long_name(void)
{
    static char name[LIMIT_NAME + 1];

    memset(name, 'n', LIMIT_NAME);
    return name;
}

static void on_ask(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_send(channel, status_process, .name = "winrmd-net", .process = 7, .restarts = 1,
                 .state = "serving", .application = NULL);
    channel_send(channel, status_shell, .application = "/wsman", .shell_id = "A\"B\\",
                 .owner = "j\xc3\xb6rg", .account = "x\ny", .process = 9, .commands = 2,
                 .idle = 1500, .age = 90000, .state = "connected");
    for (size_t i = 0; i < sizeof(ages) / sizeof(ages[0]); i++)
        channel_send(channel, status_record, .application = "/wsman", .user = "anna",
                     .account = i == 0 ? long_name() : "a", .administrator = i == 1,
                     .idle = ages[i]);
    channel_send(channel, status_counter, .name = "user_calls", .value = 3);
    channel_send(channel, status_counter, .name = "late_calls", .value = 0);
    channel_send(channel, status_mode, .root = true, .limits = "cgroup", .cgroup = "/c",
                 .landlock = 7);
    channel_send(channel, status_end, .end_of_message = 0);
}

static uint32_t problems; /* that the made-up broker finds */

static void on_reload(struct channel *channel, const union message_body *body)
{
    (void)body;
    if (problems > 0) {
        channel_send(channel, reload_problem, .file = "/etc/winrmd.conf", .line = 12,
                     .cause = "there is no setting \"ausit\"", .remedy = "write audit");
        channel_send(channel, reload_problem, .file = "/etc/wsman/web.config",
                     .cause = "it cannot be read\033");
    }
    channel_send(channel, reload_end, .problems = problems);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)why;
    _exit(fault ? 1 : 0);
}

/* A broker that serves one asker and ends; `mute`: it hangs up instead. */
static pid_t broker_start(const char *path, bool mute)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_status_ask] = on_ask, [MESSAGE_reload_ask] = on_reload};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t process;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(listening, 1), 0);
    process = fork();
    if (process == 0) {
        int fd = accept(listening, NULL, NULL);

        if (mute)
            _exit(0);
        loop = loop_new();
        channel_set_state(channel_new(loop, fd, PROCESS_broker, PROCESS_control, &events, NULL),
                          CHANNEL_serving);
        loop_run(loop);
    }
    close(listening);
    return process;
}

static void broker_end(pid_t process, const char *path)
{
    int status = -1;

    waitpid(process, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    unlink(path);
}

/* The file winrmd.conf in the test's folder; the path of its control socket. free(). */
static char *configure(void)
{
    char *conf = mem_printf("%s/winrmd.conf", folder);
    FILE *file = fopen(conf, "w");

    assert_non_null(file);
    fputs("# nothing but defaults\n", file);
    fclose(file);
    free(conf);
    return mem_printf("%s/winrmd.sock", folder);
}

#define SHELLS_JSON                                                                            \
    "  \"shells\": [\n"                                                                        \
    "    {\"application\": \"/wsman\", \"shell_id\": \"A\\\"B\\\\\", \"owner\": "              \
    "\"j\xc3\xb6rg\", \"account\": \"x\\u000ay\", \"process\": 9, \"commands\": 2, \"idle\": " \
    "1500, \"age\": 90000, \"state\": \"connected\"}\n"                                        \
    "  ]"
#define SHELLS_TEXT                                                                           \
    "shells: 1\n"                                                                             \
    "  application  shell id  owner  account  process  commands  idle         age  state\n"   \
    "  /wsman       A\"B\\      j\xc3\xb6rg   x?y            9         2   1 s  1 min 30 s  " \
    "connected\n"

static void status_is_json(void **state)
{
    char *path = configure();
    pid_t process = broker_start(path, false);

    (void)state;
    assert_int_equal(run("", "--config winrmd.conf status --json"), 0);
    assert_non_null(strstr(output, "{\n"
                                   "  \"processes\": [\n"
                                   "    {\"name\": \"winrmd-net\", \"process\": 7, \"restarts\": "
                                   "1, \"state\": \"serving\", \"application\": null}\n"
                                   "  ],\n"
                                   "  \"listeners\": [],\n"
                                   "  \"applications\": [],\n"
                                   "  \"plugins\": [],\n"
                                   "  \"records\": [\n"
                                   "    {\"application\": \"/wsman\", \"user\": \"anna\", "));
    assert_non_null(strstr(output, "\n  ],\n" SHELLS_JSON ",\n"
                                   "  \"counters\": {\n"
                                   "    \"user_calls\": 3,\n"
                                   "    \"late_calls\": 0\n"
                                   "  },\n"
                                   "  \"mode\": {\"root\": true, \"limits\": \"cgroup\", "
                                   "\"cgroup\": \"/c\", \"landlock\": 7}\n"
                                   "}\n"));
    broker_end(process, path);

    process = broker_start(path, false);
    assert_int_equal(run("", "--config winrmd.conf --json shells"), 0);
    assert_string_equal(output, "{\n" SHELLS_JSON "\n}\n");
    broker_end(process, path);
    free(path);
}

static void status_is_text(void **state)
{
    char *path = configure();
    pid_t process = broker_start(path, false);

    (void)state;
    assert_int_equal(run("", "status --config winrmd.conf"), 0);
    assert_non_null(strstr(output, "processes: 1\n"
                                   "  name        process  restarts  state    application\n"
                                   "  winrmd-net        7         1  serving  -\n"
                                   "\n"
                                   "listeners: 0\n"
                                   "\n"
                                   "applications: 0\n"
                                   "\n"
                                   "plugins: 0\n"
                                   "\n"
                                   "records: 6\n"
                                   "  application  user  mechanism  account "));
    assert_non_null(strstr(output, "\n\n" SHELLS_TEXT "\n"
                                   "counters:\n"
                                   "  user_calls  3\n"
                                   "  late_calls  0\n"
                                   "\n"
                                   "mode:\n"
                                   "  root  limits  cgroup  landlock\n"
                                   "  yes   cgroup  /c             7\n"));
    /* Nothing is cut off, and times have units. */
    assert_non_null(strstr(output, long_name()));
    assert_non_null(
        strstr(output, "  no                  0           0              0       999 ms\n"));
    assert_non_null(
        strstr(output, "  yes                 0           0              0         59 s\n"));
    assert_non_null(strstr(output, "  59 min 59 s\n"));
    assert_non_null(strstr(output, "    1 h 0 min\n"));
    assert_non_null(strstr(output, "  23 h 59 min\n"));
    assert_non_null(strstr(output, "      2 d 3 h\n"));
    broker_end(process, path);

    process = broker_start(path, false);
    assert_int_equal(run("", "shells --config winrmd.conf"), 0);
    assert_string_equal(output, SHELLS_TEXT);
    broker_end(process, path);
    free(path);
}

static void reload_is_reported(void **state)
{
    char *path = configure();
    pid_t process;

    (void)state;
    problems = 0;
    process = broker_start(path, false);
    assert_int_equal(run("", "-c winrmd.conf reload"), 0);
    assert_string_equal(output, "the new configuration holds\n");
    broker_end(process, path);

    problems = 2;
    process = broker_start(path, false);
    assert_int_equal(run("", "-c winrmd.conf reload"), 1);
    assert_string_equal(output, "/etc/winrmd.conf:12: there is no setting \"ausit\"; write audit\n"
                                "/etc/wsman/web.config: it cannot be read?\n"
                                "winrmctl: the new configuration was refused (2 problems); nothing "
                                "was changed\n");
    broker_end(process, path);
    free(path);
}

static void no_answer_is_explained(void **state)
{
    static const char *const commands[] = {"status",      "status --json",   "shells",
                                           "reload",      "users",           "kill 4F",
                                           "revoke anna", "unthrottle anna", "log-level debug"};
    char *path = configure();
    char *line;

    (void)state;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        pid_t process;

        line = mem_printf("-c winrmd.conf %s", commands[i]);
        assert_int_equal(run("", line), 3);
        assert_non_null(strstr(output, "No such file or directory; winrmd does not run with this "
                                       "configuration"));
        process = broker_start(path, true);
        assert_int_equal(run("", line), 3);
        assert_non_null(strstr(output, "it hung up before it had answered"));
        waitpid(process, NULL, 0);
        /* Its socket is still there. */
        assert_int_equal(run("", line), 3);
        assert_non_null(strstr(output, "Connection refused; the winrmd that made the socket has "
                                       "ended"));
        unlink(path);
        free(line);
    }
    free(path);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reload_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_answer_is_explained, set_up, tear_down),
    };

    return command_find(count, arguments) ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
