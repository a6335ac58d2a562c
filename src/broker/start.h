/* SPDX-License-Identifier: ISC */

/*
 * The service starts: the configuration is read, and then either checked (--check) or served, from
 * its listeners and processes until the ready lines are printed (broker_check_ready()). What is
 * wrong is logged or printed, with its remedy.
 */
#ifndef BROKER_START_H
#define BROKER_START_H

#include <stdbool.h>

struct broker;

/* Reads the file broker->config into broker->configuration. False: it cannot be used. */
bool start_read(struct broker *broker);
/* Says what is wrong with what has been read: loads every plug-in. */
bool start_check(struct broker *broker);
/*
 * Listens and starts the processes; the loop does the rest. False: something cannot be had, and
 * what has been started is still there (stop_begin()).
 */
bool start_serve(struct broker *broker);

#endif
