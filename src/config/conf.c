/* SPDX-License-Identifier: ISC */

/*
 * winrmd.conf, read with libconfuse. Every setting is a text to libconfuse; its callback hands each
 * value with its line to setting_take(), which knows the types. Two settings of our own help:
 * `(start)`, whose default libconfuse "reads" when a section begins, tells the line of that, and
 * `(end)`, appended behind the file, is reached outside of every section or something was not
 * closed, which libconfuse does not mind.
 */
#include <confuse.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/blank.h"
#include "config/model.h"

#define MARK_START "-start-of-section-"
#define MARK_END   "-end-of-winrmd.conf-"

enum { OPTIONS_A_SECTION = SETTINGS_A_SECTION + 8, SECTION_KINDS = 6 };

struct conf_reader {
    struct config *config;
    struct config_problems *problems;
    cfg_t *root;
    cfg_t *open; /* the section that is being read, and where its values go */
    struct setting_place *place;
    void *values;
    unsigned last_line;
    bool complete; /* MARK_END was reached */
    bool failed;   /* libconfuse has given up; it does so at its first error */
};

/* libconfuse passes no context to its callbacks. */
static struct conf_reader *reader;

static void place_init(struct setting_place *place, enum setting_section section, const char *what,
                       unsigned line)
{
    *place = (struct setting_place){
        .group = setting_group(section), .file = reader->config->file, .what = what, .line = line};
}

/* ---- sections ---- */

static void open_listener(const char *title, unsigned line)
{
    struct config *config = reader->config;
    struct config_listener *listener = arena_alloc(&config->arena, sizeof(*listener));

    listener->name = arena_text(&config->arena, title);
    place_init(&listener->place, SECTION_listener,
               arena_printf(&config->arena, "listener \"%s\"", title), line);
    list_append(&config->listeners, &listener->link);
    config->listener_count++;
    reader->place = &listener->place;
    reader->values = &listener->set;
    setting_defaults(reader->place->group, reader->values, config->folder, &config->arena);
}

static void open_application(const char *title, unsigned line)
{
    struct config *config = reader->config;
    struct config_application *application = arena_alloc(&config->arena, sizeof(*application));

    application->path = arena_text(&config->arena, title);
    list_init(&application->plugins);
    place_init(&application->place, SECTION_application,
               arena_printf(&config->arena, "application \"%s\"", title), line);
    list_append(&config->applications, &application->link);
    config->application_count++;
    reader->place = &application->place;
    reader->values = &application->set;
    setting_defaults(reader->place->group, reader->values, config->folder, &config->arena);
}

static void open_single(struct setting_place *place, void *values, enum setting_section section,
                        const char *what, unsigned line)
{
    if (place->line != 0)
        problem_add(reader->problems, reader->config->file, line,
                    problem_text(reader->problems, "there is a second section %s", what),
                    "put everything into one of them");
    else
        place_init(place, section, what, line);
    reader->place = place;
    reader->values = values;
}

static void section_open(cfg_t *section)
{
    struct config *config = reader->config;
    unsigned line = (unsigned)section->line;
    const char *title = section->title == NULL ? "" : section->title;

    reader->open = section;
    if (strcmp(section->name, "listener") == 0)
        open_listener(title, line);
    else if (strcmp(section->name, "application") == 0)
        open_application(title, line);
    else if (strcmp(section->name, "authentication") == 0)
        open_single(&config->authentication_place, &config->authentication, SECTION_authentication,
                    "authentication", line);
    else if (strcmp(section->name, "connections") == 0)
        open_single(&config->connections_place, &config->connections, SECTION_connections,
                    "connections", line);
    else if (strcmp(section->name, "limits") == 0)
        open_single(&config->limits_place, &config->limits, SECTION_limits, "limits", line);
    else
        open_single(&config->audit_place, &config->audit, SECTION_audit, "audit", line);
}

/* ---- callbacks of libconfuse ---- */

