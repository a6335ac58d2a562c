/* SPDX-License-Identifier: ISC */

#include "broker/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/host.h"

enum { START_PATIENCE = 30000 };

/* One plug-in being tried; lives until its host has ended. */
struct trial {
    struct list link;                      /* in check->trials */
    struct check *check;                   /* NULL: nobody wants to know any more */
    struct application_settings *settings; /* a reference */
    const struct plugin *plugin;
    bool told;
};

void check_init(struct check *check, struct broker *broker)
{
    check->broker = broker;
    list_init(&check->trials);
}

void check_tell(const struct application_settings *settings, const struct plugin *plugin,
                const char *why, check_problem problem, void *context)
{
    char *file = mem_printf("%s/web.config", settings->directory);
    char *cause = mem_printf("the plug-in \"%s\" (%s) cannot be used: %s", plugin->name,
                             plugin->filename, why);

    problem(context, &(struct message_config_problem){.file = file, .cause = cause});
    free(file);
    free(cause);
}

static void trial_failed(struct trial *trial, const char *why)
{
    if (trial->check != NULL)
        check_tell(trial->settings, trial->plugin, why, trial->check->problem, trial->check);
}

static void handle_started(struct channel *channel, const union message_body *body)
{
    struct child *host = child_of(channel);
    struct trial *trial = host->owner;
    const struct message_host_started *told = &body->host_started;

    channel_set_state(channel, CHANNEL_serving);
    trial->told = true;
    if (told->code != 0)
        trial_failed(trial, told->text != NULL ? told->text : "its start-up failed");
    host_stop(host);
}

static void trial_end(struct trial *trial)
{
    struct check *check = trial->check;

    list_remove(&trial->link);
    application_settings_unref(trial->settings);
    free(trial);
    if (check != NULL && list_empty(&check->trials))
        check->done(check);
}

static void trial_gone(struct child *host, bool crashed)
{
    struct trial *trial = host->owner;

    if (!trial->told)
        trial_failed(trial, crashed ? "it crashed during its start-up"
                                    : "its host ended before the plug-in had started");
    trial_end(trial);
}

static void check_plugin(struct check *check, struct application_settings *settings,
                         const struct plugin *plugin)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_started] = handle_started,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *host =
        host_start(check->broker, settings, plugin, 0, NULL, NULL, NULL, &events, trial_gone);
    struct trial *trial;

    if (host == NULL) {
        check_tell(settings, plugin, "winrmd-host cannot be started", check->problem, check);
        return;
    }
    trial = mem_alloc(sizeof(*trial));
    trial->check = check;
    trial->settings = application_settings_ref(settings);
    trial->plugin = plugin;
    list_append(&check->trials, &trial->link);
    host->owner = trial;
    /* A plug-in that blocks in its start-up is killed; its death is then the answer. */
    loop_timer_start(check->broker->loop, &host->kill_timer, START_PATIENCE);
}

void check_application(struct check *check, struct application_settings *settings,
                       bool authorization)
{
    for (size_t i = 0; i < settings->plugin_count; i++) {
        const struct plugin *plugin = &settings->plugins[i];

        if (plugin->authorization ? authorization : plugin->enabled)
            check_plugin(check, settings, plugin);
    }
}

bool check_running(const struct check *check)
{
    return !list_empty(&check->trials);
}

void check_stop(struct check *check)
{
    list_each(link, &check->trials) {
        struct trial *trial = container_of(link, struct trial, link);

        list_remove(&trial->link);
        trial->check = NULL;
    }
}
