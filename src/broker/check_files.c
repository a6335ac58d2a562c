/* SPDX-License-Identifier: ISC */

#include "broker/check_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/replay_cache.h"
#include "base/trusted_file.h"
#include "broker/broker.h"
#include "broker/configuration_read.h"
#include "broker/identities.h"
#include "ipc/program.h"

enum { FILES = 5, TEXT_SIZE = 256 };

struct file {
    const char *path; /* NULL: the replay cache */
    const char *what;
    const char *process;
    bool secret; /* nobody else may even read it */
};

/* What was found; all of them fit into a pipe at once (pipe(7)). */
struct finding {
    bool usable;
    bool missing;
    bool folder;           /* it is in one that may not be entered */
    char place[TEXT_SIZE]; /* that of the replay cache */
    char why[TEXT_SIZE];
};

static size_t files_list(const struct configuration *configuration, struct file files[FILES])
{
    size_t count = 0;

#define FILE_ADD(...)              \
    files[count++] = (struct file) \
    {                              \
        __VA_ARGS__                \
    }
    if (configuration->users != NULL)
        FILE_ADD(configuration->users, "password file", "winrmd-auth", true);
    if (configuration->certificate_map != NULL)
        FILE_ADD(configuration->certificate_map, "certificate map", "winrmd-auth", true);
    if (configuration->ntlm_users != NULL)
        FILE_ADD(configuration->ntlm_users, "NTLM password file", "winrmd-gss", true);
    if (configuration->keytab != NULL) {
        FILE_ADD(configuration->keytab, "keytab", "winrmd-gss", false);
        FILE_ADD(NULL, "replay cache", "winrmd-gss", true);
    }
#undef FILE_ADD
    return count;
}

/* ---- in the process that is whom they will be ---- */

/* A file that may be read is of no use in a folder that may not be entered. */
static void folder_name(const char *path, struct finding *finding)
{
    char *folder = mem_text(path);

    for (char *at = strchr(folder + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (access(folder, X_OK) != 0) {
            snprintf(finding->why, TEXT_SIZE, "it may not enter the folder %s", folder);
            finding->folder = true;
            break;
        }
        *at = '/';
    }
    free(folder);
}

static void file_try(const struct file *file, struct finding *finding)
{
    const char *remedy;

    errno = 0;
    finding->usable =
        file->path == NULL
            ? replay_cache_usable(finding->place, TEXT_SIZE, finding->why, TEXT_SIZE)
            : trusted_file_usable(file->path, file->secret, finding->why, TEXT_SIZE, &remedy);
    if (finding->usable || file->path == NULL)
        return;
    finding->missing = access(file->path, F_OK) != 0 && errno == ENOENT;
    folder_name(file->path, finding);
}

static void files_try(const struct identity *identity, const struct file *files, size_t count,
                      int outcome)
{
    struct finding findings[FILES] = {0};
    int error = identity != NULL ? identity_assume(identity, false) : 0;
    size_t size = count * sizeof(findings[0]);

    for (size_t i = 0; i < count; i++) {
        if (error == 0)
            file_try(&files[i], &findings[i]);
        else
            snprintf(findings[i].why, TEXT_SIZE, "it cannot be started: %s", strerror(error));
    }
    _exit(write(outcome, findings, size) == (ssize_t)size ? 0 : 1);
}

/* ---- in the broker ---- */

static bool files_ask(const struct identity *identity, const struct file *files, size_t count,
                      struct finding findings[FILES])
{
    size_t size = count * sizeof(findings[0]);
    size_t got = 0;
    int pair[2];
    pid_t pid;

    if (pipe2(pair, O_CLOEXEC) != 0)
        return false;
    pid = fork();
    if (pid == 0)
        files_try(identity, files, count, pair[1]);
    close(pair[1]);
    if (pid > 0) {
        got = program_await(pid, pair[0], findings, size);
        waitpid(pid, NULL, 0);
    }
    close(pair[0]);
    return got == size;
}

/* In root mode there is one way that is right. */
static char *remedy_of(const struct broker *broker, const struct file *file,
                       const struct finding *finding)
{
    if (finding->folder)
        return mem_text("let it, by the folder's group or mode");
    if (!broker->root)
        return mem_text("give it to the user that winrmd runs as, with mode 0600");
    if (file->path == NULL)
        return mem_text("let winrmd-auth write there, or name another folder in KRB5RCACHEDIR");
    return mem_printf("chown root:winrmd-auth %s && chmod 0640 %s", file->path, file->path);
}

static void file_complain(const struct broker *broker, const struct file *file,
                          const struct finding *finding)
{
    char *remedy = remedy_of(broker, file, finding);
    char *cause = mem_printf("%s cannot use this %s: %s", file->process, file->what, finding->why);

    configuration_print_problem(&(const struct message_config_problem){
        .file = file->path != NULL ? file->path : finding->place,
        .cause = cause,
        .remedy = remedy});
    free(remedy);
    free(cause);
}

bool check_files(const struct broker *broker)
{
    const struct identity *identity =
        identity_of_role(broker, broker->configuration, PROCESS_auth, NULL);
    struct file files[FILES];
    struct finding findings[FILES];
    size_t count = files_list(broker->configuration, files);
    bool usable = true;

    if (count == 0 || (broker->root && identity == NULL))
        return true;
    if (!files_ask(identity, files, count, findings)) {
        log_error("no process can be started that tries the files of logins (%s)", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (findings[i].missing) {
            printf("%s: there is no such %s yet; it is taken as soon as there is\n", files[i].path,
                   files[i].what);
        } else if (!findings[i].usable) {
            file_complain(broker, &files[i], &findings[i]);
            usable = false;
        }
    }
    return usable;
}
