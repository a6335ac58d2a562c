/* SPDX-License-Identifier: ISC */

#include "host/test_client.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

const char *tested_plugin = "test_plugin_shell.so";

uint64_t next_message(struct fixture *f)
{
    f->request++;
    f->sequence++;
    return ++f->operation;
}

int set_up_host(void **state)
{
    struct fixture *f = mem_alloc(sizeof(*f));
    char path[512];
    int remote;

    snprintf(f->folder, sizeof(f->folder), "/tmp/winrmd-host-test-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    snprintf(f->marker, sizeof(f->marker), "%s/marker", f->folder);
    snprintf(path, sizeof(path), "%s/%s", getenv("TEST_PLUGINS"), tested_plugin);
    random_bytes(f->key, sizeof(f->key));
    f->operation = SHELL_NUMBER;
    test_host_open(&f->host, PROCESS_shell_host, f->folder);
    channel_send(f->host.broker.channel, host_start, .application = "wsman", .plugin = "Test",
                 .filename = path, .sdk_version = 1, .extra_info = f->marker,
                 .key = {.data = f->key, .length = sizeof(f->key)});
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_host_started)->host_started.code, 0);
    test_link_open(&f->net, f->host.loop, &remote);
    channel_send(f->host.broker.channel, host_channel, .net = 1, .channel = remote);
    test_link_open(&f->other, f->host.loop, &remote);
    channel_send(f->host.broker.channel, host_channel, .net = 2, .channel = remote);
    *state = f;
    return 0;
}

void begin_shell(struct fixture *f, const char *name)
{
    channel_send(f->host.broker.channel, host_shell, .operation = SHELL_NUMBER, .shell_id = "S1",
                 .name = "alice", .mechanism = "Basic", .url = "u", .account = "alice",
                 .resource_uri = SHELL "/cmd", .shell_name = name, .max_envelope = 512000);
    channel_flush(f->host.broker.channel);
    test_quiet(&f->host.broker, 5);
    next_message(f);
    channel_send(f->net.channel, shell_create, TICKET(OPERATION_shell, SHELL_NUMBER),
                 .timeout = 5000);
}

int set_up(void **state)
{
    struct fixture *f;

    if (set_up_host(state) != 0)
        return -1;
    f = *state;
    begin_shell(f, NULL);
    assert_int_equal(test_expect(&f->net, MESSAGE_host_answer)->host_answer.code, 0);
    test_expect(&f->host.broker, MESSAGE_shell_started);
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;

    test_link_close(&f->net);
    test_link_close(&f->other);
    test_host_close(&f->host);
    unlink(f->marker);
    rmdir(f->folder);
    free(f);
    return 0;
}

/* ---- what clients do ---- */

uint64_t begin_command(struct fixture *f, const char *id, const char *line, const char *text)
{
    struct ipc_item argument = {.value = text, .length = text != NULL ? (uint32_t)strlen(text) : 0};
    uint64_t number = next_message(f);

    channel_send(f->net.channel, command_create, TICKET(OPERATION_command, number), .timeout = 5000,
                 .command_id = id, .command_line = line,
                 .arguments = {.item = &argument, .count = text != NULL});
    return number;
}

uint64_t start_command(struct fixture *f, const char *id, const char *line, const char *text)
{
    uint64_t number = begin_command(f, id, line, text);

    assert_int_equal(test_expect(&f->net, MESSAGE_host_answer)->host_answer.code, 0);
    assert_string_equal(
        test_expect(&f->host.broker, MESSAGE_command_started)->command_started.command_id, id);
    return number;
}

void ask_output(struct fixture *f, struct test_link *link, const char *id, uint64_t timeout,
                uint32_t room)
{
    uint64_t number = next_message(f);

    channel_send(link->channel, receive_output, TICKET(OPERATION_receive, number),
                 .timeout = timeout, .command_id = id, .room = room);
}

void written(struct fixture *f, struct test_link *link, bool delivered)
{
    channel_send(link->channel, output_written, .request = link->body.output.request,
                 .delivered = delivered);
    (void)f;
}

void send_input(struct fixture *f, const char *id, const char *stream, const char *data, bool end,
                uint64_t timeout)
{
    struct ipc_item item = {.name = stream,
                            .value = data,
                            .length = (uint32_t)strlen(data),
                            .flags = end ? ITEM_END : 0};
    uint64_t number = next_message(f);

    channel_send(f->net.channel, send_input, TICKET(OPERATION_send, number), .timeout = timeout,
                 .command_id = id, .streams = {.item = &item, .count = 1});
}

void send_signal(struct fixture *f, struct test_link *link, const char *id, const char *code)
{
    uint64_t number = next_message(f);

    channel_send(link->channel, signal_command, TICKET(OPERATION_signal, number), .timeout = 8000,
                 .command_id = id, .code = code);
}

uint32_t answer_code(struct test_link *link)
{
    return test_expect(link, MESSAGE_host_answer)->host_answer.code;
}

/* The broker's part at a command's end. */
struct message_command_ended note_end(struct fixture *f, uint64_t number)
{
    struct message_command_ended ended =
        test_expect(&f->host.broker, MESSAGE_command_ended)->command_ended;

    assert_int_equal(ended.operation, number);
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    return ended;
}

void expect_chunk(const struct message_output *output, uint32_t index, const char *stream,
                  const char *data, uint32_t flags)
{
    assert_true(index < output->chunks.count);
    assert_string_equal(output->chunks.item[index].name, stream);
    assert_int_equal(output->chunks.item[index].length, strlen(data));
    assert_memory_equal(output->chunks.item[index].value, data, strlen(data));
    assert_int_equal(output->chunks.item[index].flags, flags);
}

uint64_t time_of_terminate(struct fixture *f, const char *id, uint64_t number)
{
    uint64_t begin = clock_milliseconds();

    send_signal(f, &f->net, id, TERMINATE);
    note_end(f, number);
    assert_int_equal(answer_code(&f->net), 0);
    return clock_milliseconds() - begin;
}

bool is_gone(pid_t pid)
{
    char path[64];
    char text[256] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (file == NULL)
        return true;
    if (fgets(text, sizeof(text), file) == NULL) /* it ended in between */
        text[0] = '\0';
    fclose(file);
    return strstr(text, ") Z") != NULL || strstr(text, ") X") != NULL || text[0] == '\0';
}

/* Whoever killed it does not wait until it is dead. */
void wait_until_gone(pid_t pid)
{
    for (int i = 0; i < 10000 && !is_gone(pid); i++)
        poll(NULL, 0, 1);
    assert_true(is_gone(pid));
}
