/* SPDX-License-Identifier: ISC */

/*
 * Responses and faults made of any texts and bytes: what is written reads back as what was to be
 * said, in UTF-8 and in UTF-16, and is no larger than its contents justify.
 */
#include "source.h"

#include "base/text.h"
#include "configuration_elements.h"
#include "wsman/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 4 * 1024 * 1024, CHUNKS = 8, FRAME = 8192, GROWTH = 14 };

static struct soap_reader *reader;

/* The response as a client reads it; the tree lives in the arena. */
static const struct soap_element *read_back(struct buffer *out, bool wide, struct arena *arena,
                                            size_t size)
{
    struct soap_document document;

    require(!out->failed);
    /* Escaping makes six bytes of one at most, a text stands at most twice. */
    require(buffer_length(out) <= FRAME + GROWTH * size);
    require(soap_encode(out, wide ? SOAP_UTF16 : SOAP_UTF8));
    require(soap_read(reader, buffer_bytes(out), buffer_length(out), NULL, arena, &document) ==
            SOAP_OK);
    require(soap_is(document.root, NS_soap, "Envelope"));
    require(document.encoding == (wide ? SOAP_UTF16 : SOAP_UTF8));
    return document.root;
}

static const struct soap_element *body_of(const struct soap_element *root)
{
    const struct soap_element *body = soap_child(root, NS_soap, "Body");

    require(body != NULL);
    return body->first;
}

static void require_text(const struct soap_element *parent, enum namespace_id space,
                         const char *name, const char *sent)
{
    const struct soap_element *element = soap_child(parent, space, name);

    require((element != NULL) == (sent != NULL));
    if (sent != NULL)
        require_same(sent, element->text);
}

static void check_headers(const struct soap_element *root, const struct wsman_request *request)
{
    const struct soap_element *header = soap_child(root, NS_soap, "Header");

    require_text(header, NS_addressing, "RelatesTo", request->operation.message_id);
    require_text(header, NS_microsoft, "OperationID", request->operation.operation_id);
    require_text(header, NS_microsoft, "SequenceId", request->sequence_id);
}

static void try_output(struct source *source, struct wsman_request *request, struct buffer *out,
                       struct arena *arena, size_t size)
{
    struct ipc_item chunks[CHUNKS];
    struct message_output output = {.chunks = {chunks, source_byte(source) % CHUNKS},
                                    .state = source_byte(source) % 6u,
                                    .state_uri = source_text(source),
                                    .exit_code = source_byte(source)};
    const struct soap_element *stream;

    for (unsigned i = 0; i < output.chunks.count; i++) {
        uint8_t length = source_byte(source);

        chunks[i].name = source_text(source);
        chunks[i].flags = length % 3 == 0 ? ITEM_END : 0;
        chunks[i].length = length < source->left ? length : (uint32_t)source->left;
        chunks[i].value = (const char *)source->at;
        source->at += chunks[i].length;
        source->left -= chunks[i].length;
    }
    wsman_write_output(out, request, &output);
    stream = body_of(read_back(out, request->encoding == SOAP_UTF16, arena, size))->first;
    for (unsigned i = 0; i < output.chunks.count; i++) {
        uint8_t bytes[256];

        if (chunks[i].length > 0) {
            require(soap_is(stream, NS_shell, "Stream"));
            require_same(chunks[i].name, soap_attribute(stream, NS_none, "Name"));
            require(base64_decode(bytes, stream->text, stream->text_length) ==
                    (ptrdiff_t)chunks[i].length);
            require(memcmp(bytes, chunks[i].value, chunks[i].length) == 0);
            stream = stream->next;
        }
        if (chunks[i].flags != 0) {
            require(soap_is(stream, NS_shell, "Stream") && stream->text_length == 0);
            require(soap_attribute(stream, NS_none, "End") != NULL);
            stream = stream->next;
        }
    }
    require(stream == NULL || soap_is(stream, NS_shell, "CommandState"));
}

static void try_shell(struct source *source, struct wsman_request *request, struct buffer *out,
                      struct arena *arena, size_t size)
{
    struct message_shell_details shell = {.shell_id = source_text(source),
                                          .name = source_text(source),
                                          .resource_uri = source_text(source),
                                          .owner = source_text(source),
                                          .client_address = source_text(source),
                                          .input_streams = source_text(source),
                                          .idle_timeout = source_byte(source) * 1001u,
                                          .run_time = UINT64_MAX >> source_byte(source) % 64};
    const struct soap_element *root;
    const struct soap_element *element;

    wsman_write_shell(out, request, &shell);
    root = read_back(out, request->encoding == SOAP_UTF16, arena, size);
    check_headers(root, request);
    element = body_of(root);
    require(soap_is(element, NS_shell, "Shell"));
    require_text(element, NS_shell, "ShellId", shell.shell_id);
    require_text(element, NS_shell, "Name", shell.name);
    require_text(element, NS_shell, "Owner", shell.owner);
    require_text(element, NS_shell, "ClientIP", shell.client_address);
    require_text(element, NS_shell, "InputStreams", shell.input_streams);
    require_text(element, NS_shell, "Locale", NULL);
}

