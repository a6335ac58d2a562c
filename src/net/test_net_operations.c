/* SPDX-License-Identifier: ISC */

/*
 * Operations through winrmd-net: what the broker and the shell host are asked, what the client
 * gets. All of them but winrmd-net are played by the test (test_flow.h).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"
#include "net/test_flow.h"

/* ---- answered by the broker ---- */

static void get(void **state)
{
    struct world *world = *state;
    struct client client = flow_open_client(world);
    const struct message_operation *operation;
    char url[64];

    flow_post(&client, TRANSFER_ "Get", SHELL_ID, "");
    operation = flow_expect_operation(world, OPERATION_get);
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/wsman?PSVersion=5.1", world->port);
    assert_string_equal(operation->url, url);
    assert_string_equal(operation->shell_id, SHELL_ID);
    assert_string_equal(operation->resource_uri, CMD_SHELL);
    assert_string_equal(operation->action, TRANSFER_ "Get");
    assert_int_equal(operation->timeout, 20000);
    peer_send(&world->broker, shell_details, FLOW_DETAILS(operation->request));
    flow_expect_success(&client, "<rsp:ShellId>" SHELL_ID "</rsp:ShellId>");
    flow_expect_written(world);
    flow_leave(world, &client);
}

static void refusals(void **state)
{
    static const struct {
        struct message_operation_refused refused;
        unsigned status;
        const char *parts[4];
    } rows[] = {
        {{.code = 0}, 500, {NULL}},
        {{.code = FAULT_access_denied, .text = "Access is denied. Decision 7F.", .decision = "7F"},
         500,
         {"Code=\"5\"", ">Access is denied. Decision 7F.</s:Text>",
          ">Access is denied. Decision 7F.</f:Message>", "w:AccessDenied"}},
        {{.code = FAULT_quota_operations, .text = "At most 3 operations; 3 now.", .decision = "8"},
         500,
         {"Code=\"2150859174\"", "At most 3 operations; 3 now.", "w:QuotaLimit",
          "<p:error_Code>2150859174</p:error_Code>"}},
        {{.code = FAULT_not_found}, 500, {"Code=\"2150858843\"", "UnexpectedSelectors"}},
        {{.code = 1234, .provider = "Policy", .provider_path = "/p.so", .extended = "not today"},
         500,
         {"Code=\"1234\"", "provider=\"Policy\"", "path=\"/p.so\"", "not today"}},
        {{.code = FAULT_redirect, .location = "http://other.example/wsman"},
         302,
         {"Code=\"2150859161\"", "http://other.example/wsman"}},
    };
    struct world *world = *state;
    struct client client = flow_open_client(world);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct message_operation_refused refused = rows[i].refused;
        struct response response;

        flow_post(&client, TRANSFER_ "Get", SHELL_ID, "");
        refused.request = flow_expect_operation(world, OPERATION_get)->request;
        peer_write(&world->broker, MESSAGE_operation_refused, &refused);
        response = client_response(&client);
        assert_int_equal(response.status, rows[i].status);
        if (rows[i].parts[0] == NULL)
            assert_int_equal(response.body_length, 0);
        for (size_t part = 0; part < 4 && rows[i].parts[part] != NULL; part++)
            if (strstr(response.body, rows[i].parts[part]) == NULL)
                fail_msg("row %zu: no %s in %s", i, rows[i].parts[part], response.body);
        if (refused.location != NULL)
            assert_string_equal(response_header(&response, "Location"), refused.location);
    }
    /* None of these carried an operation: nothing is reported as written. */
    flow_leave(world, &client);
}

static void delete (void **state)
{
    struct world *world = *state;
    struct client client = flow_open_client(world);

    flow_post(&client, TRANSFER_ "Delete", SHELL_ID, "");
    peer_send(&world->broker, operation_ended,
              .request = flow_expect_operation(world, OPERATION_delete)->request,
              .operation = FLOW_OPERATION);
    flow_expect_success(&client, "DeleteResponse");
    flow_expect_written(world);
    flow_leave(world, &client);
}

