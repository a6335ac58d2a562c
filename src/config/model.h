/* SPDX-License-Identifier: ISC */

/*
 * A configuration as read: the values of winrmd.conf and of each application's web.config, with
 * the places they came from. Everything is in the configuration's arena and lives until
 * config_free(). The functions here are the library that winrmd-config, winrmctl and the fuzz
 * targets share: bytes in, model and problems out, no file is opened. Single-threaded, as
 * libconfuse is.
 */
#ifndef CONFIG_MODEL_H
#define CONFIG_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "config/problem.h"
#include "config/setting.h"

enum { CONFIG_FILE_LIMIT = 1024 * 1024, CONFIG_LISTENERS = 64, CONFIG_APPLICATIONS = 256 };

/* A file of a listener as the broker has read it; winrmd-config only. */
struct config_file {
    uint32_t kept; /* the number under which the broker keeps it; 0: there is none */
    char *bytes;   /* owned by winrmd-config's main.c */
    size_t length;
    uint32_t mode;
};

struct config_listener {
    struct list link;
    struct setting_place place;
    struct settings_listener set;
    const char *name;
    char host[64]; /* numeric, without brackets */
    uint32_t port;
    uint32_t methods; /* bits: METHOD_BIT */
    bool encrypted;   /* TLS */
    bool must_seal;   /* neither TLS nor clear text: messages have to be sealed */
    uint32_t binding; /* enum channel_binding */
    struct config_file certificate;
    struct config_file key;
    struct config_file client_ca;
};

struct config_resource {
    struct list link;
    struct setting_place place;
    struct settings_resource set;
    uint32_t capabilities; /* bits: enum capability */
};

struct config_plugin {
    struct list link;
    struct setting_place place;
    bool authorization;
    union {
        struct settings_authorization_plugin authorizer;
        struct settings_plugin operations;
    } set;
    /* The same for both kinds; from `set` once its element has been read. */
    const char *name;
    const char *filename;
    uint32_t sdk_version;
    bool supports_quota;
    bool enabled;
    const char *extra_info; /* NULL: no InitializationParameters */
    uint32_t buffering;     /* enum output_buffering; none: a word that is none of them */
    struct setting_place quotas_place;
    struct settings_quotas quotas; /* of an operations plug-in */
    struct list resources;         /* struct config_resource */
};

struct config_application {
    struct list link;
    struct setting_place place;
    struct settings_application set;
    const char *path;
    struct setting_place web_place; /* web.config and its OperationsConfiguration */
    struct settings_operations_configuration web;
    struct list plugins; /* struct config_plugin; an authorization plug-in comes first */
};

struct config {
    struct arena arena;
    const char *file;   /* as it was named; for problems */
    const char *folder; /* absolute; what relative paths are relative to */
    struct setting_place service_place;
    struct settings_service service;
    struct setting_place authentication_place; /* line 0: no such section */
    struct settings_authentication authentication;
    struct setting_place audit_place;
    struct settings_audit audit;
    struct setting_place connections_place;
    struct settings_connections connections;
    struct setting_place limits_place;
    struct settings_limits limits;
    const char *users;       /* password file; NULL: none */
    const char *pam_service; /* NULL: PAM is not asked */
    struct list listeners;
    size_t listener_count;
    struct list applications;
    size_t application_count;
};

/* `file` names winrmd.conf; a relative name is taken from the working directory. */
void config_init(struct config *config, const char *file);
/* NULL is allowed. */
void config_free(struct config *config);

/*
 * Reads winrmd.conf from memory and checks it. What is wrong becomes problems; the model holds
 * whatever could be read nevertheless (winrmctl uses just the control socket).
 */
void config_read_conf(struct config *config, const char *bytes, size_t length,
                      struct config_problems *problems);

/* The path of an application's web.config, in the arena. */
const char *config_web_path(struct config *config, const struct config_application *application);

/* Reads an application's web.config from memory and checks it. */
void config_read_web(struct config *config, struct config_application *application,
                     const char *bytes, size_t length, struct config_problems *problems);

/*
 * Common to both files: at most CONFIG_FILE_LIMIT bytes of UTF-8 without NUL? If not, notes a
 * problem and returns false.
 */
bool config_text_acceptable(const char *file, const char *bytes, size_t length,
                            struct config_problems *problems);

/* What has to hold beyond each setting's own rules; called by the readers. */
void config_check_conf(struct config *config, struct config_problems *problems);
void config_check_listeners(struct config *config, struct config_problems *problems);
void config_check_web(struct config_application *application, struct config_problems *problems);

#endif
