/* SPDX-License-Identifier: ISC */

#include "broker/configuration_resource.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "broker/broker.h"
#include "broker/configuration_items.h"
#include "broker/enumeration.h"
#include "broker/gss.h"
#include "broker/operation.h"
#include "configuration_elements.h"
#include "faults.h"
#include "methods.h"

enum target_kind {
    TARGET_none, /* nothing of the configuration has that URI */
    TARGET_part,
    TARGET_listener,
    TARGET_plugin,
    TARGET_mapping
};

/* What is asked for. `selectors` name one of several; the others have none. */
struct target {
    const char *uri; /* behind that of the configuration */
    enum target_kind kind;
    enum configuration_part part;
    const char *selectors[4]; /* ends with NULL */
    const char *optional;     /* a selector that may be missing; NULL: none */
};

static const struct target targets[] = {
#define OPEN(name, uri, element) {uri, TARGET_part, CONFIGURATION_##name, {NULL}, NULL},
#define NOTHING(...)
    CONFIGURATION_TABLE(OPEN, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
#undef OPEN
#undef NOTHING
        {"/listener", TARGET_listener, CONFIGURATION_none, {"Address", "Transport"}, "Port"},
    {"/plugin", TARGET_plugin, CONFIGURATION_none, {"Name"}, NULL},
    {"/service/certmapping",
     TARGET_mapping,
     CONFIGURATION_none,
     {"Issuer", "Subject", "URI"},
     NULL},
};

/* What stands behind the URI of the configuration; NULL: it is another one. */
static const char *behind(const char *uri)
{
    static const size_t length = sizeof(CONFIGURATION_URI) - 1;
    char head[sizeof(CONFIGURATION_URI)];

    if (uri == NULL || strlen(uri) < length || (uri[length] != '\0' && uri[length] != '/'))
        return NULL;
    memcpy(head, uri, length);
    head[length] = '\0';
    return text_equal_case(head, CONFIGURATION_URI) ? uri + length : NULL;
}

bool configuration_resource_is(const char *uri)
{
    return behind(uri) != NULL;
}

const char *configuration_resource_refusal(const char *uri, bool administrator)
{
    return configuration_resource_is(uri) && !administrator
               ? "the configuration is for administrators, and the user is none"
               : NULL;
}

static const struct target *target_of(const struct operation *operation)
{
    const char *uri = behind(operation->resource_uri);

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (text_equal_case(uri, targets[i].uri))
            return &targets[i];
    return NULL;
}

/* ---- selectors ---- */

static const char *selector(const struct operation *operation, const char *name)
{
    for (uint32_t i = 0; i < operation->selectors.count; i++)
        if (text_equal_case(operation->selectors.item[i].name, name))
            return operation->selectors.item[i].value;
    return NULL;
}

static bool selects(const struct target *target, const char *name)
{
    for (size_t i = 0; target->selectors[i] != NULL; i++)
        if (text_equal_case(target->selectors[i], name))
            return true;
    return target->optional != NULL && text_equal_case(target->optional, name);
}

/* False: the operation has been refused. */
static bool selectors_fit(struct operation *operation, const struct target *target)
{
    char text[128];

    for (size_t i = 0; target->selectors[i] != NULL; i++)
        if (selector(operation, target->selectors[i]) == NULL) {
            snprintf(text, sizeof(text), "The selector %s is missing.", target->selectors[i]);
            operation_refuse(operation, FAULT_missing_selector, text);
            return false;
        }
    for (uint32_t i = 0; i < operation->selectors.count; i++)
        if (!selects(target, operation->selectors.item[i].name)) {
            snprintf(text, sizeof(text), "This resource has no selector %.64s.",
                     operation->selectors.item[i].name);
            operation_refuse(operation, FAULT_not_found, text);
            return false;
        }
    return true;
}

/* The answer is on its way, or was too large for any message. */
static void told(struct operation *operation, bool sent)
{
    if (!sent) {
        operation_refuse(operation, FAULT_response_too_large, NULL);
        return;
    }
    operation->state = OPERATION_answered;
    quota_return(&operation->slots);
}

/* ---- the service ---- */

/* What the listeners have in common: what one of them does the service does. */
struct offer {
    uint32_t methods; /* bits: METHOD_BIT */
    bool unencrypted;
    enum channel_binding binding; /* the least strict of those with TLS */
};

static struct offer offer_of(const struct configuration *configuration)
{
    struct offer offer = {.binding = CHANNEL_BINDING_strict};
    bool tls = false;

    for (size_t i = 0; i < configuration->listener_count; i++) {
        const struct listener *listener = &configuration->listeners[i];

        offer.methods |= listener->methods;
        offer.unencrypted = offer.unencrypted || (!listener->tls && !listener->must_seal);
        tls = tls || listener->tls;
        if (listener->tls && listener->channel_binding < (uint32_t)offer.binding)
            offer.binding = (enum channel_binding)listener->channel_binding;
    }
    if (!tls)
        offer.binding = CHANNEL_BINDING_relaxed;
    return offer;
}

static void tell_service(struct operation *operation, const struct target *target)
{
    static const char *const bindings[] = {[CHANNEL_BINDING_none] = "None",
                                           [CHANNEL_BINDING_relaxed] = "Relaxed",
                                           [CHANNEL_BINDING_strict] = "Strict"};
    const struct broker *broker = operation->broker;
    const struct configuration *configuration = broker->configuration;
    const struct application_settings *settings = operation->application->settings;
    const struct offer offer = offer_of(configuration);
    bool negotiate = (offer.methods & METHOD_BIT(negotiate)) != 0;
    bool kerberos = false;
    bool ntlm = false;

    if (negotiate)
        gss_mechanisms(broker, &kerberos, &ntlm);
    told(operation,
         channel_send(
             operation->net->channel, configuration_details, .request = operation->request,
             .operation = operation->id, .part = target->part,
             .max_envelope = settings->max_envelope / 1024,
             .max_time = settings->max_operation_time, .batch_items = settings->batch_items,
             .user_operations = settings->operations_per_user,
             .enumeration_idle = settings->enumerate_idle, .requests = configuration->requests,
             .retrieval_seconds = (configuration->request_time + 999) / 1000,
             .allow_unencrypted = offer.unencrypted,
             .basic = (offer.methods & METHOD_BIT(basic)) != 0, .kerberos = kerberos,
             .negotiate = kerberos || ntlm,
             .certificate = (offer.methods & METHOD_BIT(certificate)) != 0,
             .channel_binding = bindings[offer.binding],
             .remote_access = configuration->remote_access,
             .remote_shells = configuration->remote_shell_access,
             .shell_idle = settings->max_shell_idle, .shell_users = configuration->shell_users,
             .user_shells = settings->shells_per_user));
}

/* ---- listeners and plug-ins ---- */

static bool listener_is(const struct message_listener_item *item, const char *address,
                        const char *transport, const char *port)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", item->port);
    return text_equal_case(item->address, address) &&
           text_equal_case(item->tls ? "HTTPS" : "HTTP", transport) &&
           (port == NULL || strcmp(number, port) == 0);
}

