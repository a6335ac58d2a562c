/* SPDX-License-Identifier: ISC */

/*
 * winrmd-pam as root with real modules, a passwd and a shadow of its own: what the modules of a
 * Debian machine say about accounts that are locked, expired or barred, and who somebody is. This
 * test is its broker. /etc is covered in a mount namespace of this process, which root may make,
 * and anybody where the machine lets ordinary users be root of a namespace; elsewhere the test says
 * that it was skipped (status 77).
 */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth/credential.h"
#include "base/memory.h"
#include "ipc/channel.h"
#include "pam_results.h"

enum { PATIENCE = 60000, SKIPPED = 77 };

/* What winrmd-pam has said. */
struct told {
    bool ready;
    unsigned verdicts;
    uint64_t call;
    enum pam_result result;
    uint64_t delay;
    char account[64];
    uint32_t uid;
    uint32_t group_count;
    char groups[128]; /* the first ones, each with a blank behind it */
};

static const char *program;
static struct loop *loop;
static struct channel *pam;
static pid_t process;
static struct told told;
static struct loop_timer patience;
static uint64_t calls;

/* ---- a machine with accounts of its own ---- */

static void file_write(const char *path, mode_t mode, const char *text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fputs(text, file) < 0 || fchmod(fileno(file), mode) != 0) {
        perror(path);
        exit(1);
    }
    fclose(file);
}

static const char *hash_of(const char *password, const char *prefix)
{
    static struct crypt_data data;
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];

    if (crypt_gensalt_rn(prefix, 0, NULL, 0, salt, sizeof(salt)) == NULL)
        abort();
    return crypt_rn(password, salt, &data, (int)sizeof(data));
}

/* name, uid, prefix of the hash, its method, and the fields behind it. */
static const struct {
    const char *name;
    unsigned uid;
    const char *prefix;
    const char *method;
    const char *rest;
} accounts[] = {
    {"root", 0, "", "$y$", "19000:0:99999:7:::"},
    {"anna", 7001, "", "$y$", "19000:0:99999:7:::"},
    {"bert", 7002, "", "$6$", "19000:0:99999:7:::"},
    {"locked", 7003, "!", "$y$", "19000:0:99999:7:::"},
    {"expired", 7004, "", "$y$", "19000:0:99999:7::1:"},
    {"aged", 7005, "", "$y$", "0:0:99999:7:::"},
    {"banned", 7006, "", "$y$", "19000:0:99999:7:::"},
    {"empty", 7007, NULL, NULL, "19000:0:99999:7:::"},
    {"joiner", 7008, "", "$y$", "19000:0:99999:7:::"},
};

static void buffer_to_file(struct buffer *buffer, const char *path, mode_t mode)
{
    buffer_printf(buffer, "%c", '\0');
    file_write(path, mode, (const char *)buffer_bytes(buffer));
    buffer_free(buffer);
}

static void accounts_write(void)
{
    struct buffer passwd, shadow, group;

    buffer_init(&passwd, 1024 * 1024);
    buffer_init(&shadow, 1024 * 1024);
    buffer_init(&group, 1024 * 1024);
    for (size_t i = 0; i < sizeof(accounts) / sizeof(accounts[0]); i++) {
        char password[64];

        snprintf(password, sizeof(password), "%s-secret", accounts[i].name);
        buffer_printf(&passwd, "%s:x:%u:7100::/:/bin/sh\n", accounts[i].name, accounts[i].uid);
        buffer_printf(&shadow, "%s:%s%s:%s\n", accounts[i].name,
                      accounts[i].prefix != NULL ? accounts[i].prefix : "",
                      accounts[i].method != NULL ? hash_of(password, accounts[i].method) : "",
                      accounts[i].rest);
    }
    buffer_printf(&group, "staff:x:7100:\nops:x:7101:anna,bert\n");
    for (unsigned i = 0; i < LIMIT_GROUPS; i++)
        buffer_printf(&group, "many%u:x:%u:joiner\n", i, 8000 + i);
    buffer_to_file(&passwd, "/etc/passwd", 0644);
    buffer_to_file(&shadow, "/etc/shadow", 0600);
    buffer_to_file(&group, "/etc/group", 0644);
}

/* An /etc of this process's own. */
static void machine_make(void)
{
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("etc", "/etc", "tmpfs", 0, "mode=755") != 0) {
        perror("mount");
        exit(SKIPPED);
    }
    accounts_write();
    mkdir("/etc/pam.d", 0755);
    file_write("/etc/nsswitch.conf", 0644, "passwd: files\ngroup: files\nshadow: files\n");
    file_write("/etc/banned", 0600, "banned\n");
    file_write("/etc/pam.d/winrmd", 0644,
               "auth    required pam_unix.so\n"
               "account required pam_unix.so\n"
               "account required pam_listfile.so item=user sense=deny file=/etc/banned "
               "onerr=fail\n");
    file_write("/etc/pam.d/other", 0644,
               "auth required pam_deny.so\naccount required pam_deny.so\n");
}

