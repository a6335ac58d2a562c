/* SPDX-License-Identifier: ISC */

#include "net/site.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"

bool site_add_listener(struct site *site, const struct message_net_listener *message)
{
    struct listener *listener;

    if (message->url == NULL || message->socket < 0) {
        if (message->socket >= 0)
            close(message->socket);
        return false;
    }
    site->listeners =
        mem_resize(site->listeners, site->listener_count + 1, sizeof(*site->listeners));
    listener = &site->listeners[site->listener_count++];
    *listener = (struct listener){.number = message->listener,
                                  .url = mem_text(message->url),
                                  .basic = message->basic,
                                  .header_limit = message->header_limit,
                                  .socket = message->socket};
    return true;
}

bool site_add_application(struct site *site, const struct message_net_application *message)
{
    struct application *application;

    if (message->path == NULL || message->path[0] != '/' || message->max_envelope == 0 ||
        message->max_operation_time == 0)
        return false;
    site->applications =
        mem_resize(site->applications, site->application_count + 1, sizeof(*site->applications));
    application = &site->applications[site->application_count++];
    *application = (struct application){.number = message->application,
                                        .path = mem_text(message->path),
                                        .length = strlen(message->path),
                                        .max_envelope = message->max_envelope,
                                        .max_operation = message->max_operation_time};
    return true;
}

const struct listener *site_listener(const struct site *site, uint32_t number)
{
    for (size_t i = 0; i < site->listener_count; i++)
        if (site->listeners[i].number == number)
            return &site->listeners[i];
    return NULL;
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
        const struct application *application = &site->applications[i];

        if (path_equal(path, length, application->path, application->length))
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
        if (site->applications[i].max_envelope > largest)
            largest = site->applications[i].max_envelope;
    return largest;
}
