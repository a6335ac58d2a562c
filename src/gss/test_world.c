/* SPDX-License-Identifier: ISC */

#include "gss/test_world.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { PATIENCE = 60000 };

struct told told;
struct channel *gss_broker;
struct channel *gss_auth;
char world_folder[64];
const char *world_program;

static struct loop *loop;
static struct loop_timer patience;
static bool impatient;
static bool ended;
static pid_t process;

static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

static void on_ready(struct channel *channel, const union message_body *body)
{
    if (channel_state(channel) == CHANNEL_starting)
        channel_set_state(channel, CHANNEL_serving);
    told.ready++;
    told.kerberos = body->gss_ready.kerberos;
    told.ntlm = body->gss_ready.ntlm;
    loop_stop(loop);
}

static void on_spent(struct channel *channel, const union message_body *body)
{
    (void)channel;
    (void)body;
    told.spent++;
    loop_stop(loop);
}

static void on_offer(struct channel *channel, const union message_body *body)
{
    const struct message_gss_offer *offer = &body->gss_offer;

    (void)channel;
    told.offers++;
    told.realms = offer->realms.count;
    copy(told.realm, sizeof(told.realm), told.realms > 0 ? offer->realms.item[0].name : NULL);
    copy(told.domain, sizeof(told.domain), offer->ntlm_domain);
    loop_stop(loop);
}

static void answered(enum message_type type, uint64_t context, const struct ipc_bytes *token)
{
    told.answers++;
    told.type = type;
    told.context = context;
    told.token_length = token->length;
    if (token->length > 0)
        memcpy(told.token, token->data, token->length);
    loop_stop(loop);
}

static void on_continue(struct channel *channel, const union message_body *body)
{
    (void)channel;
    answered(MESSAGE_gss_continue, body->gss_continue.context, &body->gss_continue.token);
}

static void on_done(struct channel *channel, const union message_body *body)
{
    const struct message_gss_done *done = &body->gss_done;

    (void)channel;
    answered(MESSAGE_gss_done, done->context, &done->token);
    copy(told.mechanism, sizeof(told.mechanism), done->mechanism);
    copy(told.name, sizeof(told.name), done->name);
    told.lifetime = done->lifetime;
    told.seals = done->seals;
    told.bound = done->bound;
    told.exported_length = done->exported.length;
    memcpy(told.exported, done->exported.data, done->exported.length);
}

static void on_failed(struct channel *channel, const union message_body *body)
{
    const struct message_gss_failed *failed = &body->gss_failed;

    (void)channel;
    answered(MESSAGE_gss_failed, failed->context, &(struct ipc_bytes){0});
    copy(told.mechanism, sizeof(told.mechanism), failed->mechanism);
    copy(told.reason, sizeof(told.reason), failed->reason);
    copy(told.detail, sizeof(told.detail), failed->detail);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    ended = true;
    if (fault)
        print_message("%s: %s\n", channel == gss_broker ? "broker" : "auth", why);
    loop_stop(loop);
}

static void on_patience_end(struct loop_timer *timer)
{
    (void)timer;
    impatient = true;
    loop_stop(loop);
}

static void patience_begin(void)
{
    impatient = false;
    patience.expired = on_patience_end;
    /* The time of the loop has stood still while the test did something else. */
    loop_timer_start(loop, &patience, clock_milliseconds() - loop_now(loop) + PATIENCE);
}

void await(const unsigned *counter, unsigned wanted)
{
    patience_begin();
    while (*counter < wanted && !impatient && !ended)
        loop_run(loop);
    loop_timer_stop(loop, &patience);
    assert_true(*counter >= wanted);
}

void world_connect(void)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_offer] = on_offer,
        [MESSAGE_gss_continue] = on_continue,
        [MESSAGE_gss_done] = on_done,
        [MESSAGE_gss_failed] = on_failed,
    };
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    unsigned before = told.offers;
    int pair[2];

    channel_free(gss_auth);
    assert_true(channel_pair(pair));
    gss_auth = channel_new(loop, pair[0], PROCESS_auth, PROCESS_gss, &events, NULL);
    channel_set_state(gss_auth, CHANNEL_serving);
    assert_true(channel_send(gss_broker, gss_channel, .channel = pair[1]));
    await(&told.offers, before + 1);
}

void world_begin(const char *keytab, const char *ntlm_users)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_ready] = on_ready, [MESSAGE_gss_spent] = on_spent};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    int pair[2];

    memset(&told, 0, sizeof(told));
    ended = false;
    assert_true(channel_pair(pair));
    process = fork();
    if (process == 0) {
        dup2(pair[1], CHANNEL_FD);
        execl(world_program, world_program, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    loop = loop_new();
    gss_broker = channel_new(loop, pair[0], PROCESS_broker, PROCESS_gss, &events, NULL);
    channel_send(gss_broker, gss_start, .keytab = keytab, .ntlm_users = ntlm_users,
                 .ntlm_domain = "LAB");
    await(&told.ready, 1);
    world_connect();
}

static void process_reap(void)
{
    int status = -1;

    waitpid(process, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void channels_free(void)
{
    channel_free(gss_auth);
    channel_free(gss_broker);
    gss_auth = gss_broker = NULL;
    loop_free(loop);
}

void world_end(void)
{
    assert_false(ended);
    channels_free();
    process_reap();
}

void world_await_end(void)
{
    patience_begin();
    while (!channel_is_ended(gss_broker) && !impatient)
        loop_run(loop);
    loop_timer_stop(loop, &patience);
    assert_true(channel_is_ended(gss_broker));
    channels_free();
    process_reap();
}

void show(uint64_t context, bool kerberos, const char *binding, const void *token, size_t length)
{
    unsigned before = told.answers;

    channel_send(gss_auth, gss_accept, .context = context, .kerberos = kerberos,
                 .binding = {.data = (const uint8_t *)binding,
                             .length = binding != NULL ? (uint32_t)strlen(binding) : 0},
                 .token = {.data = token, .length = (uint32_t)length});
    await(&told.answers, before + 1);
    assert_int_equal(told.answers, before + 1);
    assert_int_equal(told.context, context);
}

bool login(struct client *client, uint64_t context, bool kerberos, const char *binding)
{
    if (!client_step(client, NULL, 0))
        return false;
    for (unsigned legs = 0; legs < 10 && client->token.length > 0; legs++) {
        show(context, kerberos, binding, client->token.value, client->token.length);
        if (told.type == MESSAGE_gss_failed)
            return false;
        if (told.token_length > 0 && !client_step(client, told.token, told.token_length))
            return false;
        if (told.type == MESSAGE_gss_done)
            return client->done;
    }
    return false;
}

const char *world_file(const char *name, const char *text, mode_t mode)
{
    static char path[128];
    char beside[160];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", world_folder, name);
    snprintf(beside, sizeof(beside), "%s.new", path);
    file = fopen(beside, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(beside, mode), 0);
    assert_int_equal(rename(beside, path), 0);
    return path;
}