static void proc_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        perror(path);
        exit(SKIPPED);
    }
    close(fd);
}

/* Root of a namespace, when not of the machine. */
static bool namespace_enter(void)
{
    unsigned uid = getuid();
    unsigned gid = getgid();
    char map[64];

    if (uid == 0)
        return unshare(CLONE_NEWNS) == 0;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        return false;
    proc_write("/proc/self/setgroups", "deny");
    snprintf(map, sizeof(map), "0 %u 1", uid);
    proc_write("/proc/self/uid_map", map);
    snprintf(map, sizeof(map), "0 %u 1", gid);
    proc_write("/proc/self/gid_map", map);
    return true;
}

/* ---- the broker's side ---- */

static void on_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    told.ready = true;
    loop_stop(loop);
}

static void on_verdict(struct channel *channel, const union message_body *body)
{
    const struct message_pam_verdict *verdict = &body->pam_verdict;

    (void)channel;
    told.verdicts++;
    told.call = verdict->call;
    told.result = (enum pam_result)verdict->result;
    told.delay = verdict->delay;
    told.uid = verdict->uid;
    told.group_count = verdict->groups.count;
    snprintf(told.account, sizeof(told.account), "%s",
             verdict->account != NULL ? verdict->account : "");
    told.groups[0] = '\0';
    for (uint32_t i = 0; i < verdict->groups.count && i < 4; i++) {
        strncat(told.groups, verdict->groups.item[i].name, 20);
        strcat(told.groups, " ");
    }
    loop_stop(loop);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    fprintf(stderr, "winrmd-pam: %s\n", why);
    loop_stop(loop);
}

static void on_patience_end(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(loop);
}

static void await(void)
{
    patience.expired = on_patience_end;
    loop_timer_start(loop, &patience, PATIENCE);
    loop_run(loop);
    loop_timer_stop(loop, &patience);
}

static int set_up(void **state)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_pam_ready] = on_ready, [MESSAGE_pam_verdict] = on_verdict};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    int pair[2];

    (void)state;
    memset(&told, 0, sizeof(told));
    assert_true(channel_pair(pair));
    process = fork();
    if (process == 0) {
        dup2(pair[1], CHANNEL_FD);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    loop = loop_new();
    pam = channel_new(loop, pair[0], PROCESS_broker, PROCESS_pam, &events, NULL);
    channel_send(pam, pam_start, .service = "winrmd");
    await();
    assert_true(told.ready);
    return 0;
}

static int tear_down(void **state)
{
    int status = -1;

    (void)state;
    channel_free(pam);
    loop_free(loop);
    waitpid(process, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

static void ask_with(int credential)
{
    unsigned before = told.verdicts;

    assert_true(credential >= 0);
    assert_true(channel_send(pam, pam_check, .call = ++calls, .credential = credential));
    await();
    assert_int_equal(told.verdicts, before + 1);
    assert_int_equal(told.call, calls);
    if (told.result == PAM_RESULT_accepted)
        return;
    assert_string_equal(told.account, "");
    assert_int_equal(told.group_count, 0);
}

static enum pam_result ask(const char *name, const char *password)
{
    ask_with(credential_seal(false, name, password, "192.0.2.1"));
    return told.result;
}

static enum pam_result ask_account(const char *name)
{
    ask_with(credential_seal(true, name, "", "192.0.2.1"));
    return told.result;
}

/* ---- tests ---- */

static void who_it_is(void **state)
{
    (void)state;
    assert_int_equal(ask("anna", "anna-secret"), PAM_RESULT_accepted);
    assert_string_equal(told.account, "anna");
    assert_int_equal(told.uid, 7001);
    assert_string_equal(told.groups, "staff ops ");
    assert_int_equal(told.delay, 0);
    assert_int_equal(ask("bert", "bert-secret"), PAM_RESULT_accepted);
    assert_int_equal(told.uid, 7002);
}

static void who_it_is_not(void **state)
{
    static const struct {
        const char *name;
        const char *password;
        enum pam_result result;
    } cases[] = {
        {"anna", "Anna-secret", PAM_RESULT_wrong_password},
        {"anna", "bert-secret", PAM_RESULT_wrong_password},
        {"Anna", "anna-secret", PAM_RESULT_unknown_user},
        {"nobody-of-that-name", "x", PAM_RESULT_unknown_user},
        {"locked", "locked-secret", PAM_RESULT_wrong_password},
        {"expired", "expired-secret", PAM_RESULT_account_expired},
        {"aged", "aged-secret", PAM_RESULT_password_expired},
        {"banned", "banned-secret", PAM_RESULT_account_denied},
        {"empty", "x", PAM_RESULT_wrong_password},
        {"root", "root-secret", PAM_RESULT_root},
        {"joiner", "joiner-secret", PAM_RESULT_too_many_groups},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (ask(cases[i].name, cases[i].password) != cases[i].result)
            fail_msg("%s: %d, not %d", cases[i].name, (int)told.result, (int)cases[i].result);
}

/* Does the process hold these bytes? -1: its memory cannot be read. */
static int memory_holds(const char *bytes)
{
    size_t length = strlen(bytes);
    size_t room = 1024 * 1024;
    char *piece = mem_alloc(room);
    char path[64], line[512];
    FILE *maps;
    int memory;
    int found = 0;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)process);
    maps = fopen(path, "re");
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)process);
    memory = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || memory < 0)
        found = -1;
    while (found == 0 && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long long begin, end;
        char mode[8];
        ssize_t got = 1;

        if (sscanf(line, "%llx-%llx %7s", &begin, &end, mode) != 3 || mode[1] != 'w')
            continue;
        for (; begin < end && got > 0 && found == 0; begin += room - length) {
            size_t size = end - begin < room ? (size_t)(end - begin) : room;

            got = pread(memory, piece, size, (off_t)begin);
            found = got > 0 && memmem(piece, (size_t)got, bytes, length) != NULL;
        }
    }
    if (maps != NULL)
        fclose(maps);
    if (memory >= 0)
        close(memory);
    free(piece);
    return found;
}