static int conf_value(cfg_t *section, cfg_opt_t *option, const char *value, void *result)
{
    struct config *config = reader->config;
    unsigned line = (unsigned)section->line;
    struct setting_place *place;
    void *values;
    int row;

    *(const char **)result = value;
    if (strcmp(option->name, MARK_START) == 0) {
        section_open(section);
        return 0;
    }
    if (line > reader->last_line) {
        reader->complete = strcmp(option->name, MARK_END) == 0;
        return 0;
    }
    place = section == reader->root ? &config->service_place : reader->place;
    values = section == reader->root ? &config->service : reader->values;
    row = setting_find(place->group, option->name, false);
    if (row < 0)
        return 0;
    if ((option->flags & CFGF_LIST) != 0 && option->nvalues == 1 && place->lines[row] != 0) {
        problem_add(reader->problems, config->file, line,
                    problem_text(reader->problems, "%s is written twice",
                                 setting_shown(place, row, NULL, reader->problems)),
                    "remove one of them");
        return 0;
    }
    setting_take(place, values, row, value, line, config->folder, &config->arena, reader->problems);
    return 0;
}

static const char *names_of(const struct setting_group *group)
{
    char text[PROBLEM_TEXT] = "";

    for (size_t i = 0; i < group->count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? ", " : "", group->rows[i].name);
    }
    return problem_text(reader->problems, "%s", text);
}

static void unknown_setting(cfg_t *section, const char *name)
{
    struct config_problems *problems = reader->problems;
    bool root = section == reader->root;
    const struct setting_place *place = root ? &reader->config->service_place : reader->place;

    problem_add(
        problems, reader->config->file, (unsigned)section->line,
        root ? problem_text(problems, "there is no setting or section \"%.200s\"", name)
             : problem_text(problems, "%s has no setting \"%.200s\"", place->what, name),
        problem_text(problems, "write one of %s%s", names_of(place->group),
                     root ? ", listener, authentication, audit, connections, limits, application"
                          : ""));
}

static const struct {
    const char *error; /* how libconfuse's message begins */
    const char *remedy;
} remedies[] = {
    {"found duplicate title", "give it another one"},
    {"missing title", "write its name in quotes behind it, such as listener \"http\""},
    {"missing opening brace", "write { behind it"},
    {"missing equal sign", "write name = value"},
    {"unexpected closing brace", "remove it, or write the { it belongs to"},
    {"attempt to append", "write = instead of +="},
    {"unexpected token", "write one value, and lists as {\"a\", \"b\"}"},
};

static const char *remedy_of(const char *format)
{
    for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
        if (strncmp(format, remedies[i].error, strlen(remedies[i].error)) == 0)
            return remedies[i].remedy;
    return "write name = value, or a section name \"title\" { ... }";
}

__attribute__((format(printf, 2, 0))) static void conf_error(cfg_t *section, const char *format,
                                                             va_list arguments)
{
    char text[PROBLEM_TEXT];

    if (reader->failed)
        return;
    reader->failed = true;
    reader->open = section == reader->root ? NULL : section;
    if (section == NULL || (unsigned)section->line > reader->last_line)
        return; /* within MARK_END: conf_incomplete() explains it */
    reader->complete = true;
    if (strcmp(format, "no such option '%s'") == 0) {
        unknown_setting(section, va_arg(arguments, const char *));
        return;
    }
    vsnprintf(text, sizeof(text), format, arguments);
    problem_add(reader->problems, reader->config->file, (unsigned)section->line,
                problem_text(reader->problems, "%s", text), remedy_of(format));
}

static void conf_incomplete(void)
{
    bool open = reader->open != NULL;

    problem_add(reader->problems, reader->config->file,
                open ? reader->place->line : reader->last_line,
                open ? problem_text(reader->problems, "%s, or something in it, is not closed",
                                    reader->place->what)
                     : "the file ends in the middle of a setting",
                open ? "write } at its end" : "write the rest of it");
}

/* ---- the tables for libconfuse ---- */

static char start_value[] = "x"; /* what MARK_START is "read" from */

