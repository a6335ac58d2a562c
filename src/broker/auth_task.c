/* SPDX-License-Identifier: ISC */

#include "broker/auth_task.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/listener.h"
#include "broker/pam.h"

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

void auth_task_bound(struct broker *broker, const struct message_auth_bound *bound)
{
    const struct configuration *configuration = broker->configuration;

    for (size_t i = 0; i < configuration->listener_count; i++) {
        struct listener *listener = &configuration->listeners[i];

        if (listener->number != bound->listener)
            continue;
        free(listener->binding);
        listener->binding = mem_text(bound->value);
    }
}
