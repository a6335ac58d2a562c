/* SPDX-License-Identifier: ISC */

/* winrmctl status and winrmctl shells: what winrmd holds, as text or as JSON. */
#include <stdio.h>

#include "ctl/control.h"
#include "ctl/table.h"

enum { PATIENCE = 10 };

static const struct {
    enum message_type type;
    const char *name;
} shown[] = {{MESSAGE_status_process, "processes"},        {MESSAGE_status_listener, "listeners"},
             {MESSAGE_status_application, "applications"}, {MESSAGE_status_plugin, "plugins"},
             {MESSAGE_status_record, "records"},           {MESSAGE_status_shell, "shells"},
             {MESSAGE_status_counter, "counters"},         {MESSAGE_status_mode, "mode"}};

enum { TABLES = sizeof(shown) / sizeof(shown[0]) };

struct asking {
    struct question question;
    struct table tables[TABLES];
};

static void asking_add(struct channel *channel, enum message_type type, const void *body)
{
    struct asking *asking = container_of(question_of(channel), struct asking, question);

    for (size_t i = 0; i < TABLES; i++)
        if (asking->tables[i].type == type)
            table_add(&asking->tables[i], body);
}

#define ON_ROW(message)                                                               \
    static void on_##message(struct channel *channel, const union message_body *body) \
    {                                                                                 \
        asking_add(channel, MESSAGE_##message, body);                                 \
    }
ON_ROW(status_process)
ON_ROW(status_listener)
ON_ROW(status_application)
ON_ROW(status_plugin)
ON_ROW(status_record)
ON_ROW(status_shell)
ON_ROW(status_counter)
ON_ROW(status_mode)

static void on_status_end(struct channel *channel, const union message_body *body)
{
    (void)body;
    question_answered(channel);
}

/* `only`: the table of that type; MESSAGE_none: all of them. */
static void asking_print(const struct asking *asking, enum message_type only, bool json)
{
    bool first = true;

    if (json)
        fputc('{', stdout);
    for (size_t i = 0; i < TABLES; i++) {
        if (only != MESSAGE_none && asking->tables[i].type != only)
            continue;
        if (json) {
            fputs(first ? "\n" : ",\n", stdout);
            table_print_json(&asking->tables[i], stdout);
        } else {
            if (!first)
                fputc('\n', stdout);
            table_print_text(&asking->tables[i], stdout);
        }
        first = false;
    }
    if (json)
        fputs("\n}\n", stdout);
}

static enum ctl_exit status_show(const struct ctl_options *options, enum message_type only)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_status_process] = on_status_process,
        [MESSAGE_status_listener] = on_status_listener,
        [MESSAGE_status_application] = on_status_application,
        [MESSAGE_status_plugin] = on_status_plugin,
        [MESSAGE_status_record] = on_status_record,
        [MESSAGE_status_shell] = on_status_shell,
        [MESSAGE_status_counter] = on_status_counter,
        [MESSAGE_status_mode] = on_status_mode,
        [MESSAGE_status_end] = on_status_end};
    struct asking asking = {
        .question = {.ask = MESSAGE_status_ask, .handlers = handlers, .patience = PATIENCE}};
    enum ctl_exit result;

    for (size_t i = 0; i < TABLES; i++)
        asking.tables[i] = (struct table){.type = shown[i].type,
                                          .name = shown[i].name,
                                          .single = shown[i].type == MESSAGE_status_mode};
    result = question_ask(&asking.question, options->config);
    if (result == CTL_done) {
        asking_print(&asking, only, options->json);
        if (fflush(stdout) != 0) {
            ctl_complain("standard output cannot be written");
            result = CTL_failed;
        }
    }
    for (size_t i = 0; i < TABLES; i++)
        table_free(&asking.tables[i]);
    return result;
}

enum ctl_exit ctl_status(const struct ctl_options *options)
{
    return status_show(options, MESSAGE_none);
}

enum ctl_exit ctl_shells(const struct ctl_options *options)
{
    return status_show(options, MESSAGE_status_shell);
}
