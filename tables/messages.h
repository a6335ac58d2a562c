/* SPDX-License-Identifier: ISC */

/*
 * Every message between two processes of winrmd, declared once. From this table come the struct a
 * handler sees, the encoder, the decoder, the fuzz target and the test that sends every message in
 * every state; tables/permitted.h says who may send which one when.
 *
 * M(name) lists a message; FIELDS_name lists its fields as F(type, field, limit):
 *
 *   BOOL, U32, U64   numbers; the limit is unused
 *   TEXT             const char *, UTF-8 without NUL, may be NULL; limit: bytes
 *   BYTES            struct ipc_bytes; limit: bytes
 *   ITEMS            struct ipc_items, a list of (name, value, flags); limit: number of items
 *   FD               int, a descriptor that travels along; below 3 means none. Sending takes
 *                    ownership, the receiver owns what it got
 *
 * All times are milliseconds. Ids: `exchange` and `request` are chosen by winrmd-net and mean
 * something on its own channel only; `operation`, `call`, `session`, `context` are never used
 * twice in the life of the process that chose them.
 */
#ifndef TABLES_MESSAGES_H
#define TABLES_MESSAGES_H

enum {
    LIMIT_NAME = 512,        /* user, account, group, stream, plug-in and machine names */
    LIMIT_URI = 8192,        /* URLs, resource URIs, actions, paths */
    LIMIT_ID = 128,          /* message, operation, shell and command ids, locales, addresses */
    LIMIT_PASSWORD = 4096,
    LIMIT_REASON = 16384,    /* texts that a plug-in gives with an error */
    LIMIT_STREAMS = 1024,    /* blank-separated stream names */
    LIMIT_COMMAND_LINE = 4096, /* what is shown of a command line */
    LIMIT_PAYLOAD = 1048576, /* command lines, creation XML, one stream's data */
    LIMIT_GROUPS = 1024,     /* groups of a user, accounts to map to */
    LIMIT_OPTIONS = 256,     /* options of a request */
    LIMIT_ENVIRONMENT = 1024,
    LIMIT_ARGUMENTS = 1024,
    LIMIT_MADE = 65536,      /* a file that winrmd-config makes */
    LIMIT_CERTIFICATES = 65536, /* those that a client shows */
    LIMIT_TOKEN = 65536,     /* a GSS-API token of a login; an exported context */
    LIMIT_REALMS = 64,       /* of Kerberos */
    LIMIT_CHUNKS = 4096,     /* pieces of output in one answer */
    LIMIT_SELECTORS = 64,
    LIMIT_RESOURCES = 4096   /* of a plug-in */
};

#define MESSAGE_TABLE(M) \
    /* winrmd-config reads the configuration for the broker */ \
    M(config_read) M(config_opened) M(config_made) \
    M(config_open) M(config_service) M(config_listener) M(config_application) M(config_plugin) \
    M(config_resource) M(config_problem) M(config_end) \
    /* the broker tells winrmd-net its task */ \
    M(net_start) M(net_file) M(net_listener) M(net_application) M(net_auth) M(net_go) M(net_ready) \
    M(net_listener_end) M(net_application_end) M(net_settle) M(net_settled) M(net_drain) \
    M(net_mechanisms) M(channel_lost) \
    /* the broker tells winrmd-auth its task */ \
    M(auth_start) M(auth_net) M(auth_ready) \
    M(auth_listener) M(auth_listener_end) M(auth_bound) \
    /* authentication */ \
    M(auth_basic) M(auth_certificate) M(auth_abandon) M(auth_refused) M(auth_identity) M(auth_failure) \
    M(auth_token) M(auth_token_end) M(auth_continue) M(auth_context) \
    M(auth_revoked) M(session_opened) M(session_closed) M(session_revoked) \
    /* PAM: winrmd-auth asks, the broker passes it on, a winrmd-pam answers */ \
    M(pam_start) M(pam_ready) M(pam_ask) M(pam_check) M(pam_verdict) M(pam_answer) \
    M(account_find) M(account_found) \
    /* the session of a shell, between the broker and its winrmd-session */ \
    M(pam_session_open) M(pam_session_opened) M(pam_session_failed) M(pam_session_end) \
    M(pam_session_over) \
    /* GSS-API: winrmd-auth shows the tokens of clients to a winrmd-gss */ \
    M(gss_start) M(gss_ready) M(gss_channel) M(gss_spent) M(gss_leave) M(auth_gss) M(gss_offer) \
    M(gss_accept) M(gss_drop) M(gss_continue) M(gss_done) M(gss_failed) \
    /* operations, between winrmd-net and the broker */ \
    M(operation) M(operation_cancel) M(operation_written) \
    M(operation_refused) M(operation_granted) M(operation_ended) M(shell_details) M(host_gone) \
    M(host_broke) \
    /* what was enumerated, between winrmd-net and the broker */ \
    M(shell_item) M(command_item) M(items_end) M(items_fit) \
    M(configuration_details) M(listener_item) M(plugin_item) \
    /* the broker tells a host its task */ \
    M(host_start) M(host_started) M(host_stop) M(host_traced) M(host_crashing) \
    /* authorization calls, between the broker and an authorization host */ \
    M(authz_user) M(authz_quota) M(authz_operation) M(authz_close) M(authz_release) \
    M(authz_user_answer) M(authz_quota_answer) M(authz_operation_answer) M(authz_stray) \
    M(authz_stuck) \
    /* the life of a shell, between the broker and a shell host */ \
    M(host_shell) M(host_channel) M(host_revoke) M(shell_end) \
    M(shell_started) M(shell_ended) \
    M(command_started) M(command_ended) M(command_void) M(command_noted) \
    M(shell_disconnect) M(shell_disconnected) M(shell_connected) M(connect_noted) M(connect_void) \
    /* payload, between winrmd-net and a shell host */ \
    M(shell_create) M(command_create) M(send_input) M(receive_output) M(signal_command) \
    M(request_cancel) M(output_written) M(host_answer) M(output) \
    M(connect_shell) M(reconnect_shell) M(connect_answer) \
    /* winrmctl asks the broker */ \
    M(status_ask) M(status_process) M(status_listener) M(status_application) M(status_plugin) \
    M(status_record) M(status_shell) \
    M(status_counter) M(status_mode) M(status_end) \
    M(reload_ask) M(reload_problem) M(reload_end) \
    M(explain_ask) M(explain_answer) M(explain_end) \
    /* winrmctl users, kill, revoke, unthrottle, log-level; and what follows from them */ \
    M(control_users) M(control_user) M(control_kill) M(control_revoke) M(control_unthrottle) \
    M(control_level) M(control_shell) M(control_done) \
    M(log_level) M(auth_forget) M(auth_forgotten)

/* ---- configuration ---- */

/* broker -> config: read this file; relative paths in it are relative to its folder. */
#define FIELDS_config_read(F) F(TEXT, path, LIMIT_URI) F(FD, file, 0)
/*
 * config -> broker: open this file (a web.config) for me. `keep` 1, 2, ...: and keep what it holds
 * now, under this number, to hand it to other processes (certificates and keys).
 */
#define FIELDS_config_open(F) F(TEXT, path, LIMIT_URI) F(U32, keep, 0)
/* broker -> config: the file (a copy of it if it is kept) with its permissions, or errno. */
#define FIELDS_config_opened(F) F(U32, error, 0) F(U32, mode, 0) F(FD, file, 0)
/*
 * config -> broker: keep these bytes as if they had been read from that file, which there is not,
 * and write them there when the configuration is used. `what` is for the log.
 */
#define FIELDS_config_made(F) \
    F(TEXT, path, LIMIT_URI) F(U32, keep, 0) F(BYTES, content, LIMIT_MADE) F(TEXT, what, LIMIT_REASON)
