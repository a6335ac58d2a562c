/* SPDX-License-Identifier: ISC */

#include "broker/stop.h"

#include "base/log.h"
#include "broker/authz_host.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/peers.h"
#include "broker/reload.h"
#include "broker/shell.h"

enum { STOP_LIMIT = 10000 };

/*
 * Shells and enumerations first, because their operations hold contexts; then what is still asked
 * for, which is answered before the connections close; then the contexts of the records, and the
 * plug-ins' Shutdown.
 */
void stop_continue(struct broker *broker)
{
    if (!broker->stopping || broker->shells.count > 0)
        return;
    for (size_t i = 0; i < broker->application_count; i++)
        authz_host_hush(broker->applications[i]);
    if (!peers_drained(broker))
        return;
    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        /* A winrmd-gss that another one has taken over from would wait for its logins. */
        if (process->role == PROCESS_gss
                ? process->channel != NULL
                : process->role != PROCESS_authz_host && !process->expected_end)
            child_dismiss(process, 1000);
    }
    for (size_t i = 0; i < broker->application_count; i++)
        authz_host_stop(broker->applications[i]);
    if (list_empty(&broker->processes))
        loop_stop(broker->loop);
}

static void stop_expired(struct loop_timer *timer)
{
    struct broker *broker = container_of(timer, struct broker, stop_timer);

    log_error("not everything ended in time; the rest is killed");
    list_each(link, &broker->processes)
        child_kill(container_of(link, struct child, link));
    loop_stop(broker->loop);
}

void stop_begin(struct broker *broker)
{
    if (broker->stopping)
        return;
    broker->stopping = true;
    notify_stopping(&broker->notify);
    broker->stop_timer.expired = stop_expired;
    loop_timer_start(broker->loop, &broker->stop_timer, STOP_LIMIT);
    reload_stop(broker);
    peers_drain(broker);
    enumeration_close_all(broker);
    shell_close_all(broker, "the service is stopping");
    stop_continue(broker);
}
