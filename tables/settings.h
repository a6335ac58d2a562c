/* SPDX-License-Identifier: ISC */

/*
 * Every setting of winrmd.conf and of web.config, declared once. From this table come the structs
 * of src/config/model.h, the parsers, the checks of range and spelling, the refusal of what is not
 * built yet, and the test that holds docs/configuration.md to it.
 *
 * SETTINGS_SECTIONS lists the sections as T(section, file). SETTINGS_<section> lists its settings:
 *
 *   S(name, member, type, standard, least, most, unit, built, meaning)
 *
 *   type      TEXT    characters; least and most bound the number of bytes
 *             PATH    a TEXT made absolute against the folder of the file it stands in
 *             TEXTS   a list of texts; least and most bound the number of entries
 *             SWITCH  true or false (also yes, no, on, off, 1, 0)
 *             COUNT   a number
 *             TIME    a number with ms, s, m or h; least and most in milliseconds
 *             SIZE    a number with B, KiB or MiB; least and most in bytes
 *   standard  what holds when nothing is written; NULL: it must be written
 *   unit      of a TIME or SIZE written without one; "": a unit must be written
 *   built     no: the part it belongs to does not exist in this version, and any value but the
 *             standard (which says "off") is refused
 */
#ifndef TABLES_SETTINGS_H
#define TABLES_SETTINGS_H

#define SETTINGS_SECTIONS(T) \
    T(service, "winrmd.conf") \
    T(listener, "winrmd.conf") \
    T(authentication, "winrmd.conf") \
    T(audit, "winrmd.conf") \
    T(connections, "winrmd.conf") \
    T(limits, "winrmd.conf") \
    T(application, "winrmd.conf") \
    T(operations_configuration, "web.config") \
    T(authorization_plugin, "web.config") \
    T(plugin, "web.config") \
    T(quotas, "web.config") \
    T(param, "web.config") \
    T(resource, "web.config") \
    T(capability, "web.config")

#define UINT_MOST     4294967295ULL
#define UINT_MOST_OF(unit) (UINT_MOST * (unit))

/* ---- winrmd.conf ---- */

/* Outside of any section. */
#define SETTINGS_service(S) \
    S("net-processes", net_processes, COUNT, "0", 0, 64, "", yes, \
      "how many winrmd-net processes serve the network; 0: one per core") \
    S("control", control, PATH, "winrmd.sock", 1, 4000, "", yes, \
      "socket that winrmctl talks to, made with mode 0600") \
    S("cgroup", cgroup, TEXT, "auto", 4, 4000, "", yes, \
      "root mode: the folder of cgroup v2 in which each shell gets one of its own; \"auto\": the " \
      "service's own, where there is one; \"none\"")

#define SETTINGS_listener(S) \
    S("address", address, TEXT, NULL, 3, 127, "", yes, \
      "numeric address and port, \"127.0.0.1:5985\" or \"[::1]:5985\"; port 0 picks a free one") \
    S("authentication", authentication, TEXTS, "", 0, 8, "", yes, \
      "methods offered: \"negotiate\", \"basic\", \"certificate\"") \
    S("allow-unencrypted", allow_unencrypted, SWITCH, "false", 0, 1, "", yes, \
      "lets passwords and payload cross the network in clear text, where there is no TLS") \
    S("header-limit", header_limit, SIZE, "96KiB", 4096, 98304, "B", yes, \
      "largest head of a request") \
    S("tls", tls, SWITCH, "false", 0, 1, "", yes, \
      "connections are encrypted; also without this when there is a certificate") \
    S("certificate", certificate, PATH, "", 0, 4000, "", yes, \
      "PEM file: the certificate of TLS, then what it was issued by; empty: one is made and kept " \
      "in self-signed.pem") \
    S("key", key, PATH, "", 0, 4000, "", yes, \
      "PEM file: the private key; empty: it stands in the file of the certificate") \
    S("client-ca", client_ca, PATH, "", 0, 4000, "", yes, \
      "PEM file: authorities of client certificates; clients are asked for one") \
    S("tls-minimum", tls_minimum, TEXT, "1.2", 3, 3, "", yes, "oldest version, \"1.2\" or \"1.3\"") \
    S("ciphers", ciphers, TEXT, "ECDHE+AESGCM:ECDHE+CHACHA20", 1, 4000, "", yes, \
      "ciphers of TLS 1.2, as \"openssl ciphers\" takes them") \
    S("ciphersuites", ciphersuites, TEXT, \
      "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", 1, 4000, "", \
      yes, "cipher suites of TLS 1.3") \
    S("channel-binding", channel_binding, TEXT, "relaxed", 4, 7, "", yes, \
      "whether Negotiate has to be bound to the TLS channel: \"none\", \"relaxed\" (if the client " \
      "says something of it, that has to be right), \"strict\" (it has to say it)")

