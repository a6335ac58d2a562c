/* SPDX-License-Identifier: ISC */

#include "broker/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/record.h"
#include "broker/session.h"

enum { UID_SIZE = 16 };

/* The sessions of one user by one mechanism: those that a user record of his would be for. */
struct logins {
    struct list link; /* users.all */
    const struct caller *caller;
    uint32_t count;
    bool shown; /* beside a record */
};

struct users {
    struct broker *broker;
    struct channel *channel;
    struct map logins; /* mechanism, account, certificate -> struct logins */
    struct list all;
};

/* Free with free(). As record.c tells its records apart. */
static char *logins_key(const char *mechanism, const char *account, const char *certificate)
{
    return mem_printf("%s\n%s\n%s", mechanism, account, certificate != NULL ? certificate : "");
}

static void session_visit(void *value, void *context)
{
    const struct session *session = value;
    const struct caller *caller = &session->caller;
    struct users *users = context;
    char *key =
        logins_key(caller->mechanism, caller->token->account, caller->certificate.thumbprint);
    struct logins *logins = map_get(&users->logins, key, strlen(key));

    if (logins == NULL) {
        logins = mem_alloc(sizeof(*logins));
        logins->caller = caller;
        list_append(&users->all, &logins->link);
        map_put(&users->logins, key, strlen(key), logins);
    }
    logins->count++;
    free(key);
}

static const char *uid_text(const struct token *token, char text[UID_SIZE])
{
    uid_t uid;

    if (token == NULL || !token_uid(token, &uid))
        return NULL;
    snprintf(text, UID_SIZE, "%u", (unsigned)uid);
    return text;
}

static void record_visit(void *value, void *context)
{
    const struct record *record = value;
    struct users *users = context;
    char *key =
        logins_key(record->mechanism, record->client_token->account, record_certificate(record));
    struct logins *logins = map_get(&users->logins, key, strlen(key));
    uint64_t now = loop_now(users->broker->loop);
    char uid[UID_SIZE];

    free(key);
    if (logins != NULL)
        logins->shown = true;
    channel_send(users->channel, control_user, .application = record->application->settings->path,
                 .user = record->name, .mechanism = record->mechanism,
                 .account = record->client_token->account,
                 .runs_as = record->token != NULL ? record->token->account : NULL,
                 .uid = uid_text(record->token, uid), .state = record_state_name(record),
                 .sessions = logins != NULL ? logins->count : 0,
                 .shells = quota_shells(record->account),
                 .operations = quota_operations(record->account),
                 .slot_messages = quota_slot_messages(record->account),
                 .throttled = quota_throttled(record->account, &record->limits, now));
}

void users_send(struct broker *broker, struct channel *channel)
{
    struct users users = {.broker = broker, .channel = channel};

    map_init(&users.logins);
    list_init(&users.all);
    map_each(&broker->sessions, session_visit, &users);
    for (size_t i = 0; i < broker->application_count; i++)
        map_each(&broker->applications[i]->records, record_visit, &users);
    while (!list_empty(&users.all)) {
        struct logins *logins = container_of(users.all.next, struct logins, link);
        const struct caller *caller = logins->caller;
        char uid[UID_SIZE];

        if (!logins->shown)
            channel_send(channel, control_user, .user = caller->name,
                         .mechanism = caller->mechanism, .account = caller->token->account,
                         .uid = uid_text(caller->token, uid), .state = "logged in",
                         .sessions = logins->count);
        list_remove(&logins->link);
        free(logins);
    }
    map_free(&users.logins);
}
