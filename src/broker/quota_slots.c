/* SPDX-License-Identifier: ISC */

/*
 * What exists at this moment: shells, commands and operations of an account, of a plug-in, of a
 * shell; the accounts with shells and the requests of the whole service. docs/configuration.md,
 * L-1 to L-9.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/quota_account.h"
#include "faults.h"

/* A plug-in of an application, while something of it exists; known by its name. */
struct quota_plugin {
    struct application *application;
    char *name;
    uint32_t shells;
    uint32_t operations;
    struct map uses; /* canonical account -> struct quota_use */
};

/* What one account has of one plug-in: there while some quota_slots refer to it. */
struct quota_use {
    struct quota_plugin *plugin;
    char *account;
    unsigned references;
    uint32_t shells;
    uint32_t operations;
};

/* Of one shell; its commands may be reserved when the shell has ended, so they refer to it. */
struct quota_shell {
    unsigned references;
    uint32_t commands;
};

/* An account that has shells, in whatever application. */
struct quota_user {
    char *account;
    uint32_t shells;
};

/* ---- requests ---- */

void quota_request_enter(struct broker *broker)
{
    broker->quota.requests++;
}

void quota_request_leave(struct broker *broker)
{
    broker->quota.requests--;
}

bool quota_request_check(const struct broker *broker, bool ending, struct quota_refusal *refusal)
{
    uint32_t others = broker->quota.requests - 1;
    uint32_t limit = broker->configuration->requests;

    if (ending || others < limit)
        return true;
    snprintf(refusal->text, sizeof(refusal->text),
             "The service may have %" PRIu32 " requests in progress (requests) and has %" PRIu32
             ". There is room when one of them has been answered.",
             limit, others);
    return false;
}

/* ---- accounts with shells ---- */

static struct quota_user *user_find(const struct broker *broker, const char *account)
{
    return map_get(&broker->quota.users, account, strlen(account));
}

static void user_enter(struct broker *broker, const char *account)
{
    struct quota_user *user = user_find(broker, account);

    if (user == NULL) {
        user = mem_alloc(sizeof(*user));
        user->account = mem_text(account);
        map_put(&broker->quota.users, account, strlen(account), user);
    }
    user->shells++;
}

static void user_leave(struct broker *broker, const char *account)
{
    struct quota_user *user = user_find(broker, account);

    if (--user->shells > 0)
        return;
    map_remove(&broker->quota.users, account, strlen(account));
    free(user->account);
    free(user);
}

uint32_t quota_shell_users(const struct broker *broker)
{
    return (uint32_t)broker->quota.users.count;
}

/* ---- plug-ins ---- */

static struct quota_plugin *plugin_find(const struct application *application, const char *name)
{
    return map_get(&application->quota_plugins, name, strlen(name));
}

/* What limits it now; NULL: it is in the settings no more, what there is of it only counts. */
static const struct plugin_quotas *plugin_limits(const struct application *application,
                                                 const char *name)
{
    const struct application_settings *settings = application->settings;

    for (size_t i = 0; i < settings->plugin_count; i++)
        if (!settings->plugins[i].authorization && strcmp(settings->plugins[i].name, name) == 0)
            return &settings->plugins[i].quotas;
    return NULL;
}

static struct quota_use *use_get(struct application *application, const char *name,
                                 const char *account)
{
    struct quota_plugin *plugin = plugin_find(application, name);
    struct quota_use *use;

    if (plugin == NULL) {
        plugin = mem_alloc(sizeof(*plugin));
        plugin->application = application;
        plugin->name = mem_text(name);
        map_put(&application->quota_plugins, name, strlen(name), plugin);
    }
    use = map_get(&plugin->uses, account, strlen(account));
    if (use == NULL) {
        use = mem_alloc(sizeof(*use));
        use->plugin = plugin;
        use->account = mem_text(account);
        map_put(&plugin->uses, account, strlen(account), use);
    }
    use->references++;
    return use;
}

