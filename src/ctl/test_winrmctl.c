/* SPDX-License-Identifier: ISC */

/* winrmctl as an administrator runs it: the password file, and the status of a made-up broker. */
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
    char fault[USERS_FAULT_SIZE] = "";
    struct stat status;
    struct users *users = users_load(path, &status, fault);

    if (users == NULL)
        fail_msg("%s", fault);
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

static void wrong_commands(void **state)
{
    static const struct {
        const char *input;
        const char *arguments;
        int code;
        const char *says;
    } cases[] = {
        {"", "", 2, "a command is missing: status or passwd; winrmctl --help"},
        {"", "reload", 2, "there is no such command"},
        {"", "--colour", 2, "the command line is wrong"},
        {"", "passwd users", 2, "passwd takes a password file and a user's name"},
        {"", "passwd users a --delete --groups b", 2, "exclude each other"},
        {"", "status users", 2, "status takes --config and --json only"},
        {"x", "passwd users ''", 2, "cannot be a user's name"},
        {"x", "passwd users a:b", 2, "cannot be a user's name"},
        {"x", "passwd users a --groups b,,c", 2, "names an impossible group"},
        {"", "passwd users a", 1, "standard input begins with an empty line"},
        {"\\nx", "passwd users a", 1, "standard input begins with an empty line"},
        {"\\344\\n", "passwd users a", 1, "a line that is no text in UTF-8"},
        {"x", "passwd no/users a", 1, "the folder no cannot be used: No such file"},
        {"", "--config none status", 1, "none cannot be read: No such file"},
        {"", "--version", 0, "winrmctl 0."},
        {"", "--help", 0, "Exit codes"},
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

static void on_ask(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_send(channel, status_process, .name = "winrmd-net", .process = 7, .restarts = 1,
                 .state = "serving", .application = NULL);
    channel_send(channel, status_shell, .application = "/wsman", .shell_id = "A\"B\\",
                 .owner = "j\xc3\xb6rg", .account = "x\ny", .process = 9, .commands = 2,
                 .idle = 1500, .age = 90000);
    channel_send(channel, status_counter, .name = "user_calls", .value = 3);
    channel_send(channel, status_counter, .name = "late_calls", .value = 0);
    channel_send(channel, status_end, .end_of_message = 0);
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
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_status_ask] = on_ask};
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

static void status_is_shown(void **state)
{
    char *path = mem_printf("%s/winrmd.sock", folder);
    char *conf = mem_printf("%s/winrmd.conf", folder);
    FILE *file = fopen(conf, "w");
    pid_t process;

    (void)state;
    fputs("# nothing but defaults\n", file);
    fclose(file);
    assert_int_equal(run("", "-c winrmd.conf status"), 3);
    assert_non_null(strstr(output, "is it running with this configuration?"));

    process = broker_start(path, false);
    assert_int_equal(run("", "--config winrmd.conf status --json"), 0);
    assert_string_equal(
        output, "{\n"
                "  \"processes\": [\n"
                "    {\"name\": \"winrmd-net\", \"process\": 7, \"restarts\": 1, \"state\": "
                "\"serving\", \"application\": null}\n"
                "  ],\n"
                "  \"applications\": [],\n"
                "  \"records\": [],\n"
                "  \"shells\": [\n"
                "    {\"application\": \"/wsman\", \"shell_id\": \"A\\\"B\\\\\", \"owner\": "
                "\"j\xc3\xb6rg\", \"account\": \"x\\u000ay\", \"process\": 9, \"commands\": 2, "
                "\"idle\": 1500, \"age\": 90000}\n"
                "  ],\n"
                "  \"counters\": {\n"
                "    \"user_calls\": 3,\n"
                "    \"late_calls\": 0\n"
                "  }\n"
                "}\n");
    broker_end(process, path);

    process = broker_start(path, false);
    assert_int_equal(run("", "status --config winrmd.conf"), 0);
    assert_non_null(strstr(output, "processes: 1\n"
                                   "  name        process  restarts  state    application\n"
                                   "  winrmd-net  7        1         serving  -\n"));
    assert_non_null(strstr(output, "records: 0\n"));
    assert_non_null(strstr(output, "x?y"));
    broker_end(process, path);

    process = broker_start(path, true);
    assert_int_equal(run("", "status --config winrmd.conf"), 3);
    assert_non_null(strstr(output, "it hung up; only its own user and root may ask"));
    broker_end(process, path);
    free(path);
    free(conf);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_password_file_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_lines_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_commands, set_up, tear_down),
        cmocka_unit_test_setup_teardown(status_is_shown, set_up, tear_down),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_winrmctl WINRMCTL\n");
        return 2;
    }
    program = realpath(arguments[1], NULL);
    return program == NULL ? 2 : cmocka_run_group_tests(tests, NULL, NULL);
}
