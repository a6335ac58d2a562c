/* SPDX-License-Identifier: ISC */

/*
 * winrmd-host: hosts one authorization plug-in, or one shell of a shell plug-in. Started by
 * winrmd, which is at the other end of descriptor 3; of no use by hand.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "host/host.h"
#include "ipc/program.h"

enum { FIRST_MESSAGE_PATIENCE = 30000 };

/*
 * Which kind of host this is says the first field of the first message, host_start. It decides
 * what the broker may send at all, so it is looked at before the channel begins, and left there.
 */
static bool role_of_host(int fd, bool *authorization)
{
    uint8_t start[MESSAGE_HEADER_SIZE + 1];
    struct pollfd waiting = {.fd = fd, .events = POLLIN};
    enum message_type type;
    size_t length;
    ssize_t got = 0;

    while (got < (ssize_t)sizeof(start)) {
        if (poll(&waiting, 1, FIRST_MESSAGE_PATIENCE) != 1)
            return false;
        got = recv(fd, start, sizeof(start), MSG_PEEK | MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
    }
    if (!message_header(start, &type, &length) || type != MESSAGE_host_start)
        return false;
    *authorization = start[MESSAGE_HEADER_SIZE] != 0;
    return true;
}

int main(void)
{
    bool authorization = false;

    log_open("winrmd-host");
    /* Neither plug-ins nor what they start writes lines with a priority. */
    unsetenv("JOURNAL_STREAM");
    if (!role_of_host(CHANNEL_FD, &authorization)) {
        fprintf(stderr, "winrmd-host is started by winrmd, which tells it what to do on "
                        "descriptor 3.\n");
        return 2;
    }
    if (!authorization && prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
        log_error("cannot adopt the processes of the shell: %s", strerror(errno));
        return 1;
    }
    /* A shell host has what its user's PAM modules say in its environment, which is no reason. */
    if (!authorization || getenv(PROGRAM_TRIAL) == NULL)
        guard_reads();
    /* Not in a shell host: what the plug-in starts there would inherit it. */
    if (authorization) {
        signal(SIGPIPE, SIG_IGN);
        guard_end_with_parent();
    }
    if (!host_open(CHANNEL_FD, authorization)) {
        log_error("cannot start: no address space or no descriptors");
        return 1;
    }
    loop_run(host.loop);
    return 0;
}
