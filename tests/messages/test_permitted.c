/* SPDX-License-Identifier: ISC */

/*
 * Sends every message from every peer to every process in every state over a real socket pair, and
 * looks what becomes of it: what tables/permitted.h lists reaches its handler, complete with its
 * descriptor; anything else ends the channel as the peer's fault and reaches nobody.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/channel.h"
#include "messages/sample.h"
#include "permitted.h"

/* What one attempt led to. */
struct outcome {
    struct loop *loop;
    unsigned handled;
    unsigned ended;
    bool fault;
    char why[200];
};

struct attempt {
    enum process receiver;
    enum process peer;
    enum channel_state state;
    enum message_type type;
};

static channel_handler receiver_handlers[MESSAGE_COUNT];
static enum message_type handled_type;

static void take(struct channel *channel, enum message_type type, const union message_body *body)
{
    struct outcome *outcome = channel_owner(channel);
    union message_body *own = (union message_body *)(uintptr_t)body;
    int *fd = message_fd(type, own);

    handled_type = type;
    outcome->handled++;
    if (fd != NULL) {
        if (fcntl(*fd, F_GETFD) < 0)
            fail_msg("%s arrived without its descriptor", message_layout(type)->name);
        close(*fd);
    }
    loop_stop(outcome->loop);
}

#define M(name)                                                                      \
    static void take_##name(struct channel *channel, const union message_body *body) \
    {                                                                                \
        take(channel, MESSAGE_##name, body);                                         \
    }
MESSAGE_TABLE(M)
#undef M

static void receiver_ended(struct channel *channel, bool fault, const char *why)
{
    struct outcome *outcome = channel_owner(channel);

    outcome->ended++;
    outcome->fault = fault;
    snprintf(outcome->why, sizeof(outcome->why), "%s", why);
    loop_stop(outcome->loop);
}

static void sender_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    (void)why;
}

static const struct channel_events receiver_events = {.handlers = receiver_handlers,
                                                      .ended = receiver_ended};
static const channel_handler no_handlers[MESSAGE_COUNT];
static const struct channel_events sender_events = {.handlers = no_handlers, .ended = sender_ended};

static void hang(struct loop_timer *timer)
{
    (void)timer;
    fail_msg("a message neither arrived nor ended its channel");
}

static struct outcome try_message(const struct attempt *attempt)
{
    struct outcome outcome = {.loop = loop_new()};
    struct loop_timer limit = {.expired = hang};
    struct channel *receiver, *sender;
    union message_body body;
    int pair[2];
    int *fd;

    assert_non_null(outcome.loop);
    assert_true(channel_pair(pair));
    receiver = channel_new(outcome.loop, pair[0], attempt->receiver, attempt->peer,
                           &receiver_events, &outcome);
    sender =
        channel_new(outcome.loop, pair[1], attempt->peer, attempt->receiver, &sender_events, NULL);
    channel_set_state(receiver, attempt->state);
    message_sample(attempt->type, &body);
    fd = message_fd(attempt->type, &body);
    if (fd != NULL)
        *fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(channel_write(sender, attempt->type, &body));
    loop_timer_start(outcome.loop, &limit, 20000);
    loop_run(outcome.loop);
    loop_timer_stop(outcome.loop, &limit);
    channel_free(sender);
    channel_free(receiver);
    loop_free(outcome.loop);
    return outcome;
}

/* The table once more, as plain as it can be read: the test does not use message_permitted(). */
static bool listed(const struct attempt *attempt)
{
    static const struct attempt rows[] = {
#define R(to, from, in, message) {PROCESS_##to, PROCESS_##from, CHANNEL_##in, MESSAGE_##message},
        PERMITTED_TABLE(R)
#undef R
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].receiver == attempt->receiver && rows[i].peer == attempt->peer &&
            rows[i].state == attempt->state && rows[i].type == attempt->type)
            return true;
    return false;
}

static void expect_rule(const struct attempt *attempt)
{
    bool wanted = listed(attempt);
    struct outcome outcome;
    bool right;

    handled_type = MESSAGE_none;
    outcome = try_message(attempt);
    if (wanted)
        right = outcome.handled == 1 && outcome.ended == 0 && handled_type == attempt->type;
    else
        right = outcome.handled == 0 && outcome.ended == 1 && outcome.fault &&
                strstr(outcome.why, "not permitted") != NULL;
    if (!right)
        fail_msg("%s from %s to %s in state %s: handled %u times, ended %u times (%s)",
                 message_layout(attempt->type)->name, process_name(attempt->peer),
                 process_name(attempt->receiver), channel_state_name(attempt->state),
                 outcome.handled, outcome.ended, outcome.why);
}

static void every_message_in_every_state(void **unused)
{
    unsigned count = 0, permitted = 0;

    (void)unused;
#define M(name) receiver_handlers[MESSAGE_##name] = take_##name;
    MESSAGE_TABLE(M)
#undef M
    for (unsigned to = PROCESS_none + 1; to < PROCESS_COUNT; to++)
        for (unsigned from = PROCESS_none + 1; from < PROCESS_COUNT; from++)
            for (unsigned in = CHANNEL_none; in < CHANNEL_STATES; in++)
                for (unsigned type = MESSAGE_none + 1; type < MESSAGE_COUNT; type++) {
                    const struct attempt attempt = {(enum process)to, (enum process)from,
                                                    (enum channel_state)in,
                                                    (enum message_type)type};

                    expect_rule(&attempt);
                    count++;
                    permitted += listed(&attempt) ? 1 : 0;
                }
    print_message("%u messages sent, %u of them permitted\n", count, permitted);
    assert_true(permitted > 0);
}

/* A message nobody may send is a row somebody forgot. */
static void every_message_has_a_sender(void **unused)
{
    (void)unused;
    for (unsigned type = MESSAGE_none + 1; type < MESSAGE_COUNT; type++) {
        bool found = false;

        for (unsigned to = PROCESS_none + 1; !found && to < PROCESS_COUNT; to++)
            for (unsigned from = PROCESS_none + 1; !found && from < PROCESS_COUNT; from++)
                for (unsigned in = CHANNEL_none + 1; !found && in < CHANNEL_STATES; in++)
                    found = listed(&(const struct attempt){(enum process)to, (enum process)from,
                                                           (enum channel_state)in,
                                                           (enum message_type)type});
        if (!found)
            fail_msg("nobody may send %s", message_layout((enum message_type)type)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_in_every_state),
        cmocka_unit_test(every_message_has_a_sender),
    };

    return cmocka_run_group_tests_name("permitted", tests, NULL, NULL);
}