#define SETTINGS_authentication(S) \
    S("basic", basic, TEXT, "", 0, 4000, "", yes, \
      "where passwords are checked: \"file:PATH\", made with winrmctl passwd, or \"pam\"") \
    S("pam-service", pam_service, TEXT, "winrmd", 1, 64, "", yes, \
      "the service that PAM is asked as: a file in /etc/pam.d") \
    S("session-service", session_service, TEXT, "", 0, 64, "", yes, \
      "root mode: the service that PAM is asked as for the sessions of shells; empty: the " \
      "pam-service") \
    S("pam-timeout", pam_timeout, TIME, "30s", 1, 30000, "", yes, \
      "how long PAM may take for one login; the process that was asked is then killed") \
    S("keytab", keytab, PATH, "", 0, 4000, "", yes, \
      "keys of the Kerberos service, any of which a client may use; empty: no Kerberos") \
    S("realms", realms, TEXTS, "", 0, 64, "", yes, \
      "Kerberos realms whose principals are let in; none: those of the keytab") \
    S("ntlm-users", ntlm_users, PATH, "", 0, 4000, "", yes, \
      "NTLM password file, made with winrmctl ntlm-passwd; empty: no NTLM") \
    S("ntlm-domain", ntlm_domain, TEXT, "", 0, 15, "", yes, \
      "the domain of its users; empty: the machine's name up to the first dot") \
    S("negotiate-lifetime", negotiate_lifetime, TIME, "10h", 1, 604800000, "", yes, \
      "how long a login by Negotiate lasts at most; one by Kerberos no longer than its ticket") \
    S("certificate-map", certificate_map, PATH, "", 0, 4000, "", yes, \
      "which client certificate is which user") \
    S("basic-cache", basic_cache, TIME, "0s", 0, 3600000, "", yes, \
      "how long a password that was right is not checked again")

#define SETTINGS_audit(S) \
    S("file", file, PATH, "audit.jsonl", 1, 4000, "", yes, "the audit trail, one JSON line a record")

/* Of each winrmd-net; the standards are those of tables/input_limits.h. */
#define SETTINGS_connections(S) \
    S("total", total, COUNT, "10000", 1, 1000000, "", yes, \
      "connections at the same time; more are answered with 503") \
    S("unauthenticated", unauthenticated, COUNT, "4000", 1, 1000000, "", yes, \
      "of these, connections that have not authenticated") \
    S("per-source", per_source, COUNT, "1000", 1, 1000000, "", yes, \
      "of these, connections from one address") \
    S("request-time", request_time, TIME, "120s", 1, 86400000, "", yes, \
      "how long one request may take to arrive, from its first byte to its last")

/* Of the whole service. */
#define SETTINGS_limits(S) \
    S("requests", requests, COUNT, "300", 1, 1000000, "", yes, \
      "requests in progress at the same time; more are answered with 503") \
    S("shell-users", shell_users, COUNT, "100", 1, UINT_MOST, "", yes, \
      "accounts that have shells at the same time") \
    S("remote-shell-access", remote_shell_access, SWITCH, "true", 0, 1, "", yes, \
      "false: no new shell is made") \
    S("remote-access", remote_access, SWITCH, "true", 0, 1, "", yes, \
      "false: only clients on this machine, at a loopback address, are served")

