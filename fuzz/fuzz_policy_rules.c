/* SPDX-License-Identifier: ISC */

/*
 * The policy plug-in's rule parser: any bytes either become rules whose every verdict is one of
 * those known, or are refused with a text; and judging with them never fails.
 */
#include <stdint.h>
#include <stdlib.h>

#include "policy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct rules *rules, const char *account, const char *groups,
                  const char *mechanism, const char *address)
{
    struct rules_client client = {.account = account, .groups = groups, .mechanism = mechanism};
    const struct user_rule *user = rules_judge_user(rules, &client);

    if (!rules_address_read(address, &client.address))
        abort();

    if (user && (user->verdict == RULES_NONE || user->line == 0))
        abort();
    if (user && user->verdict == RULES_REDIRECT && !user->text)
        abort();
    for (uint32_t number = 0; number < 40; number++) {
        const struct operation_rule *operation =
            rules_judge_operation(rules, &client, number, "http://x/y");

        if (operation && operation->verdict != RULES_ALLOW && operation->verdict != RULES_DENY)
            abort();
        if (operation && (number == 0 || number > 9))
            abort();
        if (operation && operation->condition.networks && !rules->networks)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rules_error error;
    struct rules rules;

    if (!rules_parse((const char *)data, size, &rules, &error)) {
        if (error.text[0] == '\0' || rules.users || rules.operations)
            abort();
        return 0;
    }
    judge(&rules, "alice", "", "Basic", "10.0.0.1");
    judge(&rules, "bob", "admins,,x", "Kerberos", "2001:db8::1%eth0");
    judge(&rules, "bob", "", "Unheard-of", "::ffff:192.0.2.1");
    rules_free(&rules);
    return 0;
}
