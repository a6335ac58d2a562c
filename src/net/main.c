/* SPDX-License-Identifier: ISC */

/*
 * winrmd-net: the process that talks to clients. It reads HTTP, SOAP and WS-Management, has
 * winrmd-auth prove who a client is, asks the broker for every operation and passes payload to the
 * shell hosts. It decides nothing. Started by winrmd, with the channel to it as descriptor 3.
 */

#include <signal.h>
#include <stdlib.h>

#include "base/guard.h"
#include "base/log.h"
#include "confine/confine.h"
#include "gss/context.h"
#include "net/broker_channel.h"
#include "net/net.h"

/*
 * Where keys and passwords are is no business of the process that clients talk to, and the GSS-API
 * libraries read it from their environment. How Kerberos is configured is none either: it seals
 * with contexts that winrmd-gss has made.
 */
static void forget_environment(void)
{
    static const char *const names[] = {
        "KRB5_KTNAME",    "KRB5_CLIENT_KTNAME", "KRB5CCNAME",       "KRB5RCACHETYPE",
        "KRB5RCACHENAME", "NTLM_USER_FILE",     "GSSNTLMSSP_DEBUG",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    setenv("KRB5_CONFIG", "/dev/null", 1);
}

int main(void)
{
    static struct net net;

    log_open("winrmd-net");
    guard_memory();
    guard_end_with_parent();
    signal(SIGPIPE, SIG_IGN);
    forget_environment();
    gss_preload();
    confine_net();
    net.loop = loop_new();
    net.reader = soap_reader_new();
    map_init(&net.hosts);
    list_init(&net.incomplete);
    map_init(&net.sessions);
    session_keys_make(&net.keys);
    if (net.loop == NULL || !broker_channel_open(&net)) {
        log_error("must be started by winrmd, with the channel to it as descriptor 3");
        return EXIT_FAILURE;
    }
    loop_run(net.loop);
    return net.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
