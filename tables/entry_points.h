/* SPDX-License-Identifier: ISC */

/*
 * The functions a plug-in exports, declared once: the loader finds them by this table, checks
 * that what is required is there, and fills struct plugin with it.
 *
 *   E(member, type, symbol, host, need)
 *
 * `member` and `type` are those of the function pointer in struct plugin (types of wsman.h, but for
 * DllMain, which is not part of it).
 * `host` says which kind of plug-in has it: any, authorization or shell. `need` is required,
 * optional, or quota: required when the configuration says SupportsQuota, else not looked at.
 */
#ifndef TABLES_ENTRY_POINTS_H
#define TABLES_ENTRY_POINTS_H

#define ENTRY_POINT_TABLE(E)                                                                      \
    E(dll_main, plugin_dll_main, "DllMain", any, optional)                                        \
    E(startup, WSMAN_PLUGIN_STARTUP, "WSManPluginStartup", any, required)                         \
    E(shutdown, WSMAN_PLUGIN_SHUTDOWN, "WSManPluginShutdown", any, required)                      \
    E(authz_user, WSMAN_PLUGIN_AUTHORIZE_USER, "WSManPluginAuthzUser", authorization, required)   \
    E(authz_operation, WSMAN_PLUGIN_AUTHORIZE_OPERATION, "WSManPluginAuthzOperation",             \
      authorization, required)                                                                    \
    E(authz_quota, WSMAN_PLUGIN_AUTHORIZE_QUERY_QUOTA, "WSManPluginAuthzQueryQuota",              \
      authorization, quota)                                                                       \
    E(authz_release, WSMAN_PLUGIN_AUTHORIZE_RELEASE_CONTEXT, "WSManPluginAuthzReleaseContext",    \
      authorization, optional)                                                                    \
    E(shell, WSMAN_PLUGIN_SHELL, "WSManPluginShell", shell, required)                             \
    E(command, WSMAN_PLUGIN_COMMAND, "WSManPluginCommand", shell, required)                       \
    E(send, WSMAN_PLUGIN_SEND, "WSManPluginSend", shell, required)                                \
    E(receive, WSMAN_PLUGIN_RECEIVE, "WSManPluginReceive", shell, required)                       \
    E(signal, WSMAN_PLUGIN_SIGNAL, "WSManPluginSignal", shell, required)                          \
    E(connect, WSMAN_PLUGIN_CONNECT, "WSManPluginConnect", shell, optional)                       \
    E(release_shell, WSMAN_PLUGIN_RELEASE_SHELL_CONTEXT, "WSManPluginReleaseShellContext", shell, \
      required)                                                                                   \
    E(release_command, WSMAN_PLUGIN_RELEASE_COMMAND_CONTEXT, "WSManPluginReleaseCommandContext",  \
      shell, required)

enum entry_host { ENTRY_HOST_any, ENTRY_HOST_authorization, ENTRY_HOST_shell };
enum entry_need { ENTRY_NEED_required, ENTRY_NEED_optional, ENTRY_NEED_quota };

#endif
