/* SPDX-License-Identifier: ISC */

/* winrmctl as an administrator runs it, in a folder that a test has for itself. */
#ifndef CTL_TEST_COMMAND_H
#define CTL_TEST_COMMAND_H

#include <stdbool.h>

enum { OUTPUT = 65536 };

extern char folder[];
extern char output[OUTPUT]; /* both streams of the last command */

/* The program is the one argument of the test. False (which is said) when there is none. */
bool command_find(int count, char **arguments);
/* Runs `winrmctl <arguments>` within the folder; returns the exit code. */
int run(const char *input, const char *arguments);

/* For cmocka: makes and removes the folder. */
int set_up(void **state);
int tear_down(void **state);

#endif
