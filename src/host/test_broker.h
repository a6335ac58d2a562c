/* SPDX-License-Identifier: ISC */

/*
 * For tests: plays the broker (and winrmd-net) to a real winrmd-host process over its channels.
 * What arrives is kept in order and taken out one by one. Everything waits at most ten seconds.
 */
#ifndef HOST_TEST_BROKER_H
#define HOST_TEST_BROKER_H

#include <sys/types.h>

#include "ipc/channel.h"

struct test_link {
    struct loop *loop; /* of the test_host */
    struct channel *channel;
    struct list arrived;
    struct arena arena; /* holds the message taken last */
    union message_body body;
    bool ended;
};

struct test_host {
    struct loop *loop;
    struct test_link broker;
    pid_t pid;
};

/* Starts winrmd-host in `folder`; `peer` is PROCESS_authz_host or PROCESS_shell_host. */
void test_host_open(struct test_host *host, enum process peer, const char *folder);
/* Ends it by force if it still runs. */
void test_host_close(struct test_host *host);
/* Waits for its end; the status of waitpid(). */
int test_host_wait(struct test_host *host);

/* A channel on which the test plays winrmd-net; `remote` is for host_channel. */
void test_link_open(struct test_link *link, struct loop *loop, int *remote);
void test_link_close(struct test_link *link);

/* The next message, which has to be of that type; valid until the next call for this link. */
const union message_body *test_expect(struct test_link *link, enum message_type type);
/* The same, but skips others. */
const union message_body *test_await(struct test_link *link, enum message_type type);
/* Serves the channels for a while; true when `link` has nothing waiting then. */
bool test_quiet(struct test_link *link, unsigned milliseconds);

#endif
