/* SPDX-License-Identifier: ISC */

#include "auth/test_world.h"

#include <crypt.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

struct loop *loop;
struct channel *auth;       /* as the broker */
struct channel *nets[NETS]; /* as winrmd-net */
static pid_t process;
struct told told;
static struct loop_timer patience;
static bool impatient;
char users_path[] = "/tmp/winrmd-test-auth-XXXXXX";

static void on_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    told.ready++;
    loop_stop(loop);
}

static void principal_note(const char *principal)
{
    snprintf(told.principal, sizeof(told.principal), "%s", principal != NULL ? principal : "");
}

static void on_identity(struct channel *channel, const union message_body *body)
{
    const struct message_auth_identity *identity = &body->auth_identity;

    (void)channel;
    told.identities++;
    told.exchange = identity->exchange;
    told.net = identity->net;
    snprintf(told.account, sizeof(told.account), "%s", identity->account);
    snprintf(told.mechanism, sizeof(told.mechanism), "%s", identity->mechanism);
    snprintf(told.name, sizeof(told.name), "%s", identity->name);
    principal_note(identity->principal);
    told.is_bound = identity->bound;
    if (identity->certificate != NULL) {
        snprintf(told.certificate, sizeof(told.certificate), "%s", identity->certificate);
        snprintf(told.issuer, sizeof(told.issuer), "%s", identity->certificate_issuer);
        snprintf(told.issuer_thumbprint, sizeof(told.issuer_thumbprint), "%s",
                 identity->issuer_thumbprint);
        snprintf(told.subject_name, sizeof(told.subject_name), "%s", identity->subject_name);
    }
    snprintf(told.group, sizeof(told.group), "%s",
             identity->groups.count > 0 ? identity->groups.item[0].name : "");
    loop_stop(loop);
}

static void on_failure(struct channel *channel, const union message_body *body)
{
    (void)channel;
    told.failures++;
    told.failed_times += body->auth_failure.times;
    told.hashes += body->auth_failure.hashes;
    principal_note(body->auth_failure.principal);
    snprintf(told.mechanism, sizeof(told.mechanism), "%s", body->auth_failure.mechanism);
    snprintf(told.name, sizeof(told.name), "%s",
             body->auth_failure.name != NULL ? body->auth_failure.name : "");
    snprintf(told.reason, sizeof(told.reason), "%s", body->auth_failure.reason);
    snprintf(told.certificate, sizeof(told.certificate), "%s",
             body->auth_failure.certificate != NULL ? body->auth_failure.certificate : "");
    loop_stop(loop);
}

static void on_revoked(struct channel *channel, const union message_body *body)
{
    (void)channel;
    if (strcmp(body->auth_revoked.mechanism, "Basic") == 0)
        told.revocations++;
    else if (strcmp(body->auth_revoked.mechanism, "ClientCertificate") == 0)
        told.certificate_revocations++;
    else
        told.negotiate_revocations++;
    snprintf(told.account, sizeof(told.account), "%s",
             body->auth_revoked.account != NULL ? body->auth_revoked.account : "everybody");
    loop_stop(loop);
}

static void on_bound(struct channel *channel, const union message_body *body)
{
    (void)channel;
    told.bound++;
    snprintf(told.binding, sizeof(told.binding), "%s", body->auth_bound.value);
    loop_stop(loop);
}

static void on_refused(struct channel *channel, const union message_body *body)
{
    told.refusals[channel == nets[0] ? 0 : 1]++;
    told.exchange = body->auth_refused.exchange;
    loop_stop(loop);
}

static void on_continue(struct channel *channel, const union message_body *body)
{
    (void)channel;
    told.continues++;
    told.exchange = body->auth_continue.exchange;
    loop_stop(loop);
}