/* A plug-in's texts stand in attributes, a listener's in elements. */
static void try_configuration(struct source *source, struct wsman_request *request,
                              struct buffer *out, struct arena *arena, size_t size)
{
    struct ipc_item resources[CHUNKS] = {0};
    struct message_plugin_item plugin = {.name = source_text(source),
                                         .filename = source_text(source),
                                         .sdk_version = source_byte(source),
                                         .resources = {resources, source_byte(source) % CHUNKS}};
    struct message_listener_item listener = {.address = source_text(source),
                                             .url_prefix = source_text(source),
                                             .listening_on = source_text(source)};
    struct message_configuration_details details = {.part = source_byte(source) % 10u,
                                                    .channel_binding = source_text(source)};
    const struct soap_element *element;

    /* What is fixed of each resource and capability. */
    size += CHUNKS * 8 * 100;
    for (unsigned i = 0; i < plugin.resources.count; i++) {
        resources[i].name = source_text(source);
        resources[i].flags = source_byte(source);
    }
    wsman_write_plugin(out, request, &plugin);
    element = body_of(read_back(out, request->encoding == SOAP_UTF16, arena, size));
    require_same(plugin.name, soap_attribute(element, NS_none, "Name"));
    require_same(plugin.filename, soap_attribute(element, NS_none, "Filename"));
    element = element->first->first;
    for (unsigned i = 0; i < plugin.resources.count; i++, element = element->next)
        require_same(resources[i].name, soap_attribute(element, NS_none, "ResourceUri"));
    require(element == NULL);
    buffer_reset(out);
    wsman_write_listener(out, request, &listener);
    element = body_of(read_back(out, request->encoding == SOAP_UTF16, arena, size))->first;
    require_same(listener.address, element->text);
    buffer_reset(out);
    wsman_write_configuration(out, request, &details);
    element = body_of(read_back(out, request->encoding == SOAP_UTF16, arena, size));
    require((element != NULL) ==
            (details.part > CONFIGURATION_none && details.part < CONFIGURATION_PARTS));
}

static void try_fault(struct source *source, struct wsman_request *request, struct buffer *out,
                      struct arena *arena, size_t size)
{
    /* Every code of the table is near one of these. */
    static const uint32_t bases[] = {0, 0x8033803f, 0x803380e0, 0x80338100, 0x80338160};
    struct wsman_fault fault = {.code = bases[source_byte(source) % 5] + source_byte(source),
                                .text = source_text(source),
                                .decision = source_text(source),
                                .machine = source_text(source),
                                .provider = source_text(source),
                                .extended = source_text(source)};
    const struct soap_element *root;
    const struct soap_element *element;

    fault.decision = fault.decision[0] == '\0' ? NULL : fault.decision;
    fault.provider = fault.provider[0] == '\0' ? NULL : fault.provider;
    wsman_write_fault(out, reader, request, &fault);
    root = read_back(out, request->encoding == SOAP_UTF16, arena, size);
    check_headers(root, request);
    element = body_of(root);
    require(soap_is(element, NS_soap, "Fault"));
    element = soap_child(soap_child(element, NS_soap, "Reason"), NS_soap, "Text");
    require(element != NULL);
    if (fault.decision == NULL && fault.text[0] != '\0')
        require_same(fault.text, element->text);
    require(fault.decision == NULL || !is_xml_text(fault.text) || !is_xml_text(fault.decision) ||
            strstr(element->text, fault.decision) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source source;
    struct wsman_request request = {.encoding = SOAP_UTF8};
    struct arena arena;
    struct buffer out;
    uint8_t choice;

    if (reader == NULL)
        reader = soap_reader_new();
    source = (struct source){.at = data, .left = size};
    choice = source_byte(&source);
    if ((choice & 0x80) != 0)
        request.encoding = SOAP_UTF16;
    request.operation.message_id = source_text(&source);
    request.operation.operation_id = (choice & 0x40) != 0 ? source_text(&source) : NULL;
    request.sequence_id = (choice & 0x20) != 0 ? source_text(&source) : NULL;
    request.operation.command_id = (choice & 0x10) != 0 ? source_text(&source) : NULL;
    request.operation.action = "http://a/";
    request.operation.resource_uri = "http://r";
    arena_init(&arena, 8 * LIMIT);
    buffer_init(&out, LIMIT);
    if ((choice & 0x08) != 0)
        try_configuration(&source, &request, &out, &arena, size);
    else if (choice % 3 == 0)
        try_output(&source, &request, &out, &arena, size);
    else if (choice % 3 == 1)
        try_shell(&source, &request, &out, &arena, size);
    else
        try_fault(&source, &request, &out, &arena, size);
    buffer_free(&out);
    arena_free(&arena);
    return 0;
}