/* config -> broker, each once per thing configured, all paths absolute. */
#define FIELDS_config_service(F) \
    F(U32, net_processes, 0) F(TEXT, control, LIMIT_URI) F(TEXT, audit, LIMIT_URI) \
    F(TEXT, users, LIMIT_URI) F(TEXT, pam_service, LIMIT_NAME) /* NULL: PAM is not asked */ \
    F(TEXT, session_service, LIMIT_NAME) F(TEXT, cgroup, LIMIT_URI) \
    F(U64, pam_timeout, 0) F(U64, basic_cache, 0) F(TEXT, certificate_map, LIMIT_URI) \
    F(TEXT, keytab, LIMIT_URI) F(ITEMS, realms, LIMIT_REALMS) F(TEXT, ntlm_users, LIMIT_URI) \
    F(TEXT, ntlm_domain, LIMIT_ID) F(U64, negotiate_lifetime, 0) \
    /* the limits of each winrmd-net: */ \
    F(U32, connections, 0) F(U32, guest_connections, 0) F(U32, address_connections, 0) \
    F(U64, request_time, 0) \
    /* the limits of the whole service: */ \
    F(U32, requests, 0) F(U32, shell_users, 0) F(BOOL, no_shell_access, 0) \
    F(BOOL, no_remote_access, 0)
#define FIELDS_config_listener(F) \
    F(TEXT, name, LIMIT_NAME) F(TEXT, address, LIMIT_ID) /* numeric; without brackets */ \
    F(U32, port, 0) F(U32, methods, 0) /* bits: METHOD_BIT */ F(U32, header_limit, 0) \
    F(BOOL, must_seal, 0) /* neither TLS nor allow-unencrypted: messages have to be sealed */ \
    F(U32, channel_binding, 0) /* enum channel_binding */ \
    FIELDS_TLS(F) /* and the numbers under which its files are kept; 0: none */ \
    F(U32, certificate, 0) F(U32, key, 0) F(U32, client_ca, 0)
#define FIELDS_TLS(F) \
    F(BOOL, tls, 0) F(TEXT, tls_minimum, LIMIT_ID) F(TEXT, ciphers, LIMIT_URI) \
    F(TEXT, ciphersuites, LIMIT_URI)
/* Applications are numbered from 0 in the order of these messages. */
#define FIELDS_config_application(F) \
    F(TEXT, path, LIMIT_URI) F(TEXT, directory, LIMIT_URI) F(TEXT, account, LIMIT_NAME) \
    F(ITEMS, may_map_to, LIMIT_GROUPS) F(BOOL, allow_root, 0) F(U64, record_idle, 0) F(U64, authorization_timeout, 0) \
    F(BOOL, count_requests_only, 0) F(U32, max_envelope, 0) /* bytes */ \
    F(U64, max_operation_time, 0) F(U64, max_shell_idle, 0) F(U64, quota_refresh, 0) \
    F(U64, system_window, 0) F(U32, system_operations, 0) F(U32, shells_per_user, 0) \
    F(U32, operations_per_user, 0) F(U32, batch_items, 0) \
    F(U64, enumerate_idle, 0) F(BOOL, no_new_privileges, 0)
/* Plug-ins are numbered from 0 within their application. */
#define FIELDS_config_plugin(F) \
    F(U32, application, 0) F(BOOL, authorization, 0) F(TEXT, name, LIMIT_NAME) \
    F(TEXT, filename, LIMIT_URI) F(U32, sdk_version, 0) F(BOOL, supports_quota, 0) \
    F(BOOL, enabled, 0) F(TEXT, extra_info, LIMIT_PAYLOAD) \
    F(U32, buffering, 0) /* enum output_buffering */ \
    FIELDS_QUOTAS(F) F(U64, max_run_time, 0) F(U32, max_files, 0) /* of one shell; 0: no limit */
/*
 * The Quotas of a plug-in; 0xffffffff: no limit. Of processes and memory 0 and what is no less than
 * 2147483647 limit nothing.
 */
#define FIELDS_QUOTAS(F) \
    F(U32, max_shells, 0) F(U32, max_shells_per_user, 0) F(U32, max_users, 0) \
    F(U32, max_commands, 0) F(U32, max_operations, 0) F(U32, max_operations_per_user, 0) \
    F(U64, idle_timeout, 0) F(U64, max_idle_timeout, 0) \
    F(U32, max_processes, 0) F(U32, max_memory, 0) /* of one shell; MB */
#define FIELDS_config_resource(F) \
    F(U32, application, 0) F(U32, plugin, 0) F(TEXT, uri, LIMIT_URI) F(BOOL, exact_match, 0) \
    F(BOOL, supports_options, 0) F(U32, capabilities, 0) /* bits: enum capability */
#define FIELDS_config_problem(F) \
    F(TEXT, file, LIMIT_URI) F(U32, line, 0) F(TEXT, cause, LIMIT_REASON) \
    F(TEXT, remedy, LIMIT_REASON) F(BOOL, warning, 0) /* it can be used all the same */
/* config -> broker: everything has been said; with problems > 0 nothing of it may be used. */
#define FIELDS_config_end(F) F(U32, problems, 0)

/* ---- start of winrmd-net and winrmd-auth ---- */

/* broker -> net, first, and after a reload. `machine` goes into fault details. */
#define FIELDS_net_start(F) \
    F(U32, net, 0) F(TEXT, machine, LIMIT_NAME) \
    F(U32, connections, 0) F(U32, guest_connections, 0) F(U32, address_connections, 0) \
    F(U64, request_time, 0)
#define FIELDS_net_listener(F) \
    F(U32, listener, 0) F(TEXT, url, LIMIT_URI) /* http://127.0.0.1:5985 */ \
    F(U32, methods, 0) /* bits: METHOD_BIT */ F(BOOL, must_seal, 0) \
    F(U32, header_limit, 0) FIELDS_TLS(F) F(FD, socket, 0)
/*
 * broker -> net, before the net_listener that it belongs to: a file of that listener, to be read
 * from its beginning. `part`: enum listener_file.
 */
#define FIELDS_net_file(F) F(U32, listener, 0) F(U32, part, 0) F(FD, file, 0)
#define FIELDS_net_application(F) \
    F(U32, application, 0) F(TEXT, path, LIMIT_URI) F(U32, max_envelope, 0) \
    F(U64, max_operation_time, 0)
/*
 * While it serves, both come again for what a reload adds or changes (then without a socket, when
 * it is the one the process has); and these, for what it removes. A removed application's number
 * may come back.
 */
#define FIELDS_net_listener_end(F) F(U32, listener, 0)
#define FIELDS_net_application_end(F) F(U32, application, 0)
/* broker -> net, after these; and back: all that was said holds now. */
#define FIELDS_net_settle(F)
#define FIELDS_net_settled(F)
/*
 * broker -> net: accept nothing more, answer what was asked, then end. `at_once`: connections on
 * which nothing is being asked end now, also those of clients that have authenticated.
 */
#define FIELDS_net_drain(F) F(BOOL, at_once, 0)
/* broker -> net: by which mechanisms Negotiate can be accepted now; none: it is not offered. */
#define FIELDS_net_mechanisms(F) F(BOOL, kerberos, 0) F(BOOL, ntlm, 0)
/* broker -> net: the channel to winrmd-auth; sent again when winrmd-auth had to be restarted. */
#define FIELDS_net_auth(F) F(FD, channel, 0)
/*
 * net -> broker: the channel to winrmd-auth (`host` 0) or to a shell host has not come, for want of a
 * descriptor, or has ended while the host lives: another one is sent, to winrmd-auth after a pause, to
 * a host with the next grant. auth -> broker, `host` 0: winrmd-gss has not answered in time; another
 * one is started.
 */
