/* SPDX-License-Identifier: ISC */

/*
 * Requests as a client would write them, of any texts and bytes: what is accepted is what was sent,
 * and what a client may send is accepted. The other way round (any envelope) is fuzz_envelope.c.
 */
#include "source.h"

#include "base/text.h"
#include "soap/writer.h"
#include "wsman/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SHELL    "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
#define TRANSFER "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
#define COMMAND  "11111111-2222-3333-4444-555555555555"

enum { LIMIT = 4 * 1024 * 1024, ITEMS = 6 };

enum kind { SHELL_CREATE, COMMAND_LINE, SEND, SIGNAL, KINDS };

/* What is sent. */
struct sent {
    enum kind kind;
    const char *message_id;
    unsigned timeout; /* milliseconds */
    unsigned options;
    const char *option_name[ITEMS];
    const char *option_value[ITEMS];
    unsigned items; /* variables, arguments or streams */
    const char *item_name[ITEMS];
    const char *item_value[ITEMS];
    const char *text; /* working directory, command line or code of the signal */
};

static void take(struct sent *sent, struct source *source)
{
    sent->kind = source_byte(source) % KINDS;
    sent->message_id = source_text(source);
    sent->timeout = source_byte(source) * 250u;
    sent->options = source_byte(source) % ITEMS;
    for (unsigned i = 0; i < sent->options; i++) {
        sent->option_name[i] = source_text(source);
        sent->option_value[i] = source_text(source);
    }
    sent->items = source_byte(source) % ITEMS;
    for (unsigned i = 0; i < sent->items; i++) {
        sent->item_name[i] = source_text(source);
        sent->item_value[i] = source_text(source);
    }
    sent->text = source_text(source);
}

static void put_body(struct buffer *out, const struct sent *sent)
{
    switch (sent->kind) {
    case SHELL_CREATE:
        soap_put(out, "<r:Shell><r:Environment>");
        for (unsigned i = 0; i < sent->items; i++) {
            soap_put(out, "<r:Variable");
            soap_put_attribute(out, "Name", sent->item_name[i]);
            soap_put(out, ">");
            soap_put_text(out, sent->item_value[i]);
            soap_put(out, "</r:Variable>");
        }
        soap_put(out, "</r:Environment>");
        soap_put_element(out, "r:WorkingDirectory", sent->text);
        soap_put(out, "</r:Shell>");
        break;
    case COMMAND_LINE:
        soap_put(out, "<r:CommandLine>");
        soap_put_element(out, "r:Command", sent->text);
        for (unsigned i = 0; i < sent->items; i++)
            soap_put_element(out, "r:Arguments", sent->item_value[i]);
        soap_put(out, "</r:CommandLine>");
        break;
    case SEND:
        soap_put(out, "<r:Send>");
        for (unsigned i = 0; i < sent->items; i++) {
            soap_put(out, "<r:Stream CommandId=\"" COMMAND "\"");
            soap_put_attribute(out, "Name", sent->item_name[i]);
            soap_put(out, ">");
            base64_append(out, sent->item_value[i], strlen(sent->item_value[i]));
            soap_put(out, "</r:Stream>");
        }
        soap_put(out, "</r:Send>");
        break;
    default:
        soap_put(out, "<r:Signal CommandId=\"" COMMAND "\">");
        soap_put_element(out, "r:Code", sent->text);
        soap_put(out, "</r:Signal>");
        break;
    }
}

