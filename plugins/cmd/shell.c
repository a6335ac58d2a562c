/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/shell.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <wsman_linux.h>
#include <wsmerror.h>

#include "cmd/code_page.h"
#include "cmd/environment.h"
#include "cmd/options.h"
#include "cmd/profile.h"
#include "common/utf16.h"

bool thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    sigset_t before;
    sigset_t all;
    int error;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, THREAD_STACK_SIZE);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(thread, &attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error == 0;
}

void complete_with_text(WSMAN_PLUGIN_REQUEST *request, DWORD error, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    PWSTR wide = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) >= 0) {
        wide = utf16_from_utf8(text);
        free(text);
    }
    va_end(arguments);
    WSManPluginOperationComplete(request, 0, error, wide);
    free(wide);
}

void complete_with_option(WSMAN_PLUGIN_REQUEST *request, DWORD error, PCWSTR name)
{
    char *text = name ? utf16_to_utf8(name) : NULL;

    complete_with_text(request, error, "the option %s: %s", text ? text : "",
                       options_error_text(error));
    free(text);
}

int output_index(PCWSTR name)
{
    static const PCWSTR names[OUTPUT_COUNT] = {WSMAN_STREAM_ID_STDOUT, WSMAN_STREAM_ID_STDERR};

    for (int i = 0; i < OUTPUT_COUNT; i++) {
        if (utf16_equal_ascii_case(name, names[i]))
            return i;
    }
    return -1;
}

bool shell_add_command(struct shell *shell)
{
    bool added;

    pthread_mutex_lock(&shell->lock);
    while (!shell->ready && !shell->closed)
        pthread_cond_wait(&shell->changed, &shell->lock);
    added = !shell->closed;
    shell->commands += added;
    pthread_mutex_unlock(&shell->lock);
    return added;
}

void shell_remove_command(struct shell *shell)
{
    pthread_mutex_lock(&shell->lock);
    shell->commands--;
    pthread_cond_broadcast(&shell->changed);
    pthread_mutex_unlock(&shell->lock);
}

/* Without a profile, or when there is none to be had, the environment stays as it is. */
static void shell_read_profile(struct shell *shell)
{
    const int cancel[] = {shell->shutdown_event, shell->wake};
    char **profile = profile_read(shell->base, cancel, 2);
    char **environment = profile ? environment_merge(shell->base, profile, shell->client) : NULL;

    environment_free(profile);
    if (environment) {
        environment_free(shell->environment);
        shell->environment = environment;
    }
    pthread_mutex_lock(&shell->lock);
    shell->ready = true;
    pthread_cond_broadcast(&shell->changed);
    pthread_mutex_unlock(&shell->lock);
}

/* Reads the profile, waits for the cancellation of the shell, then for its last command. */
static void *shell_thread(void *argument)
{
    struct shell *shell = argument;
    struct pollfd events[] = {
        {.fd = shell->shutdown_event, .events = POLLIN},
        {.fd = shell->wake, .events = POLLIN},
    };
    bool abandoned;

    if (!shell->ready)
        shell_read_profile(shell);
    while (poll(events, 2, -1) < 0 && errno == EINTR)
        continue;
    pthread_mutex_lock(&shell->lock);
    while (shell->commands > 0)
        pthread_cond_wait(&shell->changed, &shell->lock);
    shell->closed = true;
    abandoned = shell->abandoned;
    pthread_mutex_unlock(&shell->lock);
    if (!abandoned)
        WSManPluginOperationComplete(shell->request, 0, ERROR_CANCELLED, NULL);
    return NULL;
}

static void shell_free(struct shell *shell)
{
    if (shell->wake >= 0)
        close(shell->wake);
    environment_free(shell->environment);
    environment_free(shell->base);
    environment_free(shell->client);
    code_page_free(shell->page);
    free(shell->directory);
    pthread_cond_destroy(&shell->changed);
    pthread_mutex_destroy(&shell->lock);
    free(shell);
}

static struct shell *shell_new(WSMAN_PLUGIN_REQUEST *request)
{
    struct shell *shell = calloc(1, sizeof(*shell));

    if (!shell)
        return NULL;
    shell->request = request;
    shell->wake = -1;
    pthread_mutex_init(&shell->lock, NULL);
    pthread_cond_init(&shell->changed, NULL);
    return shell;
}

