/* SPDX-License-Identifier: ISC */

/*
 * web.config, read with expat: the section system.webServer/system.management.wsmanagement.config
 * of Microsoft's page "Configuration of WinRM plug-ins for IIS hosting". Read liberally: elements
 * in any order, names in any case, PluginModules in or beside OperationsConfiguration. Checked
 * strictly: within the section nothing unknown passes. What stands outside belongs to others.
 */
#include <expat.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "config/model.h"
#include "messages.h"

#define say(...) problem_text(web->problems, __VA_ARGS__)

enum web_element {
    WEB_none,
    WEB_configuration,
    WEB_server,
    WEB_section,
    WEB_operations,
    WEB_modules,
    WEB_authorization,
    WEB_operations_plugins,
    WEB_plugin,
    WEB_parameters,
    WEB_param,
    WEB_resources,
    WEB_resource,
    WEB_capability,
    WEB_quotas,
    WEB_security,
    WEB_ELEMENTS
};

enum { WEB_DEPTH = 16 };

struct web_reader {
    struct config *config;
    struct config_application *application;
    const char *file;
    struct config_problems *problems;
    XML_Parser parser;
    const struct web_row *open[WEB_DEPTH]; /* elements of ours that are open; [0]: the document */
    size_t depth;
    unsigned skipped; /* depth within an element that is passed over */
    unsigned seen[WEB_ELEMENTS];
    struct config_plugin *plugin;
    struct config_resource *resource;
    struct buffer parameters;
    bool stopped;
};

/* What an element may contain, and what becomes of it. */
struct web_row {
    enum web_element element;
    enum web_element parent;
    const char *name;
    bool once; /* in the document, or in its parent where `each` says so */
    bool each;
    void (*enter)(struct web_reader *web, const struct web_row *row, const XML_Char **attributes);
    void (*leave)(struct web_reader *web);
};

static unsigned web_line(const struct web_reader *web)
{
    return (unsigned)XML_GetCurrentLineNumber(web->parser);
}

static void web_problem(struct web_reader *web, const char *cause, const char *remedy)
{
    problem_add(web->problems, web->file, web_line(web), cause, remedy);
}

/* ---- attributes ---- */

/* Spellings of published documents that differ from the schema. */
static const char *attribute_name(const char *written)
{
    if (text_equal_case(written, "SupportOptions"))
        return "SupportsOptions";
    if (text_equal_case(written, "MaxEnumerationIdleTimeoutSeconds"))
        return "MaxEnumerateIdleTimeoutSeconds";
    return written;
}

static bool attribute_of_xml(const char *name)
{
    return strcmp(name, "xmlns") == 0 || text_starts(name, "xmlns:") || text_starts(name, "xml:");
}

static void attribute_unknown(struct web_reader *web, const struct web_row *row, const char *name,
                              const struct setting_group *group)
{
    char known[PROBLEM_TEXT] = "";

    for (size_t i = 0; group != NULL && i < group->count; i++) {
        strncat(known, i > 0 ? ", " : "", sizeof(known) - strlen(known) - 1);
        strncat(known, group->rows[i].name, sizeof(known) - strlen(known) - 1);
    }
    web_problem(web, say("%s has no attribute %.200s", row->name, name),
                known[0] != '\0' ? say("remove it, or write one of %s", known) : "remove it");
}

/* An element's attributes into its settings; `place` and `values` are set up here. */
static void attributes_take(struct web_reader *web, const struct web_row *row,
                            enum setting_section section, struct setting_place *place, void *values,
                            const XML_Char **attributes)
{
    const struct setting_group *group = setting_group(section);
    struct arena *arena = &web->config->arena;

    *place = (struct setting_place){
        .group = group, .file = web->file, .what = row->name, .line = web_line(web)};
    setting_defaults(group, values, web->application->set.directory, arena);
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        int number = setting_find(group, attribute_name(attributes[i]), true);

        if (number >= 0)
            setting_take(place, values, number, attributes[i + 1], place->line,
                         web->application->set.directory, arena, web->problems);
        else if (!attribute_of_xml(attributes[i]))
            attribute_unknown(web, row, attributes[i], group);
    }
    setting_require(place, web->problems);
}

static void enter_plain(struct web_reader *web, const struct web_row *row,
                        const XML_Char **attributes)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2)
        if (!attribute_of_xml(attributes[i]))
            attribute_unknown(web, row, attributes[i], NULL);
}

