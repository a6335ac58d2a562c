/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/options.h"

#include <stdbool.h>

#include <wsmerror.h>

#include "common/utf16.h"

static bool code_page_supported(PCWSTR value)
{
    static const PCWSTR supported[] = {
        WSMAN_TEXT("437"),
        WSMAN_TEXT("1252"),
        WSMAN_TEXT("65001"),
    };

    for (size_t i = 0; value && i < sizeof(supported) / sizeof(supported[0]); i++) {
        if (utf16_equal_ascii_case(value, supported[i]))
            return true;
    }
    return false;
}

static bool is_false(PCWSTR value)
{
    return value && (utf16_equal_ascii_case(value, WSMAN_TEXT("FALSE")) ||
                     utf16_equal_ascii_case(value, WSMAN_TEXT("0")));
}

static DWORD check_shell_option(const WSMAN_OPTION *option, bool must_comply)
{
    if (utf16_equal_ascii_case(option->name, WSMAN_CMDSHELL_OPTION_CODEPAGE))
        return code_page_supported(option->value) ? NO_ERROR : ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED;
    if (utf16_equal_ascii_case(option->name, WSMAN_SHELL_OPTION_NOPROFILE))
        return NO_ERROR;
    return must_comply ? ERROR_WSMAN_INVALID_OPTIONS : NO_ERROR;
}

static DWORD check_command_option(const WSMAN_OPTION *option, bool must_comply)
{
    if (utf16_equal_ascii_case(option->name, WSMAN_CMDSHELL_OPTION_CONSOLEMODE_STDIN))
        return NO_ERROR;
    if (utf16_equal_ascii_case(option->name, WSMAN_CMDSHELL_OPTION_SKIP_CMD_SHELL) &&
        is_false(option->value))
        return NO_ERROR;
    return must_comply ? ERROR_WSMAN_INVALID_OPTIONS : NO_ERROR;
}

static DWORD check_all(const WSMAN_OPERATION_INFO *info,
                       DWORD (*check)(const WSMAN_OPTION *option, bool must_comply))
{
    const WSMAN_OPTION_SET *set = &info->optionSet;

    for (DWORD i = 0; i < set->optionsCount; i++) {
        const WSMAN_OPTION *option = &set->options[i];
        DWORD error = check(option, option->mustComply || set->optionsMustUnderstand);

        if (error != NO_ERROR)
            return error;
    }
    return NO_ERROR;
}

DWORD options_check_shell(const WSMAN_OPERATION_INFO *info)
{
    return check_all(info, check_shell_option);
}

DWORD options_check_command(const WSMAN_OPERATION_INFO *info)
{
    return check_all(info, check_command_option);
}

const char *options_error_text(DWORD error)
{
    return error == ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED
               ? "the code page is not supported: use 437, 1252 or 65001"
               : "an option that has to be obeyed is not supported";
}
