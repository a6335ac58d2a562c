/* SPDX-License-Identifier: ISC */

#include "broker/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/identities.h"
#include "pam_results.h"

static const char *const system_names[SYSTEM_ACCOUNTS] = {
    [SYSTEM_ACCOUNT_net] = "winrmd",
    [SYSTEM_ACCOUNT_auth] = "winrmd-auth",
    [SYSTEM_ACCOUNT_config] = "winrmd-config",
};

void account_clear(struct account *account)
{
    identity_clear(&account->identity);
    free(account->name);
    account->name = NULL;
}

/* ---- what is wanted ---- */

static struct account_wanted *want(struct accounts_search *search, const char *name,
                                   struct account *account)
{
    struct account_wanted *wanted;

    search->wanted = mem_resize(search->wanted, search->count + 1, sizeof(*wanted));
    wanted = &search->wanted[search->count++];
    *wanted = (struct account_wanted){.name = mem_text(name), .account = account};
    return wanted;
}

void accounts_want_system(struct accounts_search *search, struct configuration *configuration)
{
    search->configuration = configuration;
    for (size_t i = 0; i < SYSTEM_ACCOUNTS; i++) {
        struct account_wanted *wanted =
            want(search, system_names[i], &configuration->system_accounts[i]);

        wanted->what = mem_text("started by root, winrmd");
        wanted->remedy = mem_printf("make it: useradd --system --no-create-home --shell "
                                    "/usr/sbin/nologin %s",
                                    system_names[i]);
        wanted->own = true;
    }
}

static void want_of_application(struct accounts_search *search,
                                struct application_settings *settings)
{
    struct account_wanted *wanted =
        want(search, settings->account != NULL ? settings->account : "", &settings->service);

    wanted->what = mem_printf("account of application \"%s\"", settings->path);
    wanted->remedy = mem_text("name an account of this machine that is only for its authorization "
                              "plug-in, for example account = \"winrmd-authz\"");
    wanted->told = &settings->told;
    settings->mapped = mem_alloc((settings->may_map_to_count + 1) * sizeof(*settings->mapped));
    for (size_t i = 0; i < settings->may_map_to_count; i++) {
        wanted = want(search, settings->may_map_to[i], &settings->mapped[i]);
        wanted->what = mem_printf("may-map-to of application \"%s\"", settings->path);
        wanted->remedy = mem_text("make that account, or remove it from may-map-to");
        wanted->root = settings->allow_root;
        wanted->told = &settings->told;
    }
}

void accounts_want_configured(struct accounts_search *search, struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->application_count; i++)
        want_of_application(search, configuration->applications[i]);
}

/* ---- what is found ---- */

const char *account_failure(uint32_t result)
{
    switch (result) {
    case PAM_RESULT_no_account:
        return "there is no such account on this machine";
    case PAM_RESULT_too_many_groups:
        return "the account is in more than 1024 groups";
    case PAM_RESULT_late:
        return "looking up the account took too long";
    case PAM_RESULT_ended:
        return "winrmd-pam ended while the account was looked up";
    default:
        return "the account database of this machine cannot be asked";
    }
}

static const char *unfit_of(const struct accounts_search *search,
                            const struct account_wanted *wanted,
                            const struct message_account_found *answer)
{
    if (answer->result != PAM_RESULT_accepted)
        return account_failure(answer->result);
    if (answer->uid == 0 && !wanted->root)
        return "it is root's";
    if (!wanted->own && identity_is_own(search->configuration, (uid_t)answer->uid))
        return "it is one of winrmd's own accounts";
    return NULL;
}

static struct account account_of(const struct message_account_found *answer)
{
    struct account account = {.name = mem_text(answer->account),
                              .identity = {.uid = (uid_t)answer->uid, .gid = (gid_t)answer->gid}};
    struct identity *identity = &account.identity;

    identity->groups = mem_alloc((answer->groups.count + 1) * sizeof(*identity->groups));
    for (uint32_t i = 0; i < answer->groups.count; i++)
        identity->groups[identity->group_count++] = (gid_t)answer->groups.item[i].flags;
    return account;
}

static void search_clear(struct accounts_search *search)
{
    for (size_t i = 0; i < search->count; i++) {
        free(search->wanted[i].name);
        free(search->wanted[i].what);
        free(search->wanted[i].remedy);
    }
    free(search->wanted);
    search->wanted = NULL;
    search->count = search->next = 0;
}

static void search_go_on(struct accounts_search *search)
{
    if (search->next < search->count) {
        pam_find(search->broker, &search->question, search->wanted[search->next].name);
        return;
    }
    search_clear(search);
    search->done(search);
}

static void tell_unfit(struct accounts_search *search, const struct account_wanted *wanted,
                       const char *why)
{
    char *cause =
        wanted->name[0] == '\0'
            ? mem_printf("started by root, winrmd needs the %s, and none is written", wanted->what)
        : wanted->own
            ? mem_printf("%s needs the account \"%s\": %s", wanted->what, wanted->name, why)
            : mem_printf("the %s is \"%s\": %s", wanted->what, wanted->name, why);

    search->problem(search, cause, wanted->remedy);
    free(cause);
}

static void found(struct account_question *question, const struct message_account_found *answer)
{
    struct accounts_search *search = container_of(question, struct accounts_search, question);
    const struct account_wanted *wanted = &search->wanted[search->next++];
    const char *unfit = unfit_of(search, wanted, answer);

    if (unfit != NULL) {
        tell_unfit(search, wanted, unfit);
    } else {
        account_clear(wanted->account);
        *wanted->account = account_of(answer);
        /* An application whose accounts have become others is another one. */
        if (wanted->told != NULL) {
            struct message_account_found note = *answer;

            note.call = 0;
            message_encode(wanted->told, MESSAGE_account_found, &note);
        }
    }
    /* The next one would take as long again. */
    if (answer->result == PAM_RESULT_late)
        search->next = search->count;
    search_go_on(search);
}

bool accounts_begin(struct accounts_search *search, struct broker *broker)
{
    if (search->count == 0)
        return false;
    search->broker = broker;
    search->next = 0;
    search->question.found = found;
    search_go_on(search);
    return true;
}

void accounts_stop(struct accounts_search *search)
{
    pam_find_stop(&search->question);
    search_clear(search);
}
