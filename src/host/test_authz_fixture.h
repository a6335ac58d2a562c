/* SPDX-License-Identifier: ISC */

/*
 * A real winrmd-host for authorization, for tests that are its broker. TEST_PLUGINS comes from the
 * build.
 */
#ifndef HOST_TEST_AUTHZ_FIXTURE_H
#define HOST_TEST_AUTHZ_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/test_broker.h"

struct fixture {
    struct test_host host;
    char folder[64];  /* the host works in it */
    char marker[128]; /* a path in it, which the plug-in knows */
    uint64_t call;    /* the number of the last one */
};

/* A plug-in of src/host/test_plugins; valid until the next call. */
const char *plugin_path(const char *name);
/* Tells the host its task; `application` is "fail" for a plug-in that does not start. */
void send_start_version(struct fixture *f, const char *filename, const char *application,
                        uint32_t sdk_version);
void send_start(struct fixture *f, const char *filename, const char *application);

/* Around a test: a host without a task, or with the plug-in of test_plugins/authz.c. */
int set_up_bare(void **state);
int set_up(void **state);
int tear_down(void **state);

#endif
