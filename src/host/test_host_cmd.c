/* SPDX-License-Identifier: ISC */

/*
 * The shell plug-in of the product, cmd.so, in a real winrmd-host: real processes, real output.
 * WINRMD_HOST and TEST_PLUGINS come from the build.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/test_client.h"

/* Receives until the command's end; its output, and its exit code. */
static uint32_t receive_all(struct fixture *f, const char *id, uint64_t number, char *text,
                            size_t size)
{
    size_t used = 0;

    ask_output(f, &f->net, id, 8000, ROOM);
    note_end(f, number);
    for (;;) {
        const struct message_output *output = &test_expect(&f->net, MESSAGE_output)->output;

        for (uint32_t i = 0; i < output->chunks.count; i++) {
            const struct ipc_item *item = &output->chunks.item[i];

            assert_true(used + item->length < size);
            memcpy(text + used, item->value, item->length);
            used += item->length;
        }
        text[used] = '\0';
        written(f, &f->net, true);
        if (output->state == COMMAND_STATE_done)
            return output->exit_code;
        ask_output(f, &f->net, id, 8000, ROOM);
    }
}

static void output_and_exit_code(void **state)
{
    struct fixture *f = *state;
    char text[4096];
    uint64_t number = start_command(f, "C1", "echo out; echo err >&2; exit 3", NULL);

    assert_int_equal(receive_all(f, "C1", number, text, sizeof(text)), 3);
    assert_non_null(strstr(text, "out\n"));
    assert_non_null(strstr(text, "err\n"));
    send_signal(f, &f->net, "C1", TERMINATE);
    assert_int_equal(answer_code(&f->net), 0);
}

static void input_reaches_the_process(void **state)
{
    struct fixture *f = *state;
    char text[4096];
    uint64_t number = start_command(f, "C1", "cat; echo .", NULL);

    send_input(f, "C1", "stdin", "one ", false, 5000);
    assert_int_equal(answer_code(&f->net), 0);
    send_input(f, "C1", "stdin", "two", true, 5000);
    assert_int_equal(answer_code(&f->net), 0);
    assert_int_equal(receive_all(f, "C1", number, text, sizeof(text)), 0);
    assert_string_equal(text, "one two.\n");
}

static void much_output_arrives_whole(void **state)
{
    struct fixture *f = *state;
    static char text[4 * 1024 * 1024];
    uint64_t number = start_command(f, "C1", "head -c 3000000 /dev/zero | tr '\\0' x", NULL);
    size_t used = 0;
    bool noted = false;

    for (;;) {
        const struct message_output *output;

        ask_output(f, &f->net, "C1", 8000, ROOM);
        while (!noted && used > 2500000 && test_quiet(&f->net, 20))
            if (!list_empty(&f->host.broker.arrived)) {
                note_end(f, number);
                noted = true;
            }
        output = &test_expect(&f->net, MESSAGE_output)->output;
        for (uint32_t i = 0; i < output->chunks.count; i++) {
            memcpy(text + used, output->chunks.item[i].value, output->chunks.item[i].length);
            used += output->chunks.item[i].length;
        }
        written(f, &f->net, true);
        if (output->state == COMMAND_STATE_done)
            break;
    }
    assert_int_equal(used, 3000000);
    assert_int_equal(strspn(text, "x"), 3000000);
}

static void terminate_kills(void **state)
{
    struct fixture *f = *state;
    uint64_t took = UINT64_MAX;

    for (int i = 0; i < TRIES && took >= 1000; i++) {
        uint64_t number = start_command(f, "C1", "sleep 1000", NULL);

        ask_output(f, &f->other, "C1", 8000, ROOM);
        test_quiet(&f->net, 20);
        took = time_of_terminate(f, "C1", number);
    }
    assert_true(took < 1000);
    for (int i = 0; i < 1000 && test_quiet(&f->other, 10); i++)
        continue;
    assert_false(test_quiet(&f->other, 0));
}