#define FIELDS_channel_lost(F) F(U32, host, 0)
/* broker -> net: accept connections. net -> broker: net_ready, when it does. */
#define FIELDS_net_go(F)
#define FIELDS_net_ready(F)
/*
 * broker -> auth, first; and after a reload. Answered by auth_ready. `pam`: how many winrmd-pam
 * there are; Basic goes to them when there is no users file. 0: none.
 */
#define FIELDS_auth_start(F) \
    F(TEXT, users, LIMIT_URI) F(U32, pam, 0) F(U64, basic_cache, 0) /* 0: nothing is kept */ \
    F(TEXT, certificate_map, LIMIT_URI) \
    F(ITEMS, realms, LIMIT_REALMS) /* whose principals are let in; none: those of the keytab */ \
    F(U64, negotiate_lifetime, 0)
/* broker -> auth: a winrmd-net and the channel to it. */
#define FIELDS_auth_net(F) F(U32, net, 0) F(FD, channel, 0)
#define FIELDS_auth_ready(F)
/*
 * broker -> auth: a file of a TLS listener, its certificate or its client-ca, to be read from its
 * beginning; no descriptor: it has none. After a reload they come again. `part`: enum
 * listener_file. And: the listener is no more.
 */
#define FIELDS_auth_listener(F) \
    F(U32, listener, 0) F(TEXT, name, LIMIT_NAME) F(U32, channel_binding, 0) F(U32, part, 0) \
    F(FD, file, 0)
#define FIELDS_auth_listener_end(F) F(U32, listener, 0)
/* auth -> broker: its channel binding value, hexadecimal; empty: there is none. */
#define FIELDS_auth_bound(F) F(U32, listener, 0) F(TEXT, value, LIMIT_ID)

/* ---- authentication ---- */

/* net -> auth */
#define FIELDS_auth_basic(F) \
    F(U64, exchange, 0) F(TEXT, address, LIMIT_ID) \
    F(TEXT, tls, LIMIT_NAME) /* version and cipher, for the audit; NULL: none */ F(TEXT, user, LIMIT_NAME) \
    F(TEXT, password, LIMIT_PASSWORD)
/*
 * net -> auth: the certificates that the client showed when the connection began, its own first,
 * each in DER behind its length in four bytes of this machine's order.
 */
#define FIELDS_auth_certificate(F) \
    F(U64, exchange, 0) F(TEXT, address, LIMIT_ID) F(TEXT, tls, LIMIT_NAME) F(U32, listener, 0) \
    F(BYTES, chain, LIMIT_CERTIFICATES)
/* net -> auth: the client has left; an answer is not needed any more. */
#define FIELDS_auth_abandon(F) F(U64, exchange, 0)
/*
 * auth -> net: no. Why is told to the broker alone. broker -> net: no after all, because the account
 * could not be looked up.
 */
#define FIELDS_auth_refused(F) F(U64, exchange, 0)
/*
 * net -> auth: one leg of Negotiate or Kerberos. `connection` is net's number for the HTTP
 * connection: legs of one login have the same. `kerberos`: the scheme was Kerberos, which nothing
 * else is taken under. `must_seal`: of no use unless messages can be sealed with it. Answered by
 * auth_continue, by auth_refused, or by auth_context and (from the broker) session_opened.
 */
#define FIELDS_auth_token(F) \
    F(U64, exchange, 0) F(U64, connection, 0) F(TEXT, address, LIMIT_ID) F(TEXT, tls, LIMIT_NAME) \
    F(U32, listener, 0) F(BOOL, kerberos, 0) F(BOOL, must_seal, 0) F(BYTES, token, LIMIT_TOKEN)
/* net -> auth: a login that was to be continued will not be. */
#define FIELDS_auth_token_end(F) F(U64, connection, 0)
/* auth -> net: not yet; the client gets this token. */
#define FIELDS_auth_continue(F) F(U64, exchange, 0) F(BYTES, token, LIMIT_TOKEN)
/*
 * auth -> net, with the identity on its way to the broker: what the connection's messages are
 * sealed with. `lifetime`: how long it is good for. `seals`: with confidentiality and integrity.
 * `token`: the last one for the client; may be empty. `context`: gss_export_sec_context().
 */
#define FIELDS_auth_context(F) \
    F(U64, exchange, 0) F(U64, lifetime, 0) F(BOOL, seals, 0) F(BYTES, token, LIMIT_TOKEN) \
    F(BYTES, context, LIMIT_TOKEN)
/* auth -> broker: who it is. The broker mints the token and tells net the session. */
#define FIELDS_auth_identity(F) \
    F(U32, net, 0) F(U64, exchange, 0) F(TEXT, address, LIMIT_ID) F(TEXT, tls, LIMIT_NAME) \
    F(TEXT, mechanism, LIMIT_ID) \
    F(TEXT, name, LIMIT_NAME) /* as sent */ F(TEXT, account, LIMIT_NAME) /* canonical */ \
    F(ITEMS, groups, LIMIT_GROUPS) F(U32, uid, 0) /* 0: nobody has looked it up */ \
    F(U32, hashes, 0) /* that it cost */ \
    F(U64, waited, 0) /* hashes of other sources that ended before its own began */ \
    F(BOOL, cached, 0) /* the same name and password had proved it before */ \
    F(TEXT, certificate, LIMIT_ID) /* its SHA-256, hexadecimal; NULL: it was another method */ \
    F(TEXT, principal, LIMIT_NAME) /* the name as Kerberos or NTLM has it; NULL: another method */ \
    F(BOOL, bound, 0) /* with such a one: it is bound to the TLS channel */ \
    FIELDS_CERTIFICATE(F)
/* What else WSMAN_CERTIFICATE_DETAILS says of the client's certificate. */
#define FIELDS_CERTIFICATE(F) \
    F(TEXT, certificate_issuer, LIMIT_NAME) F(TEXT, issuer_thumbprint, LIMIT_ID) \
    F(TEXT, subject_name, LIMIT_NAME)
/* auth -> broker: for the audit. */
#define FIELDS_auth_failure(F) \
    F(U32, net, 0) F(TEXT, address, LIMIT_ID) F(TEXT, tls, LIMIT_NAME) \
    F(TEXT, mechanism, LIMIT_ID) F(TEXT, name, LIMIT_NAME) F(TEXT, reason, LIMIT_REASON) \
    F(U32, times, 0) /* refusals this one stands for */ F(U32, hashes, 0) /* that they cost */ \
    F(U64, delay, 0) /* before the client is told, as PAM wants it */ \
    F(TEXT, certificate, LIMIT_ID) /* as in auth_identity, but nobody vouches for it */ \
    F(TEXT, principal, LIMIT_NAME)
/*
 * auth -> broker: what the account (NULL: everybody who came by the mechanism) proved itself with
 * holds no more. Its sessions end.
 */
#define FIELDS_auth_revoked(F) F(TEXT, mechanism, LIMIT_ID) F(TEXT, account, LIMIT_NAME)
/* broker -> net: a session, valid on this channel only. net -> broker: its connection has gone. */
#define FIELDS_session_opened(F) F(U64, exchange, 0) F(U64, session, 0)
#define FIELDS_session_closed(F) F(U64, session, 0)
/* broker -> net: the session is no more; the connection has to authenticate anew. */
#define FIELDS_session_revoked(F) F(U64, session, 0)

/* ---- PAM ---- */

/*
 * broker -> pam, first: ask PAM as this service. `root`: uid 0 may come in. Answered by pam_ready.
 */
