/* SPDX-License-Identifier: ISC */

/*
 * A host for the plug-in's own test: service functions that write down what they are told in the
 * operation it is about. Waiting is always for something to happen, never for time. Plug-in
 * threads call the service functions, the test everything else.
 */
#ifndef PLUGINS_CMD_TEST_HOST_H
#define PLUGINS_CMD_TEST_HOST_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WSMAN_API_VERSION_1_1
#include <wsman.h>

#define OPEN UINT32_MAX /* error of an operation that is not completed */

struct operation {
    WSMAN_PLUGIN_REQUEST request; /* first: its address is the operation's */
    WSMAN_OPERATION_INFO info;
    WSMAN_OPTION option;
    int event;
    DWORD error;
    unsigned order; /* when it was completed, counted over all */
    PVOID context;
    size_t received[2];
    char text[2][4096]; /* the first bytes of stdout and stderr */
    bool ended[2];
    bool done;
    DWORD exit_code;
};

struct fake_host {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* something was told */
    DWORD report_answer;    /* what WSManPluginReportContext returns */
    bool client_is_stuck;   /* WSManPluginReceiveResult blocks until it is cancelled */
    bool somebody_is_stuck; /* it does */
};

extern struct fake_host fake_host;

void operation_open(struct operation *operation);
/* Sets shutdownNotification and signals the handle. */
void operation_cancel(struct operation *operation);
/* Waits until the plug-in has completed the operation; its error. */
DWORD operation_wait(struct operation *operation);
void set_option(struct operation *operation, PCWSTR name, PCWSTR value, BOOL must_comply);

#endif
