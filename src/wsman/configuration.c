/* SPDX-License-Identifier: ISC */

/* The configuration of the service, its listeners and its plug-ins (docs/protocol.md, P-4.15). */

#include "wsman/response.h"

#include <stdio.h>

#include "configuration_elements.h"
#include "soap/writer.h"
#include "wsman/items.h"
#include "wsman/write.h"

#define NAMESPACE_CONFIGURATION " xmlns:cfg=\"" CONFIGURATION_URI "\""

enum row_kind { ROW_open, ROW_close, ROW_number, ROW_switch, ROW_word, ROW_fixed };

struct row {
    enum row_kind kind;
    enum configuration_part part; /* of ROW_open */
    const char *name;
    const char *text; /* of ROW_fixed */
    size_t value;     /* where it stands in the message */
};

#define VALUE(member)         offsetof(struct message_configuration_details, member)
#define OPEN(part, uri, name) {ROW_open, CONFIGURATION_##part, name, NULL, 0},
#define CLOSE(part, name)     {ROW_close, CONFIGURATION_none, name, NULL, 0},
#define NUMBER(name, member)  {ROW_number, CONFIGURATION_none, name, NULL, VALUE(member)},
#define SWITCH(name, member)  {ROW_switch, CONFIGURATION_none, name, NULL, VALUE(member)},
#define WORD(name, member)    {ROW_word, CONFIGURATION_none, name, NULL, VALUE(member)},
#define FIXED(name, text)     {ROW_fixed, CONFIGURATION_none, name, text, 0},

static const struct row rows[] = {CONFIGURATION_TABLE(OPEN, CLOSE, NUMBER, SWITCH, WORD, FIXED)};

#undef OPEN
#undef CLOSE
#undef NUMBER
#undef SWITCH
#undef WORD
#undef FIXED

static const char *switch_text(bool on)
{
    return on ? "true" : "false";
}

static void put_value(struct buffer *out, const struct row *row,
                      const struct message_configuration_details *details)
{
    const void *value = (const char *)details + row->value;

    if (row->kind == ROW_number)
        buffer_printf(out, "%llu", (unsigned long long)*(const uint64_t *)value);
    else if (row->kind == ROW_switch)
        soap_put_text(out, switch_text(*(const bool *)value));
    else if (row->kind == ROW_word)
        soap_put_text(out, *(const char *const *)value);
    else
        soap_put_text(out, row->text);
}

/* One element; those that hold others begin and end with rows of their own. */
static void put_row(struct buffer *out, const struct row *row, bool root,
                    const struct message_configuration_details *details)
{
    if (row->kind != ROW_close)
        buffer_printf(out, "<cfg:%s%s>", row->name, root ? NAMESPACE_CONFIGURATION : "");
    if (row->kind != ROW_open && row->kind != ROW_close)
        put_value(out, row, details);
    if (row->kind != ROW_open)
        buffer_printf(out, "</cfg:%s>", row->name);
}

void wsman_write_configuration(struct buffer *out, const struct wsman_request *request,
                               const struct message_configuration_details *details)
{
    unsigned depth = 0;

    wsman_begin(out, request);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        bool root = depth == 0 && row->kind == ROW_open && row->part == details->part;

        if (!root && depth == 0)
            continue;
        put_row(out, row, root, details);
        depth += row->kind == ROW_open;
        depth -= row->kind == ROW_close;
    }
    wsman_end(out);
}

/* ---- listeners ---- */

void wsman_put_listener_item(struct buffer *out, const struct wsman_request *request,
                             const void *item)
{
    const struct message_listener_item *listener = item;

    (void)request;
    soap_put(out, "<cfg:Listener" NAMESPACE_CONFIGURATION ">");
    soap_put_element(out, "cfg:Address", listener->address);
    soap_put_element(out, "cfg:Transport", listener->tls ? "HTTPS" : "HTTP");
    soap_put_number(out, "cfg:Port", listener->port);
    soap_put(out, "<cfg:Hostname></cfg:Hostname><cfg:Enabled>true</cfg:Enabled>");
    soap_put_element(out, "cfg:URLPrefix", listener->url_prefix);
    soap_put_element(out, "cfg:CertificateThumbprint",
                     listener->thumbprint != NULL ? listener->thumbprint : "");
    soap_put_element(out, "cfg:ListeningOn", listener->listening_on);
    soap_put(out, "</cfg:Listener>");
}

void wsman_put_listener_reference(struct buffer *out, const struct wsman_request *request,
                                  const void *item)
{
    const struct message_listener_item *listener = item;
    char port[16];

    snprintf(port, sizeof(port), "%u", listener->port);
    wsman_begin_reference(out, request, CONFIGURATION_URI "/listener");
    wsman_put_selector(out, "Address", listener->address);
    wsman_put_selector(out, "Transport", listener->tls ? "HTTPS" : "HTTP");
    if (listener->ambiguous)
        wsman_put_selector(out, "Port", port);
    wsman_end_reference(out);
}

