/* SPDX-License-Identifier: ISC */

/*
 * The processes of winrmd and the states of a channel between two of them. Everything that is
 * listed per process (messages permitted, names in the log and in `winrmctl status`) uses these.
 */
#ifndef TABLES_PROCESSES_H
#define TABLES_PROCESSES_H

/* P(identifier, program shown in log and status) */
#define PROCESS_TABLE(P) \
    P(broker, "winrmd") \
    P(net, "winrmd-net") \
    P(auth, "winrmd-auth") \
    P(pam, "winrmd-pam") \
    P(session, "winrmd-session") \
    P(gss, "winrmd-gss") \
    P(authz_host, "winrmd-host (authorization)") \
    P(shell_host, "winrmd-host (shell)") \
    P(config, "winrmd-config") \
    P(control, "winrmctl")

enum process {
    PROCESS_none,
#define P(name, program) PROCESS_##name,
    PROCESS_TABLE(P)
#undef P
    PROCESS_COUNT
};

/*
 * starting: the receiver has not yet been told its task, or has not yet said that it is ready.
 * serving:  the normal state.
 * stopping: the receiver has been told to end; what is still on its way may arrive.
 */
enum channel_state { CHANNEL_none, CHANNEL_starting, CHANNEL_serving, CHANNEL_stopping, CHANNEL_STATES };

#endif
