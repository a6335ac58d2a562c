/* SPDX-License-Identifier: ISC */

#include "auth/test_gss.h"

struct channel *gss;
bool gss_gone;
struct asked asked;

static const char *program;

bool set_program(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: %s WINRMD-AUTH\n", arguments[0]);
        return false;
    }
    program = arguments[1];
    return true;
}

static void on_accept(struct channel *channel, const union message_body *body)
{
    const struct message_gss_accept *accept = &body->gss_accept;

    (void)channel;
    asked.accepts++;
    asked.context = accept->context;
    asked.kerberos = accept->kerberos;
    snprintf(asked.token, sizeof(asked.token), "%.*s", (int)accept->token.length,
             (const char *)accept->token.data);
    asked.binding_length = accept->binding.length;
    assert_true(asked.binding_length <= sizeof(asked.binding));
    if (asked.binding_length > 0)
        memcpy(asked.binding, accept->binding.data, asked.binding_length);
    loop_stop(loop);
}

static void on_drop(struct channel *channel, const union message_body *body)
{
    (void)channel;
    asked.drops++;
    asked.dropped = body->gss_drop.context;
    loop_stop(loop);
}

static void on_gss_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    (void)why;
    gss_gone = true;
    loop_stop(loop);
}

struct ipc_bytes bytes(const char *text)
{
    return (struct ipc_bytes){.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
}

void gss_begin(void)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_gss_accept] = on_accept, [MESSAGE_gss_drop] = on_drop};
    static const struct channel_events events = {.handlers = handlers, .ended = on_gss_ended};
    const struct ipc_item realms[] = {{.name = "EXAMPLE.ORG"}, {.name = "LAB"}};
    int pair[2];

    assert_true(channel_pair(pair));
    gss = channel_new(loop, pair[0], PROCESS_gss, PROCESS_auth, &events, NULL);
    channel_set_state(gss, CHANNEL_serving);
    assert_true(channel_send(auth, auth_gss, .channel = pair[1]));
    assert_true(channel_send(gss, gss_offer, .realms = {.item = realms, .count = 2},
                             .ntlm_domain = "LABHOST"));
}

void gss_end(void)
{
    channel_free(gss);
    gss = NULL;
}

void configure(const char *realm, uint64_t lifetime)
{
    const struct ipc_item realms[] = {{.name = realm}};

    told.ready = 0;
    assert_true(channel_send(auth, auth_start, .users = users_path, .negotiate_lifetime = lifetime,
                             .realms = {.item = realms, .count = realm != NULL ? 1 : 0}));
    await(&told.ready, 1);
}

int set_up(void **state)
{
    int result = world_begin(program, NULL);

    (void)state;
    memset(&asked, 0, sizeof(asked));
    gss_gone = false;
    configure(NULL, HOUR);
    gss_begin();
    return result;
}

int tear_down(void **state)
{
    (void)state;
    gss_end();
    return world_end();
}

void leg(uint64_t connection, const char *token)
{
    assert_true(channel_send(nets[0], auth_token, .exchange = connection, .connection = connection,
                             .address = "10.0.0.1", .listener = LISTENER, .token = bytes(token)));
}

void leg_asked(uint64_t connection)
{
    leg(connection, "token");
    await(&asked.accepts, asked.accepts + 1);
}

void done(const char *mechanism, const char *name)
{
    assert_true(channel_send(gss, gss_done, .context = asked.context, .mechanism = mechanism,
                             .name = name, .lifetime = HOUR / 2, .seals = true,
                             .token = bytes("last"), .exported = bytes("keys")));
}

void failed(void)
{
    assert_true(channel_send(gss, gss_failed, .context = asked.context, .mechanism = "NTLM",
                             .reason = "wrong password or unknown user", .detail = "minor 22"));
}