#define FIELDS_pam_start(F) F(TEXT, service, LIMIT_NAME) F(BOOL, root, 0)
#define FIELDS_pam_ready(F)
/*
 * auth -> broker: let a winrmd-pam look at this. What it is to be asked (auth/credential.h) is in
 * the sealed descriptor, which the broker passes on without looking. `account`: whether the
 * account may be used, without a password; else the identity becomes a session for `exchange` of
 * `net`. Answered by exactly one pam_answer.
 */
#define FIELDS_pam_ask(F) \
    F(U64, call, 0) F(BOOL, account, 0) F(U32, net, 0) F(U64, exchange, 0) \
    F(TEXT, address, LIMIT_ID) F(TEXT, tls, LIMIT_NAME) F(TEXT, mechanism, LIMIT_ID) \
    F(TEXT, name, LIMIT_NAME) F(FD, credential, 0)
/* broker -> pam: one at a time. `call` is the broker's own number. */
#define FIELDS_pam_check(F) F(U64, call, 0) F(FD, credential, 0)
/* pam -> broker: what PAM said, and whose account it is (NULL unless accepted). */
#define FIELDS_pam_verdict(F) \
    F(U64, call, 0) F(U32, result, 0) /* enum pam_result */ F(U64, delay, 0) \
    F(TEXT, account, LIMIT_NAME) F(U32, uid, 0) F(ITEMS, groups, LIMIT_GROUPS)
/* broker -> auth: the same with auth's number, or what became of the winrmd-pam. */
#define FIELDS_pam_answer(F) FIELDS_pam_verdict(F)
/*
 * broker -> pam: which account of this machine has that name? One at a time, like pam_check; PAM is
 * not asked. And back: `account` is its name as the account database writes it (NULL unless
 * accepted), `groups` all its groups, the primary one first: their names, in `flags` their gids.
 */
#define FIELDS_account_find(F) F(U64, call, 0) F(TEXT, name, LIMIT_NAME)
#define FIELDS_account_found(F) \
    F(U64, call, 0) F(U32, result, 0) /* enum pam_result */ F(TEXT, account, LIMIT_NAME) \
    F(U32, uid, 0) F(U32, gid, 0) F(ITEMS, groups, LIMIT_GROUPS)

/* ---- GSS-API ---- */

/*
 * broker -> gss, first: where the keys are (NULL: that mechanism is not accepted) and what this
 * machine is called in NTLM. Answered by gss_ready: what can be accepted; why not the rest stands
 * in the log. Sent again when a change of these files has changed that.
 */
#define FIELDS_gss_start(F) \
    F(TEXT, keytab, LIMIT_URI) F(TEXT, ntlm_users, LIMIT_URI) F(TEXT, ntlm_domain, LIMIT_ID)
#define FIELDS_gss_ready(F) F(BOOL, kerberos, 0) F(BOOL, ntlm, 0)
/*
 * broker -> gss: the channel to a (new) winrmd-auth, and the other end to that. When winrmd-auth
 * has one already, logins that have begun there end there, and it closes that when they have.
 */
#define FIELDS_gss_channel(F) F(FD, channel, 0)
#define FIELDS_auth_gss(F) F(FD, channel, 0)
/* gss -> broker: it has had as many logins as one process should; another one is to take over. */
#define FIELDS_gss_spent(F)
/* broker -> gss: another one has taken over; it ends with the logins that have begun here. */
#define FIELDS_gss_leave(F)
/*
 * gss -> auth, first and when they change: the realms of the keytab, none if it cannot be used; the
 * NTLM domain of this machine.
 */
#define FIELDS_gss_offer(F) F(ITEMS, realms, LIMIT_REALMS) F(TEXT, ntlm_domain, LIMIT_ID)
/*
 * auth -> gss: the next token of a login, which `context` numbers. An initial token begins it anew.
 * `kerberos`: no other mechanism, no SPNEGO. `binding`: application data of the channel binding;
 * empty: none is compared.
 */
#define FIELDS_gss_accept(F) \
    F(U64, context, 0) F(BOOL, kerberos, 0) F(BYTES, binding, LIMIT_ID) F(BYTES, token, LIMIT_TOKEN)
/* auth -> gss: forget it. */
#define FIELDS_gss_drop(F) F(U64, context, 0)
/* gss -> auth: to be continued; */
#define FIELDS_gss_continue(F) F(U64, context, 0) F(BYTES, token, LIMIT_TOKEN)
/* done: `name` as the mechanism has it, `lifetime` in milliseconds (0: it has none); and gone; */
#define FIELDS_gss_done(F) \
    F(U64, context, 0) F(TEXT, mechanism, LIMIT_ID) F(TEXT, name, LIMIT_NAME) F(U64, lifetime, 0) \
    F(BOOL, seals, 0) F(BOOL, bound, 0) F(BYTES, token, LIMIT_TOKEN) F(BYTES, exported, LIMIT_TOKEN)
/* no: `reason` is for the audit, `detail` for the log. */
#define FIELDS_gss_failed(F) \
    F(U64, context, 0) F(TEXT, mechanism, LIMIT_ID) F(TEXT, reason, LIMIT_NAME) \
    F(TEXT, detail, LIMIT_REASON)

/* ---- operations ---- */

/*
 * net -> broker: a request wants to do this; nothing of it has been done. Answered by exactly one
 * of operation_refused, operation_granted (for Create after shell_details), shell_details,
 * configuration_details, listener_item, plugin_item (Get), items_end (Enumerate and Pull),
 * operation_ended (Delete). For every answer that carries an operation id, operation_written
 * follows when the response has been written or can not be written any more.
 */
#define FIELDS_operation(F) \
    F(U64, request, 0) F(U64, session, 0) F(U32, application, 0) \
    F(U32, kind, 0) /* enum operation_kind */ F(TEXT, action, LIMIT_URI) \
    F(TEXT, resource_uri, LIMIT_URI) F(TEXT, url, LIMIT_URI) F(TEXT, message_id, LIMIT_ID) \
    F(TEXT, operation_id, LIMIT_ID) F(TEXT, locale, LIMIT_ID) F(TEXT, data_locale, LIMIT_ID) \
    F(U64, timeout, 0) F(TEXT, shell_id, LIMIT_ID) F(TEXT, command_id, LIMIT_ID) \
    F(TEXT, shell_name, LIMIT_NAME) F(TEXT, input_streams, LIMIT_STREAMS) \
    F(TEXT, output_streams, LIMIT_STREAMS) F(U64, idle_timeout, 0) /* 0: the default */ \
    F(U64, lifetime, 0) /* 0: none */ F(U32, options, 0) /* how many */ F(BOOL, ending, 0) /* Signal terminate */ \
    F(TEXT, sequence_id, LIMIT_ID) \
    F(TEXT, enumeration, LIMIT_ID) /* the context of a Pull or Release */ \
    F(U32, max_elements, 0) /* items that the answer may have */ F(U32, room, 0) /* and bytes */ \
    F(TEXT, session_id, LIMIT_ID) /* of the client; NULL: it says none */ \
    F(U32, buffering, 0) /* enum output_buffering; of Disconnect, Reconnect and Connect */ \
    F(U32, item_form, 0) /* enum item_form, of an Enumerate */ \
    F(ITEMS, selectors, LIMIT_SELECTORS) \
    F(BOOL, no_profile, 0) /* of a Create: the user's profile is not wanted */
/* net -> broker: the client left before the answer. */
#define FIELDS_operation_cancel(F) F(U64, request, 0)
/*
 * net -> broker: the response is written, or can not be. Of an Enumerate or Pull: whether the
 * client has got what the items were sent for, and not a fault in its place; and how many of them.
 */
#define FIELDS_operation_written(F) F(U64, operation, 0) F(BOOL, delivered, 0) F(U32, taken, 0)
/*
 * broker -> net. `location`: HTTP 302. `decision`: where the audit says why. `busy`: an HTTP 503
 * with nothing in it; code 0 without a text: an HTTP 500 with nothing in it.
 */