static void message_is_checked(void **state)
{
    struct world *world = *state;
    struct client client = flow_open_client(world);
    char *large = malloc(600000);

    assert_non_null(large);
    memset(large, ' ', 599999);
    large[599999] = '\0';
    client_post(&client, "/wsman", AS_ALICE, large);
    assert_int_equal(client_response(&client).status, 500);
    free(large);
    flow_post(&client, TRANSFER_ "Get", NULL, "<a/><b/>");
    flow_expect_fault(&client, FAULT_invalid_body, NULL);
    assert_true(peer_silent(&world->broker));
    flow_leave(world, &client);
}

/* ---- with a host ---- */

static void create_shell(struct world *world, struct client *client, struct peer *host)
{
    const struct message_shell_create *create;
    const struct message_operation *operation;
    uint64_t request;

    flow_post(
        client, TRANSFER_ "Create", NULL,
        "<rsp:Shell><rsp:Environment><rsp:Variable Name=\"K\">V</rsp:Variable></rsp:Environment>"
        "<rsp:InputStreams>stdin</rsp:InputStreams>"
        "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>");
    operation = flow_expect_operation(world, OPERATION_shell);
    assert_string_equal(operation->output_streams, "stdout stderr");
    request = operation->request;
    peer_send(&world->broker, shell_details, FLOW_DETAILS(request));
    flow_grant(world, host, request);
    create = flow_expect_payload(host, shell_create);
    assert_int_equal(create->request, request);
    assert_int_equal(create->environment.count, 1);
    assert_string_equal(create->environment.item[0].name, "K");
    peer_send(host, host_answer, .request = request);
    flow_expect_success(client, "<w:Selector Name=\"ShellId\">" SHELL_ID "</w:Selector>");
    flow_expect_written(world);
}

static void whole_command(void **state)
{
    static const struct ipc_item chunks[] = {
        {.name = "stdout", .value = "hello", .length = 5},
        {.name = "stdout", .flags = ITEM_END},
    };
    struct world *world = *state;
    struct client client = flow_open_client(world);
    struct peer host;
    uint64_t request;

    create_shell(world, &client, &host);

    flow_post(&client, SHELL_ "Command", SHELL_ID,
              "<rsp:CommandLine><rsp:Command>echo</rsp:Command><rsp:Arguments>hello</rsp:Arguments>"
              "</rsp:CommandLine>");
    flow_grant(world, NULL, flow_expect_operation(world, OPERATION_command)->request);
    const struct message_command_create *command = flow_expect_payload(&host, command_create);
    assert_string_equal(command->command_id, COMMAND_ID);
    assert_string_equal(command->command_line, "echo");
    assert_int_equal(command->arguments.count, 1);
    peer_send(&host, host_answer, .request = command->request);
    flow_expect_success(&client, "<rsp:CommandId>" COMMAND_ID "</rsp:CommandId>");
    flow_expect_written(world);

    flow_post(&client, SHELL_ "Send", SHELL_ID,
              "<rsp:Send><rsp:Stream Name=\"stdin\" CommandId=\"" COMMAND_ID
              "\" End=\"True\">aGk=</rsp:Stream></rsp:Send>");
    flow_grant(world, NULL, flow_expect_operation(world, OPERATION_send)->request);
    const struct message_send_input *input = flow_expect_payload(&host, send_input);
    assert_string_equal(input->command_id, COMMAND_ID);
    assert_int_equal(input->streams.count, 1);
    assert_memory_equal(input->streams.item[0].value, "hi", 2);
    assert_int_equal(input->streams.item[0].flags, ITEM_END);
    peer_send(&host, host_answer, .request = input->request);
    flow_expect_success(&client, "rsp:SendResponse");
    flow_expect_written(world);

    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, NULL, flow_expect_operation(world, OPERATION_receive)->request);
    const struct message_receive_output *receive = flow_expect_payload(&host, receive_output);
    assert_string_equal(receive->streams, "stdout stderr");
    assert_in_range(receive->room, 90000, 115200); /* three quarters of MaxEnvelopeSize */
    request = receive->request;
    peer_send(&host, output, .request = request, .chunks = {chunks, 2}, .state = COMMAND_STATE_done,
              .exit_code = 3);
    flow_expect_success(&client, ">aGVsbG8=</rsp:Stream>");
    const struct message_output_written *written = peer_expect(&host, output_written);
    assert_int_equal(written->request, request);
    assert_true(written->delivered);
    flow_expect_written(world);

    flow_post(&client, SHELL_ "Signal", SHELL_ID,
              "<rsp:Signal CommandId=\"" COMMAND_ID "\"><rsp:Code>" SHELL_
              "signal/Terminate</rsp:Code></rsp:Signal>");
    const struct message_operation *operation = flow_expect_operation(world, OPERATION_signal);
    assert_true(operation->ending);
    flow_grant(world, NULL, operation->request);
    const struct message_signal_command *signal = flow_expect_payload(&host, signal_command);
    assert_string_equal(signal->code, SHELL_ "signal/Terminate");
    peer_send(&host, host_answer, .request = signal->request);
    flow_expect_success(&client, "rsp:SignalResponse");
    flow_expect_written(world);

    flow_leave(world, &client);
    peer_close(&host);
}