#define SETTINGS_application(S) \
    S("directory", directory, PATH, NULL, 1, 4000, "", yes, \
      "folder of the application; holds web.config and its plug-ins") \
    S("account", account, TEXT, "", 0, 512, "", yes, \
      "account of the authorization plug-in and of a NULL token; empty: the invoking user (in " \
      "root mode it must be written)") \
    S("may-map-to", may_map_to, TEXTS, "", 0, 1024, "", yes, \
      "accounts that the authorization plug-in may run a user's shells as") \
    S("allow-root", allow_root, SWITCH, "false", 0, 1, "", yes, \
      "in root mode: uid 0 may be a user's identity here, and have shells") \
    S("no-new-privileges", no_new_privileges, SWITCH, "false", 0, 1, "", yes, \
      "nothing in a shell can become another user, not even by sudo") \
    S("record-idle-timeout", record_idle_timeout, TIME, "900s", 1, 604800000, "", yes, \
      "how long a user record is kept without a message of its user") \
    S("authorization-timeout", authorization_timeout, TIME, "10s", 1, 600000, "", yes, \
      "how long the authorization plug-in may take for one answer") \
    S("count-requests-only", count_requests_only, SWITCH, "false", 0, 1, "", yes, \
      "a shell or command counts as an operation while it is created, not while it lives") \
    S("shells-per-user", shells_per_user, COUNT, "30", 1, UINT_MOST, "", yes, \
      "shells of a user whom the authorization plug-in gives no quota") \
    S("operations-per-user", operations_per_user, COUNT, "1500", 1, UINT_MOST, "", yes, \
      "concurrent operations of a user whom the authorization plug-in gives no quota") \
    S("batch-items", batch_items, COUNT, "32000", 1, UINT_MOST, "", yes, \
      "most items in one answer to Enumerate or Pull, whatever the request says")

/* ---- web.config: system.webServer/system.management.wsmanagement.config ---- */

#define SETTINGS_operations_configuration(S) \
    S("MaxEnvelopeSizeKB", max_envelope, SIZE, "500", 32768, UINT_MOST_OF(1024), "KiB", yes, \
      "largest SOAP envelope") \
    S("MaxOperationTimeoutSeconds", max_operation_time, TIME, "60", 1, UINT_MOST_OF(1000), "s", \
      yes, "longest time an operation may take, whatever the request says") \
    S("MaxEnumerateIdleTimeoutSeconds", max_enumerate_idle, TIME, "240", 1, UINT_MOST_OF(1000), \
      "s", yes, "pause after which an enumeration is given up") \
    S("MaxSubscribeIdleTimeoutSeconds", max_subscribe_idle, TIME, "60", 1, UINT_MOST_OF(1000), \
      "s", no, "pause after which a subscription is given up") \
    S("MaxShellIdleTimeoutMinutes", max_shell_idle, TIME, "120", 0, UINT_MOST_OF(60000), "m", yes, \
      "idle time after which a shell is closed, and the most a client may ask for; 0: the longest " \
      "there is, 2147483647 ms") \
    S("QuotaRefreshIntervalSeconds", quota_refresh, TIME, "900", 0, UINT_MOST_OF(1000), "s", yes, \
      "age at which a user is authorized again; 0: with every message") \
    S("QuotaSystemWindowSeconds", system_window, TIME, "2", 0, UINT_MOST_OF(1000), "s", yes, \
      "length of the system throttle's sliding window") \
    S("QuotaSystemWindowOperations", system_operations, COUNT, "1000", 0, UINT_MOST, "", yes, \
      "operations of all users within that window; 0: no system throttle")

#define SETTINGS_authorization_plugin(S) \
    S("Name", name, TEXT, NULL, 1, 512, "", yes, "name shown in faults and in the audit") \
    S("Filename", filename, TEXT, NULL, 1, 4000, "", yes, \
      "the plug-in; a bare name is looked for in the application's folder, then in the plug-in " \
      "folder of the installation") \
    S("SDKVersion", sdk_version, COUNT, NULL, 1, 2, "", yes, "plug-in API it was written for") \
    S("SupportsQuota", supports_quota, SWITCH, "false", 0, 1, "", yes, \
      "whether WSManPluginAuthzQueryQuota is asked for quotas")

