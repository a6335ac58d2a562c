/* SPDX-License-Identifier: ISC */

/* A shell of the cmd plug-in and a command in it, as most tests of the plug-in have them. */
#ifndef PLUGINS_CMD_TEST_SHELL_H
#define PLUGINS_CMD_TEST_SHELL_H

#include <sys/types.h>

#include "cmd/test_host.h"

extern struct operation shell;
extern struct operation command;
extern struct operation receive;

void open_shell_in(PCWSTR directory, WSMAN_ENVIRONMENT_VARIABLE_SET *variables);

/* Before and after a test: a shell in the root folder, and its end. */
int shell_begin(void **state);
int shell_finish(void **state);
#define IN_SHELL(test) cmocka_unit_test_setup_teardown(test, shell_begin, shell_finish)

/* Starts `command`. */
void run(PCWSTR line);
/* Waits for its end. */
void release_command(void);
void start_receive(void);
/* Receives to the end of the command and releases it. */
void finish(void);
/* Each waits for the completion; its error. */
DWORD send_bytes(const char *bytes, size_t length, DWORD flags);
DWORD send_signal(PCWSTR code);
/* Waits until so much of stdout has come. */
void wait_for_output(size_t length);

bool is_alive(pid_t pid);
/* A killed process that is not our child is gone soon, but not at once. */
void wait_for_death(pid_t pid);

#endif