static void faults_of_the_host(void **state)
{
    static const struct {
        struct message_host_answer answer;
        const char *part;
    } rows[] = {
        {{.code = FAULT_timed_out}, "OperationTimeout"},
        {{.code = FAULT_not_found}, "w:InvalidSelectors"},
        {{.code = 995}, "w:InternalError"},
        {{.code = 2147942405u, .extended = "no luck", .provider = "cmd", .provider_path = "cmd.so"},
         "no luck"},
    };
    struct world *world = *state;
    struct client client = flow_open_client(world);
    struct peer host;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct message_host_answer answer = rows[i].answer;

        flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
        flow_grant(world, i == 0 ? &host : NULL,
                   flow_expect_operation(world, OPERATION_receive)->request);
        answer.request = flow_expect_payload(&host, receive_output)->request;
        peer_write(&host, MESSAGE_host_answer, &answer);
        flow_expect_fault(&client, answer.code, rows[i].part);
        flow_expect_written(world);
    }
    flow_leave(world, &client);
    peer_close(&host);
}

/* ---- encodings ---- */

static void utf16_is_answered_in_utf16(void **state)
{
    static const char head[] = "POST /wsman HTTP/1.1\r\nHost: h\r\n" AS_ALICE
                               "Content-Type: application/soap+xml;charset=UTF-16\r\n"
                               "Content-Length: %zu\r\n\r\n";
    struct world *world = *state;
    struct client client = flow_open_client(world);
    const char *text = envelope(TRANSFER_ "Get", SHELL_ID, "");
    size_t length = 2 + 2 * strlen(text);
    char *wide = calloc(1, length);
    char line[256];
    struct response response;

    assert_non_null(wide);
    memcpy(wide, "\xff\xfe", 2);
    for (size_t i = 0; text[i] != '\0'; i++)
        wide[2 + 2 * i] = text[i];
    snprintf(line, sizeof(line), head, length);
    client_write(&client, line, strlen(line));
    client_write(&client, wide, length);
    free(wide);
    peer_send(&world->broker, shell_details,
              FLOW_DETAILS(flow_expect_operation(world, OPERATION_get)->request));
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_non_null(strcasestr(response.head, "charset=UTF-16\r\n"));
    assert_memory_equal(response.body, "\xff\xfe<\0s\0:\0E\0", 10);
    flow_expect_written(world);
    flow_leave(world, &client);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(get),
        WORLD_TEST(refusals),
        WORLD_TEST(delete),
        WORLD_TEST(message_is_checked),
        WORLD_TEST(whole_command),
        WORLD_TEST(faults_of_the_host),
        WORLD_TEST(utf16_is_answered_in_utf16),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net_operations WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