#define FIELDS_operation_refused(F) \
    F(U64, request, 0) F(U32, code, 0) F(TEXT, text, LIMIT_REASON) F(TEXT, location, LIMIT_URI) \
    F(TEXT, provider, LIMIT_NAME) F(TEXT, provider_path, LIMIT_URI) \
    F(TEXT, extended, LIMIT_REASON) F(TEXT, decision, LIMIT_ID) F(BOOL, busy, 0)
/*
 * broker -> net: pass the payload to that host with this ticket (ipc/ticket.h). `idle_timeout`: of
 * the shell; its client's connections may be idle as long.
 */
#define FIELDS_operation_granted(F) \
    F(U64, request, 0) F(U64, operation, 0) F(U32, host, 0) F(U64, sequence, 0) \
    F(U64, ticket, 0) F(TEXT, command_id, LIMIT_ID) F(U64, idle_timeout, 0) \
    F(FD, channel, 0) /* when net has none */
/* broker -> net: done; the response has an empty body, or, behind shell_details, that of a Create. */
#define FIELDS_operation_ended(F) F(U64, request, 0) F(U64, operation, 0)
/* broker -> net: what a shell says of itself. */
#define FIELDS_shell_details(F) F(U64, request, 0) F(U64, operation, 0) FIELDS_SHELL(F)
#define FIELDS_SHELL(F) \
    F(TEXT, shell_id, LIMIT_ID) F(TEXT, name, LIMIT_NAME) F(TEXT, resource_uri, LIMIT_URI) \
    F(TEXT, owner, LIMIT_NAME) F(TEXT, client_address, LIMIT_ID) F(U32, process, 0) \
    F(U64, idle_timeout, 0) F(U64, max_idle_timeout, 0) F(TEXT, input_streams, LIMIT_STREAMS) \
    F(TEXT, output_streams, LIMIT_STREAMS) F(TEXT, locale, LIMIT_ID) \
    F(TEXT, data_locale, LIMIT_ID) F(U64, run_time, 0) F(U64, inactivity, 0) \
    F(BOOL, disconnected, 0) F(U32, buffering, 0) /* enum output_buffering */ \
    F(BOOL, no_profile, 0)
/*
 * broker -> net: the configuration of the service, for a Get of that part of it (enum
 * configuration_part). Numbers as tables/configuration_elements.h has them.
 */
#define FIELDS_configuration_details(F) \
    F(U64, request, 0) F(U64, operation, 0) F(U32, part, 0) F(U64, max_envelope, 0) /* KiB */ \
    F(U64, max_time, 0) F(U64, batch_items, 0) F(U64, user_operations, 0) \
    F(U64, enumeration_idle, 0) F(U64, requests, 0) F(U64, retrieval_seconds, 0) \
    F(BOOL, allow_unencrypted, 0) \
    F(BOOL, basic, 0) F(BOOL, kerberos, 0) F(BOOL, negotiate, 0) F(BOOL, certificate, 0) \
    F(TEXT, channel_binding, LIMIT_ID) F(BOOL, remote_access, 0) F(BOOL, remote_shells, 0) \
    F(U64, shell_idle, 0) F(U64, shell_users, 0) F(U64, user_shells, 0)
/*
 * broker -> net: a listener, and a plug-in: with an `operation` the answer to a Get of it, without
 * one an item of an enumeration. `ambiguous`: there are others with
 * that address and transport, so that its selectors have the port, too. Names of `resources` are
 * URIs, their flags enum capability and RESOURCE_....
 */
#define FIELDS_listener_item(F) \
    F(U64, request, 0) F(U64, operation, 0) F(TEXT, address, LIMIT_ID) F(BOOL, tls, 0) \
    F(U32, port, 0) F(BOOL, ambiguous, 0) F(TEXT, url_prefix, LIMIT_URI) \
    F(TEXT, thumbprint, LIMIT_ID) F(TEXT, listening_on, LIMIT_ID)
#define FIELDS_plugin_item(F) \
    F(U64, request, 0) F(U64, operation, 0) F(TEXT, name, LIMIT_NAME) \
    F(TEXT, filename, LIMIT_URI) F(U32, sdk_version, 0) F(BOOL, enabled, 0) \
    F(U32, buffering, 0) F(ITEMS, resources, LIMIT_RESOURCES) FIELDS_QUOTAS(F)
/*
 * broker -> net: the channel to that host ends; what was asked there has failed. `in_order`: because
 * its shell has ended, and not the other way round.
 */
#define FIELDS_host_gone(F) F(U32, host, 0) F(BOOL, in_order, 0)
/*
 * net -> broker: that host has broken the message rules on the channel to this process, in this
 * way. The channel is closed; the host is to be ended.
 */
#define FIELDS_host_broke(F) F(U32, host, 0) F(TEXT, reason, LIMIT_NAME)

/*
 * broker -> net: one thing of an enumeration, for the answer to this Enumerate or Pull. There are
 * as many of them as the request has room for at most, and then one items_end. `context`: what the
 * client pulls the rest by; `last`: with these items there is no rest.
 */
#define FIELDS_shell_item(F) F(U64, request, 0) FIELDS_SHELL(F)
#define FIELDS_command_item(F) \
    F(U64, request, 0) F(TEXT, command_id, LIMIT_ID) F(TEXT, command_line, LIMIT_COMMAND_LINE)
#define FIELDS_items_end(F) \
    F(U64, request, 0) F(U64, operation, 0) F(TEXT, context, LIMIT_ID) F(BOOL, last, 0) \
    F(U32, form, 0) /* enum item_form */
/*
 * net -> broker: the answer holds all of them, the last one too. The broker takes the slot of the
 * enumeration back and says operation_ended, and only then the client gets its answer.
 */
#define FIELDS_items_fit(F) F(U64, request, 0) F(U64, operation, 0)

/* ---- the session of a shell ---- */

/*
 * broker -> session, first: open a PAM session of this account, which has this uid, and start
 * `program` in it as the user, at the other end of `host`; in `directory`, if the user may go
 * there. Answered by pam_session_opened or pam_session_failed, after which the process ends.
 * `address`: of the client. `root`: uid 0 will do. `cgroup`: the folder to make for it; NULL: none.
 */
#define FIELDS_pam_session_open(F) \
    F(TEXT, service, LIMIT_NAME) F(TEXT, account, LIMIT_NAME) F(U32, uid, 0) F(BOOL, root, 0) \
    F(TEXT, address, LIMIT_ID) F(TEXT, program, LIMIT_URI) F(TEXT, directory, LIMIT_URI) \
    F(TEXT, cgroup, LIMIT_URI) F(BOOL, rlimits, 0) /* memory and processes are limited by rlimits */ \
    F(BOOL, no_new_privileges, 0) FIELDS_LIMITS(F) F(FD, host, 0)
/* What the processes of one shell may use; 0: no limit. */
#define FIELDS_LIMITS(F) \
    F(U64, max_memory, 0) /* bytes */ F(U32, max_processes, 0) F(U32, max_files, 0)
/* session -> broker: the host runs. */
#define FIELDS_pam_session_opened(F) F(U32, process, 0)
/*
 * session -> broker: there is no host; why, for the client and the audit. `refused`: because of the
 * account, by PAM or the account database.
 */
#define FIELDS_pam_session_failed(F) F(BOOL, refused, 0) F(TEXT, text, LIMIT_REASON)
/* broker -> session: kill the host and all that it has started. */
#define FIELDS_pam_session_end(F)
/*
 * session -> broker: the host has ended with this status (wait(2)), and all that it has started.
 * The process ends when PAM has closed the session. `killed`: it lived until pam_session_end.
 */
