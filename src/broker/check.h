/* SPDX-License-Identifier: ISC */

/*
 * `winrmd --check`, second half: every plug-in is loaded and started in a host of its own, as it
 * would be for a request, and shut down again.
 */
#ifndef BROKER_CHECK_H
#define BROKER_CHECK_H

#include <stdbool.h>

struct broker;

/* Prints a line to standard error for each plug-in that can not be used; false if there was one. */
bool check_plugins(struct broker *broker);

#endif
