/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/options.h"

#include <wsmerror.h>

#include "common/utf16.h"

/* Whether this is the word, with blanks around it or without. */
static bool says(PCWSTR value, PCWSTR word)
{
    size_t length = utf16_length(word);

    while (*value == ' ' || *value == '\t' || *value == '\n' || *value == '\r')
        value++;
    for (size_t i = 0; i < length; i++) {
        WCHAR unit = value[i] >= 'a' && value[i] <= 'z' ? (WCHAR)(value[i] - 'a' + 'A') : value[i];

        if (unit != word[i])
            return false;
    }
    value += length;
    while (*value == ' ' || *value == '\t' || *value == '\n' || *value == '\r')
        value++;
    return *value == 0;
}

static DWORD read_code_page(PCWSTR value, unsigned *page)
{
    static const struct {
        PCWSTR text;
        unsigned number;
    } pages[] = {
        {WSMAN_TEXT("437"), 437},
        {WSMAN_TEXT("1252"), 1252},
        {WSMAN_TEXT("65001"), CODE_PAGE_UTF8},
    };

    for (size_t i = 0; value && i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (says(value, pages[i].text)) {
            *page = pages[i].number;
            return NO_ERROR;
        }
    }
    return ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED;
}

static DWORD read_boolean(PCWSTR value, bool *boolean)
{
    static const PCWSTR texts[2][2] = {
        {WSMAN_TEXT("FALSE"), WSMAN_TEXT("0")},
        {WSMAN_TEXT("TRUE"), WSMAN_TEXT("1")},
    };

    for (int i = 0; value && i < 4; i++) {
        if (says(value, texts[i / 2][i % 2])) {
            *boolean = i / 2 == 1;
            return NO_ERROR;
        }
    }
    return ERROR_WSMAN_OPTIONS_INVALID_VALUE;
}

static bool is_named(const WSMAN_OPTION *option, PCWSTR name)
{
    return option->name && utf16_equal_ascii_case(option->name, name);
}

/* An option that nobody here knows. */
static DWORD read_unknown(const WSMAN_OPERATION_INFO *info, const WSMAN_OPTION *option)
{
    return option->mustComply || info->optionSet.optionsMustUnderstand ? ERROR_WSMAN_INVALID_OPTIONS
                                                                       : NO_ERROR;
}

DWORD options_read_shell(const WSMAN_OPERATION_INFO *info, struct shell_options *options,
                         PCWSTR *name)
{
    DWORD error = NO_ERROR;

    *options = (struct shell_options){.code_page = CODE_PAGE_UTF8};
    for (DWORD i = 0; i < info->optionSet.optionsCount && error == NO_ERROR; i++) {
        const WSMAN_OPTION *option = &info->optionSet.options[i];

        *name = option->name;
        if (is_named(option, WSMAN_CMDSHELL_OPTION_CODEPAGE))
            error = read_code_page(option->value, &options->code_page);
        else if (is_named(option, WSMAN_SHELL_OPTION_NOPROFILE))
            error = read_boolean(option->value, &options->no_profile);
        else
            error = read_unknown(info, option);
    }
    return error;
}

DWORD options_read_command(const WSMAN_OPERATION_INFO *info, struct command_options *options,
                           PCWSTR *name)
{
    DWORD error = NO_ERROR;

    *options = (struct command_options){.skip_shell = false};
    for (DWORD i = 0; i < info->optionSet.optionsCount && error == NO_ERROR; i++) {
        const WSMAN_OPTION *option = &info->optionSet.options[i];

        *name = option->name;
        if (is_named(option, WSMAN_CMDSHELL_OPTION_SKIP_CMD_SHELL))
            error = read_boolean(option->value, &options->skip_shell);
        else if (is_named(option, WSMAN_CMDSHELL_OPTION_CONSOLEMODE_STDIN))
            error = read_boolean(option->value, &options->console_mode);
        else
            error = read_unknown(info, option);
    }
    return error;
}

const char *options_error_text(DWORD error)
{
    switch (error) {
    case ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED:
        return "the code page is not supported: use 437, 1252 or 65001";
    case ERROR_WSMAN_OPTIONS_INVALID_VALUE:
        return "its value is neither TRUE nor FALSE";
    default:
        return "it has to be obeyed and is not supported";
    }
}