/* Pages of memory the host has in use. */
static unsigned long host_pages(const struct fixture *f)
{
    unsigned long size = 0;
    unsigned long resident = 0;
    char path[64];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/statm", (int)f->host.pid);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &size, &resident), 2);
    fclose(file);
    return resident;
}

/* Until the queue is full and the command's thread waits: the host takes no more memory. */
static void wait_until_full(struct fixture *f)
{
    unsigned long before = 0;

    for (int i = 0, same = 0; i < 1000 && same < 10; i++) {
        test_quiet(&f->net, 30);
        same = host_pages(f) < before + 16 ? same + 1 : 0;
        before = same == 0 ? host_pages(f) : before;
    }
}

static void endless_output_without_a_reader(void **state)
{
    struct fixture *f = *state;
    uint64_t took = UINT64_MAX;

    for (int i = 0; i < TRIES && took >= 500; i++) {
        uint64_t number = start_command(f, "C1", "yes", NULL);
        unsigned long before;

        ask_output(f, &f->net, "C1", 8000, ROOM);
        test_expect(&f->net, MESSAGE_output);
        written(f, &f->net, true);
        wait_until_full(f);
        before = host_pages(f);
        test_quiet(&f->net, 300);
        assert_true(host_pages(f) < before + 256);
        took = time_of_terminate(f, "C1", number);
    }
    assert_true(took < 500);
}

static void a_command_is_quick(void **state)
{
    struct fixture *f = *state;
    char text[256];
    uint64_t best = 1000;

    for (int i = 0; i < 10; i++) {
        char id[16];
        uint64_t begin = clock_milliseconds();
        uint64_t number;

        snprintf(id, sizeof(id), "Q%d", i);
        number = start_command(f, id, "echo quick", NULL);
        assert_int_equal(receive_all(f, id, number, text, sizeof(text)), 0);
        send_signal(f, &f->net, id, TERMINATE);
        assert_int_equal(answer_code(&f->net), 0);
        if (clock_milliseconds() - begin < best)
            best = clock_milliseconds() - begin;
    }
    printf("[          ] a whole command takes %d ms\n", (int)best);
    assert_true(best < 100);
}

static void everything_ends_with_the_broker(void **state)
{
    struct fixture *f = *state;
    char path[512];
    char text[64] = "";
    FILE *file = NULL;

    snprintf(path, sizeof(path), "setsid sh -c 'echo $$ > %s; exec sleep 1000' & sleep 1000",
             f->marker);
    start_command(f, "C1", path, NULL);
    for (int i = 0; i < 5000 && strchr(text, '\n') == NULL; i++) {
        test_quiet(&f->net, 10);
        file = fopen(f->marker, "r");
        if (file == NULL || fgets(text, sizeof(text), file) == NULL)
            text[0] = '\0';
        if (file != NULL)
            fclose(file);
    }
    assert_true(atoi(text) > 1);
    channel_free(f->host.broker.channel);
    f->host.broker.channel = NULL;
    assert_true(WIFEXITED(test_host_wait(&f->host)));
    wait_until_gone(atoi(text));
}

static void ending_with_commands_running(void **state)
{
    struct fixture *f = *state;

    start_command(f, "C1", "sleep 1000", NULL);
    start_command(f, "C2", "yes", NULL);
    ask_output(f, &f->net, "C2", 8000, ROOM);
    test_expect(&f->net, MESSAGE_output);
    channel_send(f->host.broker.channel, shell_end);
    test_await(&f->host.broker, MESSAGE_shell_ended);
    channel_send(f->host.broker.channel, host_stop, .reason = 2);
    assert_int_equal(test_host_wait(&f->host), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output_and_exit_code),         TEST(input_reaches_the_process),
        TEST(much_output_arrives_whole),    TEST(terminate_kills),
        TEST(a_command_is_quick),           TEST(everything_ends_with_the_broker),
        TEST(ending_with_commands_running), TEST(endless_output_without_a_reader),
    };

    tested_plugin = "cmd.so";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
