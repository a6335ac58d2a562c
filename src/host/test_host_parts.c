/* SPDX-License-Identifier: ISC */

/* The parts of a host that need no plug-in: addresses, processes, text. */

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/loop.h"
#include "base/text.h"
#include "host/address.h"
#include "host/orphans.h"
#include "host/post.h"
#include "host/request.h"
#include "host/text16.h"
#include "host/token.h"

/* ---- addresses ---- */

static void addresses_are_used_once(void **state)
{
    enum { ROUNDS = 300000, LIVE = 100 };
    static struct handle handles[LIVE];
    uintptr_t highest = 0;
    const char *cause;

    (void)state;
    address_lock();
    for (int i = 0; i < ROUNDS; i++) {
        struct handle *handle = &handles[random_u64() % LIVE];
        void *old = handle->address;

        handle_drop(handle);
        if (old != NULL)
            assert_null(handle_find(old, HANDLE_request, &cause));
        assert_true(handle_open(handle, HANDLE_request));
        assert_true((uintptr_t)handle->address > highest);
        highest = (uintptr_t)handle->address;
        assert_ptr_equal(handle_find(handle->address, HANDLE_request, &cause), handle);
        memset(handle->address, i, ADDRESS_SIZE);
    }
    for (int i = 0; i < LIVE; i++)
        handle_drop(&handles[i]);
    address_unlock();
}

static void addresses_are_not_read_through(void **state)
{
    struct handle handle = {0};
    const char *cause;

    (void)state;
    address_lock();
    assert_true(handle_open(&handle, HANDLE_token));
    assert_null(handle_find((char *)handle.address + 8, HANDLE_token, &cause));
    assert_null(handle_find((char *)handle.address + ADDRESS_SIZE, HANDLE_token, &cause));
    assert_null(handle_find(&handle, HANDLE_token, &cause));
    assert_null(handle_find((void *)16, HANDLE_token, &cause));
    assert_null(handle_find(NULL, HANDLE_token, &cause));
    assert_null(handle_find(handle.address, HANDLE_request, &cause));
    assert_string_equal(cause, "a pointer that names something else");
    handle_close(&handle);
    handle_close(&handle);
    assert_null(handle_find(handle.address, HANDLE_token, &cause));
    handle_drop(&handle);
    handle_drop(&handle);
    address_unlock();
}

/* ---- processes ---- */

/* As a thread of the pool: it starts a process and lives on. */
static void *fork_and_stay(void *argument)
{
    int *to_the_test = argument;
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        _exit(5);
    if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0 ||
        write(*to_the_test, &child, sizeof(child)) < 0)
        return NULL;
    for (;;)
        pause();
}

/* A child of this process whose parent has ended before it. */
static pid_t adopt(void)
{
    int ends[2];
    pid_t child;
    pid_t orphan = 0;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        orphan = fork();
        if (orphan == 0)
            _exit(0);
        if (write(ends[1], &orphan, sizeof(orphan)) < 0)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(read(ends[0], &orphan, sizeof(orphan)), sizeof(orphan));
    close(ends[0]);
    close(ends[1]);
    return orphan;
}

static void adopted_processes_are_reaped_in_the_second_round(void **state)
{
    siginfo_t info;
    pid_t orphan;

    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    orphan = adopt();
    assert_int_equal(waitid(P_PID, (id_t)orphan, &info, WEXITED | WNOWAIT), 0);
    orphans_reap();
    assert_int_equal(waitid(P_PID, (id_t)orphan, &info, WEXITED | WNOWAIT), 0);
    orphans_reap();
    assert_int_equal(waitid(P_PID, (id_t)orphan, &info, WEXITED | WNOWAIT), -1);
}

static void children_of_plug_in_threads_are_left_alone(void **state)
{
    pthread_t thread;
    pid_t child = 0;
    int status = 0;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, fork_and_stay, &ends[1]), 0);
    assert_int_equal(read(ends[0], &child, sizeof(child)), sizeof(child));
    orphans_reap();
    orphans_reap();
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 5);
}

/* ---- tokens ---- */

static void groups_cannot_be_made_up_by_a_comma(void **state)
{
    const struct ipc_item items[] = {{.name = "staff"}, {.name = "wheel,staff"}, {.value = "ops"}};
    const struct ipc_items groups = {.item = items, .count = 3};
    struct token token;

    (void)state;
    assert_true(token_open(&token, "alice", &groups));
    assert_string_equal(token.groups, "staff,ops");
    address_lock();
    token_close(&token);
    address_unlock();
}

/* ---- text ---- */

static void reasons_are_repaired_and_cut(void **state)
{
    static const char16_t lone[] = {'a', 0xd800, 'b', 0xdc00, 0xd83d, 0xde00, 0};
    char *text = text16_reason(lone, 100);

    (void)state;
    assert_string_equal(text, "a\xef\xbf\xbd"
                              "b\xef\xbf\xbd\xf0\x9f\x98\x80");
    free(text);
    text = text16_reason(lone, 6);
    assert_string_equal(text, "a\xef\xbf\xbd"
                              "b");
    free(text);
    assert_null(text16_reason(NULL, 10));
}

static void text_is_given_by_length(void **state)
{
    char16_t buffer[8];
    DWORD length = 0;

    (void)state;
    assert_int_equal(text16_give("abc", NULL, &length), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(length, 4);
    assert_int_equal(text16_give("abc", buffer, &length), NO_ERROR);
    assert_int_equal(buffer[3], 0);
    assert_int_equal(text16_give("abc", NULL, &length), ERROR_INVALID_PARAMETER);
    assert_int_equal(text16_give("abc", buffer, NULL), ERROR_INVALID_PARAMETER);
    assert_true(text16_equal_case(u"http://X/Done", "HTTP://x/dOnE"));
    assert_false(text16_equal_case(u"abc", "abcd"));
}

static void words_keep_their_order(void **state)
{
    size_t count;
    char **words = text_words(" stderr\n stdout ", &count);

    (void)state;
    assert_int_equal(count, 2);
    assert_string_equal(words[0], "stderr");
    assert_string_equal(words[1], "stdout");
    free(words);
    words = text_words(NULL, &count);
    assert_int_equal(count, 0);
    free(words);
}

/* ---- waiting ---- */

/* P-3.2.7: the way of the answer is part of what the client has said. */
static void a_receive_is_answered_in_time(void **state)
{
    (void)state;
    assert_int_equal(request_wait(60000), 59000);
    assert_int_equal(request_wait(20000), 19000);
    assert_int_equal(request_wait(2000), 1900);
    assert_int_equal(request_wait(1), 1);
    assert_true(request_wait(UINT64_MAX) == UINT64_MAX - 1000);
}

static int set_up(void **state)
{
    struct loop *loop = loop_new();

    post_open(loop);
    *state = loop;
    return address_init() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_used_once),
        cmocka_unit_test(addresses_are_not_read_through),
        cmocka_unit_test(adopted_processes_are_reaped_in_the_second_round),
        cmocka_unit_test(children_of_plug_in_threads_are_left_alone),
        cmocka_unit_test(groups_cannot_be_made_up_by_a_comma),
        cmocka_unit_test(reasons_are_repaired_and_cut),
        cmocka_unit_test(text_is_given_by_length),
        cmocka_unit_test(words_keep_their_order),
        cmocka_unit_test(a_receive_is_answered_in_time),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
