/* SPDX-License-Identifier: ISC */

#include "net/site.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"

struct listener *site_listener(const struct site *site, uint32_t number)
{
    for (size_t i = 0; i < site->listener_count; i++)
        if (site->listeners[i]->number == number)
            return site->listeners[i];
    return NULL;
}

static struct listener *listener_add(struct site *site, const struct message_net_listener *message)
{
    struct listener *listener = mem_alloc(sizeof(*listener));

    listener->number = message->listener;
    listener->url = mem_text(message->url);
    listener->socket = message->socket;
    site->listeners =
        mem_resize(site->listeners, site->listener_count + 1, sizeof(*site->listeners));
    site->listeners[site->listener_count++] = listener;
    return listener;
}

struct listener *site_put_listener(struct site *site, const struct message_net_listener *message)
{
    struct listener *listener = site_listener(site, message->listener);
    bool fresh = listener == NULL;

    if (fresh != (message->socket >= 0) || message->url == NULL) {
        if (message->socket >= 0)
            close(message->socket);
        return NULL;
    }
    if (fresh)
        listener = listener_add(site, message);
    listener->methods = message->methods;
    listener->must_seal = message->must_seal;
    listener->header_limit = message->header_limit;
    return listener;
}

static struct application *application_by_number(const struct site *site, uint32_t number)
{
    for (size_t i = 0; i < site->application_count; i++)
        if (site->applications[i]->number == number)
            return site->applications[i];
    return NULL;
}

bool site_put_application(struct site *site, const struct message_net_application *message)
{
    struct application *application = application_by_number(site, message->application);

    if (message->path == NULL || message->path[0] != '/' || message->max_envelope == 0 ||
        message->max_operation_time == 0)
        return false;
    if (application == NULL) {
        application = mem_alloc(sizeof(*application));
        application->number = message->application;
        application->path = mem_text(message->path);
        application->length = strlen(message->path);
        site->applications =
            mem_resize(site->applications, site->application_count + 1, sizeof(application));
        site->applications[site->application_count++] = application;
    }
    application->max_envelope = message->max_envelope;
    application->max_operation = message->max_operation_time;
    application->removed = false;
    return true;
}

void site_remove_application(struct site *site, uint32_t number)
{
    struct application *application = application_by_number(site, number);

    if (application != NULL)
        application->removed = true;
}

static size_t path_without_slash(const char *path, size_t length)
{
    return length > 1 && path[length - 1] == '/' ? length - 1 : length;
}

static bool path_equal(const char *path, size_t length, const char *known, size_t known_length)
{
    length = path_without_slash(path, length);
    known_length = path_without_slash(known, known_length);
    return length == known_length && strncasecmp(path, known, length) == 0;
}

const struct application *site_application(const struct site *site, const char *path, size_t length)
{
    for (size_t i = 0; i < site->application_count; i++) {
        const struct application *application = site->applications[i];

        if (!application->removed &&
            path_equal(path, length, application->path, application->length))
            return application;
    }
    return NULL;
}

bool site_is_identify(const char *path, size_t length)
{
    return path_equal(path, length, SITE_IDENTIFY_PATH, strlen(SITE_IDENTIFY_PATH));
}

uint32_t site_max_envelope(const struct site *site)
{
    uint32_t largest = 0;

    for (size_t i = 0; i < site->application_count; i++)
        if (!site->applications[i]->removed && site->applications[i]->max_envelope > largest)
            largest = site->applications[i]->max_envelope;
    return largest;
}
