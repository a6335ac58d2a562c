/* SPDX-License-Identifier: ISC */

/*
 * An authorization plug-in that has taken over its host: mallory's AuthzUser it answers by messages
 * of its own, past the functions that would have looked at them. The file `say` holds which:
 *
 *   as ACCOUNT    may run as that one, whatever it is (to the end of the line)
 *   nul ACCOUNT   the same, and the "!" in it is a NUL
 *   token NUMBER  may run as something that no identity is
 *   operation     her AuthzUser is answered as an AuthzOperation
 *   others        whoever is asked about anywhere: yes
 *
 * Numbers of calls are one sequence in the broker, so that they are easily guessed. Carol makes a
 * token for svc-deploy in her own call and keeps it; with it, trent wants to be that. Others are
 * let in.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ipc/channel.h"
#include "plugins/kit.h"

enum { GUESSES = 100 };

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE
KIT_ALLOW_OPERATIONS

static _Atomic(HANDLE) kept;

static void put_frame(const struct buffer *frame)
{
    struct pollfd ready = {.fd = CHANNEL_FD, .events = POLLOUT};

    if (poll(&ready, 1, -1) == 1)
        send(CHANNEL_FD, buffer_bytes(frame), buffer_length(frame), MSG_NOSIGNAL);
}

static void put_message(enum message_type type, const void *body)
{
    struct buffer frame;

    buffer_init(&frame, MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE);
    if (message_encode(&frame, type, body))
        put_frame(&frame);
    buffer_free(&frame);
}

#define PUT(message, ...) \
    put_message(MESSAGE_##message, &(const struct message_##message){__VA_ARGS__})

/* As no sender can encode it. */
static void put_with_nul(uint64_t call, const char *account)
{
    const struct message_authz_user_answer message = {
        .call = call, .token = TOKEN_account, .account = account};
    struct buffer frame;
    char *mark;

    buffer_init(&frame, MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE);
    if (message_encode(&frame, MESSAGE_authz_user_answer, &message)) {
        mark = memchr(buffer_bytes(&frame), '!', buffer_length(&frame));
        if (mark != NULL)
            *mark = '\0';
        put_frame(&frame);
    }
    buffer_free(&frame);
}

static void answer(uint64_t call, const char *say)
{
    if (strncmp(say, "as ", 3) == 0)
        PUT(authz_user_answer, .call = call, .token = TOKEN_account, .account = say + 3);
    else if (strncmp(say, "nul ", 4) == 0)
        put_with_nul(call, say + 4);
    else if (strncmp(say, "token ", 6) == 0)
        PUT(authz_user_answer, .call = call, .token = (uint32_t)strtoul(say + 6, NULL, 10));
    else if (strcmp(say, "operation") == 0)
        PUT(authz_operation_answer, .call = call);
    else
        PUT(authz_user_answer, .call = call, .token = TOKEN_client);
}

static void answer_mallory(void)
{
    FILE *file = fopen("say", "re");
    char say[4096] = "";

    if (file != NULL && fgets(say, sizeof(say), file) != NULL)
        say[strcspn(say, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
    for (uint64_t call = 1; call <= GUESSES; call++)
        answer(call, say);
}

KIT_AUTHZ_USER
{
    HANDLE token = NULL;

    if (kit_sent_by(sender, "mallory")) {
        answer_mallory();
    } else if (kit_sent_by(sender, "trent")) {
        token = atomic_load(&kept);
        kit_note("trent %u\n", (unsigned)WSManPluginAuthzUserComplete(sender, 0, NULL, token, FALSE,
                                                                      NO_ERROR, NULL));
    } else {
        if (kit_sent_by(sender, "carol")) {
            kit_note("carol %u\n",
                     (unsigned)WSManLinuxCreateToken(sender, WSMAN_TEXT("svc-deploy"), &token));
            atomic_store(&kept, token);
        }
        kit_allow_user(sender);
    }
}