void wsman_write_listener(struct buffer *out, const struct wsman_request *request,
                          const struct message_listener_item *listener)
{
    wsman_begin(out, request);
    wsman_put_listener_item(out, request, listener);
    wsman_end(out);
}

/* ---- plug-ins ---- */

static void put_capabilities(struct buffer *out, uint32_t capabilities)
{
    static const struct {
        uint32_t bit;
        const char *type;
    } types[] = {
        {CAPABILITY_get, "Get"},
        {CAPABILITY_put, "Put"},
        {CAPABILITY_create, "Create"},
        {CAPABILITY_delete, "Delete"},
        {CAPABILITY_invoke, "Invoke"},
        {CAPABILITY_enumerate, "Enumerate"},
        {CAPABILITY_subscribe, "Subscribe"},
        {CAPABILITY_shell, "Shell"},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if ((capabilities & types[i].bit) != 0) {
            soap_put(out, "<Capability");
            soap_put_attribute(out, "Type", types[i].type);
            soap_put(out, " SupportsFragment=\"false\" SupportsFiltering=\"false\"/>");
        }
}

/* All of them, as the schema of MS-WSMV has others than ours where one is missing. */
static void put_quotas(struct buffer *out, const struct message_plugin_item *plugin)
{
    buffer_printf(out, "<Quotas IdleTimeoutms=\"%llu\" MaxIdleTimeoutms=\"%llu\"",
                  (unsigned long long)plugin->idle_timeout,
                  (unsigned long long)plugin->max_idle_timeout);
    buffer_printf(out, " MaxConcurrentUsers=\"%u\" MaxShells=\"%u\" MaxShellsPerUser=\"%u\"",
                  plugin->max_users, plugin->max_shells, plugin->max_shells_per_user);
    buffer_printf(out, " MaxConcurrentCommandsPerShell=\"%u\"", plugin->max_commands);
    buffer_printf(out, " MaxProcessesPerShell=\"%u\" MaxMemoryPerShellMB=\"%u\"",
                  plugin->max_processes, plugin->max_memory);
    buffer_printf(out, " MaxConcurrentOperations=\"%u\" MaxConcurrentOperationsPerUser=\"%u\"/>",
                  plugin->max_operations, plugin->max_operations_per_user);
}

/* The parameters of a plug-in are not told: passwords may stand in them. */
void wsman_put_plugin_item(struct buffer *out, const struct wsman_request *request,
                           const void *item)
{
    const struct message_plugin_item *plugin = item;

    (void)request;
    soap_put(out, "<PlugInConfiguration xmlns=\"" CONFIGURATION_URI "/PluginConfiguration\"");
    soap_put_attribute(out, "Name", plugin->name);
    soap_put_attribute(out, "Filename", plugin->filename);
    buffer_printf(out, " SDKVersion=\"%u\" XmlRenderingType=\"text\" Architecture=\"%zu\"",
                  plugin->sdk_version, 8 * sizeof(void *));
    soap_put_attribute(out, "Enabled", switch_text(plugin->enabled));
    soap_put_attribute(out, "OutputBufferingMode", wsman_buffer_mode(plugin->buffering));
    soap_put(out, " UseSharedProcess=\"false\" ProcessIdleTimeoutSec=\"0\" AutoRestart=\"false\""
                  " xml:lang=\"en-US\"><Resources>");
    for (uint32_t i = 0; i < plugin->resources.count; i++) {
        const struct ipc_item *resource = &plugin->resources.item[i];

        soap_put(out, "<Resource");
        soap_put_attribute(out, "ResourceUri", resource->name);
        soap_put_attribute(out, "SupportsOptions",
                           switch_text((resource->flags & RESOURCE_SUPPORTS_OPTIONS) != 0));
        soap_put_attribute(out, "ExactMatch",
                           switch_text((resource->flags & RESOURCE_EXACT_MATCH) != 0));
        soap_put(out, ">");
        put_capabilities(out, resource->flags);
        soap_put(out, "</Resource>");
    }
    soap_put(out, "</Resources>");
    put_quotas(out, plugin);
    soap_put(out, "</PlugInConfiguration>");
}

void wsman_put_plugin_reference(struct buffer *out, const struct wsman_request *request,
                                const void *item)
{
    const struct message_plugin_item *plugin = item;

    wsman_begin_reference(out, request, CONFIGURATION_URI "/plugin");
    wsman_put_selector(out, "Name", plugin->name);
    wsman_end_reference(out);
}

void wsman_write_plugin(struct buffer *out, const struct wsman_request *request,
                        const struct message_plugin_item *plugin)
{
    wsman_begin(out, request);
    wsman_put_plugin_item(out, request, plugin);
    wsman_end(out);
}
