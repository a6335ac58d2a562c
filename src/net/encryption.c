/* SPDX-License-Identifier: ISC */

#include "net/encryption.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_load.h"
#include "base/log.h"
#include "tls/tls.h"

void encryption_forget(struct encryption *encryption)
{
    for (int i = 0; i < LISTENER_FILES; i++) {
        if (encryption->files[i].bytes != NULL)
            explicit_bzero(encryption->files[i].bytes, encryption->files[i].length);
        free(encryption->files[i].bytes);
    }
    memset(encryption, 0, sizeof(*encryption));
}

void encryption_take(struct encryption *encryption, const struct message_net_file *message)
{
    const char *why = "no descriptor came with it";
    char *bytes = NULL;
    size_t length = 0;

    if (message->file >= MESSAGE_FIRST_FD) {
        bytes = file_load(message->file, &length, &why);
        close(message->file);
    }
    if (encryption->listener != message->listener)
        encryption_forget(encryption);
    if (bytes == NULL || message->part >= LISTENER_FILES ||
        encryption->files[message->part].bytes != NULL) {
        log_error("a file of listener %u can not be used: %s", message->listener,
                  bytes == NULL ? why : "it is none that was asked for");
        free(bytes);
        return;
    }
    encryption->listener = message->listener;
    encryption->files[message->part].bytes = bytes;
    encryption->files[message->part].length = length;
}

static struct tls_file file_of(const struct encryption *encryption, enum listener_file part)
{
    return (struct tls_file){encryption->files[part].bytes, encryption->files[part].length};
}

static bool make_server(const struct encryption *encryption, struct listener *listener,
                        const struct message_net_listener *message)
{
    const struct tls_settings settings = {
        .certificate = file_of(encryption, LISTENER_FILE_certificate),
        .key = file_of(encryption, LISTENER_FILE_key),
        .client_ca = file_of(encryption, LISTENER_FILE_client_ca),
        .minimum = message->tls_minimum,
        .ciphers = message->ciphers,
        .ciphersuites = message->ciphersuites,
    };
    char why[TLS_WHY] = "something was not told";

    if (encryption->listener != listener->number || settings.minimum == NULL ||
        settings.ciphers == NULL || settings.ciphersuites == NULL)
        goto failed;
    if (listener->tls == NULL)
        listener->tls = tls_server_new();
    if (tls_server_set(listener->tls, &settings, why))
        return true;
failed:
    log_error("TLS of listener %u: %s", listener->number, why);
    return false;
}

bool encryption_use(const struct encryption *encryption, struct listener *listener,
                    const struct message_net_listener *message)
{
    if (!message->tls || make_server(encryption, listener, message))
        return true;
    if (listener->socket >= 0)
        close(listener->socket);
    listener->socket = -1;
    return false;
}
