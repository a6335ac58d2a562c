/* SPDX-License-Identifier: ISC */

/*
 * Certificates and keys of the listeners: asks the broker for one after the other, which keeps what
 * they hold, and checks them. Part of winrmd-config alone.
 */
#ifndef CONFIG_TLS_FILES_H
#define CONFIG_TLS_FILES_H

#include "config/model.h"
#include "ipc/channel.h"

/* Beside winrmd.conf: the certificate and key of listeners that have none configured. */
#define SELF_SIGNED "self-signed.pem"

struct tls_wanted {
    const char *path;
    struct config_file *file;
    struct config_listener *listener; /* NULL: self-signed.pem, for all that need it */
    const char *setting;
};

struct tls_files {
    struct config *config;
    struct config_problems *problems;
    struct tls_wanted wanted[3 * CONFIG_LISTENERS + 1];
    size_t count;
    size_t next; /* the one that has been asked for */
    bool asked;
    uint32_t kept; /* numbers given away */
    struct config_file self_signed;
};

void tls_files_init(struct tls_files *files, struct config *config,
                    struct config_problems *problems);
void tls_files_free(struct tls_files *files);
/* Asks for the next file. False: there is none, and all listeners have been checked. */
bool tls_files_ask(struct tls_files *files, struct channel *channel);
/* Does an answer belong here? */
bool tls_files_waiting(const struct tls_files *files);
/* Takes the answer, and its descriptor over. */
void tls_files_opened(struct tls_files *files, struct channel *channel,
                      const struct message_config_opened *opened);

#endif
