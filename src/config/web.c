/* SPDX-License-Identifier: ISC */

/*
 * web.config, read with expat: the section system.webServer/system.management.wsmanagement.config
 * of Microsoft's page "Configuration of WinRM plug-ins for IIS hosting". Read liberally: elements
 * in any order, names in any case, PluginModules in or beside OperationsConfiguration. Checked
 * strictly: within the section nothing unknown passes. What stands outside belongs to others.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/web_reader.h"
#include "messages.h"

static enum web_element web_top(const struct web_reader *web)
{
    return web->depth == 0 ? WEB_none : web->open[web->depth - 1]->element;
}

static const struct web_row *web_find(enum web_element parent, const char *name)
{
    for (size_t i = 0; i < web_row_count; i++)
        if (web_rows[i].parent == parent && text_equal_case(web_rows[i].name, name))
            return &web_rows[i];
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
    for (size_t i = 0; i < web_row_count; i++)
        if (web_rows[i].parent == row->element && web_rows[i].each)
            web->seen[web_rows[i].element] = 0;
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
