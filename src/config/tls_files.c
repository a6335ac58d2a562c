/* SPDX-License-Identifier: ISC */

#include "config/tls_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_load.h"
#include "config/check_tls.h"
#include "tls/self_signed.h"

static struct config_listener *listener_of(struct list *link)
{
    return container_of(link, struct config_listener, link);
}

static void want(struct tls_files *files, const char *path, struct config_file *file,
                 struct config_listener *listener, const char *setting)
{
    if (files->count < sizeof(files->wanted) / sizeof(files->wanted[0]))
        files->wanted[files->count++] = (struct tls_wanted){path, file, listener, setting};
}

static bool is_self_signed(const struct config_listener *listener)
{
    return listener->encrypted && listener->set.certificate[0] == '\0';
}

static void want_of_listener(struct tls_files *files, struct config_listener *listener)
{
    if (!listener->encrypted)
        return;
    if (!is_self_signed(listener))
        want(files, listener->set.certificate, &listener->certificate, listener, "certificate");
    if (listener->set.key[0] != '\0')
        want(files, listener->set.key, &listener->key, listener, "key");
    if (listener->set.client_ca[0] != '\0')
        want(files, listener->set.client_ca, &listener->client_ca, listener, "client-ca");
}

void tls_files_init(struct tls_files *files, struct config *config,
                    struct config_problems *problems)
{
    *files = (struct tls_files){.config = config, .problems = problems};
    list_each(link, &config->listeners)
        if (is_self_signed(listener_of(link)) && files->count == 0)
            want(files, path_absolute(&config->arena, config->folder, SELF_SIGNED),
                 &files->self_signed, NULL, NULL);
    list_each(link, &config->listeners)
        want_of_listener(files, listener_of(link));
}

static void file_free(struct config_file *file)
{
    if (file->bytes != NULL)
        explicit_bzero(file->bytes, file->length);
    free(file->bytes);
    file->bytes = NULL;
}

void tls_files_free(struct tls_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        file_free(files->wanted[i].file);
    files->count = 0;
}

/* A key may stand in the file of the certificate, and both in self-signed.pem. */
static struct config_file shared(const struct config_file *own, const struct config_file *other)
{
    return own->kept != 0 ? *own : *other;
}

/* The files of `files->wanted` stay the owners of their bytes. */
static void check_listener(struct tls_files *files, struct config_listener *listener)
{
    struct config_listener whole = *listener;

    if (!listener->encrypted)
        return;
    whole.certificate = shared(&listener->certificate, &files->self_signed);
    whole.key = listener->set.key[0] != '\0' ? listener->key : whole.certificate;
    if (whole.certificate.kept == 0 || whole.key.kept == 0 ||
        (listener->set.client_ca[0] != '\0' && listener->client_ca.kept == 0))
        return;
    config_check_tls(files->config, &whole, files->problems);
    listener->certificate.kept = whole.certificate.kept;
    listener->key.kept = whole.key.kept;
}

bool tls_files_waiting(const struct tls_files *files)
{
    return files->asked && files->next < files->count;
}

bool tls_files_ask(struct tls_files *files, struct channel *channel)
{
    if (files->next < files->count) {
        files->asked = true;
        return channel_send(channel, config_open, .path = files->wanted[files->next].path,
                            .keep = files->kept + 1);
    }
    if (files->count > 0)
        list_each(link, &files->config->listeners)
            check_listener(files, listener_of(link));
    return false;
}

/* The addresses that it has to hold for besides loopback: those of the listeners it is for. */
static size_t listener_addresses(const struct tls_files *files, const char **addresses)
{
    size_t count = 0;

    list_each(link, &files->config->listeners) {
        const char *host = listener_of(link)->host;

        if (is_self_signed(listener_of(link)) && count < CONFIG_LISTENERS && host[0] != '\0' &&
            strcmp(host, "0.0.0.0") != 0 && strcmp(host, "::") != 0 &&
            strcmp(host, "127.0.0.1") != 0 && strcmp(host, "::1") != 0)
            addresses[count++] = host;
    }
    return count;
}

static bool make_self_signed(struct tls_files *files, struct channel *channel, const char *path)
{
    const char *addresses[CONFIG_LISTENERS];
    size_t count = listener_addresses(files, addresses);
    char machine[256] = "";
    char fingerprint[TLS_FINGERPRINT];
    struct config_file *file = &files->self_signed;
    struct buffer pem;
    bool made;

    buffer_init(&pem, LIMIT_MADE);
    pem.secret = true;
    if (gethostname(machine, sizeof(machine) - 1) != 0 || machine[0] == '\0')
        strcpy(machine, "localhost");
    made =
        tls_self_signed_make(&pem, machine, addresses, count, clock_today().tv_sec, fingerprint) &&
        channel_send(channel, config_made, .path = path, .keep = files->kept + 1,
                     .content = {buffer_bytes(&pem), (uint32_t)buffer_length(&pem)},
                     .what = problem_text(files->problems,
                                          "a key and a self-signed certificate for %s; its "
                                          "fingerprint (SHA-256) is %s",
                                          machine, fingerprint));
    if (made) {
        *file = (struct config_file){.kept = ++files->kept,
                                     .bytes = malloc(buffer_length(&pem)),
                                     .length = buffer_length(&pem)};
        made = file->bytes != NULL;
        if (made)
            memcpy(file->bytes, buffer_bytes(&pem), file->length);
    }
    buffer_free(&pem);
    return made;
}

static void tell_unreadable(struct tls_files *files, const struct tls_wanted *wanted,
                            const char *why)
{
    struct config_problems *problems = files->problems;
    const struct setting_place *place = wanted->listener != NULL ? &wanted->listener->place : NULL;

    if (place == NULL)
        problem_add(problems, files->config->file, 0,
                    problem_text(problems, "%s cannot be used: %s", wanted->path, why),
                    "make it readable for winrmd, or configure certificate and key");
    else
        problem_add(problems, files->config->file, setting_line(place, wanted->setting),
                    problem_text(problems, "%s %s of %s cannot be read: %s", wanted->setting,
                                 wanted->path, place->what, why),
                    "name a PEM file that winrmd may read");
}

void tls_files_opened(struct tls_files *files, struct channel *channel,
                      const struct message_config_opened *opened)
{
    const struct tls_wanted *wanted = &files->wanted[files->next++];
    const char *why = strerror((int)opened->error);
    struct config_file *file = wanted->file;

    if (opened->file >= CHANNEL_FD) {
        file->bytes = file_load(opened->file, &file->length, &why);
        close(opened->file);
        file->mode = opened->mode;
        if (file->bytes != NULL)
            file->kept = ++files->kept;
    } else if (wanted->listener == NULL && opened->error == ENOENT) {
        why = "OpenSSL cannot make it";
        if (!make_self_signed(files, channel, wanted->path))
            file->kept = 0;
    }
    if (file->kept == 0)
        tell_unreadable(files, wanted, why);
}
