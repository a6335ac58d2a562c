/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/plugin_trial.h"

enum { HIGHEST = 64 /* the loop's are opened first and are far below it */ };

static const char *const purposes[] = {"standard input", "standard output", "standard error",
                                       "the channel to winrmd"};

/* Where the descriptor leads; empty: nowhere. */
static void file_read(const struct trial *trial, int number, char *link, size_t size)
{
    char path[64];
    ssize_t length;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)trial->pid, number);
    length = readlink(path, link, size - 1);
    link[length > 0 ? length : 0] = '\0';
}

static void file_note(struct trial *trial, int number)
{
    unsigned at = trial->file_count;

    file_read(trial, number, trial->files[at], sizeof(trial->files[at]));
    trial->file_numbers[at] = number;
    trial->file_count += trial->files[at][0] != '\0';
}

void files_note(struct trial *trial)
{
    for (int number = 0; number <= CHANNEL_FD; number++)
        file_note(trial, number);
}

/* The lowest one that leads there, or -1. */
static int file_find(const struct trial *trial, const char *wanted)
{
    char link[64];

    for (int number = CHANNEL_FD + 1; number < HIGHEST; number++) {
        file_read(trial, number, link, sizeof(link));
        if (strcmp(link, wanted) == 0)
            return number;
    }
    return -1;
}

void files_note_loop(struct trial *trial)
{
    static const char *const loops[] = {"anon_inode:[eventpoll]", "anon_inode:[eventfd]"};

    if (trial->over)
        return;
    for (size_t i = 0; i < 2; i++) {
        int number = file_find(trial, loops[i]);

        if (number >= 0)
            file_note(trial, number);
        else
            report_wrong(trial->report, NULL,
                         "closed a descriptor of its host: its event loop (%s)", loops[i]);
    }
}

/* A process that is ending has none left; that is no news of the plug-in. */
static bool files_gone(const struct trial *trial)
{
    char link[64] = "";

    for (unsigned i = 0; i < trial->file_count && link[0] == '\0'; i++)
        file_read(trial, trial->file_numbers[i], link, sizeof(link));
    return link[0] == '\0';
}

void files_check(struct trial *trial)
{
    char link[64];

    for (unsigned i = 0; i < trial->file_count; i++) {
        int number = trial->file_numbers[i];

        file_read(trial, number, link, sizeof(link));
        if (strcmp(link, trial->files[i]) == 0)
            continue;
        if (link[0] == '\0' && files_gone(trial))
            return;
        report_wrong(trial->report, NULL, "%s descriptor %d of its host: %s",
                     link[0] == '\0' ? "closed" : "replaced", number,
                     number <= CHANNEL_FD ? purposes[number] : "its event loop");
        snprintf(trial->files[i], sizeof(trial->files[i]), "%s", link);
    }
}
