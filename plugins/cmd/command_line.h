/* SPDX-License-Identifier: ISC */

/*
 * Command lines as Windows reads them, where clients count on it: quotation marks around a whole
 * command, and the arguments of a program that is run without a shell. Pure functions on UTF-8.
 */

#ifndef PLUGINS_CMD_COMMAND_LINE_H
#define PLUGINS_CMD_COMMAND_LINE_H

#include <stdbool.h>

/*
 * Takes away the quotation marks that a client has put around a whole command (Ruby's does), in
 * place, with the blanks around them; what it leaves is for /bin/sh. It follows what the page on
 * cmd says of `cmd /c`: the quotation marks stay when what is within is the name of a program,
 * which is asked of `is_program` (with `about`), and when they belong to the first word alone.
 */
void command_line_unwrap(char *command, bool (*is_program)(const void *about, const char *name),
                         const void *about);

/*
 * The arguments of a command line by the rules of Microsoft's C runtime ("Parsing C command-line
 * arguments"); blanks in front mean nothing. An array that ends with NULL, in one piece of memory
 * that is the caller's to free(); NULL when memory is short. The array of an empty line is empty.
 */
char **command_line_split(const char *line);

#endif