static void tell_listener(struct operation *operation)
{
    const struct configuration *configuration = operation->broker->configuration;
    const char *port = selector(operation, "Port");
    const struct listener *found = NULL;
    struct message_listener_item item;

    for (size_t i = 0; i < configuration->listener_count; i++) {
        const struct listener *listener = &configuration->listeners[i];

        item = configuration_listener_item(operation, listener);
        if (!listener_is(&item, selector(operation, "Address"), selector(operation, "Transport"),
                         port))
            continue;
        if (found != NULL && port == NULL) {
            operation_refuse(operation, FAULT_ambiguous_selectors,
                             "Several listeners have this address and transport; the selector "
                             "Port tells which.");
            return;
        }
        found = listener;
    }
    if (found == NULL) {
        operation_refuse(operation, FAULT_resource_not_found, NULL);
        return;
    }
    item = configuration_listener_item(operation, found);
    item.request = operation->request;
    item.operation = operation->id;
    told(operation, channel_write(operation->net->channel, MESSAGE_listener_item, &item));
}

static void tell_plugin(struct operation *operation)
{
    const struct application_settings *settings = operation->application->settings;
    const char *name = selector(operation, "Name");
    struct message_plugin_item item;

    for (size_t i = 0; i < settings->plugin_count; i++) {
        const struct plugin *plugin = &settings->plugins[i];

        if (plugin->authorization || !text_equal_case(plugin->name, name))
            continue;
        item = configuration_plugin_item(plugin);
        item.request = operation->request;
        item.operation = operation->id;
        told(operation, channel_write(operation->net->channel, MESSAGE_plugin_item, &item));
        return;
    }
    operation_refuse(operation, FAULT_resource_not_found, NULL);
}

/* ---- the operation ---- */

static void get(struct operation *operation, const struct target *target)
{
    if (!selectors_fit(operation, target))
        return;
    switch (target->kind) {
    case TARGET_listener:
        tell_listener(operation);
        break;
    case TARGET_plugin:
        tell_plugin(operation);
        break;
    case TARGET_mapping:
        operation_refuse(operation, FAULT_resource_not_found,
                         "There is no such mapping: certificate-map of winrmd.conf names the file "
                         "that says which certificate is which account.");
        break;
    default:
        tell_service(operation, target);
        break;
    }
}

void configuration_resource_act(struct operation *operation)
{
    const struct target *target = target_of(operation);

    if (target == NULL)
        operation_refuse(operation, FAULT_invalid_resource_uri,
                         "The configuration has no such part.");
    else if (operation->kind == OPERATION_get)
        get(operation, target);
    else if (operation->kind == OPERATION_enumerate &&
             (target->kind == TARGET_listener || target->kind == TARGET_plugin))
        enumeration_begin(operation);
    else if (operation->kind == OPERATION_enumerate)
        operation_refuse(operation, FAULT_action_not_supported,
                         "Of the configuration, listeners and plug-ins are enumerated.");
    else
        operation_refuse(operation, FAULT_action_not_supported,
                         "The configuration is read here and not changed: winrmd.conf and "
                         "web.config hold it, and \"winrmctl reload\" makes them take effect.");
}
