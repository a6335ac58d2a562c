/* SPDX-License-Identifier: ISC */

/* What a shell says of itself: the answers to its Create and to a Get, and as an item. */

#include "wsman/response.h"

#include "base/duration.h"
#include "soap/writer.h"
#include "wsman/items.h"
#include "wsman/write.h"

static void put_created(struct buffer *out, const struct wsman_request *request,
                        const struct message_shell_details *shell)
{
    soap_put(out, "<x:ResourceCreated>");
    wsman_begin_reference(out, request, shell->resource_uri);
    wsman_put_selector(out, "ShellId", shell->shell_id);
    wsman_end_reference(out);
    soap_put(out, "</x:ResourceCreated>");
}

/* Windows writes the elements in this order and nodejs-winrm, PSWSMan and pypsrp read them. */
static void put_shell(struct buffer *out, const struct wsman_request *request,
                      const struct message_shell_details *shell)
{
    char time[DURATION_SIZE];

    soap_put(out, "<rsp:Shell"
                  " xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\">");
    soap_put_element(out, "rsp:ShellId", shell->shell_id);
    soap_put_element(out, "rsp:Name", shell->name);
    soap_put_element(out, "rsp:ResourceUri", shell->resource_uri);
    soap_put_element(out, "rsp:Owner", shell->owner);
    soap_put_element(out, "rsp:ClientIP", shell->client_address);
    if (shell->process != 0)
        soap_put_number(out, "rsp:ProcessId", shell->process);
    soap_put_element(out, "rsp:IdleTimeOut", duration_format_seconds(time, shell->idle_timeout));
    soap_put_element(out, "rsp:InputStreams", shell->input_streams);
    soap_put_element(out, "rsp:OutputStreams", shell->output_streams);
    soap_put_element(out, "rsp:MaxIdleTimeOut",
                     duration_format_seconds(time, shell->max_idle_timeout));
    soap_put_element(out, "rsp:Locale", shell->locale);
    soap_put_element(out, "rsp:DataLocale", shell->data_locale);
    soap_put(out, "<rsp:CompressionMode>NoCompression</rsp:CompressionMode>");
    soap_put_element(out, "rsp:ProfileLoaded", shell->no_profile ? "No" : "Yes");
    soap_put_element(out, "rsp:Encoding", request->encoding == SOAP_UTF16 ? "UTF16" : "UTF8");
    soap_put_element(out, "rsp:BufferMode", wsman_buffer_mode(shell->buffering));
    soap_put_element(out, "rsp:State", shell->disconnected ? "Disconnected" : "Connected");
    soap_put_element(out, "rsp:ShellRunTime", duration_format_parts(time, shell->run_time));
    soap_put_element(out, "rsp:ShellInactivity", duration_format_parts(time, shell->inactivity));
    soap_put(out, "</rsp:Shell>");
}

void wsman_write_shell_created(struct buffer *out, const struct wsman_request *request,
                               const struct message_shell_details *shell)
{
    wsman_begin(out, request);
    put_created(out, request, shell);
    put_shell(out, request, shell);
    wsman_end(out);
}

void wsman_write_shell(struct buffer *out, const struct wsman_request *request,
                       const struct message_shell_details *shell)
{
    wsman_begin(out, request);
    put_shell(out, request, shell);
    wsman_end(out);
}

void wsman_put_shell_item(struct buffer *out, const struct wsman_request *request, const void *item)
{
    const struct message_shell_item *told = item;
#define COPY(type, name, limit) .name = told->name,
    const struct message_shell_details shell = {FIELDS_SHELL(COPY)};
#undef COPY

    put_shell(out, request, &shell);
}

void wsman_put_shell_reference(struct buffer *out, const struct wsman_request *request,
                               const void *item)
{
    const struct message_shell_item *shell = item;

    wsman_begin_reference(out, request, shell->resource_uri);
    wsman_put_selector(out, "ShellId", shell->shell_id);
    wsman_end_reference(out);
}
