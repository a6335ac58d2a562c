/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-config told: the settings of winrmd.conf and of each application's web.config, as
 * the broker keeps them. Constant once they are read. The settings of an application are counted
 * references: a host and a shell keep those they were started with when a reload brings others.
 * How it comes to be told: configuration_read.h.
 */
#ifndef BROKER_CONFIGURATION_H
#define BROKER_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "broker/accounts.h"
#include "ipc/message.h"

struct listener {
    char *name;
    char *address;
    uint16_t port;    /* as configured; 0: any */
    uint32_t methods; /* that it offers; bits: METHOD_BIT of tables/methods.h */
    uint32_t header_limit;
    bool must_seal;
    uint32_t channel_binding; /* enum channel_binding */
    bool tls;
    char *tls_minimum;
    char *ciphers;
    char *ciphersuites;
    int files[LISTENER_FILES]; /* by enum listener_file, of configuration.kept; -1: none */
    /* Once it is bound (listener.h): */
    uint32_t number; /* towards winrmd-net, never used twice */
    int socket;
    char *url;     /* http://127.0.0.1:5985, with the real port */
    char *binding; /* what winrmd-auth told: tls-server-end-point, hexadecimal; NULL: nothing yet */
};

struct resource {
    char *uri;
    bool exact_match;
    bool supports_options;
    uint32_t capabilities; /* bits: enum capability */
};

/* What Windows writes for no limit where a number has 31 bits. */
enum { PLUGIN_UNLIMITED = 2147483647 };

/* The element Quotas of a plug-in; QUOTA_UNLIMITED where nothing is written. */
struct plugin_quotas {
    uint32_t max_shells;
    uint32_t max_shells_per_user;
    uint32_t max_users;
    uint32_t max_commands; /* of one shell */
    uint32_t max_operations;
    uint32_t max_operations_per_user;
    uint32_t max_processes; /* of one shell; 0 and PLUGIN_UNLIMITED: any number */
    uint32_t max_memory;    /* MB, likewise */
    uint32_t max_files;     /* 0: no limit */
    uint64_t max_run_time;  /* milliseconds; 0: no limit */
    uint64_t idle_timeout;  /* milliseconds; no longer than max_shell_idle of the application */
    uint64_t max_idle_timeout;
};

struct plugin {
    char *name;
    char *filename;
    char *extra_info; /* NULL: none configured */
    uint32_t sdk_version;
    bool authorization;
    bool supports_quota;
    bool enabled;
    uint32_t buffering; /* enum output_buffering */
    struct plugin_quotas quotas;
    struct resource *resources;
    size_t resource_count;
};

struct application_settings {
    unsigned references;
    char *path;      /* /wsman */
    char *directory; /* absolute; holds web.config */
    char *account;   /* NULL: the invoking user */
    char **may_map_to;
    size_t may_map_to_count;
    bool allow_root;        /* root mode: a token may have uid 0 */
    struct account service; /* root mode: what `account` is */
    struct account *mapped; /* root mode: what each of may_map_to is */
    uint64_t record_idle;   /* all times in milliseconds */
    uint64_t authorization_timeout;
    bool count_requests_only;
    uint32_t max_envelope; /* bytes */
    uint64_t max_operation_time;
    uint64_t max_shell_idle;
    uint64_t quota_refresh;
    uint64_t system_window;
    uint32_t system_operations; /* 0: no system throttle */
    uint32_t shells_per_user;   /* of a user without a quota of the authorization plug-in */
    uint32_t operations_per_user;
    uint32_t batch_items; /* most items in one answer to Enumerate or Pull */
    uint64_t enumerate_idle;
    bool no_new_privileges; /* of shells */
    struct plugin *plugins;
    size_t plugin_count;
    struct plugin *authorizer; /* NULL: none; everything is refused */
    struct buffer told;        /* all that was said of it, as one string of bytes to compare */
};

/*
 * What a certificate or key held when the configuration was read: memory that nobody can write to
 * any more, so that every process has what was checked, whatever becomes of the file.
 */
struct kept_file {
    int fd;
    char *path; /* to be written there, because there was none; NULL: it was read */
    char *what; /* for the log */
};

struct configuration {
    struct kept_file *kept; /* numbered from 1 by winrmd-config */
    size_t kept_count;
    uint32_t net_processes;
    uint32_t connections; /* limits of each winrmd-net */
    uint32_t guest_connections;
    uint32_t address_connections;
    uint64_t request_time; /* milliseconds for one request to arrive in whole */
    uint32_t requests;     /* of the whole service, in progress at the same time */
    uint32_t shell_users;  /* accounts with shells at the same time */
    bool remote_shell_access;
    bool remote_access; /* false: loopback addresses only */
    char *control;      /* NULL: no control socket */
    char *audit;
    char *users;
    char *pam_service; /* NULL: PAM is not asked */
    char *session_service;
    char *cgroup; /* "auto", "none" or a folder */
    uint64_t pam_timeout;
    uint64_t basic_cache;  /* 0: nothing is kept */
    char *certificate_map; /* NULL: none */
    char *keytab;          /* NULL: no Kerberos */
    char **realms;         /* none: those of the keytab */
    size_t realm_count;
    char *ntlm_users;  /* NULL: no NTLM */
    char *ntlm_domain; /* NULL: this machine's */
    uint64_t negotiate_lifetime;
    struct listener *listeners;
    size_t listener_count;
    struct application_settings **applications; /* references */
    size_t application_count;
    struct account system_accounts[SYSTEM_ACCOUNTS]; /* root mode */
};

/*
 * What winrmd-config says, one after the other: the service once, plug-ins after their application,
 * resources after their plug-in. False: nothing that an honest one says. Of a service that is told
 * twice the first holds; what belongs to nothing is left out.
 */
void configuration_take_service(struct configuration *configuration,
                                const struct message_config_service *service);
bool configuration_take_listener(struct configuration *configuration,
                                 const struct message_config_listener *told);
bool configuration_take_application(struct configuration *configuration,
                                    const struct message_config_application *told);
void configuration_take_plugin(struct configuration *configuration,
                               const struct message_config_plugin *told);
void configuration_take_resource(struct configuration *configuration,
                                 const struct message_config_resource *told);
/* All has been told: finds each application's authorization plug-in. */
void configuration_link(struct configuration *configuration);
/* NULL is allowed. Closes the listeners' sockets. */
void configuration_free(struct configuration *configuration);

struct application_settings *application_settings_ref(struct application_settings *settings);
/* NULL is allowed. */
void application_settings_unref(struct application_settings *settings);
/* Was the same said of both? */
bool application_settings_equal(const struct application_settings *one,
                                const struct application_settings *other);

/*
 * The resource that serves `uri`: an exact entry, else the longest prefix, of an enabled
 * operations plug-in. NULL when there is none; `plugin` is set with it.
 */
const struct resource *application_find_resource(const struct application_settings *settings,
                                                 const char *uri, const struct plugin **plugin);

#endif
