/* SPDX-License-Identifier: ISC */

/*
 * winrmd-pam: asks PAM, one request at a time, and looks up the account that PAM has accepted. It
 * knows no client and no session: only the broker speaks to it, and it blocks as long as PAM does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/credential.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/memory.h"
#include "ipc/channel.h"
#include "ipc/log_level.h"
#include "pam/account.h"
#include "pam/stack.h"

static struct loop *loop;
static char *service;
static bool root; /* may come in */

static void on_start(struct channel *channel, const union message_body *body)
{
    service = mem_text(body->pam_start.service != NULL ? body->pam_start.service : "winrmd");
    root = body->pam_start.root;
    channel_set_state(channel, CHANNEL_serving);
    channel_send(channel, pam_ready, .end_of_message = 0);
}

static void on_check(struct channel *channel, const union message_body *body)
{
    struct stack_answer answer = {.result = PAM_RESULT_nonsense};
    struct account account = {0};
    struct credential credential;
    int fd = body->pam_check.credential;

    if (fd >= CHANNEL_FD) {
        if (credential_read(fd, &credential))
            stack_ask(service, &credential, &answer);
        credential_wipe(&credential);
        close(fd);
    }
    if (answer.result == PAM_RESULT_accepted)
        answer.result = account_find(answer.user, root, &account);
    channel_send(channel, pam_verdict, .call = body->pam_check.call, .result = answer.result,
                 .delay = answer.delay,
                 .account = answer.result == PAM_RESULT_accepted ? account.name : NULL,
                 .uid = account.uid,
                 .groups = {.item = account.groups, .count = account.group_count});
    account_free(&account);
}

/* Who may come in is for the broker to say, which asks. */
static void on_find(struct channel *channel, const union message_body *body)
{
    const struct message_account_find *find = &body->account_find;
    struct account account = {0};
    enum pam_result result =
        find->name == NULL ? PAM_RESULT_nonsense : account_find(find->name, true, &account);
    bool found = result == PAM_RESULT_accepted;

    channel_send(channel, account_found, .call = find->call, .result = result,
                 .account = found ? account.name : NULL, .uid = account.uid, .gid = account.gid,
                 .groups = {.item = account.groups, .count = found ? account.group_count : 0});
    account_free(&account);
}

static void on_broker_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fault)
        log_error("the broker %s", why);
    _exit(fault ? 1 : 0);
}

int main(int count, char **arguments)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_pam_start] = on_start,
        [MESSAGE_pam_check] = on_check,
        [MESSAGE_account_find] = on_find,
        [MESSAGE_log_level] = log_level_take,
    };
    static const struct channel_events events = {.handlers = handlers, .ended = on_broker_ended};
    struct channel *broker = NULL;

    (void)arguments;
    log_open("winrmd-pam");
    guard_memory();
    guard_end_with_parent();
    loop = count > 1 ? NULL : loop_new();
    if (loop != NULL)
        broker = channel_new(loop, CHANNEL_FD, PROCESS_pam, PROCESS_broker, &events, NULL);
    if (broker == NULL) {
        fprintf(stderr, "winrmd-pam is started by winrmd, not by hand\n");
        return 2;
    }
    loop_run(loop);
    return 0;
}