static bool is_directory(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* The working directory: the one asked for, else the user's home, else the root. */
static bool choose_directory(struct shell *shell, PCWSTR wanted)
{
    const char *home = environment_get(shell->environment, "HOME");
    char *name;

    if (!home || *home != '/' || !is_directory(home))
        home = "/";
    if (!wanted || !*wanted) {
        shell->directory = strdup(home);
        return shell->directory != NULL;
    }
    name = utf16_to_utf8(wanted);
    if (name && *name != '/' && asprintf(&shell->directory, "%s/%s", home, name) < 0)
        shell->directory = NULL;
    else if (name && *name == '/')
        shell->directory = strdup(name);
    free(name);
    return shell->directory && is_directory(shell->directory);
}

static void choose_outputs(struct shell *shell, const WSMAN_STREAM_ID_SET *streams)
{
    for (DWORD i = 0; streams && i < streams->streamIDsCount; i++) {
        int index = output_index(streams->streamIDs[i]);

        if (index >= 0)
            shell->outputs[index] = true;
    }
}

/* False: the operation is completed. */
static bool obey_options(struct shell *shell)
{
    struct shell_options options;
    PCWSTR name = NULL;
    DWORD error = options_read_shell(shell->request->operationInfo, &options, &name);
    int number = 0;

    if (error != NO_ERROR) {
        complete_with_option(shell->request, error, name);
        return false;
    }
    shell->ready = options.no_profile;
    if (options.code_page != CODE_PAGE_UTF8)
        number = code_page_new(options.code_page, false, &shell->page);
    if (number == 0)
        return true;
    complete_with_text(shell->request, ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED,
                       "iconv has no code page %u here: %s", options.code_page, strerror(number));
    return false;
}

/* The environment without the profile. False: the operation is completed. */
static bool make_environment(struct shell *shell, const WSMAN_ENVIRONMENT_VARIABLE_SET *variables)
{
    DWORD error = environment_read(variables, &shell->client);

    if (error == ERROR_INVALID_PARAMETER) {
        complete_with_text(shell->request, error,
                           "an environment variable has a name that is not valid");
        return false;
    }
    if (error == NO_ERROR) {
        shell->base = environment_base();
        shell->environment =
            shell->base ? environment_merge(shell->base, NULL, shell->client) : NULL;
    }
    if (shell->environment)
        return true;
    WSManPluginOperationComplete(shell->request, 0, ERROR_NOT_ENOUGH_MEMORY, NULL);
    return false;
}

/* Everything a shell needs before it can be reported. False: the operation is completed. */
static bool shell_prepare(struct shell *shell, const WSMAN_SHELL_STARTUP_INFO *startup)
{
    WSMAN_PLUGIN_REQUEST *request = shell->request;
    DWORD error;

    if (!obey_options(shell) || !make_environment(shell, startup->variableSet))
        return false;
    if (!choose_directory(shell, startup->workingDirectory)) {
        complete_with_text(request, ERROR_DIRECTORY, "the working directory %s does not exist",
                           shell->directory ? shell->directory : "named");
        return false;
    }
    choose_outputs(shell, startup->outputStreamSet);
    error = WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &shell->shutdown_event);
    shell->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error == NO_ERROR &&
        (shell->wake < 0 || !thread_start(&shell->thread, shell_thread, shell)))
        error = ERROR_NOT_ENOUGH_MEMORY;
    if (error != NO_ERROR)
        WSManPluginOperationComplete(request, 0, error, NULL);
    return error == NO_ERROR;
}

void shell_release(struct shell *shell)
{
    pthread_join(shell->thread, NULL);
    shell_free(shell);
}

/* The host did not take the context: nobody else knows this shell, and nobody will release it. */
static void shell_abandon(struct shell *shell, DWORD error)
{
    WSMAN_PLUGIN_REQUEST *request = shell->request;

    pthread_mutex_lock(&shell->lock);
    shell->abandoned = true;
    pthread_mutex_unlock(&shell->lock);
    eventfd_write(shell->wake, 1);
    shell_release(shell);
    WSManPluginOperationComplete(request, 0, error, NULL);
}

void shell_open(WSMAN_PLUGIN_REQUEST *request, const WSMAN_SHELL_STARTUP_INFO *startup)
{
    struct shell *shell = shell_new(request);
    DWORD error;

    if (!shell) {
        WSManPluginOperationComplete(request, 0, ERROR_NOT_ENOUGH_MEMORY, NULL);
        return;
    }
    if (!shell_prepare(shell, startup)) {
        shell_free(shell);
        return;
    }
    error = WSManPluginReportContext(request, 0, shell);
    if (error != NO_ERROR)
        shell_abandon(shell, error);
}