#define FIELDS_pam_session_over(F) F(U32, status, 0) F(BOOL, killed, 0)

/* ---- hosts ---- */

/*
 * broker -> host, first: load this plug-in. The host's working directory is the application's
 * folder. Answered by host_started. `key` is for tickets, shell hosts only.
 */
#define FIELDS_host_start(F) \
    F(BOOL, authorization, 0) F(TEXT, application, LIMIT_URI) /* wsman, without the slash */ \
    F(TEXT, plugin, LIMIT_NAME) F(TEXT, filename, LIMIT_URI) F(U32, sdk_version, 0) \
    F(TEXT, extra_info, LIMIT_PAYLOAD) F(BOOL, supports_quota, 0) \
    F(U32, startup_flags, 0) F(ITEMS, may_map_to, LIMIT_GROUPS) F(BYTES, key, 16) \
    F(BOOL, traced, 0) /* say host_traced */ F(TEXT, account, LIMIT_NAME) /* of a shell */ \
    FIELDS_LIMITS(F) F(BOOL, no_new_privileges, 0) /* what it sets for itself, before a plug-in */
/* `path`, `version`: what was loaded, so that a reload sees when that file is another one. */
#define FIELDS_host_started(F) \
    F(U32, code, 0) F(TEXT, text, LIMIT_REASON) F(TEXT, path, LIMIT_URI) \
    F(TEXT, version, LIMIT_ID) F(BOOL, connects, 0) /* it exports WSManPluginConnect */
/*
 * host -> winrmctl, which plays the broker when it tries a plug-in: the plug-in was entered, and so
 * on. `number`: the call, the context released, or 0. `value` depends on `event`.
 */
#define FIELDS_host_traced(F) \
    F(U32, event, 0) /* enum trace_event */ F(TEXT, entry, LIMIT_NAME) F(U64, number, 0) \
    F(U32, value, 0)
/* host -> broker: it is about to die. `entry`: which entry point ran there; NULL: none. */
#define FIELDS_host_crashing(F) F(TEXT, entry, LIMIT_NAME)
/* broker -> host: end in order; `reason` is that of WSManPluginShutdown. */
#define FIELDS_host_stop(F) F(U32, reason, 0)

/* broker -> authorization host: what WSMAN_SENDER_DETAILS is made of, and the question. */
#define FIELDS_authz_user(F) \
    F(U64, call, 0) F(TEXT, name, LIMIT_NAME) F(TEXT, mechanism, LIMIT_ID) F(TEXT, url, LIMIT_URI) \
    F(TEXT, address, LIMIT_ID) F(TEXT, locale, LIMIT_ID) \
    F(TEXT, account, LIMIT_NAME) /* NULL: the user has no token */ F(ITEMS, groups, LIMIT_GROUPS) \
    FIELDS_CERTIFICATE(F)
#define FIELDS_authz_quota(F) FIELDS_authz_user(F)
#define FIELDS_authz_operation(F) \
    FIELDS_authz_user(F) F(U32, operation, 0) F(TEXT, action, LIMIT_URI) \
    F(TEXT, resource_uri, LIMIT_URI)
/* broker -> host: too late, this call is closed; it will not be answered. */
#define FIELDS_authz_close(F) F(U64, call, 0)
/* broker -> host: WSManPluginAuthzReleaseContext. */
#define FIELDS_authz_release(F) F(U64, context, 0)
/* host -> broker. `context` 0: none was reported. `token`: enum token_choice. */
#define FIELDS_authz_user_answer(F) \
    F(U64, call, 0) F(U32, code, 0) F(U64, context, 0) F(U32, token, 0) \
    F(TEXT, account, LIMIT_NAME) F(BOOL, administrator, 0) F(TEXT, extended, LIMIT_REASON)
#define FIELDS_authz_quota_answer(F) \
    F(U64, call, 0) F(U32, code, 0) F(BOOL, present, 0) F(U32, shells, 0) F(U32, operations, 0) \
    F(U32, slot_seconds, 0) F(U32, slot_operations, 0) F(TEXT, extended, LIMIT_REASON)
#define FIELDS_authz_operation_answer(F) \
    F(U64, call, 0) F(U32, code, 0) F(U64, context, 0) F(TEXT, extended, LIMIT_REASON)
/* host -> broker: a completion that answers no open call; for the audit. */
#define FIELDS_authz_stray(F) F(TEXT, function, LIMIT_NAME) F(TEXT, cause, LIMIT_REASON)

/*
 * host -> broker: every thread for the plug-in's calls is held by one that nobody waits for any
 * more, and a call has passed its deadline without a thread. The host is to be ended.
 */
#define FIELDS_authz_stuck(F) F(U32, threads, 0)

/* broker -> shell host, after host_started: this shell was granted; shell_create will follow. */
#define FIELDS_host_shell(F) \
    F(U64, operation, 0) F(TEXT, shell_id, LIMIT_ID) F(TEXT, name, LIMIT_NAME) \
    F(TEXT, mechanism, LIMIT_ID) F(TEXT, url, LIMIT_URI) F(TEXT, address, LIMIT_ID) \
    F(TEXT, account, LIMIT_NAME) F(ITEMS, groups, LIMIT_GROUPS) F(TEXT, resource_uri, LIMIT_URI) \
    F(TEXT, locale, LIMIT_ID) F(TEXT, data_locale, LIMIT_ID) F(TEXT, shell_name, LIMIT_NAME) \
    F(TEXT, input_streams, LIMIT_STREAMS) F(TEXT, output_streams, LIMIT_STREAMS) \
    F(U64, idle_timeout, 0) F(U32, max_envelope, 0) FIELDS_CERTIFICATE(F)
/* broker -> shell host: a winrmd-net may talk to you; and: it may not any more. */
#define FIELDS_host_channel(F) F(U32, net, 0) F(FD, channel, 0)
#define FIELDS_host_revoke(F) F(U32, net, 0)
/* broker -> shell host: end the shell and everything in it, then say shell_ended. */
#define FIELDS_shell_end(F)
/* host -> broker: the plug-in reported its shell context; and: the shell is over. */
#define FIELDS_shell_started(F) F(U64, operation, 0)
#define FIELDS_shell_ended(F) F(U64, operation, 0) F(U32, code, 0)
/* `command_line`: the beginning of it with its arguments, for whoever enumerates commands. */
#define FIELDS_command_started(F) \
    F(U64, operation, 0) F(TEXT, command_id, LIMIT_ID) F(TEXT, command_line, LIMIT_COMMAND_LINE)
/*
 * host -> broker: the command operation is complete and its context released. No answer that
 * shows this leaves the host before the broker's command_noted.
 */
#define FIELDS_command_ended(F) \
    F(U64, operation, 0) F(U32, code, 0) F(BOOL, exited, 0) F(U32, exit_code, 0)
#define FIELDS_command_noted(F) F(U64, operation, 0)
/* broker -> host: if this command has not begun, forget its ticket and say command_ended. */
#define FIELDS_command_void(F) F(U64, operation, 0) F(U64, sequence, 0) /* of its ticket */
/*
 * broker -> shell host: the shell's client goes. What waits for output is refused, what has a
 * ticket up to `sequence` is refused when it comes, and output is kept as `buffering` says. When
 * Sends and Signals are done, or after `timeout`, the host says shell_disconnected.
 */
#define FIELDS_shell_disconnect(F) \
    F(U64, operation, 0) F(U64, sequence, 0) F(U64, timeout, 0) \
    F(U32, buffering, 0) /* enum output_buffering */
#define FIELDS_shell_disconnected(F) F(U64, operation, 0)
/*
 * host -> broker: a client has come back to the disconnected shell (code 0), or that has failed.
 * Nobody is told before the broker's connect_noted, which says whether the shell is connected now.
 */
