/* SPDX-License-Identifier: ISC */

#include "broker/application.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/quota.h"

struct application *application_new(struct broker *broker, struct application_settings *settings)
{
    struct application *application = mem_alloc(sizeof(*application));

    application->broker = broker;
    application->number = (uint32_t)broker->application_count;
    application->settings = application_settings_ref(settings);
    list_init(&application->authz.leaving);
    list_init(&application->retired);
    buffer_init(&application->throttle_times, sizeof(uint64_t) * (size_t)UINT32_MAX);
    broker->applications = mem_resize(broker->applications, broker->application_count + 1,
                                      sizeof(*broker->applications));
    broker->applications[broker->application_count++] = application;
    return application;
}

void application_free(struct application *application)
{
    if (application == NULL)
        return;
    application_settings_unref(application->settings);
    free(application->authz.failure);
    map_free(&application->records);
    quota_forget(application);
    map_free(&application->quotas);
    map_free(&application->quota_plugins);
    buffer_free(&application->throttle_times);
    free(application);
}

struct application *application_find(const struct broker *broker, const char *path)
{
    for (size_t i = 0; i < broker->application_count; i++)
        if (strcmp(broker->applications[i]->settings->path, path) == 0)
            return broker->applications[i];
    return NULL;
}

bool application_is_configured(const struct configuration *configuration, const char *path)
{
    for (size_t i = 0; i < configuration->application_count; i++)
        if (strcmp(configuration->applications[i]->path, path) == 0)
            return true;
    return false;
}

void application_set_settings(struct application *application,
                              struct application_settings *settings)
{
    struct application_settings *old = application->settings;

    application->settings = application_settings_ref(settings);
    application_settings_unref(old);
}