static void use_unref(struct quota_use *use)
{
    struct quota_plugin *plugin;

    if (use == NULL || --use->references > 0)
        return;
    plugin = use->plugin;
    map_remove(&plugin->uses, use->account, strlen(use->account));
    free(use->account);
    free(use);
    if (plugin->uses.count > 0)
        return;
    map_remove(&plugin->application->quota_plugins, plugin->name, strlen(plugin->name));
    map_free(&plugin->uses);
    free(plugin->name);
    free(plugin);
}

struct quota_plugin_use quota_plugin_use(const struct application *application, const char *plugin)
{
    const struct quota_plugin *found = plugin_find(application, plugin);

    if (found == NULL)
        return (struct quota_plugin_use){0};
    return (struct quota_plugin_use){.shells = found->shells,
                                     .operations = found->operations,
                                     .users = (uint32_t)found->uses.count};
}

static void shell_unref(struct quota_shell *shell)
{
    if (shell != NULL && --shell->references == 0)
        free(shell);
}

/* ---- is there room? ---- */

/* One limit, the use of it, and what is said when it is reached. */
struct check {
    uint32_t limit;
    uint32_t used;
    uint32_t code;
    const char *who;     /* "This user" */
    const char *what;    /* "concurrent shells" */
    const char *setting; /* NULL: the limit is the authorization plug-in's */
    const char *when;    /* a sentence: when to try again */
};

static const char own_ends[] = "One frees when one of the user's own ends.";
static const char any_ends[] = "One frees when any of them ends.";

static bool room(const struct check *check, const char *plugin, struct quota_refusal *refusal)
{
    if (check->limit == QUOTA_UNLIMITED || check->used < check->limit)
        return true;
    refusal->code = check->code;
    snprintf(refusal->text, sizeof(refusal->text),
             "%s may have %" PRIu32 " %s%s%s%s%s%s%s and has %" PRIu32 ". %s", check->who,
             check->limit, check->what, plugin != NULL ? " of the plug-in \"" : "",
             plugin != NULL ? plugin : "", plugin != NULL ? "\"" : "",
             check->setting != NULL ? " (" : "", check->setting != NULL ? check->setting : "",
             check->setting != NULL ? ")" : "", check->used, check->when);
    return false;
}

static bool account_has_room(const struct quota_account *account, const struct quota_limits *limits,
                             bool shell, struct quota_refusal *refusal)
{
    if (shell && !room(&(struct check){limits->shells, account->shells, FAULT_quota_shells,
                                       "This user", "concurrent shells", NULL, own_ends},
                       NULL, refusal))
        return false;
    return room(&(struct check){limits->operations, account->operations, FAULT_quota_operations,
                                "This user", "concurrent operations", NULL, own_ends},
                NULL, refusal);
}

static bool service_has_room(const struct quota_account *account, struct quota_refusal *refusal)
{
    const struct broker *broker = account->application->broker;

    return user_find(broker, account->name) != NULL ||
           room(&(struct check){broker->configuration->shell_users, quota_shell_users(broker),
                                FAULT_quota_shell_users, "The service", "users with shells",
                                "shell-users",
                                "There is room when the last shell of one of them ends."},
                NULL, refusal);
}

static bool shells_have_room(const struct plugin_quotas *limits, const struct quota_plugin *plugin,
                             const struct quota_use *use, const char *name,
                             struct quota_refusal *refusal)
{
    return room(&(struct check){limits->max_shells_per_user, use != NULL ? use->shells : 0,
                                FAULT_quota_plugin_user_shells, "This user", "concurrent shells",
                                "MaxShellsPerUser", own_ends},
                name, refusal) &&
           room(&(struct check){limits->max_shells, plugin != NULL ? plugin->shells : 0,
                                FAULT_quota_plugin_shells, "The service", "concurrent shells",
                                "MaxShells", any_ends},
                name, refusal);
}

static bool operations_have_room(const struct plugin_quotas *limits,
                                 const struct quota_plugin *plugin, const struct quota_use *use,
                                 const char *name, struct quota_refusal *refusal)
{
    return room(&(struct check){limits->max_operations_per_user, use != NULL ? use->operations : 0,
                                FAULT_quota_plugin_user_operations, "This user",
                                "concurrent operations", "MaxConcurrentOperationsPerUser",
                                own_ends},
                name, refusal) &&
           room(&(struct check){limits->max_operations, plugin != NULL ? plugin->operations : 0,
                                FAULT_quota_plugin_operations, "The service",
                                "concurrent operations", "MaxConcurrentOperations", any_ends},
                name, refusal);
}