#define FIELDS_shell_connected(F) F(U64, operation, 0) F(U32, code, 0)
#define FIELDS_connect_noted(F) F(U64, operation, 0) F(BOOL, connected, 0)
/*
 * broker -> host: that client has gone; forget its ticket, or what it asked for, and say
 * shell_connected.
 */
#define FIELDS_connect_void(F) F(U64, operation, 0) F(U64, sequence, 0) /* of its ticket */

/* ---- payload ---- */

/*
 * What each of them has. `operation_id`, `sequence_id`: the client's p:OperationID and p:SequenceId;
 * the same two again are the same message again. `max_envelope`: bytes the client's answer may have.
 */
#define FIELDS_TICKET(F) \
    F(U64, request, 0) F(U64, operation, 0) F(U64, sequence, 0) F(U64, ticket, 0) \
    F(TEXT, operation_id, LIMIT_ID) F(TEXT, sequence_id, LIMIT_ID) F(U32, max_envelope, 0)
/* net -> shell host. Flags of options: 1 MustComply. Answered by host_answer. */
#define FIELDS_shell_create(F) \
    FIELDS_TICKET(F) F(U64, timeout, 0) F(ITEMS, options, LIMIT_OPTIONS) \
    F(BOOL, options_must_understand, 0) F(ITEMS, environment, LIMIT_ENVIRONMENT) \
    F(TEXT, working_directory, LIMIT_URI) F(TEXT, creation_xml, LIMIT_PAYLOAD) \
    F(ITEMS, option_types, LIMIT_OPTIONS) /* values only, one for each option; or none */
/* Arguments are items with a value and no name. */
#define FIELDS_command_create(F) \
    FIELDS_TICKET(F) F(U64, timeout, 0) F(ITEMS, options, LIMIT_OPTIONS) \
    F(BOOL, options_must_understand, 0) F(TEXT, command_id, LIMIT_ID) \
    F(TEXT, command_line, LIMIT_PAYLOAD) F(ITEMS, arguments, LIMIT_ARGUMENTS) \
    F(ITEMS, option_types, LIMIT_OPTIONS)
/* Items: stream name, data, flags 1: End. */
#define FIELDS_send_input(F) \
    FIELDS_TICKET(F) F(U64, timeout, 0) F(TEXT, command_id, LIMIT_ID) \
    F(ITEMS, streams, LIMIT_CHUNKS)
/* `room`: bytes of stream data the response can take. Answered by output or host_answer. */
#define FIELDS_receive_output(F) \
    FIELDS_TICKET(F) F(U64, timeout, 0) F(TEXT, command_id, LIMIT_ID) \
    F(TEXT, streams, LIMIT_STREAMS) F(U32, room, 0)
#define FIELDS_signal_command(F) \
    FIELDS_TICKET(F) F(U64, timeout, 0) F(TEXT, command_id, LIMIT_ID) F(TEXT, code, LIMIT_URI)
/* net -> host: the client left; a waiting Receive gives nothing away any more. */
#define FIELDS_request_cancel(F) F(U64, request, 0)
/*
 * net -> host: what became of an output message. Not delivered: it is kept for the next Receive.
 * That can also be said after `delivered`, when the client closed without reading.
 */
#define FIELDS_output_written(F) F(U64, request, 0) F(BOOL, delivered, 0)
/*
 * host -> net: how it ended; code 0 is success. `command_id`: of the command that began with the
 * same message before; NULL: the one of the grant.
 */
#define FIELDS_host_answer(F) \
    F(U64, request, 0) F(U32, code, 0) F(TEXT, extended, LIMIT_REASON) \
    F(TEXT, provider, LIMIT_NAME) F(TEXT, provider_path, LIMIT_URI) F(TEXT, command_id, LIMIT_ID)
/*
 * host -> net. Items: stream name, data, flags 1: End (then without data). `state`: enum
 * command_state; `state_uri` only when the plug-in reported a state of its own.
 */
#define FIELDS_output(F) \
    F(U64, request, 0) F(ITEMS, chunks, LIMIT_CHUNKS) F(U32, state, 0) \
    F(TEXT, state_uri, LIMIT_URI) F(U32, exit_code, 0)
/*
 * net -> host: a client takes the shell, or one of its commands, over; or it comes back to it.
 * Connect is answered by connect_answer or host_answer, Reconnect by host_answer.
 */
#define FIELDS_connect_shell(F) \
    FIELDS_TICKET(F) F(U64, timeout, 0) F(ITEMS, options, LIMIT_OPTIONS) \
    F(BOOL, options_must_understand, 0) F(TEXT, command_id, LIMIT_ID) \
    F(TEXT, connect_xml, LIMIT_PAYLOAD)
#define FIELDS_reconnect_shell(F) FIELDS_TICKET(F) F(TEXT, command_id, LIMIT_ID)
/* host -> net: done. `response` is the plug-in's; without streams it is about a command. */
#define FIELDS_connect_answer(F) \
    F(U64, request, 0) F(TEXT, input_streams, LIMIT_STREAMS) F(TEXT, output_streams, LIMIT_STREAMS) \
    F(TEXT, response, LIMIT_PAYLOAD)

/* ---- status ---- */

#define FIELDS_status_ask(F)
#define FIELDS_status_process(F) \
    F(TEXT, name, LIMIT_NAME) F(U32, process, 0) F(U32, restarts, 0) F(TEXT, state, LIMIT_ID) \
    F(TEXT, application, LIMIT_URI)
#define FIELDS_status_application(F) \
    F(TEXT, path, LIMIT_URI) F(TEXT, plugin, LIMIT_NAME) F(TEXT, state, LIMIT_ID)
/* An operations plug-in: what of it is in use, by how many accounts. */
#define FIELDS_status_plugin(F) \
    F(TEXT, application, LIMIT_URI) F(TEXT, name, LIMIT_NAME) F(U32, shells, 0) \
    F(U32, operations, 0) F(U32, users, 0)
#define FIELDS_status_record(F) \
    F(TEXT, application, LIMIT_URI) F(TEXT, user, LIMIT_NAME) F(TEXT, mechanism, LIMIT_ID) \
    F(TEXT, account, LIMIT_NAME) F(TEXT, state, LIMIT_ID) F(BOOL, administrator, 0) \
    F(U32, shells, 0) F(U32, operations, 0) F(U32, slot_messages, 0) F(U64, idle, 0)
#define FIELDS_status_shell(F) \
    F(TEXT, application, LIMIT_URI) F(TEXT, shell_id, LIMIT_ID) F(TEXT, owner, LIMIT_NAME) \
    F(TEXT, account, LIMIT_NAME) F(U32, process, 0) F(U32, commands, 0) F(U64, idle, 0) \
    F(U64, age, 0) F(TEXT, state, LIMIT_ID)
/* `channel_binding`: tls-server-end-point of its certificate, hexadecimal; empty: there is none. */
#define FIELDS_status_listener(F) \
    F(TEXT, name, LIMIT_NAME) F(TEXT, url, LIMIT_URI) F(TEXT, channel_binding, LIMIT_ID)
#define FIELDS_status_counter(F) F(TEXT, name, LIMIT_NAME) F(U64, value, 0)
/*
 * How winrmd runs. `limits`: "cgroup" or "rlimits", what limits memory and processes of a shell.
 * `cgroup`: the folder that shells' folders are made in; NULL: none. `landlock`: version of the
 * kernel's Landlock; 0: it has none.
 */
#define FIELDS_status_mode(F) \
    F(BOOL, root, 0) F(TEXT, limits, LIMIT_ID) F(TEXT, cgroup, LIMIT_URI) F(U32, landlock, 0)
#define FIELDS_status_end(F)

/* ---- reload ---- */

