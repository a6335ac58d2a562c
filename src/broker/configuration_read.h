/* SPDX-License-Identifier: ISC */

/*
 * Reading the configuration: a winrmd-config reads the files, through descriptors that the broker
 * opens for it, tells what they say, and ends. In root mode winrmd's own accounts are looked up
 * before it is started, those that the configuration names after it has ended.
 */
#ifndef BROKER_CONFIGURATION_READ_H
#define BROKER_CONFIGURATION_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/accounts.h"
#include "broker/configuration.h"

struct broker;
struct child;

/* Who wants a configuration read; embedded in its owner, until done() has been called. */
struct configuration_reader {
    /* One thing that is wrong. Texts live until it returns. */
    void (*problem)(struct configuration_reader *reader,
                    const struct message_config_problem *problem);
    /* Called once, not from within configuration_read(). NULL: there were problems. */
    void (*done)(struct configuration_reader *reader, struct configuration *configuration);
    /* Private to configuration_read.c. */
    struct broker *broker;
    char *path;
    int file; /* -1 once winrmd-config has it */
    struct configuration *configuration;
    struct child *process; /* winrmd-config; NULL once it has ended */
    struct accounts_search accounts;
    bool complete;
    uint32_t problems;
};

/* Has winrmd-config read the file. False (the problem has been told): done() is not called. */
bool configuration_read(struct broker *broker, const char *path,
                        struct configuration_reader *reader);
/* Gives up; done() is not called any more. */
void configuration_read_stop(struct configuration_reader *reader);
/* file:line: cause; remedy, to standard error. Line 0 is about the file as a whole. */
void configuration_print_problem(const struct message_config_problem *problem);

#endif
