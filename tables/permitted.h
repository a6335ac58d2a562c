/* SPDX-License-Identifier: ISC */

/*
 * Which message a process accepts from which peer in which state of the channel:
 * R(receiver, peer, state, message). Whoever sends anything else is ended (by the broker) or
 * disconnected (by the others). Read it like a firewall: what is not here does not pass.
 */
#ifndef TABLES_PERMITTED_H
#define TABLES_PERMITTED_H

#define PERMITTED_TABLE(R) \
    /* winrmd-config */ \
    R(config, broker, starting, config_read) \
    R(config, broker, serving, config_opened) \
    R(broker, config, serving, config_open) \
    R(broker, config, serving, config_made) \
    R(broker, config, serving, config_service) \
    R(broker, config, serving, config_listener) \
    R(broker, config, serving, config_application) \
    R(broker, config, serving, config_plugin) \
    R(broker, config, serving, config_resource) \
    R(broker, config, serving, config_problem) \
    R(broker, config, serving, config_end) \
    /* winrmd-net */ \
    R(net, broker, starting, net_start) \
    R(net, broker, starting, net_file) \
    R(net, broker, starting, net_listener) \
    R(net, broker, starting, net_application) \
    R(net, broker, starting, net_auth) \
    R(net, broker, starting, net_go) \
    R(net, broker, serving, net_start) \
    R(net, broker, serving, net_file) \
    R(net, broker, serving, net_listener) \
    R(net, broker, serving, net_listener_end) \
    R(net, broker, serving, net_application) \
    R(net, broker, serving, net_application_end) \
    R(net, broker, serving, net_settle) \
    R(net, broker, serving, net_drain) \
    R(net, broker, serving, net_auth) \
    R(net, broker, serving, session_opened) \
    R(net, broker, serving, auth_refused) \
    R(net, broker, serving, session_revoked) \
    R(net, broker, serving, operation_refused) \
    R(net, broker, serving, operation_granted) \
    R(net, broker, serving, operation_ended) \
    R(net, broker, serving, shell_details) \
    R(net, broker, serving, shell_item) \
    R(net, broker, serving, command_item) \
    R(net, broker, serving, items_end) \
    R(net, broker, serving, host_gone) \
    R(net, broker, serving, configuration_details) \
    R(net, broker, serving, listener_item) \
    R(net, broker, serving, plugin_item) \
    R(net, broker, starting, net_mechanisms) \
    R(net, broker, serving, net_mechanisms) \
    R(net, auth, serving, auth_refused) \
    R(net, auth, serving, auth_continue) \
    R(net, auth, serving, auth_context) \
    R(net, shell_host, serving, host_answer) \
    R(net, shell_host, serving, output) \
    R(net, shell_host, serving, connect_answer) \
    R(broker, net, starting, net_ready) \
    R(broker, net, starting, channel_lost) \
    R(broker, net, serving, net_settled) \
    R(broker, net, serving, channel_lost) \
    R(broker, net, serving, session_closed) \
    R(broker, net, serving, operation) \
    R(broker, net, serving, operation_cancel) \
    R(broker, net, serving, operation_written) \
    R(broker, net, serving, items_fit) \
    R(broker, net, serving, host_broke) \
    /* winrmd-auth */ \
    R(auth, broker, starting, auth_start) \
    R(auth, broker, serving, auth_start) \
    R(auth, broker, serving, auth_net) \
    R(auth, broker, serving, pam_answer) \
    R(auth, broker, serving, auth_listener) \
    R(auth, broker, serving, auth_listener_end) \
    R(auth, net, serving, auth_basic) \
    R(auth, net, serving, auth_certificate) \
    R(auth, net, serving, auth_abandon) \
    R(auth, net, serving, auth_token) \
    R(auth, net, serving, auth_token_end) \
    R(auth, broker, serving, auth_gss) \
    R(auth, gss, serving, gss_offer) \
    R(auth, gss, serving, gss_continue) \
    R(auth, gss, serving, gss_done) \
    R(auth, gss, serving, gss_failed) \
    R(broker, auth, starting, auth_ready) \
    R(broker, auth, serving, auth_ready) \
    R(broker, auth, serving, auth_bound) \
    R(broker, auth, serving, auth_identity) \
    R(broker, auth, serving, auth_failure) \
    R(broker, auth, serving, channel_lost) \
    R(broker, auth, serving, auth_revoked) \
    R(broker, auth, serving, pam_ask) \
    /* winrmd-pam */ \
    R(pam, broker, starting, pam_start) \
    R(pam, broker, serving, pam_check) \
    R(pam, broker, serving, account_find) \
    R(broker, pam, starting, pam_ready) \
    R(broker, pam, serving, pam_verdict) \
    R(broker, pam, serving, account_found) \
    /* winrmd-session */ \
    R(session, broker, starting, pam_session_open) \
    R(session, broker, serving, pam_session_end) \
    R(broker, session, starting, pam_session_opened) \
    R(broker, session, starting, pam_session_failed) \
    R(broker, session, serving, pam_session_over) \
    /* winrmd-gss */ \
    R(gss, broker, starting, gss_start) \
    R(gss, broker, serving, gss_channel) \
    R(gss, broker, serving, gss_leave) \
    R(gss, auth, serving, gss_accept) \
    R(gss, auth, serving, gss_drop) \
    R(broker, gss, starting, gss_ready) \
    R(broker, gss, serving, gss_ready) \
    R(broker, gss, serving, gss_spent) \
    /* winrmd-host with an authorization plug-in */ \
    R(authz_host, broker, starting, host_start) \
    R(authz_host, broker, serving, authz_user) \
    R(authz_host, broker, serving, authz_quota) \
    R(authz_host, broker, serving, authz_operation) \
    R(authz_host, broker, serving, authz_close) \
    R(authz_host, broker, serving, authz_release) \
    R(authz_host, broker, serving, host_stop) \
    R(authz_host, broker, stopping, authz_close) \
    R(authz_host, broker, stopping, authz_release) \
    R(broker, authz_host, starting, host_started) \
    R(broker, authz_host, starting, host_traced) \
    R(broker, authz_host, serving, host_traced) \
    R(broker, authz_host, stopping, host_traced) \
    R(broker, authz_host, starting, host_crashing) \
    R(broker, authz_host, serving, host_crashing) \
    R(broker, authz_host, stopping, host_crashing) \
    R(broker, authz_host, serving, authz_user_answer) \
    R(broker, authz_host, serving, authz_quota_answer) \
    R(broker, authz_host, serving, authz_operation_answer) \
    R(broker, authz_host, serving, authz_stray) \
    R(broker, authz_host, serving, authz_stuck) \
    R(broker, authz_host, stopping, authz_user_answer) \
    R(broker, authz_host, stopping, authz_quota_answer) \
    R(broker, authz_host, stopping, authz_operation_answer) \
    R(broker, authz_host, stopping, authz_stray) \
    R(broker, authz_host, stopping, authz_stuck) \
    /* winrmd-host with a shell plug-in */ \
    R(shell_host, broker, starting, host_start) \
    R(shell_host, broker, serving, host_shell) \
    R(shell_host, broker, serving, host_channel) \
    R(shell_host, broker, serving, host_revoke) \
    R(shell_host, broker, serving, command_void) \
    R(shell_host, broker, serving, command_noted) \
    R(shell_host, broker, serving, shell_disconnect) \
    R(shell_host, broker, serving, connect_noted) \
    R(shell_host, broker, serving, connect_void) \
    R(shell_host, broker, serving, shell_end) \
    R(shell_host, broker, serving, host_stop) \
    R(shell_host, broker, stopping, host_channel) \
    R(shell_host, broker, stopping, host_revoke) \
    R(shell_host, broker, stopping, command_void) \
    R(shell_host, broker, stopping, command_noted) \
    R(shell_host, broker, stopping, shell_disconnect) \
    R(shell_host, broker, stopping, connect_noted) \
    R(shell_host, broker, stopping, connect_void) \
    R(shell_host, broker, stopping, shell_end) \
    R(shell_host, net, serving, shell_create) \
    R(shell_host, net, serving, command_create) \
    R(shell_host, net, serving, send_input) \
    R(shell_host, net, serving, receive_output) \
    R(shell_host, net, serving, signal_command) \
    R(shell_host, net, serving, connect_shell) \
    R(shell_host, net, serving, reconnect_shell) \
    R(shell_host, net, serving, request_cancel) \
    R(shell_host, net, serving, output_written) \
    R(broker, shell_host, starting, host_started) \
    R(broker, shell_host, starting, host_crashing) \
    R(broker, shell_host, serving, host_crashing) \
    R(broker, shell_host, stopping, host_crashing) \
    R(broker, shell_host, serving, shell_started) \
    R(broker, shell_host, serving, shell_ended) \
    R(broker, shell_host, serving, command_started) \
    R(broker, shell_host, serving, command_ended) \
    R(broker, shell_host, serving, shell_disconnected) \
    R(broker, shell_host, serving, shell_connected) \
    R(broker, shell_host, serving, authz_stray) \
    R(broker, shell_host, stopping, shell_started) \
    R(broker, shell_host, stopping, shell_ended) \
    R(broker, shell_host, stopping, command_started) \
    R(broker, shell_host, stopping, command_ended) \
    R(broker, shell_host, stopping, shell_disconnected) \
    R(broker, shell_host, stopping, shell_connected) \
    R(broker, shell_host, stopping, authz_stray) \
    /* winrmctl */ \
    R(broker, control, serving, status_ask) \
    R(control, broker, serving, status_process) \
    R(control, broker, serving, status_listener) \
    R(control, broker, serving, status_application) \
    R(control, broker, serving, status_plugin) \
    R(control, broker, serving, status_record) \
    R(control, broker, serving, status_shell) \
    R(control, broker, serving, status_counter) \
    R(control, broker, serving, status_mode) \
    R(control, broker, serving, status_end) \
    R(broker, control, serving, reload_ask) \
    R(control, broker, serving, reload_problem) \
    R(control, broker, serving, reload_end) \
    R(broker, control, serving, explain_ask) \
    R(control, broker, serving, explain_answer) \
    R(control, broker, serving, explain_end) \
    R(broker, control, serving, control_users) \
    R(broker, control, serving, control_kill) \
    R(broker, control, serving, control_revoke) \
    R(broker, control, serving, control_unthrottle) \
    R(broker, control, serving, control_level) \
    R(control, broker, serving, control_user) \
    R(control, broker, serving, control_shell) \
    R(control, broker, serving, control_done) \
    /* what winrmctl has the broker say */ \
    R(auth, broker, serving, auth_forget) \
    R(broker, auth, serving, auth_forgotten) \
    R(net, broker, serving, log_level) \
    R(auth, broker, serving, log_level) \
    R(pam, broker, serving, log_level) \
    R(session, broker, serving, log_level) \
    R(gss, broker, serving, log_level) \
    R(authz_host, broker, serving, log_level) \
    R(authz_host, broker, stopping, log_level) \
    R(shell_host, broker, serving, log_level) \
    R(shell_host, broker, stopping, log_level)

#endif