/* Neither of one that was right nor of one that was wrong; the name shows that it could be found.
 */
static void nothing_is_left_of_a_password(void **state)
{
    (void)state;
    assert_int_equal(ask("anna", "anna-secret"), PAM_RESULT_accepted);
    assert_int_equal(ask("bert", "a password that is wrong"), PAM_RESULT_wrong_password);
    assert_int_equal(memory_holds("winrmd"), 1);
    assert_int_equal(memory_holds("anna-secret"), 0);
    assert_int_equal(memory_holds("a password that is wrong"), 0);
}

/* That of pam_unix: two seconds, or up to half as much less or more, as PAM chooses. */
static void the_delay_is_told(void **state)
{
    (void)state;
    assert_int_equal(ask("anna", "wrong"), PAM_RESULT_wrong_password);
    assert_in_range(told.delay, 900, 3100);
}

/* Without a password: what a client that has proved itself otherwise is looked up with. */
static void an_account_alone(void **state)
{
    (void)state;
    assert_int_equal(ask_account("anna"), PAM_RESULT_accepted);
    assert_string_equal(told.account, "anna");
    assert_string_equal(told.groups, "staff ops ");
    assert_int_equal(ask_account("expired"), PAM_RESULT_account_expired);
    assert_int_equal(ask_account("aged"), PAM_RESULT_password_expired);
    assert_int_equal(ask_account("banned"), PAM_RESULT_account_denied);
    assert_int_equal(ask_account("nobody-of-that-name"), PAM_RESULT_unknown_user);
    assert_int_equal(ask_account("root"), PAM_RESULT_root);
}

static int memory_with(const char *bytes, size_t length, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(fcntl(fd, F_ADD_SEALS, seals), 0);
    return fd;
}

/* What is not sealed could change while it is read; what is no credential is not asked. */
static void what_it_does_not_take(void **state)
{
    static const char right[] = "Panna\0anna-secret\0"
                                "192.0.2.1";
    static const char *const wrong[] = {"", "P", "Panna", "Xanna", "anna"};
    int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    int pair[2];

    (void)state;
    ask_with(memory_with(right, sizeof(right), all));
    assert_int_equal(told.result, PAM_RESULT_accepted);
    ask_with(memory_with(right, sizeof(right), all & ~F_SEAL_WRITE));
    assert_int_equal(told.result, PAM_RESULT_nonsense);
    ask_with(memory_with(right, sizeof(right), all & ~F_SEAL_SHRINK));
    assert_int_equal(told.result, PAM_RESULT_nonsense);
    ask_with(memory_with(right, sizeof(right) - 1, all));
    assert_int_equal(told.result, PAM_RESULT_nonsense);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ask_with(memory_with(wrong[i], strlen(wrong[i]) + 1, all));
        assert_int_equal(told.result, PAM_RESULT_nonsense);
    }
    ask_with(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
    assert_int_equal(told.result, PAM_RESULT_nonsense);
    /* One that would block for ever. */
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    ask_with(pair[0]);
    assert_int_equal(told.result, PAM_RESULT_nonsense);
    close(pair[1]);
    assert_int_equal(ask("anna", "anna-secret"), PAM_RESULT_accepted);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_it_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_it_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_delay_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_a_password, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_account_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_it_does_not_take, set_up, tear_down),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_real_accounts WINRMD-PAM\n");
        return 2;
    }
    program = arguments[1];
    if (!namespace_enter()) {
        printf("skipped: needs root, or a machine where users may make namespaces (%s)\n",
               strerror(errno));
        return SKIPPED;
    }
    machine_make();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
