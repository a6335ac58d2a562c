/* SPDX-License-Identifier: ISC */

/*
 * Stands in for winrmd-pam and lies to the broker, each way once: which one the name says that is
 * to log in. "honest" is told the truth about.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/credential.h"
#include "ipc/channel.h"
#include "pam_results.h"

static void on_start(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    channel_send(channel, pam_ready, .end_of_message = 0);
}

static void say(struct channel *channel, uint64_t call, uint32_t result, const char *account,
                uint32_t uid)
{
    channel_send(channel, pam_verdict, .call = call, .result = result, .account = account,
                 .uid = uid);
}

static void on_check(struct channel *channel, const union message_body *body)
{
    uint64_t call = body->pam_check.call;
    struct credential credential;
    const char *name;

    if (!credential_read(body->pam_check.credential, &credential))
        _exit(1);
    close(body->pam_check.credential);
    name = credential.name;
    if (strcmp(name, "nobody") == 0)
        say(channel, call, PAM_RESULT_accepted, NULL, 7001);
    else if (strcmp(name, "empty") == 0)
        say(channel, call, PAM_RESULT_accepted, "", 7001);
    else if (strcmp(name, "root") == 0)
        say(channel, call, PAM_RESULT_accepted, "root", 0);
    else if (strcmp(name, "nothing") == 0)
        say(channel, call, PAM_RESULT_none, "alice", 7001);
    else if (strcmp(name, "unheard") == 0)
        say(channel, call, 4711, "alice", 7001);
    else if (strcmp(name, "another") == 0)
        say(channel, call + 1, PAM_RESULT_accepted, "alice", 7001);
    else if (strcmp(name, "unasked") == 0)
        channel_send(channel, pam_ready, .end_of_message = 0);
    else
        say(channel, call, PAM_RESULT_accepted, "alice", 7001);
    if (strcmp(name, "twice") == 0)
        say(channel, call, PAM_RESULT_accepted, "bob", 7002);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    (void)why;
    _exit(0);
}

int main(void)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_pam_start] = on_start, [MESSAGE_pam_check] = on_check};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    struct loop *loop = loop_new();

    if (channel_new(loop, CHANNEL_FD, PROCESS_pam, PROCESS_broker, &events, NULL) == NULL)
        return 2;
    loop_run(loop);
    return 0;
}
