/* SPDX-License-Identifier: ISC */

/*
 * The configuration of the service as clients read it: the elements of ConfigType (MS-WSMV)
 * in their order (docs/protocol.md, P-4.15). One row per element:
 *
 *   OPEN(part, uri, name)  an element with others in it, up to its CLOSE(part, name). It is a
 *                          resource of its own: the URI of the configuration with `uri` behind it
 *   NUMBER(name, member)   a value of this service, of message configuration_details
 *   SWITCH(name, member)   the same, true or false
 *   WORD(name, member)     the same, a text
 *   FIXED(name, text)      what is always so, or what winrmd has not got and clients look for
 */
#ifndef TABLES_CONFIGURATION_ELEMENTS_H
#define TABLES_CONFIGURATION_ELEMENTS_H

#define CONFIGURATION_URI "http://schemas.microsoft.com/wbem/wsman/1/config"

#define CONFIGURATION_TABLE(OPEN, CLOSE, NUMBER, SWITCH, WORD, FIXED) \
    OPEN(config, "", "Config") \
    NUMBER("MaxEnvelopeSizekb", max_envelope) \
    NUMBER("MaxTimeoutms", max_time) \
    NUMBER("MaxBatchItems", batch_items) \
    FIXED("MaxProviderRequests", "4294967295") \
    /* winrmd is no client: the values of Windows, which has these elements */ \
    OPEN(client, "/client", "Client") \
    FIXED("NetworkDelayms", "5000") \
    FIXED("URLPrefix", "wsman") \
    FIXED("AllowUnencrypted", "false") \
    OPEN(client_auth, "/client/auth", "Auth") \
    FIXED("Basic", "true") \
    FIXED("Digest", "true") \
    FIXED("Kerberos", "true") \
    FIXED("Negotiate", "true") \
    FIXED("Certificate", "true") \
    FIXED("CredSSP", "false") \
    CLOSE(client_auth, "Auth") \
    OPEN(client_ports, "/client/defaultports", "DefaultPorts") \
    FIXED("HTTP", "5985") \
    FIXED("HTTPS", "5986") \
    CLOSE(client_ports, "DefaultPorts") \
    FIXED("TrustedHosts", "") \
    CLOSE(client, "Client") \
    OPEN(service, "/service", "Service") \
    /* the authorization plug-in decides, and no security descriptor */ \
    FIXED("RootSDDL", "") \
    FIXED("MaxConcurrentOperations", "4294967295") \
    NUMBER("MaxConcurrentOperationsPerUser", user_operations) \
    NUMBER("EnumerationTimeoutms", enumeration_idle) \
    NUMBER("MaxConnections", requests) \
    NUMBER("MaxPacketRetrievalTimeSeconds", retrieval_seconds) \
    SWITCH("AllowUnencrypted", allow_unencrypted) \
    OPEN(service_auth, "/service/auth", "Auth") \
    SWITCH("Basic", basic) \
    SWITCH("Kerberos", kerberos) \
    SWITCH("Negotiate", negotiate) \
    SWITCH("Certificate", certificate) \
    FIXED("CredSSP", "false") \
    WORD("CbtHardeningLevel", channel_binding) \
    CLOSE(service_auth, "Auth") \
    OPEN(service_ports, "/service/defaultports", "DefaultPorts") \
    FIXED("HTTP", "5985") \
    FIXED("HTTPS", "5986") \
    CLOSE(service_ports, "DefaultPorts") \
    FIXED("IPv4Filter", "*") \
    FIXED("IPv6Filter", "*") \
    FIXED("EnableCompatibilityHttpListener", "false") \
    FIXED("EnableCompatibilityHttpsListener", "false") \
    /* each listener has its own */ \
    FIXED("CertificateThumbprint", "") \
    SWITCH("AllowRemoteAccess", remote_access) \
    CLOSE(service, "Service") \
    OPEN(winrs, "/winrs", "Winrs") \
    SWITCH("AllowRemoteShellAccess", remote_shells) \
    NUMBER("IdleTimeout", shell_idle) \
    NUMBER("MaxConcurrentUsers", shell_users) \
    FIXED("MaxShellRunTime", "2147483647") \
    FIXED("MaxProcessesPerShell", "2147483647") \
    FIXED("MaxMemoryPerShellMB", "2147483647") \
    NUMBER("MaxShellsPerUser", user_shells) \
    CLOSE(winrs, "Winrs") \
    CLOSE(config, "Config")

enum configuration_part {
    CONFIGURATION_none,
#define OPEN(part, uri, name) CONFIGURATION_##part,
#define NOTHING(...)
    CONFIGURATION_TABLE(OPEN, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
#undef OPEN
#undef NOTHING
    CONFIGURATION_PARTS
};

#endif