/* ---- elements ---- */

static void enter_operations(struct web_reader *web, const struct web_row *row,
                             const XML_Char **attributes)
{
    attributes_take(web, row, SECTION_operations_configuration, &web->application->web_place,
                    &web->application->web, attributes);
}

static struct config_plugin *plugin_new(struct web_reader *web)
{
    struct config_plugin *plugin = arena_alloc(&web->config->arena, sizeof(*plugin));

    list_init(&plugin->link);
    list_init(&plugin->resources);
    web->plugin = plugin;
    return plugin;
}

/* Problems from here on speak of the plug-in by its name. */
static void plugin_named(struct web_reader *web, const struct web_row *row)
{
    if (web->plugin->name != NULL)
        web->plugin->place.what =
            arena_printf(&web->config->arena, "%s \"%.512s\"", row->name, web->plugin->name);
}

static void enter_authorization(struct web_reader *web, const struct web_row *row,
                                const XML_Char **attributes)
{
    struct config_plugin *plugin = plugin_new(web);
    struct settings_authorization_plugin *set = &plugin->set.authorizer;

    attributes_take(web, row, SECTION_authorization_plugin, &plugin->place, set, attributes);
    plugin->authorization = true;
    plugin->name = set->name;
    plugin->filename = set->filename;
    plugin->sdk_version = (uint32_t)set->sdk_version;
    plugin->supports_quota = set->supports_quota;
    plugin->enabled = true;
    plugin_named(web, row);
    list_prepend(&web->application->plugins, &plugin->link);
}

static void enter_plugin(struct web_reader *web, const struct web_row *row,
                         const XML_Char **attributes)
{
    struct config_plugin *plugin = plugin_new(web);
    struct settings_plugin *set = &plugin->set.operations;

    attributes_take(web, row, SECTION_plugin, &plugin->place, set, attributes);
    plugin->name = set->name;
    plugin->filename = set->filename;
    plugin->sdk_version = (uint32_t)set->sdk_version;
    plugin->enabled = set->enabled;
    plugin_named(web, row);
    list_append(&web->application->plugins, &plugin->link);
}

static void enter_parameters(struct web_reader *web, const struct web_row *row,
                             const XML_Char **attributes)
{
    enter_plain(web, row, attributes);
    buffer_reset(&web->parameters);
    buffer_text(&web->parameters, "<InitializationParameters>");
}

static void append_escaped(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            buffer_text(out, "&amp;");
            break;
        case '<':
            buffer_text(out, "&lt;");
            break;
        case '>':
            buffer_text(out, "&gt;");
            break;
        case '"':
            buffer_text(out, "&quot;");
            break;
        case '\t':
        case '\n':
        case '\r':
            buffer_printf(out, "&#%d;", *text);
            break;
        default:
            buffer_append(out, text, 1);
        }
    }
}

static void enter_param(struct web_reader *web, const struct web_row *row,
                        const XML_Char **attributes)
{
    struct setting_place place;
    struct settings_param param = {0};

    attributes_take(web, row, SECTION_param, &place, &param, attributes);
    if (param.name == NULL || param.value == NULL)
        return;
    buffer_text(&web->parameters, "<Param Name=\"");
    append_escaped(&web->parameters, param.name);
    buffer_text(&web->parameters, "\" Value=\"");
    append_escaped(&web->parameters, param.value);
    buffer_text(&web->parameters, "\"/>");
}

static void leave_parameters(struct web_reader *web)
{
    buffer_text(&web->parameters, "</InitializationParameters>");
    if (web->parameters.failed) {
        web_problem(web,
                    say("InitializationParameters of %s are too long", web->plugin->place.what),
                    say("write %d bytes at most", LIMIT_PAYLOAD));
        return;
    }
    web->plugin->extra_info =
        arena_text_n(&web->config->arena, (const char *)buffer_bytes(&web->parameters),
                     buffer_length(&web->parameters));
}

static void enter_resource(struct web_reader *web, const struct web_row *row,
                           const XML_Char **attributes)
{
    struct config_resource *resource = arena_alloc(&web->config->arena, sizeof(*resource));

    web->resource = resource;
    attributes_take(web, row, SECTION_resource, &resource->place, &resource->set, attributes);
    if (resource->set.uri != NULL)
        resource->place.what =
            arena_printf(&web->config->arena, "Resource \"%.512s\"", resource->set.uri);
    list_append(&web->plugin->resources, &resource->link);
}

