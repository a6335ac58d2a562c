/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-net sends to a shell host. It carries the broker's tickets; a message without a
 * genuine, unused one is refused whatever it says.
 */

#include "host/command.h"
#include "host/connect.h"
#include "host/disconnect.h"
#include "host/host.h"
#include "host/repeat.h"
#include "host/shell.h"
#include "host/stray.h"

/* What a request_cancel or an output_written is about. */
struct subject {
    const struct channel *channel;
    uint64_t request;
    bool delivered;
};

static bool ticket_good(const char *message, enum operation_kind kind, struct reply *reply,
                        uint64_t operation, uint64_t sequence, uint64_t ticket)
{
    if (shell.known &&
        ticket_accept(&shell.tickets, shell.key, sequence, kind, operation, ticket) &&
        (kind != OPERATION_shell || operation == shell.operation))
        return true;
    stray_report(message, "a ticket the broker did not give, or used before");
    reply_send(reply, ERROR_ACCESS_DENIED);
    return false;
}

#define TICKET_GOOD(name, kind, reply, message)                                     \
    ticket_good((name), (kind), (reply), (message)->operation, (message)->sequence, \
                (message)->ticket)

static void take_shell_create(struct channel *channel, const union message_body *body)
{
    const struct message_shell_create *message = &body->shell_create;
    struct reply reply = reply_to(channel, message->request);

    if (!TICKET_GOOD("shell_create", OPERATION_shell, &reply, message))
        return;
    if (shell.request != NULL)
        reply_send(&reply, ERROR_WINRS_SHELL_CLIENTID_RESOURCE_CONFLICT);
    else
        shell_ask(reply, message);
}

/* The name (repeat.h) of a message, but for what is its own. */
#define MESSAGE_NAME(kind, message)                                                        \
    repeat_name_text(repeat_name((kind), (message)->operation_id, (message)->sequence_id), \
                     (message)->command_id)

static void take_command_create(struct channel *channel, const union message_body *body)
{
    const struct message_command_create *message = &body->command_create;
    struct reply reply = reply_to(channel, message->request);
    bool again =
        shell.known && ticket_accept(&shell.tickets, shell.key, message->sequence,
                                     TICKET_COMMAND_AGAIN, message->operation, message->ticket);

    if (!again && !TICKET_GOOD("command_create", OPERATION_command, &reply, message))
        return;
    /* Its id may be the broker's, and another one each time. */
    reply.name = repeat_name(OPERATION_command, message->operation_id, message->sequence_id);
    reply.name = repeat_name_text(reply.name, message->command_line);
    reply.name = repeat_name_items(reply.name, &message->arguments);
    command_ask(reply, message, again);
}

/* The target of a follow-on message, or NULL: then it has been answered. */
static struct target *find_target(struct reply *reply, const char *command_id, uint64_t sequence)
{
    struct target *target = shell.ending ? NULL : shell_target(command_id);

    if (target != NULL && disconnect_came_after(sequence)) {
        reply_send(reply, ERROR_WINRS_SHELL_DISCONNECTED);
        return NULL;
    }
    if (target == NULL)
        reply_send(reply, ERROR_WSMAN_UNEXPECTED_SELECTORS);
    return target;
}

static void take_send_input(struct channel *channel, const union message_body *body)
{
    const struct message_send_input *message = &body->send_input;
    struct reply reply = reply_to(channel, message->request);
    struct target *target;

    if (!TICKET_GOOD("send_input", OPERATION_send, &reply, message))
        return;
    reply.name = repeat_name_items(MESSAGE_NAME(OPERATION_send, message), &message->streams);
    if (repeat_answers(&reply))
        return;
    target = find_target(&reply, message->command_id, message->sequence);
    if (target != NULL)
        sender_ask(target, reply, message);
}

static void take_receive_output(struct channel *channel, const union message_body *body)
{
    const struct message_receive_output *message = &body->receive_output;
    struct reply reply = reply_to(channel, message->request);
    struct target *target;

    if (!TICKET_GOOD("receive_output", OPERATION_receive, &reply, message))
        return;
    reply.name = repeat_name_text(MESSAGE_NAME(OPERATION_receive, message), message->streams);
    target = find_target(&reply, message->command_id, message->sequence);
    if (target != NULL)
        receiver_ask(target, reply, message);
}

static void take_signal_command(struct channel *channel, const union message_body *body)
{
    const struct message_signal_command *message = &body->signal_command;
    struct reply reply = reply_to(channel, message->request);
    struct target *target;

    if (!TICKET_GOOD("signal_command", OPERATION_signal, &reply, message))
        return;
    reply.name = repeat_name_text(MESSAGE_NAME(OPERATION_signal, message), message->code);
    if (repeat_answers(&reply))
        return;
    target = find_target(&reply, message->command_id, message->sequence);
    if (target != NULL)
        signals_ask(target, reply, message);
}

static void take_connect_shell(struct channel *channel, const union message_body *body)
{
    const struct message_connect_shell *message = &body->connect_shell;
    struct reply reply = reply_to(channel, message->request);

    if (!TICKET_GOOD("connect_shell", OPERATION_connect, &reply, message))
        return;
    if (disconnect_came_after(message->sequence))
        reply_send(&reply, ERROR_WINRS_SHELL_DISCONNECTED);
    else
        connect_ask(reply, message);
}

static void take_reconnect_shell(struct channel *channel, const union message_body *body)
{
    const struct message_reconnect_shell *message = &body->reconnect_shell;
    struct reply reply = reply_to(channel, message->request);

    if (!TICKET_GOOD("reconnect_shell", OPERATION_reconnect, &reply, message))
        return;
    if (disconnect_came_after(message->sequence))
        reply_send(&reply, ERROR_WINRS_SHELL_DISCONNECTED);
    else
        reconnect_ask(reply, message);
}

static bool target_cancel_request(struct target *target, void *context)
{
    const struct subject *subject = context;

    if (receiver_cancel(target, subject->channel, subject->request) ||
        signals_cancel(target, subject->channel, subject->request))
        return true;
    if (!reply_matches(&target->sender.reply, subject->channel, subject->request))
        return false;
    reply_abandon(&target->sender.reply);
    return true;
}

/* A Create or a Command goes on: the broker decides what becomes of it. */
static void take_request_cancel(struct channel *channel, const union message_body *body)
{
    struct subject subject = {.channel = channel, .request = body->request_cancel.request};

    if (!connect_cancel(channel, subject.request))
        shell_each_target(target_cancel_request, &subject);
}

static bool target_written(struct target *target, void *context)
{
    const struct subject *subject = context;

    return receiver_written(target, subject->channel, subject->request, subject->delivered);
}

static void take_output_written(struct channel *channel, const union message_body *body)
{
    struct subject subject = {.channel = channel,
                              .request = body->output_written.request,
                              .delivered = body->output_written.delivered};

    shell_each_target(target_written, &subject);
}

const channel_handler payload_handlers[MESSAGE_COUNT] = {
    [MESSAGE_shell_create] = take_shell_create,
    [MESSAGE_command_create] = take_command_create,
    [MESSAGE_send_input] = take_send_input,
    [MESSAGE_receive_output] = take_receive_output,
    [MESSAGE_signal_command] = take_signal_command,
    [MESSAGE_request_cancel] = take_request_cancel,
    [MESSAGE_output_written] = take_output_written,
    [MESSAGE_connect_shell] = take_connect_shell,
    [MESSAGE_reconnect_shell] = take_reconnect_shell,
};
