/* SPDX-License-Identifier: ISC */

#include "plugins/kit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_bool stopping;
static pthread_mutex_t threads_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t threads_ended = PTHREAD_COND_INITIALIZER;
static unsigned threads_running;

struct work {
    void (*work)(void *argument);
    void *argument;
};

bool kit_is(PCWSTR text, const char *plain)
{
    size_t i = 0;

    if (text == NULL)
        return false;
    while (plain[i] != '\0' && text[i] == (WCHAR)plain[i])
        i++;
    return plain[i] == '\0' && text[i] == 0;
}

bool kit_sent_by(const WSMAN_SENDER_DETAILS *sender, const char *user)
{
    return kit_is(sender->senderName, user);
}

void kit_note(const char *format, ...)
{
    int fd = open("noted", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    va_list arguments;

    va_start(arguments, format);
    if (fd < 0 || vdprintf(fd, format, arguments) < 0)
        fprintf(stderr, "a test plug-in can not note what it saw\n");
    va_end(arguments);
    close(fd);
}

void kit_allow_user(WSMAN_SENDER_DETAILS *sender)
{
    WSManPluginAuthzUserComplete(sender, 0, malloc(1), sender->clientToken, FALSE, NO_ERROR, NULL);
}

void kit_allow_operation(WSMAN_SENDER_DETAILS *sender)
{
    WSManPluginAuthzOperationComplete(sender, 0, malloc(1), NO_ERROR, NULL);
}

void kit_allow_quota(WSMAN_SENDER_DETAILS *sender)
{
    WSMAN_AUTHZ_QUOTA quota = {.maxAllowedConcurrentShells = 1000,
                               .maxAllowedConcurrentOperations = 1000};

    WSManPluginAuthzQueryQuotaComplete(sender, 0, &quota, NO_ERROR, NULL);
}

void kit_release(PVOID context)
{
    free(context);
}

static void *run_work(void *argument)
{
    struct work work = *(struct work *)argument;

    free(argument);
    work.work(work.argument);
    pthread_mutex_lock(&threads_lock);
    threads_running--;
    pthread_cond_broadcast(&threads_ended);
    pthread_mutex_unlock(&threads_lock);
    return NULL;
}

void kit_run(void (*work)(void *argument), void *argument)
{
    struct work *job = malloc(sizeof(*job));
    pthread_t thread;

    if (job == NULL)
        abort();
    *job = (struct work){.work = work, .argument = argument};
    pthread_mutex_lock(&threads_lock);
    threads_running++;
    pthread_mutex_unlock(&threads_lock);
    if (pthread_create(&thread, NULL, run_work, job) != 0)
        abort();
    pthread_detach(thread);
}

bool kit_stopping(void)
{
    return atomic_load(&stopping);
}

void kit_wait(void)
{
    atomic_store(&stopping, true);
    pthread_mutex_lock(&threads_lock);
    while (threads_running > 0)
        pthread_cond_wait(&threads_ended, &threads_lock);
    pthread_mutex_unlock(&threads_lock);
}

void kit_wait_for_file(const char *name)
{
    while (!kit_stopping() && access(name, F_OK) != 0)
        usleep(2000);
}
