/* SPDX-License-Identifier: ISC */

#include "ctl/test_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/memory.h"

char folder[] = "/tmp/winrmd-test-ctl-XXXXXX";
char output[OUTPUT];

static const char *program;

bool command_find(int count, char **arguments)
{
    if (count != 2)
        fprintf(stderr, "usage: %s WINRMCTL\n", arguments[0]);
    else
        program = realpath(arguments[1], NULL);
    return program != NULL;
}

int run(const char *input, const char *arguments)
{
    char *command =
        mem_printf("cd %s && printf '%s' | %s %s 2>&1", folder, input, program, arguments);
    FILE *pipe = popen(command, "r");
    size_t length;
    int status;

    assert_non_null(pipe);
    length = fread(output, 1, sizeof(output) - 1, pipe);
    output[length] = '\0';
    status = pclose(pipe);
    free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : 1;
}

int tear_down(void **state)
{
    char *command = mem_printf("rm -r %s", folder);
    int result = system(command);

    (void)state;
    free(command);
    return result;
}
