/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_errors.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ctl.h"

enum { CHUNKS_A_TURN = 64 };

/* "winrmd-host[12]: Name: text": the text, or NULL for a line that is not the host's. */
static const char *host_text(const char *line)
{
    const char *text = strncmp(line, "winrmd-host[", 12) == 0 ? strstr(line, "]: ") : NULL;

    text = text != NULL ? strstr(text + 3, ": ") : NULL;
    return text != NULL ? text + 2 : NULL;
}

static void frame_keep(struct plugin_errors *errors, const char *text)
{
    size_t used = strlen(errors->frames);

    snprintf(errors->frames + used, sizeof(errors->frames) - used, "    %s\n", text + 2);
}

/* What the host says of its end goes into `what`; where exactly varies from run to run. */
static bool end_keep(struct plugin_errors *errors, const char *text)
{
    static const char *const ends[] = {"crashed in ", "ended the process ", "closed descriptor "};
    const char *address = strstr(text, " at address ");

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strncmp(text, ends[i], strlen(ends[i])) != 0)
            continue;
        snprintf(errors->what, sizeof(errors->what), "%.*s",
                 address != NULL ? (int)(address - text) : (int)strlen(text), text);
        if (address != NULL)
            frame_keep(errors, address - 1);
        errors->crashing = true;
        return true;
    }
    return false;
}

static void line_take(struct plugin_errors *errors)
{
    const char *text;
    char *shown;

    errors->line[errors->used] = '\0';
    errors->used = 0;
    shown = ctl_printable(errors->line);
    text = host_text(shown);
    if (text != NULL && errors->crashing && strncmp(text, "  #", 3) == 0)
        frame_keep(errors, text);
    else if ((text == NULL || !end_keep(errors, text)) &&
             (errors->verbose || strncmp(shown, "winrmd-host[", 12) != 0))
        fprintf(stderr, "%s\n", shown);
    free(shown);
}

/* False: nothing more will come, or nothing is there now. */
static bool errors_read(struct plugin_errors *errors)
{
    char bytes[4096];
    ssize_t got = errors->watch.fd >= 0 ? read(errors->watch.fd, bytes, sizeof(bytes)) : -1;

    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\n')
            errors->line[errors->used++] = bytes[i];
        if (bytes[i] == '\n' || errors->used == sizeof(errors->line) - 1)
            line_take(errors);
    }
    if (got == 0)
        errors_close(errors);
    return got > 0;
}

static void errors_ready(struct loop_watch *watch, uint32_t events)
{
    (void)events;
    errors_read(container_of(watch, struct plugin_errors, watch));
}

bool errors_open(struct plugin_errors *errors, struct loop *loop, int fd, bool verbose)
{
    int flags = fcntl(fd, F_GETFL);

    *errors = (struct plugin_errors){
        .loop = loop, .verbose = verbose, .watch = {.fd = fd, .ready = errors_ready}};
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           loop_watch(loop, &errors->watch, EPOLLIN);
}

/* Bounded: a process the plug-in left behind may go on writing. */
void errors_drain(struct plugin_errors *errors)
{
    for (int i = 0; i < CHUNKS_A_TURN && errors_read(errors); i++)
        ;
    if (errors->used > 0)
        line_take(errors);
}

void errors_close(struct plugin_errors *errors)
{
    if (errors->watch.fd < 0)
        return;
    loop_unwatch(errors->loop, &errors->watch);
    close(errors->watch.fd);
    errors->watch.fd = -1;
}
