/* SPDX-License-Identifier: ISC */

/*
 * The files that winrmd-auth and winrmd-gss open themselves, by which people log in: can they? The
 * kernel is asked by a process that is for a moment whom they will be. Nothing is read.
 */
#ifndef BROKER_CHECK_FILES_H
#define BROKER_CHECK_FILES_H

#include <stdbool.h>

struct broker;

/*
 * Says of each file of the configuration what is wrong with it; false: something is. One that is
 * not there yet is no problem, since it is taken as soon as it is, and is said on standard output.
 * Waits for that process, some seconds at most: not for a service that runs.
 */
bool check_files(const struct broker *broker);

#endif