/* winrmctl -> broker: read the configuration again. Answered by problems and one reload_end. */
#define FIELDS_reload_ask(F)
#define FIELDS_reload_problem(F) \
    F(TEXT, file, LIMIT_URI) F(U32, line, 0) F(TEXT, cause, LIMIT_REASON) \
    F(TEXT, remedy, LIMIT_REASON)
/* broker -> winrmctl: with problems > 0 nothing was changed. */
#define FIELDS_reload_end(F) F(U32, problems, 0)

/* ---- explain ---- */

/* winrmctl -> broker: what would the authorization plug-in say? One question at a time. */
#define FIELDS_explain_ask(F) \
    F(TEXT, application, LIMIT_URI) F(TEXT, name, LIMIT_NAME) F(TEXT, account, LIMIT_NAME) \
    F(ITEMS, groups, LIMIT_GROUPS) F(TEXT, mechanism, LIMIT_ID) F(TEXT, address, LIMIT_ID) \
    F(U32, operation, 0) /* enum operation_kind */ F(TEXT, resource_uri, LIMIT_URI) \
    F(TEXT, action, LIMIT_URI) /* of an Invoke */
/* broker -> winrmctl: for each call of the plug-in. `quota`: the numbers that follow mean something. */
#define FIELDS_explain_answer(F) \
    F(TEXT, call, LIMIT_ID) F(TEXT, verdict, LIMIT_ID) F(U32, code, 0) \
    F(TEXT, reason, LIMIT_REASON) F(TEXT, runs_as, LIMIT_NAME) F(BOOL, administrator, 0) \
    F(BOOL, quota, 0) F(U32, shells, 0) F(U32, operations, 0) F(U32, slot_seconds, 0) \
    F(U32, slot_operations, 0)
/* broker -> winrmctl: that was all. `problem`: why the plug-in was not asked. */
#define FIELDS_explain_end(F) F(TEXT, verdict, LIMIT_ID) F(TEXT, problem, LIMIT_REASON)

/* ---- what an administrator does ---- */

/* winrmctl -> broker: who is there? Answered by control_user for each, and control_done. */
#define FIELDS_control_users(F)
/*
 * A user record, or (without application) logins that have none. `uid`: under which the user's
 * shells run; NULL: not known. `sessions`: connections that have logged in so, which belong to no
 * application. `throttled`: how long no message of the user is taken.
 */
#define FIELDS_control_user(F) \
    F(TEXT, application, LIMIT_URI) F(TEXT, user, LIMIT_NAME) F(TEXT, mechanism, LIMIT_ID) \
    F(TEXT, account, LIMIT_NAME) F(TEXT, runs_as, LIMIT_NAME) F(TEXT, uid, LIMIT_ID) \
    F(TEXT, state, LIMIT_ID) F(U32, sessions, 0) F(U32, shells, 0) F(U32, operations, 0) \
    F(U32, slot_messages, 0) F(U64, throttled, 0)
/*
 * winrmctl -> broker: end the shell whose id is, or alone begins with, `shell`; or (NULL) all
 * those of `user`. `application` NULL: in any. Answered by control_shell for each when it has
 * ended, and control_done.
 */
#define FIELDS_control_kill(F) \
    F(TEXT, shell, LIMIT_ID) F(TEXT, user, LIMIT_NAME) F(TEXT, application, LIMIT_URI)
/* winrmctl -> broker: end all that the user has, so that the next message begins anew. */
#define FIELDS_control_revoke(F) F(TEXT, user, LIMIT_NAME) F(TEXT, application, LIMIT_URI)
/* winrmctl -> broker: forget what the user has sent, and what the user or address has failed. */
#define FIELDS_control_unthrottle(F) F(TEXT, who, LIMIT_NAME)
/*
 * winrmctl -> broker: log this much (enum log_level; none: as winrmd was started). `process`: a
 * name or pid; NULL: all, and those that start later.
 */
#define FIELDS_control_level(F) F(U32, level, 0) F(TEXT, process, LIMIT_NAME)
/* broker -> winrmctl: a shell that has ended, and its slots are back. */
#define FIELDS_control_shell(F) \
    F(TEXT, application, LIMIT_URI) F(TEXT, shell_id, LIMIT_ID) F(TEXT, user, LIMIT_NAME) \
    F(TEXT, account, LIMIT_NAME)
/*
 * broker -> winrmctl: it is done. `problem`: why it is not. What is said of: sessions and records
 * that were ended, time slots (windows) and failed logins given back, processes told.
 */
#define FIELDS_control_done(F) \
    F(TEXT, problem, LIMIT_REASON) F(U32, sessions, 0) F(U32, records, 0) F(U32, windows, 0) \
    F(U32, failures, 0) F(U32, processes, 0)
/*
 * broker -> all but winrmd-config: log this much (enum log_level). `journal`: standard error is
 * the journal, where each line begins with its priority.
 */
#define FIELDS_log_level(F) F(U32, level, 0) F(BOOL, journal, 0)
/*
 * broker -> auth: forget what is remembered of passwords that were right (`passwords`), and what
 * this user or address has failed (`who`; NULL: nobody). Answered by auth_forgotten with the number
 * of those that had failed something.
 */
#define FIELDS_auth_forget(F) F(U64, call, 0) F(BOOL, passwords, 0) F(TEXT, who, LIMIT_NAME)
#define FIELDS_auth_forgotten(F) F(U64, call, 0) F(U32, failures, 0)

enum { ITEM_MUST_COMPLY = 1, ITEM_END = 1 };

/* Which token an authorization plug-in chose (plug-in API: impersonationToken). */
enum token_choice { TOKEN_none, TOKEN_client, TOKEN_account };

/* As what an item of an enumeration is written: DSP0226 8.7, EnumerationMode. */
enum item_form { ITEM_FORM_none, ITEM_FORM_object, ITEM_FORM_reference, ITEM_FORM_both };

enum listener_file {
    LISTENER_FILE_none,
    LISTENER_FILE_certificate,
    LISTENER_FILE_key,
    LISTENER_FILE_client_ca,
    LISTENER_FILES
};

/*
 * What becomes of the output of a disconnected shell: B(name, word in OutputBufferingMode and
 * rsp:BufferMode). In this order: the plug-in waits while a stream is full, the oldest gives way,
 * nothing is taken.
 */
#define BUFFERING_TABLE(B) B(block, "Block") B(drop, "Drop") B(refuse, "None")

enum output_buffering {
    BUFFERING_none, /* not said */
#define B(name, word) BUFFERING_##name,
    BUFFERING_TABLE(B)
#undef B
        BUFFERINGS
};

enum trace_event {
    TRACE_none,
    TRACE_entered,
    TRACE_returned,  /* value: the code, of start-up and shutdown */
    TRACE_unwritten, /* start-up left its pluginContext as it was */
    TRACE_mapping,   /* entry: the account for which no token was made */
    TRACE_threads    /* value: threads of the plug-in that outlived its shutdown */
};

enum command_state {
    COMMAND_STATE_none,
    COMMAND_STATE_pending,
    COMMAND_STATE_running,
    COMMAND_STATE_done,
    COMMAND_STATE_other
};

/* `Capability` of a resource, as bits of config_resource.capabilities. */
enum capability {
    CAPABILITY_get = 1,
    CAPABILITY_put = 2,
    CAPABILITY_create = 4,
    CAPABILITY_delete = 8,
    CAPABILITY_invoke = 16,
    CAPABILITY_enumerate = 32,
    CAPABILITY_subscribe = 64,
    CAPABILITY_shell = 128
};

/* Beside them in plugin_item: SupportsOptions and ExactMatch of the resource. */
enum { RESOURCE_SUPPORTS_OPTIONS = 1 << 16, RESOURCE_EXACT_MATCH = 1 << 17 };

#endif