static void enter_capability(struct web_reader *web, const struct web_row *row,
                             const XML_Char **attributes)
{
    static const char *const names[] = {"Get",    "Put",       "Create",    "Delete",
                                        "Invoke", "Enumerate", "Subscribe", "Shell"};
    struct setting_place place;
    struct settings_capability capability = {0};

    attributes_take(web, row, SECTION_capability, &place, &capability, attributes);
    if (capability.type == NULL)
        return;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (!text_equal_case(names[i], capability.type))
            continue;
        web->resource->capabilities |= 1u << i; /* the order of enum capability */
        return;
    }
    web_problem(web, say("Type=\"%s\" of Capability is not known", capability.type),
                "write Get, Put, Create, Delete, Invoke, Enumerate, Subscribe or Shell");
}

static void enter_unbuilt(struct web_reader *web, const struct web_row *row,
                          const XML_Char **attributes)
{
    (void)attributes;
    web_problem(web,
                say("%s asks for something that this version of winrmd does not have", row->name),
                "remove the element");
    web->skipped = 1;
}

/* The attributes of the elements around the section are none of our business. */
static void enter_foreign(struct web_reader *web, const struct web_row *row,
                          const XML_Char **attributes)
{
    (void)web;
    (void)row;
    (void)attributes;
}

#define ONCE      true, false
#define ONCE_EACH true, true
#define MANY      false, false

static const struct web_row rows[] = {
    {WEB_configuration, WEB_none, "configuration", ONCE, enter_foreign, NULL},
    {WEB_server, WEB_configuration, "system.webServer", MANY, enter_foreign, NULL},
    {WEB_section, WEB_server, "system.management.wsmanagement.config", ONCE, enter_plain, NULL},
    {WEB_operations, WEB_section, "OperationsConfiguration", ONCE, enter_operations, NULL},
    {WEB_modules, WEB_section, "PluginModules", ONCE, enter_plain, NULL},
    {WEB_modules, WEB_operations, "PluginModules", ONCE, enter_plain, NULL},
    {WEB_authorization, WEB_modules, "AuthorizationPlugin", ONCE, enter_authorization, NULL},
    {WEB_operations_plugins, WEB_modules, "OperationsPlugins", ONCE, enter_plain, NULL},
    {WEB_plugin, WEB_operations_plugins, "Plugin", MANY, enter_plugin, NULL},
    {WEB_parameters, WEB_authorization, "InitializationParameters", ONCE_EACH, enter_parameters,
     leave_parameters},
    {WEB_parameters, WEB_plugin, "InitializationParameters", ONCE_EACH, enter_parameters,
     leave_parameters},
    {WEB_param, WEB_parameters, "Param", MANY, enter_param, NULL},
    {WEB_resources, WEB_plugin, "Resources", ONCE_EACH, enter_plain, NULL},
    {WEB_resource, WEB_resources, "Resource", MANY, enter_resource, NULL},
    {WEB_capability, WEB_resource, "Capability", MANY, enter_capability, NULL},
    {WEB_security, WEB_resource, "Security", MANY, enter_unbuilt, NULL},
    {WEB_quotas, WEB_plugin, "Quotas", MANY, enter_unbuilt, NULL},
};

enum { WEB_ROWS = sizeof(rows) / sizeof(rows[0]) };

static enum web_element web_top(const struct web_reader *web)
{
    return web->depth == 0 ? WEB_none : web->open[web->depth - 1]->element;
}

static const struct web_row *web_find(enum web_element parent, const char *name)
{
    for (size_t i = 0; i < WEB_ROWS; i++)
        if (rows[i].parent == parent && text_equal_case(rows[i].name, name))
            return &rows[i];
    return NULL;
}

/* ---- expat's callbacks ---- */

static void web_stop(struct web_reader *web)
{
    web->stopped = true;
    XML_StopParser(web->parser, XML_FALSE);
}

static void web_unknown(struct web_reader *web, const XML_Char *name)
{
    enum web_element top = web_top(web);

    web->skipped = 1;
    if (top == WEB_none) {
        web_problem(web, say("the outermost element is %.200s", name),
                    "write a document whose outermost element is configuration");
        web_stop(web);
    } else if (top != WEB_configuration && top != WEB_server) {
        web_problem(
            web, say("%s cannot contain an element %.200s", web->open[web->depth - 1]->name, name),
            "remove it, or correct its name");
    }
}