static bool plugin_has_room(const struct quota_account *account, const struct quota_want *want,
                            struct quota_refusal *refusal)
{
    const struct plugin_quotas *limits = plugin_limits(account->application, want->plugin);
    const struct quota_plugin *plugin = plugin_find(account->application, want->plugin);
    const struct quota_use *use =
        plugin != NULL ? map_get(&plugin->uses, account->name, strlen(account->name)) : NULL;

    if (limits == NULL)
        return true;
    if (use == NULL &&
        !room(
            &(struct check){limits->max_users, plugin != NULL ? (uint32_t)plugin->uses.count : 0,
                            FAULT_quota_plugin_users, "The service", "concurrent users",
                            "MaxConcurrentUsers",
                            "There is room when the last shell and operation of one of them ends."},
            want->plugin, refusal))
        return false;
    if (want->shell && !shells_have_room(limits, plugin, use, want->plugin, refusal))
        return false;
    if (want->within != NULL && want->within->whole != NULL &&
        !room(&(struct check){limits->max_commands, want->within->whole->commands,
                              FAULT_quota_plugin_commands, "This shell", "concurrent commands",
                              "MaxConcurrentCommandsPerShell",
                              "One frees when one of the shell's own ends."},
              want->plugin, refusal))
        return false;
    return operations_have_room(limits, plugin, use, want->plugin, refusal);
}

/* ---- taking and giving back ---- */

static void slots_take_plugin(struct quota_slots *slots, const char *name)
{
    struct quota_use *use = use_get(slots->account->application, name, slots->account->name);

    slots->use = use;
    use->operations++;
    use->plugin->operations++;
    use->shells += slots->shell ? 1 : 0;
    use->plugin->shells += slots->shell ? 1 : 0;
}

bool quota_reserve(struct quota_account *account, const struct quota_limits *limits,
                   const struct quota_want *want, struct quota_slots *slots,
                   struct quota_refusal *refusal)
{
    if (!want->ending && (!account_has_room(account, limits, want->shell, refusal) ||
                          (want->shell && !service_has_room(account, refusal)) ||
                          (want->plugin != NULL && !plugin_has_room(account, want, refusal))))
        return false;
    account->references++;
    account->operations++;
    *slots = (struct quota_slots){.account = account, .operation = true, .shell = want->shell};
    if (want->shell) {
        account->shells++;
        user_enter(account->application->broker, account->name);
        slots->whole = mem_alloc(sizeof(*slots->whole));
    } else if (want->within != NULL && want->within->whole != NULL) {
        slots->command = true;
        slots->whole = want->within->whole;
        slots->whole->commands++;
    }
    if (slots->whole != NULL)
        slots->whole->references++;
    if (want->plugin != NULL)
        slots_take_plugin(slots, want->plugin);
    return true;
}

void quota_return_operation(struct quota_slots *slots)
{
    if (!slots->operation)
        return;
    slots->operation = false;
    slots->account->operations--;
    if (slots->use != NULL) {
        slots->use->operations--;
        slots->use->plugin->operations--;
    }
}

static void slots_return_shell(struct quota_slots *slots)
{
    slots->account->shells--;
    user_leave(slots->account->application->broker, slots->account->name);
    if (slots->use != NULL) {
        slots->use->shells--;
        slots->use->plugin->shells--;
    }
}

void quota_return(struct quota_slots *slots)
{
    if (slots->account == NULL)
        return;
    quota_return_operation(slots);
    if (slots->shell)
        slots_return_shell(slots);
    if (slots->command)
        slots->whole->commands--;
    shell_unref(slots->whole);
    use_unref(slots->use);
    quota_account_unref(slots->account);
    *slots = (struct quota_slots){0};
}

uint32_t quota_shells(const struct quota_account *account)
{
    return account->shells;
}

uint32_t quota_operations(const struct quota_account *account)
{
    return account->operations;
}
