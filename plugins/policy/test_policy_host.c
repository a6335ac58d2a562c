/* SPDX-License-Identifier: ISC */

#include "policy/test_policy_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/utf16.h"

static const char rule_text[] = "user alice allow quota shells=2 rate=100/10s\n"
                                "user group:admins allow administrator\n"
                                "user carol redirect https://other.example:5986/wsman\n"
                                "user * deny \"not on the list\"\n"
                                "operation alice shell,command * allow\n"
                                "operation alice * * deny\n";

struct said last;
atomic_bool judging;
struct token made = {.account = "svc", .groups = ""};
unsigned made_open;
const char *address = "192.0.2.7";
char path[64];

static DWORD give_text(const char *text, PWSTR buffer, DWORD *length)
{
    PWSTR wide = text ? utf16_from_utf8(text) : NULL;
    DWORD needed = wide ? (DWORD)utf16_length(wide) + 1 : 0;
    DWORD error = NO_ERROR;

    if (!wide)
        return ERROR_INVALID_HANDLE;
    if (*length < needed)
        error = ERROR_INSUFFICIENT_BUFFER;
    else
        memcpy(buffer, wide, needed * sizeof(WCHAR));
    *length = needed;
    free(wide);
    return error;
}

DWORD WINAPI WSManLinuxGetTokenAccount(HANDLE token, PWSTR buffer, DWORD *length)
{
    return give_text(((struct token *)token)->account, buffer, length);
}

DWORD WINAPI WSManLinuxGetTokenGroups(HANDLE token, PWSTR buffer, DWORD *length)
{
    return give_text(((struct token *)token)->groups, buffer, length);
}

DWORD WINAPI WSManLinuxCreateToken(WSMAN_SENDER_DETAILS *senderDetails, PCWSTR accountName,
                                   HANDLE *token)
{
    char *account = utf16_to_utf8(accountName);
    bool permitted = strcmp(account, made.account) == 0;

    assert_non_null(senderDetails);
    free(account);
    *token = NULL;
    if (!permitted)
        return ERROR_ACCESS_DENIED;
    made_open++;
    *token = &made;
    return NO_ERROR;
}

DWORD WINAPI WSManLinuxCloseToken(HANDLE token)
{
    assert_ptr_equal(token, &made);
    made_open--;
    return NO_ERROR;
}

DWORD WINAPI WSManLinuxGetClientAddress(WSMAN_SENDER_DETAILS *senderDetails, PWSTR buffer,
                                        DWORD *length)
{
    assert_non_null(senderDetails);
    return give_text(address, buffer, length);
}

static DWORD record(PVOID context, DWORD error, PCWSTR text)
{
    last.calls++;
    last.context = last.answer == NO_ERROR ? context : NULL;
    last.error = error;
    free(last.text);
    last.text = text ? utf16_to_utf8(text) : NULL;
    return last.answer;
}

DWORD WINAPI WSManPluginAuthzUserComplete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                          PVOID userAuthorizationContext, HANDLE impersonationToken,
                                          BOOL userIsAdministrator, DWORD errorCode,
                                          PCWSTR extendedErrorInformation)
{
    assert_non_null(senderDetails);
    assert_int_equal(flags, 0);
    last.token = impersonationToken;
    last.administrator = userIsAdministrator;
    return record(userAuthorizationContext, errorCode, extendedErrorInformation);
}

DWORD WINAPI WSManPluginAuthzOperationComplete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                               PVOID userAuthorizationContext, DWORD errorCode,
                                               PCWSTR extendedErrorInformation)
{
    assert_non_null(senderDetails);
    assert_int_equal(flags, 0);
    return record(userAuthorizationContext, errorCode, extendedErrorInformation);
}

DWORD WINAPI WSManPluginAuthzQueryQuotaComplete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                                WSMAN_AUTHZ_QUOTA *quota, DWORD errorCode,
                                                PCWSTR extendedErrorInformation)
{
    assert_non_null(senderDetails);
    assert_int_equal(flags, 0);
    if (atomic_load(&judging))
        return NO_ERROR;
    last.quota = *quota;
    return record(NULL, errorCode, extendedErrorInformation);
}

void write_rules(const char *rules)
{
    char beside[] = "/tmp/winrmd-policy-XXXXXX";
    int fd = mkstemp(beside);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, rules, strlen(rules)), (ssize_t)strlen(rules));
    close(fd);
    assert_int_equal(rename(beside, path), 0);
}

DWORD start_with(const char *rules, PVOID *plugin)
{
    char parameters[200];
    PWSTR wide;
    DWORD error;

    snprintf(path, sizeof(path), "/tmp/winrmd-policy-%d", (int)getpid());
    write_rules(rules);
    snprintf(parameters, sizeof(parameters),
             "<InitializationParameters><Param Name=\"Other\" Value=\"x\"/>"
             "<Param Name=\"Rules\" Value=\"%s\"/></InitializationParameters>",
             path);
    wide = utf16_from_utf8(parameters);
    error = WSManPluginStartup(0, u"wsman", wide, plugin);
    free(wide);
    if (error != NO_ERROR)
        unlink(path);
    return error;
}

int start(void **state)
{
    last.answer = NO_ERROR;
    return start_with(rule_text, state) == NO_ERROR ? 0 : -1;
}

int stop(void **state)
{
    unlink(path);
    free(last.text);
    memset(&last, 0, sizeof(last));
    return WSManPluginShutdown(*state, 0, WSMAN_PLUGIN_SHUTDOWN_SERVICE) == NO_ERROR ? 0 : -1;
}

WSMAN_SENDER_DETAILS sender_of(struct token *token)
{
    return (WSMAN_SENDER_DETAILS){
        .senderName = u"as-sent",
        .authenticationMechanism = u"Basic",
        .clientToken = token,
        .httpURL = u"http://h/wsman",
    };
}

void ask_user(PVOID plugin, const char *account, const char *groups)
{
    struct token token = {.account = account, .groups = groups};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    last.calls = 0;
    WSManPluginAuthzUser(plugin, &sender, 0);
    assert_int_equal(last.calls, 1);
    if (last.error == NO_ERROR && last.token != &made)
        assert_ptr_equal(last.token, &token);
}

void ask_operation(PVOID plugin, const char *account, DWORD operation)
{
    struct token token = {.account = account, .groups = ""};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    last.calls = 0;
    WSManPluginAuthzOperation(plugin, &sender, 0, operation, u"action", CMD_SHELL);
    assert_int_equal(last.calls, 1);
}

void ask_quota(PVOID plugin, const char *account)
{
    struct token token = {.account = account, .groups = ""};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    last.calls = 0;
    WSManPluginAuthzQueryQuota(plugin, &sender, 0);
    assert_int_equal(last.calls, 1);
}
