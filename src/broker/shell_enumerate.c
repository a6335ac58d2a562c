/* SPDX-License-Identifier: ISC */

/* What an Enumerate finds of shells and of their commands. */
#include <string.h>

#include "base/text.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "operations.h"

/* ---- shells ---- */

/* An Enumerate of all shells, or of those that were created with its own resource URI. */
static bool shell_is_meant(const struct shell *shell, const struct operation *by)
{
    return shell_is_visible(shell, by, true) &&
           (text_equal_case(by->resource_uri, SHELL) ||
            strcmp(by->resource_uri, shell->operation->resource_uri) == 0);
}

static void collect_visit(void *value, void *context)
{
    const struct shell *shell = value;
    struct enumeration *enumeration = context;

    if (shell_is_meant(shell, enumeration->operation))
        enumeration_add(enumeration, shell->operation->id);
}

static void collect_shells(struct enumeration *enumeration)
{
    const struct operation *by = enumeration->operation;
    struct shell *shell = by->shell_id != NULL ? shell_find(by, true) : NULL;

    if (by->shell_id == NULL)
        map_each(&by->broker->shells, collect_visit, enumeration);
    else if (shell != NULL)
        collect_visit(shell, enumeration);
}

/* By the number that its Create had as an operation. */
static const struct shell *shell_by_number(const struct enumeration *enumeration, uint64_t number)
{
    const struct operation *by = enumeration->operation;
    const struct operation *created = map_get_u64(&by->broker->operations, number);

    return created != NULL && created->kind == OPERATION_shell && created->shell != NULL &&
                   shell_is_meant(created->shell, by)
               ? created->shell
               : NULL;
}

static enum message_type describe_shell(const struct enumeration *enumeration, uint64_t number,
                                        union message_body *item)
{
    const struct shell *shell = shell_by_number(enumeration, number);
    struct message_shell_details details;

    if (shell == NULL)
        return MESSAGE_none;
    details = shell_details(shell);
#define COPY(type, name, limit) .name = details.name,
    item->shell_item = (struct message_shell_item){FIELDS_SHELL(COPY)};
#undef COPY
    return MESSAGE_shell_item;
}

const struct enumeration_source shells_source = {
    .uri = SHELL,
    .takes_shell = true,
    .collect = collect_shells,
    .describe = describe_shell,
};

/* ---- commands of a shell ---- */

static bool refuse_commands(struct operation *operation)
{
    if (shell_find(operation, true) != NULL)
        return false;
    operation_refuse_shell(operation);
    return true;
}

static void collect_commands(struct enumeration *enumeration)
{
    struct shell *shell = shell_find(enumeration->operation, true);

    list_each(link, &shell->commands) {
        const struct operation *command = container_of(link, struct operation, shell_link);

        if (command->state == OPERATION_living)
            enumeration_add(enumeration, command->id);
    }
}

static enum message_type describe_command(const struct enumeration *enumeration, uint64_t number,
                                          union message_body *item)
{
    const struct operation *by = enumeration->operation;
    const struct operation *command = map_get_u64(&by->broker->operations, number);

    if (command == NULL || command->kind != OPERATION_command || command->shell == NULL ||
        command->shell != shell_find(by, true))
        return MESSAGE_none;
    item->command_item = (struct message_command_item){.command_id = command->command_id,
                                                       .command_line = command->command_line};
    return MESSAGE_command_item;
}

const struct enumeration_source commands_source = {
    .uri = SHELL "/Command",
    .takes_shell = true,
    .refuse = refuse_commands,
    .collect = collect_commands,
    .describe = describe_command,
};
