/* SPDX-License-Identifier: ISC */

#include "broker/auth_task.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/memory.h"
#include "broker/administer.h"
#include "broker/broker.h"
#include "broker/gss.h"
#include "broker/introduce.h"
#include "broker/listener.h"
#include "broker/pam.h"
#include "broker/reload.h"
#include "broker/session.h"

/* ---- what it is told ---- */

static bool auth_tell_start(struct child *auth)
{
    const struct configuration *configuration = auth->broker->configuration;
    struct ipc_item *realms = mem_alloc((configuration->realm_count + 1) * sizeof(*realms));
    bool sent;

    for (size_t i = 0; i < configuration->realm_count; i++)
        realms[i] = (struct ipc_item){.name = configuration->realms[i]};
    sent =
        channel_send(auth->channel, auth_start, .users = configuration->users,
                     .pam = pam_processes(auth->broker), .basic_cache = configuration->basic_cache,
                     .certificate_map = configuration->certificate_map,
                     .realms = {.item = realms, .count = (uint32_t)configuration->realm_count},
                     .negotiate_lifetime = configuration->negotiate_lifetime);
    free(realms);
    return sent;
}

static void auth_tell_file(struct child *auth, const struct listener *listener, uint32_t part)
{
    int file = listener->files[part];

    channel_send(auth->channel, auth_listener, .listener = listener->number, .name = listener->name,
                 .channel_binding = listener->channel_binding, .part = part,
                 .file = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, CHANNEL_FD));
}

/* Those that offer no method which needs them too: they may with the next reload. */
static void auth_tell_listeners(struct child *auth)
{
    const struct configuration *configuration = auth->broker->configuration;

    for (size_t i = 0; i < configuration->listener_count; i++) {
        const struct listener *listener = &configuration->listeners[i];

        if (!listener->tls)
            continue;
        auth_tell_file(auth, listener, LISTENER_FILE_certificate);
        auth_tell_file(auth, listener, LISTENER_FILE_client_ca);
    }
}

void auth_task_tell(struct child *auth)
{
    auth_tell_start(auth);
    auth_tell_listeners(auth);
}

/* The files first: it knows them when it says that it goes by the configuration. */
void auth_task_update(struct child *auth, const struct configuration *old)
{
    const struct configuration *fresh = auth->broker->configuration;

    for (size_t i = 0; i < old->listener_count; i++)
        if (listener_by_number(fresh, old->listeners[i].number) == NULL)
            channel_send(auth->channel, auth_listener_end, .listener = old->listeners[i].number);
    auth_tell_listeners(auth);
    auth->settling = auth_tell_start(auth) ? 1 : 0;
}

/* ---- what it says ---- */

static void handle_auth_ready(struct channel *channel, const union message_body *body)
{
    struct child *auth = child_of(channel);

    (void)body;
    if (auth->ready) {
        auth->settling = 0;
        reload_settled(auth->broker);
        return;
    }
    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(auth);
    gss_introduce(auth->broker);
    introduce_nets(auth->broker);
    broker_check_ready(auth->broker);
}

/* The channel binding value of a listener. */
static void handle_bound(struct channel *channel, const union message_body *body)
{
    const struct configuration *configuration = child_of(channel)->broker->configuration;
    const struct message_auth_bound *bound = &body->auth_bound;

    for (size_t i = 0; i < configuration->listener_count; i++) {
        struct listener *listener = &configuration->listeners[i];

        if (listener->number != bound->listener)
            continue;
        free(listener->binding);
        listener->binding = mem_text(bound->value);
    }
}

static void handle_forgotten(struct channel *channel, const union message_body *body)
{
    administer_forgotten(child_of(channel)->broker, &body->auth_forgotten);
}

static void handle_identity(struct channel *channel, const union message_body *body)
{
    session_open(child_of(channel)->broker, &body->auth_identity);
}

static void handle_failure(struct channel *channel, const union message_body *body)
{
    session_refused(child_of(channel)->broker, &body->auth_failure);
}

static void handle_gss_lost(struct channel *channel, const union message_body *body)
{
    (void)body;
    gss_silent(child_of(channel)->broker);
}

static void handle_pam_ask(struct channel *channel, const union message_body *body)
{
    pam_ask(child_of(channel)->broker, &body->pam_ask);
}

static void handle_revoked(struct channel *channel, const union message_body *body)
{
    session_revoke(child_of(channel)->broker, &body->auth_revoked);
}

static const channel_handler handlers[MESSAGE_COUNT] = {
    [MESSAGE_auth_ready] = handle_auth_ready,    [MESSAGE_auth_bound] = handle_bound,
    [MESSAGE_auth_forgotten] = handle_forgotten, [MESSAGE_auth_identity] = handle_identity,
    [MESSAGE_auth_failure] = handle_failure,     [MESSAGE_auth_revoked] = handle_revoked,
    [MESSAGE_pam_ask] = handle_pam_ask,          [MESSAGE_channel_lost] = handle_gss_lost,
};

const struct channel_events auth_task_events = {handlers, child_channel_ended};
