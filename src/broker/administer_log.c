/* SPDX-License-Identifier: ISC */

/* winrmctl log-level. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/administer.h"
#include "broker/administer_steps.h"
#include "broker/broker.h"

/* "winrmd-host" means both kinds; a number is a pid. NULL: everybody. */
static bool process_meant(const char *wanted, enum process role, pid_t pid)
{
    char number[16];
    const char *name = process_name(role);

    snprintf(number, sizeof(number), "%d", (int)pid);
    return wanted == NULL || strcmp(wanted, name) == 0 || strcmp(wanted, number) == 0 ||
           (strncmp(wanted, name, strlen(wanted)) == 0 && name[strlen(wanted)] == ' ');
}

void administer_level(struct administer *administer, const struct message_control_level *ask)
{
    static const char *const words[LOG_LEVELS] = {
#define L(level, word, priority) [LOG_LEVEL_##level] = (word),
        LOG_LEVEL_TABLE(L)
#undef L
    };
    struct broker *broker = administer->broker;
    enum log_level level = broker->log_start;

    if (!administer_begin(administer))
        return;
    if (ask->level > LOG_LEVEL_none && ask->level < LOG_LEVELS)
        level = (enum log_level)ask->level;
    if (ask->process == NULL)
        broker->log_level = level;
    if (process_meant(ask->process, PROCESS_broker, getpid())) {
        log_set_level(level);
        administer->done.processes++;
    }
    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->channel == NULL || !process->ready || channel_is_ended(process->channel) ||
            !process_meant(ask->process, process->role, process->pid))
            continue;
        channel_send(process->channel, log_level, .level = level, .journal = log_journal());
        administer->done.processes++;
    }
    if (administer->done.processes == 0) {
        administer_refuse(administer,
                          "there is no process %s; winrmctl status shows those there are",
                          ask->process);
        return;
    }
    administer_audit(administer, "log-level");
    audit_text(broker->audit, "level", words[level]);
    audit_text(broker->audit, "process", ask->process);
    audit_end(broker->audit);
    administer_consider(administer);
}