static void options_build(cfg_opt_t *options, const struct setting_group *group, bool root)
{
    size_t at = 0;

    if (!root)
        options[at++] = (cfg_opt_t){
            .name = MARK_START, .type = CFGT_STR, .def.parsed = start_value, .parsecb = conf_value};
    for (size_t i = 0; i < group->count; i++) {
        cfg_flag_t flags = CFGF_NODEFAULT;

        if (group->rows[i].type == SETTING_TEXTS)
            flags |= CFGF_LIST;
        options[at++] = (cfg_opt_t){
            .name = group->rows[i].name, .type = CFGT_STR, .flags = flags, .parsecb = conf_value};
    }
    options[at] = (cfg_opt_t)CFG_END();
}

static void options_append(cfg_opt_t *options, cfg_opt_t option)
{
    size_t at = 0;

    while (options[at].name != NULL)
        at++;
    options[at] = option;
    options[at + 1] = (cfg_opt_t)CFG_END();
}

static void conf_parse(const char *text)
{
    cfg_opt_t root[OPTIONS_A_SECTION];
    cfg_opt_t sections[SECTION_KINDS][OPTIONS_A_SECTION];
    static const struct {
        const char *name;
        enum setting_section section;
        cfg_flag_t flags;
    } rows[SECTION_KINDS] = {
        {"listener", SECTION_listener, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES},
        {"application", SECTION_application, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES},
        {"authentication", SECTION_authentication, CFGF_MULTI},
        {"audit", SECTION_audit, CFGF_MULTI},
        {"connections", SECTION_connections, CFGF_MULTI},
        {"limits", SECTION_limits, CFGF_MULTI}};

    options_build(root, setting_group(SECTION_service), true);
    for (size_t i = 0; i < SECTION_KINDS; i++) {
        options_build(sections[i], setting_group(rows[i].section), false);
        options_append(root, (cfg_opt_t)CFG_SEC(rows[i].name, sections[i], rows[i].flags));
    }
    options_append(root, (cfg_opt_t)CFG_STR_CB(MARK_END, NULL, CFGF_NODEFAULT, conf_value));
    reader->root = cfg_init(root, CFGF_NONE);
    if (reader->root == NULL)
        return;
    cfg_set_error_function(reader->root, conf_error);
    cfg_parse_buf(reader->root, text);
    cfg_free(reader->root);
}

static char *conf_prepare(struct config *config, const char *bytes, size_t length,
                          unsigned *last_line, struct config_problems *problems)
{
    static const char tail[] = "\n" MARK_END " = x\n";
    char *text = mem_alloc(length + sizeof(tail));

    if (length > 0)
        memcpy(text, bytes, length);
    if (!conf_blank_comments(config->file, text, length, problems)) {
        free(text);
        return NULL;
    }
    *last_line = 1;
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\n')
            ++*last_line;
    memcpy(text + length, tail, sizeof(tail));
    return text;
}

void config_read_conf(struct config *config, const char *bytes, size_t length,
                      struct config_problems *problems)
{
    struct conf_reader state = {.config = config, .problems = problems};
    char *text = NULL;

    reader = &state;
    place_init(&config->service_place, SECTION_service, "", 0);
    setting_defaults(config->service_place.group, &config->service, config->folder, &config->arena);
    place_init(&config->audit_place, SECTION_audit, "audit", 0);
    setting_defaults(config->audit_place.group, &config->audit, config->folder, &config->arena);
    place_init(&config->connections_place, SECTION_connections, "connections", 0);
    setting_defaults(config->connections_place.group, &config->connections, config->folder,
                     &config->arena);
    place_init(&config->limits_place, SECTION_limits, "limits", 0);
    setting_defaults(config->limits_place.group, &config->limits, config->folder, &config->arena);
    place_init(&config->authentication_place, SECTION_authentication, "authentication", 0);
    setting_defaults(config->authentication_place.group, &config->authentication, config->folder,
                     &config->arena);
    if (!config_text_acceptable(config->file, bytes, length, problems))
        goto out;
    text = conf_prepare(config, bytes, length, &state.last_line, problems);
    if (text == NULL)
        goto out;
    conf_parse(text);
    if (!state.complete)
        conf_incomplete();
    if (!state.failed)
        config_check_conf(config, problems);
out:
    free(text);
    reader = NULL;
}
