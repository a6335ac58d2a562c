/* SPDX-License-Identifier: ISC */

/*
 * A PAM module for tests, which does what its arguments say, one after the other, and then
 * succeeds:
 *
 *   info         shows an information and an error
 *   ask          asks for the password once more, and takes what it gets
 *   user=NAME    makes it that user
 *   delay=N      wants a failure to be held back for about N microseconds
 *   wait=FIFO    waits until somebody has opened the FIFO for writing and closed it again
 *   only=NAME    the arguments behind it are for this user alone
 *   return=N     ends with this PAM code
 *   crash        dies of a signal
 *   term         has somebody send SIGTERM to the process
 *   pid=FILE     writes the number of the process
 *   note=FILE    appends PAM_SERVICE, PAM_RHOST and PAM_TTY
 *   at=CALL      the arguments behind it are for this call alone: authenticate, account, open,
 * close mark=FILE    appends the call and PAM_USER env=VARIABLE sets this variable, NAME=VALUE, in
 * the session's environment
 */
#include <fcntl.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *item(pam_handle_t *handle, int type)
{
    const void *text = NULL;

    pam_get_item(handle, type, &text);
    return text != NULL ? text : "";
}

static void wait_for(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char byte;

    while (fd >= 0 && read(fd, &byte, 1) > 0)
        continue;
    close(fd);
}

static void mark(pam_handle_t *handle, const char *call, const char *path)
{
    FILE *file = fopen(path, "ae");

    if (file == NULL)
        return;
    fprintf(file, "%s %s\n", call, item(handle, PAM_USER));
    fclose(file);
}

static void note(pam_handle_t *handle, const char *path)
{
    FILE *file = fopen(path, "ae");

    if (file == NULL)
        return;
    fprintf(file, "%s %s %s\n", item(handle, PAM_SERVICE), item(handle, PAM_RHOST),
            item(handle, PAM_TTY));
    fclose(file);
}

static void note_process(const char *path)
{
    FILE *file = fopen(path, "we");

    if (file == NULL)
        return;
    fprintf(file, "%ld", (long)getpid());
    fclose(file);
}

/* PAM_SUCCESS: go on. */
static int obey(pam_handle_t *handle, const char *argument)
{
    const char *value = strchr(argument, '=');
    char *answer = NULL;

    value = value != NULL ? value + 1 : "";
    if (strcmp(argument, "info") == 0) {
        pam_info(handle, "%s", "an information");
        pam_error(handle, "%s", "an error");
    } else if (strcmp(argument, "ask") == 0) {
        if (pam_prompt(handle, PAM_PROMPT_ECHO_ON, &answer, "%s", "One-time code: ") != PAM_SUCCESS)
            return PAM_AUTH_ERR;
        free(answer);
    } else if (strncmp(argument, "user=", 5) == 0) {
        pam_set_item(handle, PAM_USER, value);
    } else if (strncmp(argument, "delay=", 6) == 0) {
        pam_fail_delay(handle, (unsigned)strtoul(value, NULL, 10));
    } else if (strncmp(argument, "wait=", 5) == 0) {
        wait_for(value);
    } else if (strncmp(argument, "note=", 5) == 0) {
        note(handle, value);
    } else if (strncmp(argument, "pid=", 4) == 0) {
        note_process(value);
    } else if (strncmp(argument, "env=", 4) == 0) {
        pam_putenv(handle, value);
    } else if (strncmp(argument, "return=", 7) == 0) {
        return atoi(value);
    } else if (strcmp(argument, "crash") == 0) {
        raise(SIGABRT);
    } else if (strcmp(argument, "term") == 0) {
        raise(SIGTERM);
    }
    return PAM_SUCCESS;
}

static int obey_all(pam_handle_t *handle, const char *call, int count, const char **arguments)
{
    int status = PAM_SUCCESS;

    for (int i = 0; i < count && status == PAM_SUCCESS; i++) {
        if (strncmp(arguments[i], "only=", 5) == 0 &&
            strcmp(arguments[i] + 5, item(handle, PAM_USER)) != 0)
            break;
        if (strncmp(arguments[i], "at=", 3) == 0 && strcmp(arguments[i] + 3, call) != 0)
            break;
        if (strncmp(arguments[i], "mark=", 5) == 0)
            mark(handle, call, arguments[i] + 5);
        status = obey(handle, arguments[i]);
    }
    return status;
}

PAM_EXTERN __attribute__((visibility("default"))) int
pam_sm_authenticate(pam_handle_t *handle, int flags, int count, const char **arguments)
{
    (void)flags;
    return obey_all(handle, "authenticate", count, arguments);
}

PAM_EXTERN __attribute__((visibility("default"))) int
pam_sm_acct_mgmt(pam_handle_t *handle, int flags, int count, const char **arguments)
{
    (void)flags;
    return obey_all(handle, "account", count, arguments);
}

PAM_EXTERN __attribute__((visibility("default"))) int
pam_sm_open_session(pam_handle_t *handle, int flags, int count, const char **arguments)
{
    (void)flags;
    return obey_all(handle, "open", count, arguments);
}

PAM_EXTERN __attribute__((visibility("default"))) int
pam_sm_close_session(pam_handle_t *handle, int flags, int count, const char **arguments)
{
    (void)flags;
    return obey_all(handle, "close", count, arguments);
}

PAM_EXTERN __attribute__((visibility("default"))) int
pam_sm_setcred(pam_handle_t *handle, int flags, int count, const char **arguments)
{
    (void)handle;
    (void)flags;
    (void)count;
    (void)arguments;
    return PAM_SUCCESS;
}