static void web_repeated(struct web_reader *web, const struct web_row *row)
{
    web->skipped = 1;
    if (row->element == WEB_authorization)
        web_problem(web, "there is a second AuthorizationPlugin; an application has one at most",
                    "remove one of them");
    else
        web_problem(web, say("there is a second %s", row->name), "put everything into one of them");
}

static void XMLCALL web_start(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct web_reader *web = context;
    const struct web_row *row;

    if (web->stopped)
        return;
    if (web->skipped > 0) {
        web->skipped++;
        return;
    }
    row = web_find(web_top(web), name);
    if (row == NULL) {
        web_unknown(web, name);
        return;
    }
    if (row->once && web->seen[row->element] > 0) {
        web_repeated(web, row);
        return;
    }
    web->seen[row->element]++;
    for (size_t i = 0; i < WEB_ROWS; i++)
        if (rows[i].parent == row->element && rows[i].each)
            web->seen[rows[i].element] = 0;
    row->enter(web, row, attributes);
    if (web->skipped == 0)
        web->open[web->depth++] = row; /* the table is WEB_DEPTH deep at most */
}

static void XMLCALL web_end(void *context, const XML_Char *name)
{
    struct web_reader *web = context;
    const struct web_row *row;

    (void)name;
    if (web->stopped)
        return;
    if (web->skipped > 0) {
        web->skipped--;
        return;
    }
    row = web->open[--web->depth];
    if (row->leave != NULL)
        row->leave(web);
}

static void XMLCALL web_characters(void *context, const XML_Char *text, int length)
{
    struct web_reader *web = context;
    enum web_element top = web_top(web);

    if (web->stopped || web->skipped > 0 || top < WEB_section)
        return;
    for (int i = 0; i < length; i++) {
        if (text_is_space(text[i]))
            continue;
        web_problem(web, say("%s contains text", web->open[web->depth - 1]->name),
                    "remove it; values are written as attributes");
        return;
    }
}

static void XMLCALL web_doctype(void *context, const XML_Char *name, const XML_Char *system,
                                const XML_Char *public, int subset)
{
    struct web_reader *web = context;

    (void)name;
    (void)system;
    (void)public;
    (void)subset;
    web_problem(web, "the file declares a document type", "remove the DOCTYPE declaration");
    web_stop(web);
}

static void web_parse(struct web_reader *web, const char *bytes, size_t length)
{
    XML_SetUserData(web->parser, web);
    XML_SetElementHandler(web->parser, web_start, web_end);
    XML_SetCharacterDataHandler(web->parser, web_characters);
    XML_SetStartDoctypeDeclHandler(web->parser, web_doctype);
    if (XML_Parse(web->parser, bytes, (int)length, XML_TRUE) == XML_STATUS_OK || web->stopped)
        return;
    web_problem(
        web,
        say("the file is not well-formed XML: %s", XML_ErrorString(XML_GetErrorCode(web->parser))),
        "correct it at this line");
    web->stopped = true;
}

void config_read_web(struct config *config, struct config_application *application,
                     const char *bytes, size_t length, struct config_problems *problems)
{
    struct web_reader web = {.config = config, .application = application, .problems = problems};

    web.file = config_web_path(config, application);
    application->web_place =
        (struct setting_place){.group = setting_group(SECTION_operations_configuration),
                               .file = web.file,
                               .what = "OperationsConfiguration"};
    setting_defaults(application->web_place.group, &application->web, application->set.directory,
                     &config->arena);
    if (length > CONFIG_FILE_LIMIT) {
        config_text_acceptable(web.file, bytes, length, problems);
        return;
    }
    web.parser = XML_ParserCreate(NULL);
    if (web.parser == NULL)
        abort();
    buffer_init(&web.parameters, LIMIT_PAYLOAD);
    web_parse(&web, bytes, length);
    if (!web.stopped && web.seen[WEB_section] == 0)
        problem_add(
            problems, web.file, 0,
            "the file has no section system.webServer/system.management.wsmanagement.config",
            "write it, with a PluginModules element in it");
    else if (!web.stopped)
        config_check_web(application, problems);
    XML_ParserFree(web.parser);
    buffer_free(&web.parameters);
}