static void put_request(struct buffer *out, const struct sent *sent)
{
    static const char *const actions[KINDS] = {TRANSFER "Create", SHELL "/Command", SHELL "/Send",
                                               SHELL "/Signal"};

    soap_put(out, "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
                  " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
                  " xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\""
                  " xmlns:r=\"" SHELL "\"><s:Header><a:To>http://h/wsman</a:To>");
    soap_put_element(out, "a:MessageID", sent->message_id);
    soap_put_element(out, "a:Action", actions[sent->kind]);
    soap_put(out, "<w:ResourceURI>" SHELL "/cmd</w:ResourceURI>");
    buffer_printf(out, "<w:OperationTimeout>PT%u.%03uS</w:OperationTimeout>", sent->timeout / 1000,
                  sent->timeout % 1000);
    if (sent->kind != SHELL_CREATE)
        soap_put(out, "<w:SelectorSet><w:Selector Name=\"ShellId\">S</w:Selector></w:SelectorSet>");
    soap_put(out, "<w:OptionSet>");
    for (unsigned i = 0; i < sent->options; i++) {
        soap_put(out, "<w:Option");
        soap_put_attribute(out, "Name", sent->option_name[i]);
        soap_put(out, ">");
        soap_put_text(out, sent->option_value[i]);
        soap_put(out, "</w:Option>");
    }
    soap_put(out, "</w:OptionSet></s:Header><s:Body>");
    put_body(out, sent);
    soap_put(out, "</s:Body></s:Envelope>");
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

/* Nothing in it is missing or forbidden: then it has to be accepted. */
static bool may_be_sent(const struct sent *sent)
{
    if (is_blank(sent->message_id) || strlen(sent->message_id) > LIMIT_ID / 6 ||
        (sent->kind == SIGNAL && is_blank(sent->text)) || (sent->kind == SEND && sent->items == 0))
        return false;
    for (unsigned i = 0; i < sent->options; i++)
        if (sent->option_name[i][0] == '\0' || strlen(sent->option_name[i]) > LIMIT_NAME / 6)
            return false;
    for (unsigned i = 0; i < sent->items; i++)
        if ((sent->kind == SEND || sent->kind == SHELL_CREATE) &&
            (sent->item_name[i][0] == '\0' || strchr(sent->item_name[i], '=') != NULL ||
             strlen(sent->item_name[i]) > LIMIT_NAME / 6))
            return false;
    return true;
}

static void check_items(const struct sent *sent, const struct ipc_items *items, bool named,
                        bool bytes)
{
    require(items->count == sent->items);
    for (unsigned i = 0; i < sent->items; i++) {
        const struct ipc_item *item = &items->item[i];

        if (named)
            require_same(sent->item_name[i], item->name);
        if (bytes)
            require(item->length == strlen(sent->item_value[i]) &&
                    memcmp(item->value, sent->item_value[i], item->length) == 0);
        else
            require_same(sent->item_value[i], item->value);
        require(bytes || strlen(item->value) == item->length);
    }
}

static void check(const struct sent *sent, const struct wsman_request *request)
{
    require(request->operation.timeout == sent->timeout || sent->timeout == 0 ||
            sent->timeout > 60000);
    require(request->options.count == sent->options);
    for (unsigned i = 0; i < sent->options; i++) {
        require_same(sent->option_name[i], request->options.item[i].name);
        require_same(sent->option_value[i], request->options.item[i].value);
    }
    switch (sent->kind) {
    case SHELL_CREATE:
        require(request->operation.kind == OPERATION_shell);
        check_items(sent, &request->payload.shell_create.environment, true, false);
        break;
    case COMMAND_LINE:
        require(request->operation.kind == OPERATION_command);
        require_same(sent->text, request->payload.command_create.command_line);
        check_items(sent, &request->payload.command_create.arguments, false, false);
        break;
    case SEND:
        require(request->operation.kind == OPERATION_send);
        require(strcmp(request->operation.command_id, COMMAND) == 0);
        check_items(sent, &request->payload.send_input.streams, true, true);
        break;
    default:
        require(request->operation.kind == OPERATION_signal);
        require(strcmp(request->operation.shell_id, "S") == 0);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wsman_limits limits = {.max_envelope = 512000, .max_time = 60000};
    static struct soap_reader *reader;
    static struct source source;
    struct wsman_request request;
    struct wsman_fault fault;
    enum wsman_result result;
    struct arena arena;
    struct buffer out;
    struct sent sent = {0};
    bool wide;

    if (reader == NULL)
        reader = soap_reader_new();
    source = (struct source){.at = data, .left = size};
    wide = (source_byte(&source) & 1) != 0;
    take(&sent, &source);
    arena_init(&arena, 8u * 512000 + 1024 * 1024);
    buffer_init(&out, LIMIT);
    put_request(&out, &sent);
    require(soap_encode(&out, wide ? SOAP_UTF16 : SOAP_UTF8));
    result = wsman_read_request(reader, buffer_bytes(&out), buffer_length(&out), NULL, &limits,
                                &arena, &request, &fault);
    require(result == WSMAN_request || result == WSMAN_fault);
    require(result == WSMAN_request || !may_be_sent(&sent));
    require(request.encoding == (wide ? SOAP_UTF16 : SOAP_UTF8));
    if (result == WSMAN_request)
        check(&sent, &request);
    buffer_free(&out);
    arena_free(&arena);
    return 0;
}
