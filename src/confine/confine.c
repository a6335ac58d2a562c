/* SPDX-License-Identifier: ISC */

#include "confine/confine.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "base/memory.h"
#include "confine/filter.h"
#include "confine/landlock.h"

enum { PATHS = 64, INCLUDE_DEPTH = 8 };

struct view {
    struct landlock_path paths[PATHS];
    size_t count;
};

static struct view view;
static bool has_landlock;

/* ---- what is seen ---- */

/* Takes over `path`. */
static void view_add(char *path, bool write)
{
    for (size_t i = 0; i < view.count; i++)
        if (view.paths[i].write == write && strcmp(view.paths[i].path, path) == 0) {
            free(path);
            return;
        }
    if (view.count == PATHS) {
        log_error("Kerberos is configured in too many places; %s is not read", path);
        free(path);
        return;
    }
    view.paths[view.count++] = (struct landlock_path){.path = path, .write = write};
}

static char *folder_of(const char *file)
{
    const char *slash = strrchr(file, '/');

    if (slash == NULL)
        return mem_text(".");
    return slash == file ? mem_text("/") : mem_text_n(file, (size_t)(slash - file));
}

static void view_add_folder_of(const char *file, bool write)
{
    char *target;

    if (file == NULL)
        return;
    view_add(folder_of(file), write);
    /* What a symbolic link in that folder leads to. */
    target = realpath(file, NULL);
    if (target != NULL)
        view_add(folder_of(target), write);
    free(target);
}

/* Libraries that are loaded late: a provider of OpenSSL, a converter of iconv, a mechanism. */
static void view_add_libraries(void)
{
    static const char *const paths[] = {
        "/usr/lib",     "/usr/lib64",       "/usr/local/lib",       "/lib",
        "/lib64",       "/etc/ld.so.cache", "/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf",
        "/etc/gss",     "/etc/localtime",   "/usr/share/zoneinfo",  "/dev/null",
        "/dev/urandom",
    };

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        view_add(mem_text(paths[i]), false);
    if (guard_sanitized()) {
        char program[4096];
        ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

        /* For a report: what is where in memory, and the lines of the source. */
        view_add(mem_text("/proc/self"), false);
        if (length > 0) {
            program[length] = '\0';
            view_add_folder_of(program, false);
        }
    }
}

static void view_add_kerberos(const char *path, unsigned depth);

/* Lines that begin with "include" or "includedir", a blank and an absolute path. */
static void view_add_included(FILE *file, unsigned depth)
{
    char line[1024], word[16], included[1024];

    while (fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "%15s %1023s", word, included) == 2 && included[0] == '/' &&
            (strcmp(word, "include") == 0 || strcmp(word, "includedir") == 0))
            view_add_kerberos(included, depth);
}

static void view_add_files_of(const char *path, DIR *folder, unsigned depth)
{
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        char *file = entry->d_name[0] == '.' ? NULL : mem_printf("%s/%s", path, entry->d_name);

        if (file != NULL)
            view_add_kerberos(file, depth);
        free(file);
    }
}

/*
 * A file or a folder of Kerberos' configuration, and what it includes. Of a file the folder, since
 * one that is replaced is another one; and where symbolic links lead.
 */
static void view_add_kerberos(const char *path, unsigned depth)
{
    DIR *folder;
    FILE *file;

    /* Everybody sees that, and nobody the other devices. */
    if (strcmp(path, "/dev/null") == 0)
        return;
    folder = opendir(path);
    file = folder == NULL ? fopen(path, "re") : NULL;

    if (folder != NULL)
        view_add(mem_text(path), false);
    else
        view_add_folder_of(path, false);
    if (folder != NULL && depth > 0)
        view_add_files_of(path, folder, depth - 1);
    if (file != NULL && depth > 0)
        view_add_included(file, depth - 1);
    if (folder != NULL)
        closedir(folder);
    if (file != NULL)
        fclose(file);
}

/* Each file that the environment names, or else the usual one. */
static void view_add_kerberos_files(void)
{
    const char *named = getenv("KRB5_CONFIG");
    char *list = mem_text(named != NULL ? named : "/etc/krb5.conf:/usr/etc/krb5.conf");
    char *rest = NULL;

    for (char *path = strtok_r(list, ":", &rest); path != NULL; path = strtok_r(NULL, ":", &rest))
        view_add_kerberos(path, INCLUDE_DEPTH);
    free(list);
}

/* The replay cache: TYPE:FILE in one variable, or a folder in another; /var/tmp without either. */
static void view_add_replays(void)
{
    const char *name = getenv("KRB5RCACHENAME");
    const char *folder = getenv("KRB5RCACHEDIR");
    const char *file = name != NULL ? strchr(name, ':') : NULL;

    if (file != NULL && file[1] == '/')
        view_add_folder_of(file + 1, true);
    view_add(mem_text(folder != NULL ? folder : "/var/tmp"), true);
}

/* ---- the walls ---- */

static void confine(enum process process, const char *program)
{
    int version;

    view_add_libraries();
    version = landlock_restrict(view.paths, view.count);
    has_landlock = version > 0;
    if (version < 0) {
        log_error("the files that it does not need cannot be locked away (%s)", strerror(errno));
        exit(EXIT_FAILURE);
    }
    if (!has_landlock)
        log_error("warning: this kernel has no Landlock: which files it opens is limited by its "
                  "user alone");
    if (!filter_restrict(process, program)) {
        log_error("the system calls that it does not need cannot be locked away (%s)",
                  strerror(errno));
        exit(EXIT_FAILURE);
    }
}

void confine_net(void)
{
    confine(PROCESS_net, "winrmd-net");
}

void confine_config(void)
{
    confine(PROCESS_config, "winrmd-config");
}

void confine_auth(const char *users, const char *certificate_map)
{
    view_add_folder_of(users, false);
    view_add_folder_of(certificate_map, false);
    confine(PROCESS_auth, "winrmd-auth");
}

void confine_gss(const char *keytab, const char *ntlm_users)
{
    view_add(mem_text("/etc"), false);
    view_add_kerberos_files();
    view_add_folder_of(keytab, false);
    view_add_folder_of(ntlm_users, false);
    view_add_replays();
    confine(PROCESS_gss, "winrmd-gss");
}

bool confine_sees(const char *file)
{
    bool seen = !has_landlock || file == NULL;
    char *folder;

    if (seen)
        return true;
    folder = folder_of(file);
    for (size_t i = 0; i < view.count; i++)
        seen = seen || strcmp(view.paths[i].path, folder) == 0;
    free(folder);
    return seen;
}
