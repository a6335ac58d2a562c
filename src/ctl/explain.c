/* SPDX-License-Identifier: ISC */

/* winrmctl explain: what the authorization plug-in of the running winrmd says of somebody. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "ctl/control.h"
#include "ctl/table.h"
#include "methods.h"
#include "operations.h"

/* Three calls, each with the authorization-timeout, which may be an hour. */
enum { PATIENCE = 3 * 3600 + 60 };

struct explaining {
    struct question question;
    struct table calls;
    bool json;
    char *verdict;
    char *problem;
};

static struct explaining *explaining_of(const struct channel *channel)
{
    return container_of(question_of(channel), struct explaining, question);
}

/* ---- for people ---- */

static void limit_print(uint32_t limit, const char *of)
{
    if (limit == UINT32_MAX)
        printf("unlimited %s", of);
    else
        printf("%u %s", limit, of);
}

static void quota_print(const struct message_explain_answer *told)
{
    fputs("; ", stdout);
    limit_print(told->shells, "shells");
    fputs(", ", stdout);
    limit_print(told->operations, "operations");
    if (told->slot_seconds > 0) {
        fputs(", ", stdout);
        limit_print(told->slot_operations, "messages");
        printf(" in %u s", told->slot_seconds);
    }
}

static void answer_print(const struct message_explain_answer *told)
{
    char *reason = ctl_printable(told->reason != NULL ? told->reason : "");
    char *runs_as = ctl_printable(told->runs_as != NULL ? told->runs_as : "");

    printf("%-15s  %s", told->call != NULL ? told->call : "?",
           told->verdict != NULL ? told->verdict : "?");
    if (told->code != 0)
        printf(", code %u", told->code);
    if (reason[0] != '\0')
        printf(": %s", reason);
    if (runs_as[0] != '\0')
        printf("; runs as %s", runs_as);
    if (told->administrator)
        printf("; administrator");
    if (told->quota)
        quota_print(told);
    putchar('\n');
    free(reason);
    free(runs_as);
}

/* ---- the answer ---- */

static void on_answer(struct channel *channel, const union message_body *body)
{
    struct explaining *explaining = explaining_of(channel);

    if (explaining->json)
        table_add(&explaining->calls, &body->explain_answer);
    else
        answer_print(&body->explain_answer);
}

static void on_end(struct channel *channel, const union message_body *body)
{
    struct explaining *explaining = explaining_of(channel);

    explaining->verdict = mem_text(body->explain_end.verdict);
    explaining->problem = mem_text(body->explain_end.problem);
    question_answered(channel);
}

static void verdict_print(const struct explaining *explaining)
{
    const char *verdict = explaining->verdict != NULL ? explaining->verdict : "?";

    if (explaining->json) {
        printf("{\n\"verdict\": \"%s\",\n", verdict);
        table_print_json(&explaining->calls, stdout);
        fputs("\n}\n", stdout);
    } else {
        printf("%-15s  %s\n", "verdict", verdict);
    }
}

/* ---- the question ---- */

/* Those that a plug-in is asked about; the others have empty names. */
static const struct {
    const char *name;
    const char *action;
} operations[OPERATION_KINDS] = {
#define O(name, number, action, follow_on, shown) \
    [OPERATION_##name] = {(number) > 0 ? (shown) : "", action},
    OPERATION_TABLE(O)
#undef O
};

static uint32_t operation_named(const char *name)
{
    for (uint32_t kind = OPERATION_none + 1; kind < OPERATION_KINDS; kind++)
        if (text_equal_case(operations[kind].name, name))
            return kind;
    ctl_complain("%s is no operation a plug-in is asked about; write Get, Put, Create, Delete, "
                 "Enumerate, Subscribe, Shell, Command or Invoke",
                 name);
    return OPERATION_none;
}

/* What a request with that action is taken for; a shell is told from a Create by its body. */
static uint32_t operation_of_action(const char *action)
{
    for (uint32_t kind = OPERATION_none + 1; kind < OPERATION_KINDS; kind++) {
        if (strcmp(operations[kind].action, action) != 0)
            continue;
        if (operations[kind].name[0] != '\0')
            return kind;
        ctl_complain("a plug-in is not asked about the action %s: it belongs to an operation that "
                     "has been allowed",
                     action);
        return OPERATION_none;
    }
    return OPERATION_invoke;
}

/* OPERATION_none after a complaint. */
static uint32_t operation_meant(const struct ctl_options *options)
{
    const char *action = options->action;
    uint32_t kind = options->operation != NULL ? operation_named(options->operation)
                                               : operation_of_action(action);

    if (kind == OPERATION_invoke && action == NULL) {
        ctl_complain("an Invoke can be anything: name its action with --action");
        return OPERATION_none;
    }
    if (kind != OPERATION_none && kind != OPERATION_invoke && action != NULL &&
        strcmp(operations[kind].action, action) != 0) {
        ctl_complain("%s has the action %s; leave --action or --operation out",
                     operations[kind].name, operations[kind].action);
        return OPERATION_none;
    }
    if (kind == OPERATION_invoke && options->operation != NULL &&
        operation_of_action(action) != OPERATION_invoke) {
        ctl_complain("%s is the action of no Invoke; leave --operation out", action);
        return OPERATION_none;
    }
    return kind;
}

/* The names between commas; `text` is cut up. */
static struct ipc_items groups_split(char *text, struct ipc_item room[LIMIT_GROUPS])
{
    struct ipc_items groups = {.item = room};
    char *rest = text;
    char *name;

    while (groups.count < LIMIT_GROUPS && (name = strsep(&rest, ",")) != NULL)
        if (name[0] != '\0')
            room[groups.count++] = (struct ipc_item){.name = name};
    return groups;
}

static enum ctl_exit explain_ask(struct explaining *explaining, const struct ctl_options *options)
{
    enum ctl_exit result = question_ask(&explaining->question, options->config);

    if (result == CTL_done && explaining->problem != NULL) {
        ctl_complain("winrmd cannot ask: %s", explaining->problem);
        result = CTL_failed;
    } else if (result == CTL_done) {
        verdict_print(explaining);
        if (fflush(stdout) != 0) {
            ctl_complain("standard output cannot be written");
            result = CTL_failed;
        }
    }
    return result;
}

enum ctl_exit ctl_explain(const struct ctl_options *options)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_explain_answer] = on_answer, [MESSAGE_explain_end] = on_end};
    char *groups = mem_text(options->groups != NULL ? options->groups : "");
    struct ipc_item room[LIMIT_GROUPS];
    union message_body ask = {
        .explain_ask = {.application = options->application,
                        .name = options->users[0],
                        .account = options->users[0],
                        .groups = groups_split(groups, room),
                        .mechanism =
                            options->mechanism != NULL ? options->mechanism : MECHANISM_BASIC,
                        .address = options->address != NULL ? options->address : "127.0.0.1",
                        .operation = operation_meant(options),
                        .resource_uri = options->uri}};
    struct explaining explaining = {.question = {.ask = MESSAGE_explain_ask,
                                                 .body = &ask,
                                                 .handlers = handlers,
                                                 .patience = PATIENCE},
                                    .calls = {.type = MESSAGE_explain_answer, .name = "calls"},
                                    .json = options->json};
    enum ctl_exit result = CTL_usage;

    if (ask.explain_ask.operation == OPERATION_invoke)
        ask.explain_ask.action = options->action;
    if (ask.explain_ask.operation != OPERATION_none)
        result = explain_ask(&explaining, options);
    table_free(&explaining.calls);
    free(explaining.verdict);
    free(explaining.problem);
    free(groups);
    return result;
}
