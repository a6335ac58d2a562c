/* SPDX-License-Identifier: ISC */

/*
 * The two halves of the reader of web.config: web.c walks through the document with expat and
 * keeps track of where it is; web_elements.c knows the elements of the section and what becomes of
 * each. Nobody else includes this.
 */
#ifndef CONFIG_WEB_READER_H
#define CONFIG_WEB_READER_H

#include <expat.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "config/model.h"

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

/* All elements of the section, one row for each place an element may stand in. */
extern const struct web_row web_rows[];
extern const size_t web_row_count;

/* Notes a problem at the line that expat has reached. */
void web_problem(struct web_reader *web, const char *cause, const char *remedy);

/* A text for web_problem(); `web` is the reader. */
#define say(...) problem_text(web->problems, __VA_ARGS__)

#endif