static void on_context(struct channel *channel, const union message_body *body)
{
    const struct message_auth_context *context = &body->auth_context;

    (void)channel;
    told.contexts++;
    told.exchange = context->exchange;
    told.lifetime = context->lifetime;
    told.seals = context->seals;
    snprintf(told.token, sizeof(told.token), "%.*s", (int)context->token.length,
             (const char *)context->token.data);
    snprintf(told.exported, sizeof(told.exported), "%.*s", (int)context->context.length,
             (const char *)context->context.data);
    loop_stop(loop);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)fault;
    if (channel == auth)
        fprintf(stderr, "winrmd-auth: %s\n", why);
    loop_stop(loop);
}

static void on_patience_end(struct loop_timer *timer)
{
    (void)timer;
    impatient = true;
    loop_stop(loop);
}

bool await_that(bool (*done)(void))
{
    patience.expired = on_patience_end;
    impatient = false;
    /* The time of the loop has stood still while the test did something else. */
    loop_timer_start(loop, &patience, clock_milliseconds() - loop_now(loop) + PATIENCE);
    while (!done() && !impatient && !channel_is_ended(auth))
        loop_run(loop);
    loop_timer_stop(loop, &patience);
    return done();
}

static const unsigned *awaited;
static unsigned awaited_count;

static bool is_reached(void)
{
    return *awaited >= awaited_count;
}

void await(const unsigned *counter, unsigned wanted)
{
    awaited = counter;
    awaited_count = wanted;
    await_that(is_reached);
    assert_int_equal(*counter, wanted);
}

void file_write(const char *name, const char *lock, const char *password, const char *groups,
                mode_t mode)
{
    struct crypt_data *data = mem_alloc(sizeof(*data));
    char *beside = mem_printf("%s.new", users_path);
    FILE *file = fopen(beside, "w");

    assert_non_null(file);
    fprintf(file, "%s:%s%s:%s\n", name, lock,
            crypt_rn(password, "$6$rounds=1000$salt$", data, (int)sizeof(*data)), groups);
    fclose(file);
    assert_int_equal(chmod(beside, mode), 0);
    assert_int_equal(rename(beside, users_path), 0);
    free(beside);
    free(data);
}

void connect_net(uint32_t number)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_auth_refused] = on_refused,
                                                            [MESSAGE_auth_continue] = on_continue,
                                                            [MESSAGE_auth_context] = on_context};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    int pair[2];

    assert_true(channel_pair(pair));
    nets[number] = channel_new(loop, pair[0], PROCESS_net, PROCESS_auth, &events, NULL);
    channel_set_state(nets[number], CHANNEL_serving);
    assert_true(channel_send(auth, auth_net, .net = number, .channel = pair[1]));
}

int world_begin(const char *program, const char *certificate_map)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_auth_ready] = on_ready,
                                                            [MESSAGE_auth_identity] = on_identity,
                                                            [MESSAGE_auth_failure] = on_failure,
                                                            [MESSAGE_auth_revoked] = on_revoked,
                                                            [MESSAGE_auth_bound] = on_bound};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    int pair[2];

    strcpy(users_path + strlen(users_path) - 6, "XXXXXX");
    close(mkstemp(users_path));
    file_write("anna", "", "secret", "admins,staff", 0600);
    memset(&told, 0, sizeof(told));
    assert_true(channel_pair(pair));
    process = fork();
    if (process == 0) {
        dup2(pair[1], CHANNEL_FD);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    loop = loop_new();
    auth = channel_new(loop, pair[0], PROCESS_broker, PROCESS_auth, &events, NULL);
    channel_send(auth, auth_start, .users = users_path, .certificate_map = certificate_map);
    await(&told.ready, 1);
    for (uint32_t i = 0; i < NETS; i++)
        connect_net(i);
    return 0;
}

int world_end(void)
{
    int status = -1;

    for (unsigned i = 0; i < NETS; i++)
        channel_free(nets[i]);
    channel_free(auth);
    loop_free(loop);
    waitpid(process, &status, 0);
    unlink(users_path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}