#define SETTINGS_plugin(S) \
    S("Name", name, TEXT, NULL, 1, 512, "", yes, "name shown in faults and in the audit") \
    S("Filename", filename, TEXT, NULL, 1, 4000, "", yes, "the plug-in, as above") \
    S("SDKVersion", sdk_version, COUNT, NULL, 1, 2, "", yes, "plug-in API it was written for") \
    S("XmlRenderingType", xml_rendering_type, TEXT, "text", 1, 31, "", no, \
      "how XML is handed to the plug-in") \
    S("Enabled", enabled, SWITCH, "true", 0, 1, "", yes, "false: it gets no requests") \
    S("UseSharedProcess", use_shared_process, SWITCH, "false", 0, 1, "", no, \
      "one host process for all shells of a user") \
    S("ProcessIdleTimeoutSec", process_idle_timeout, TIME, "0", 0, UINT_MOST_OF(1000), "s", no, \
      "idle time after which the host process ends") \
    S("AutoRestart", auto_restart, SWITCH, "false", 0, 1, "", no, \
      "start the plug-in with the service") \
    S("OutputBufferingMode", output_buffering_mode, TEXT, "Block", 1, 31, "", yes, \
      "what becomes of the output of a disconnected shell: \"Block\" (the plug-in waits while the " \
      "buffer is full), \"Drop\" (the oldest gives way), \"None\" (the plug-in is told to keep it)")

/* What is not written limits nothing: the standards are the largest numbers. */
#define SETTINGS_quotas(S) \
    S("MaxShells", max_shells, COUNT, "4294967295", 1, UINT_MOST, "", yes, \
      "shells of this plug-in") \
    S("MaxShellsPerUser", max_shells_per_user, COUNT, "4294967295", 1, UINT_MOST, "", yes, \
      "of these, shells of one account") \
    S("MaxConcurrentUsers", max_users, COUNT, "4294967295", 1, UINT_MOST, "", yes, \
      "accounts that have a shell or an operation of this plug-in") \
    S("MaxConcurrentCommandsPerShell", max_commands, COUNT, "4294967295", 1, UINT_MOST, "", yes, \
      "commands of one shell") \
    S("MaxConcurrentOperations", max_operations, COUNT, "4294967295", 1, UINT_MOST, "", yes, \
      "operations in progress on this plug-in's resources") \
    S("MaxConcurrentOperationsPerUser", max_operations_per_user, COUNT, "4294967295", 1, \
      UINT_MOST, "", yes, "of these, operations of one account") \
    S("IdleTimeoutms", idle_timeout, TIME, "2147483647", 1, 2147483647, "ms", yes, \
      "idle time-out of a shell when the client names none") \
    S("MaxIdleTimeoutms", max_idle_timeout, TIME, "2147483647", 1, 2147483647, "ms", yes, \
      "largest idle time-out that a client may ask for") \
    S("MaxProcessesPerShell", max_processes, COUNT, "2147483647", 0, UINT_MOST, "", yes, \
      "processes of one shell; 0: no limit") \
    S("MaxMemoryPerShellMB", max_memory, COUNT, "2147483647", 0, UINT_MOST, "", yes, \
      "memory of one shell and its processes, in MB; 0: no limit") \
    S("MaxOpenFilesPerShell", max_files, COUNT, "2147483647", 64, 2147483647, "", yes, \
      "open files of each process of a shell") \
    S("MaxRunTimems", max_run_time, TIME, "2147483647", 1, 2147483647, "ms", yes, \
      "how long a shell may live, whatever it does")

#define SETTINGS_param(S) \
    S("Name", name, TEXT, NULL, 1, 512, "", yes, "name of an initialization parameter") \
    S("Value", value, TEXT, NULL, 0, 65536, "", yes, "its value")

#define SETTINGS_resource(S) \
    S("ResourceUri", uri, TEXT, NULL, 1, 8192, "", yes, "resource URI, or its beginning") \
    S("SupportsOptions", supports_options, SWITCH, "false", 0, 1, "", yes, \
      "false: requests with options are refused") \
    S("ExactMatch", exact_match, SWITCH, "false", 0, 1, "", yes, \
      "true: just this URI; false: every URI that begins with it")

#define SETTINGS_capability(S) \
    S("Type", type, TEXT, NULL, 1, 31, "", yes, \
      "Get, Put, Create, Delete, Invoke, Enumerate, Subscribe or Shell") \
    S("SupportsFragment", supports_fragment, SWITCH, "false", 0, 1, "", no, \
      "parts of a representation can be asked for") \
    S("SupportsFiltering", supports_filtering, SWITCH, "false", 0, 1, "", no, \
      "enumerations can be filtered")

#endif
