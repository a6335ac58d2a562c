/* SPDX-License-Identifier: ISC */

#include "broker/check.h"

#include <stdio.h>

#include "broker/broker.h"
#include "broker/host.h"

enum { START_PATIENCE = 30000 };

/* One plug-in being tried; the loop runs until it has been. */
struct trial {
    const struct application *application;
    const struct plugin *plugin;
    bool told;
    bool usable;
    bool over;
};

static void trial_failed(const struct trial *trial, const char *why)
{
    fprintf(stderr, "%s/web.config: the plug-in \"%s\" (%s) cannot be used: %s\n",
            trial->application->directory, trial->plugin->name, trial->plugin->filename, why);
}

static void handle_started(struct channel *channel, const union message_body *body)
{
    struct child *host = child_of(channel);
    struct trial *trial = host->owner;
    const struct message_host_started *told = &body->host_started;

    channel_set_state(channel, CHANNEL_serving);
    trial->told = true;
    trial->usable = told->code == 0;
    if (!trial->usable)
        trial_failed(trial, told->text != NULL ? told->text : "its start-up failed");
    host_stop(host);
}

static void trial_gone(struct child *host, bool crashed)
{
    struct trial *trial = host->owner;

    if (!trial->told)
        trial_failed(trial, crashed ? "it crashed during its start-up"
                                    : "its host ended before the plug-in had started");
    trial->over = true;
    loop_stop(host->broker->loop);
}

static bool check_plugin(struct broker *broker, struct application *application,
                         const struct plugin *plugin)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_started] = handle_started,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct trial trial = {.application = application, .plugin = plugin};
    struct child *host = host_start(application, plugin, 0, NULL, &events, trial_gone);

    if (host == NULL) {
        trial_failed(&trial, "winrmd-host cannot be started");
        return false;
    }
    host->owner = &trial;
    /* A plug-in that blocks in its start-up is killed; its death is then the answer. */
    loop_timer_start(broker->loop, &host->kill_timer, START_PATIENCE);
    while (!trial.over)
        loop_run(broker->loop);
    return trial.usable;
}

bool check_plugins(struct broker *broker)
{
    const struct configuration *configuration = broker->configuration;
    bool usable = true;

    for (size_t i = 0; i < configuration->application_count; i++) {
        struct application *application = configuration->applications[i];

        for (size_t k = 0; k < application->plugin_count; k++)
            if (application->plugins[k].authorization || application->plugins[k].enabled)
                usable = check_plugin(broker, application, &application->plugins[k]) && usable;
    }
    return usable;
}
