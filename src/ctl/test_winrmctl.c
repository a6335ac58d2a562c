/* SPDX-License-Identifier: ISC */

/* winrmctl as an administrator runs it: the password file, and what a made-up broker answers. */
#include <crypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth/users.h"
#include "base/memory.h"
#include "ipc/channel.h"

enum { OUTPUT = 65536 };

static const char *program;
static char folder[] = "/tmp/winrmd-test-ctl-XXXXXX";
static char output[OUTPUT]; /* both streams of the last command */

/* Runs `winrmctl <arguments>` within the folder; returns the exit code. */
static int run(const char *input, const char *arguments)
{
    char *command =
        mem_printf("cd %s && printf '%s' | %s %s 2>&1", folder, input, program, arguments);
    FILE *pipe = popen(command, "r");
    size_t length;
    int status;

    assert_non_null(pipe);
    length = fread(output, 1, sizeof(output) - 1, pipe);
    output[length] = '\0';
    status = pclose(pipe);
    free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct users *users_now(void)
{
    char *path = mem_printf("%s/users", folder);
    struct file_fault fault;
    struct stat status;
    struct users *users = users_load(path, &status, &fault);

    if (users == NULL)
        fail_msg("%s", fault.text);
    assert_int_equal(status.st_mode & 07777, 0600);
    free(path);
    return users;
}

static bool password_is(const struct user *user, const char *password)
{
    struct crypt_data *data = mem_alloc(sizeof(*data));
    const char *hash = crypt_rn(password, user->hash, data, (int)sizeof(*data));
    bool equal = hash != NULL && strcmp(hash, user->hash) == 0;

    free(data);
    return equal;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : 1;
}

static int tear_down(void **state)
{
    char *command = mem_printf("rm -r %s", folder);
    int result = system(command);

    (void)state;
    free(command);
    return result;
}

static void the_password_file_is_kept(void **state)
{
    struct users *users;

    (void)state;
    assert_int_equal(run("secret\\nmore\\n", "passwd users anna --groups admins,staff"), 0);
    assert_string_equal(output, "");
    assert_int_equal(run("other", "passwd users 'bert b'"), 0);
    users = users_now();
    assert_int_equal(users_count(users), 2);
    assert_true(password_is(users_find(users, "anna"), "secret"));
    assert_true(password_is(users_find(users, "bert b"), "other"));
    assert_int_equal(strncmp(users_find(users, "anna")->hash, "$y$", 3), 0);
    assert_string_equal(users_find(users, "anna")->groups[1], "staff");
    users_free(users);

    /* A new password keeps the groups; --groups replaces them. */
    assert_int_equal(run("third\\n", "passwd users anna"), 0);
    users = users_now();
    assert_true(password_is(users_find(users, "anna"), "third"));
    assert_int_equal(users_find(users, "anna")->group_count, 2);
    users_free(users);
    assert_int_equal(run("third\\n", "passwd --groups '' users anna"), 0);
    users = users_now();
    assert_int_equal(users_find(users, "anna")->group_count, 0);
    users_free(users);

    assert_int_equal(run("", "passwd users anna --delete"), 0);
    users = users_now();
    assert_int_equal(users_count(users), 1);
    users_free(users);
    assert_int_equal(run("", "passwd users anna --delete"), 1);
    assert_non_null(strstr(output, "has no user anna"));
}

static void other_lines_stay(void **state)
{
    char *path = mem_printf("%s/users", folder);
    FILE *file = fopen(path, "w");
    char text[1024] = "";

    (void)state;
    fputs("# ours\nanna:$6$salt$a:x\n\nbert:$6$salt$b", file);
    fclose(file);
    assert_int_equal(run("secret\\n", "passwd users carl"), 0);
    assert_int_equal(run("", "passwd users anna -d"), 0);
    file = fopen(path, "r");
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(strncmp(text, "# ours\n\nbert:$6$salt$b\ncarl:$y$", 31), 0);
    free(path);
}

/* The NT hash of "password" is in many a document. */
#define NT_HASH "8846F7EAEE8FB117AD06BDD830B7586C"
#define NO_HASH "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"

static void text_now(const char *name, char *text, size_t size)
{
    char *path = mem_printf("%s/%s", folder, name);
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    free(path);
}

static void the_ntlm_file_is_kept(void **state)
{
    char *path = mem_printf("%s/ntlm", folder);
    char text[1024] = "";
    const char *line;
    struct stat status;
    FILE *file;

    (void)state;
    assert_int_equal(run("password\\n", "ntlm-passwd ntlm anna --domain lab"), 0);
    assert_string_equal(output, "");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    text_now("ntlm", text, sizeof(text));
    line = "LAB\\anna:0:" NO_HASH ":" NT_HASH ":[U          ]:LCT-";
    assert_int_equal(strncmp(text, line, strlen(line)), 0);
    assert_string_equal(text + strlen(line) + 8, ":\n");

    /* Another user, one whose password is no ASCII, and the first with another password. */
    assert_int_equal(run("p\\303\\244ssword", "ntlm-passwd ntlm bert --domain LAB"), 0);
    assert_int_equal(run("other", "ntlm-passwd ntlm ANNA --domain LAB"), 0);
    text_now("ntlm", text, sizeof(text));
    assert_int_equal(strncmp(text, "LAB\\ANNA:0:", 11), 0);
    assert_null(strstr(text, NT_HASH));
    assert_null(strstr(text, "anna"));
    assert_non_null(strstr(text, "\nLAB\\bert:0:" NO_HASH ":F1B094F25BBDCB6FDBAA6CC8B43F0C44:"));

    assert_int_equal(run("", "ntlm-passwd ntlm anna --domain LAB --delete"), 0);
    text_now("ntlm", text, sizeof(text));
    assert_int_equal(strncmp(text, "LAB\\bert:", 9), 0);
    assert_int_equal(run("", "ntlm-passwd ntlm anna --domain LAB --delete"), 1);

    /* A file with a line that is none is left alone. */
    assert_int_equal(run("x", "ntlm-passwd ntlm carl"), 0);
    file = fopen(path, "a");
    assert_non_null(file);
    fputs("LAB:dora:secret\n", file);
    fclose(file);
    assert_int_equal(run("x", "ntlm-passwd ntlm bert"), 1);
    assert_non_null(strstr(output, "is not in order: line 3: it has not the fields of smbpasswd"));
    free(path);
}

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
        cmocka_unit_test_setup_teardown(the_password_file_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_lines_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_ntlm_file_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reload_is_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_answer_is_explained, set_up, tear_down),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_winrmctl WINRMCTL\n");
        return 2;
    }
    program = realpath(arguments[1], NULL);
    return program == NULL ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
