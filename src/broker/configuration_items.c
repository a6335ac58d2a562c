/* SPDX-License-Identifier: ISC */

#include "broker/configuration_items.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/listener.h"
#include "broker/operation.h"
#include "configuration_elements.h"

/* ---- listeners ---- */

/* As MS-WSMV writes it: * for every address, else IP: and the address. */
static const char *address_of(const struct listener *listener)
{
    static char text[LIMIT_ID];
    static const struct in6_addr any;
    struct in6_addr address = {0};

    if ((inet_pton(AF_INET, listener->address, &address) == 1 ||
         inet_pton(AF_INET6, listener->address, &address) == 1) &&
        memcmp(&address, &any, sizeof(any)) == 0)
        return "*";
    snprintf(text, sizeof(text), "IP:%s", listener->address);
    return text;
}

static uint32_t port_of(const struct listener *listener)
{
    const char *colon = strrchr(listener->url, ':');

    return colon != NULL ? (uint32_t)strtoul(colon + 1, NULL, 10) : listener->port;
}

/* Is there another one with this address and transport? */
static bool is_ambiguous(const struct configuration *configuration, const struct listener *listener)
{
    char address[LIMIT_ID];

    snprintf(address, sizeof(address), "%s", address_of(listener));
    for (size_t i = 0; i < configuration->listener_count; i++) {
        const struct listener *other = &configuration->listeners[i];

        if (other != listener && other->tls == listener->tls &&
            strcmp(address_of(other), address) == 0)
            return true;
    }
    return false;
}

struct message_listener_item configuration_listener_item(const struct operation *operation,
                                                         const struct listener *listener)
{
    bool ambiguous = is_ambiguous(operation->broker->configuration, listener);

    return (struct message_listener_item){.address = address_of(listener),
                                          .tls = listener->tls,
                                          .port = port_of(listener),
                                          .ambiguous = ambiguous,
                                          .url_prefix = operation->application->settings->path + 1,
                                          .thumbprint = listener->binding,
                                          .listening_on = listener->address};
}

static void collect_listeners(struct enumeration *enumeration)
{
    const struct configuration *configuration = enumeration->operation->broker->configuration;

    for (size_t i = 0; i < configuration->listener_count; i++)
        enumeration_add(enumeration, configuration->listeners[i].number);
}

static enum message_type describe_listener(const struct enumeration *enumeration, uint64_t number,
                                           union message_body *item)
{
    const struct operation *by = enumeration->operation;
    const struct listener *listener =
        listener_by_number(by->broker->configuration, (uint32_t)number);

    if (listener == NULL)
        return MESSAGE_none;
    item->listener_item = configuration_listener_item(by, listener);
    return MESSAGE_listener_item;
}

const struct enumeration_source listeners_source = {
    .uri = CONFIGURATION_URI "/listener",
    .collect = collect_listeners,
    .describe = describe_listener,
};

/* ---- plug-ins ---- */

struct message_plugin_item configuration_plugin_item(const struct plugin *plugin)
{
    static struct ipc_item *resources;
    const struct plugin_quotas *quotas = &plugin->quotas;

    resources = mem_resize(resources, plugin->resource_count + 1, sizeof(*resources));
    for (size_t i = 0; i < plugin->resource_count; i++) {
        const struct resource *resource = &plugin->resources[i];

        resources[i] = (struct ipc_item){
            .name = resource->uri,
            .flags = resource->capabilities |
                     (resource->supports_options ? (uint32_t)RESOURCE_SUPPORTS_OPTIONS : 0) |
                     (resource->exact_match ? (uint32_t)RESOURCE_EXACT_MATCH : 0)};
    }
    return (struct message_plugin_item){.name = plugin->name,
                                        .filename = plugin->filename,
                                        .sdk_version = plugin->sdk_version,
                                        .enabled = plugin->enabled,
                                        .buffering = plugin->buffering,
                                        .resources = {resources, (uint32_t)plugin->resource_count},
                                        .max_shells = quotas->max_shells,
                                        .max_shells_per_user = quotas->max_shells_per_user,
                                        .max_users = quotas->max_users,
                                        .max_commands = quotas->max_commands,
                                        .max_processes = quotas->max_processes,
                                        .max_memory = quotas->max_memory,
                                        .max_operations = quotas->max_operations,
                                        .max_operations_per_user = quotas->max_operations_per_user,
                                        .idle_timeout = quotas->idle_timeout,
                                        .max_idle_timeout = quotas->max_idle_timeout};
}

/* By their places in web.config; a reload in the middle shows what stands there then. */
static void collect_plugins(struct enumeration *enumeration)
{
    const struct application_settings *settings = enumeration->operation->application->settings;

    for (size_t i = 0; i < settings->plugin_count; i++)
        if (!settings->plugins[i].authorization)
            enumeration_add(enumeration, i);
}

static enum message_type describe_plugin(const struct enumeration *enumeration, uint64_t number,
                                         union message_body *item)
{
    const struct application_settings *settings = enumeration->operation->application->settings;

    if (number >= settings->plugin_count || settings->plugins[number].authorization)
        return MESSAGE_none;
    item->plugin_item = configuration_plugin_item(&settings->plugins[number]);
    return MESSAGE_plugin_item;
}

const struct enumeration_source plugins_source = {
    .uri = CONFIGURATION_URI "/plugin",
    .collect = collect_plugins,
    .describe = describe_plugin,
};
