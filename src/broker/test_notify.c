/* SPDX-License-Identifier: ISC */

/* What the service manager is told, on a socket of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "broker/notify.h"

static char folder[] = "/tmp/winrmd-test-notify-XXXXXX";
static char path[sizeof(folder) + 16];
static struct loop *loop;
static int manager = -1;

/* The manager's socket; `name`: a path, or '@' and an abstract name. */
static void manager_listen(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);

    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(manager, (struct sockaddr *)&address,
             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (name[0] != '@'))),
        0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

/* One datagram; "" when there is none now. */
static const char *heard(void)
{
    static char text[NOTIFY_SIZE * 2];
    ssize_t length = recv(manager, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[length > 0 ? length : 0] = '\0';
    return text;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof(path), "%s/notify", folder);
    loop = loop_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    if (manager >= 0)
        close(manager);
    manager = -1;
    unlink(path);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return rmdir(folder);
}

/* O-4 */
static void states_are_told(void **state)
{
    struct notify notify;
    unsigned long long when = 0;

    (void)state;
    manager_listen(path);
    notify_open(&notify, loop);
    assert_string_equal(heard(), "");
    notify_ready(&notify, "serving");
    assert_string_equal(heard(), "READY=1\nSTATUS=serving");
    notify_reloading(&notify);
    assert_int_equal(sscanf(heard(), "RELOADING=1\nMONOTONIC_USEC=%llu\nSTATUS=", &when), 1);
    assert_true(when > 0);
    notify_stopping(&notify);
    assert_int_equal(strncmp(heard(), "STOPPING=1\nSTATUS=", 18), 0);
    notify_close(&notify);
    notify_ready(&notify, "closed");
    assert_string_equal(heard(), "");
    /* Nobody whom the broker starts is to speak for it. */
    assert_null(getenv("NOTIFY_SOCKET"));
}

static void an_abstract_socket_is_told_too(void **state)
{
    struct notify notify;
    char name[64];

    (void)state;
    snprintf(name, sizeof(name), "@winrmd-test-notify-%d", (int)getpid());
    manager_listen(name);
    notify_open(&notify, loop);
    notify_ready(&notify, "serving");
    assert_string_equal(heard(), "READY=1\nSTATUS=serving");
    notify_close(&notify);
}

static void without_a_manager_nobody_is_told(void **state)
{
    static const char *const nonsense[] = {
        NULL,
        "",
        "@",
        "/",
        "relative",
        "vsock:2:1234",
        "/012345678901234567890123456789012345678901234567890123456789"
        "012345678901234567890123456789012345678901234567890123456789"};
    struct notify notify;

    (void)state;
    for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
        if (nonsense[i] != NULL)
            assert_int_equal(setenv("NOTIFY_SOCKET", nonsense[i], 1), 0);
        notify_open(&notify, loop);
        notify_ready(&notify, "serving");
        notify_reloading(&notify);
        notify_stopping(&notify);
        notify_close(&notify);
        assert_null(getenv("NOTIFY_SOCKET"));
    }
    notify = (struct notify){0};
    notify_ready(&notify, "serving");
    notify_close(&notify);
}

/* ---- the watchdog ---- */

enum { WATCHDOG_HEARD = 3 };

static unsigned watchdogs;

static void manager_ready(struct loop_watch *watch, uint32_t events)
{
    (void)watch;
    (void)events;
    assert_string_equal(heard(), "WATCHDOG=1");
    if (++watchdogs == WATCHDOG_HEARD)
        loop_stop(loop);
}

/* O-5 */
static void the_watchdog_is_fed_by_the_loop(void **state)
{
    struct notify notify;
    struct loop_watch watch = {.ready = manager_ready};
    char pid[16];

    (void)state;
    watchdogs = 0;
    manager_listen(path);
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(setenv("WATCHDOG_USEC", "20000", 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", pid, 1), 0);
    notify_open(&notify, loop);
    assert_int_equal(notify.period, 10);
    watch.fd = manager;
    assert_true(loop_watch(loop, &watch, EPOLLIN));
    loop_run(loop);
    assert_int_equal(watchdogs, WATCHDOG_HEARD);
    loop_unwatch(loop, &watch);
    notify_close(&notify);
}

static void the_watchdog_of_another_process_is_left_alone(void **state)
{
    struct notify notify;

    (void)state;
    manager_listen(path);
    assert_int_equal(setenv("WATCHDOG_USEC", "20000", 1), 0);
    assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
    notify_open(&notify, loop);
    assert_int_equal(notify.period, 0);
    assert_string_equal(heard(), "");
    notify_close(&notify);
}

/* ---- a manager that does not listen just now ---- */

static const char *last;
static char last_text[NOTIFY_SIZE * 2];

static void drain_ready(struct loop_watch *watch, uint32_t events)
{
    (void)watch;
    (void)events;
    snprintf(last_text, sizeof(last_text), "%s", heard());
    last = last_text;
    if (strncmp(last, "READY=1\nSTATUS=at last", 22) == 0)
        loop_stop(loop);
}

/* The manager reads nothing, and is told more than its queue holds. */
static void open_and_fill(struct notify *notify)
{
    manager_listen(path);
    notify_open(notify, loop);
    for (unsigned i = 0; i < 10000 && notify->retry.position == 0; i++)
        notify_ready(notify, "again");
    assert_int_not_equal(notify->retry.position, 0);
}

static void news_that_is_not_taken_at_once_is_told_later(void **state)
{
    struct notify notify;
    struct loop_watch watch = {.ready = drain_ready};

    (void)state;
    open_and_fill(&notify);
    notify_ready(&notify, "at last");
    watch.fd = manager;
    assert_true(loop_watch(loop, &watch, EPOLLIN));
    loop_run(loop);
    assert_non_null(last);
    loop_unwatch(loop, &watch);
    notify_close(&notify);
}

/* Not even an empty datagram, which says nothing that systemd knows. */
static void what_newer_news_have_replaced_is_not_told_later(void **state)
{
    struct notify notify;

    (void)state;
    open_and_fill(&notify);
    while (heard()[0] != '\0')
        ;
    notify_ready(&notify, "at last");
    assert_string_equal(heard(), "READY=1\nSTATUS=at last");
    assert_int_equal(notify.retry.position, 0);
    notify_close(&notify);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(states_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abstract_socket_is_told_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_manager_nobody_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_watchdog_is_fed_by_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_watchdog_of_another_process_is_left_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(news_that_is_not_taken_at_once_is_told_later, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_newer_news_have_replaced_is_not_told_later, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
