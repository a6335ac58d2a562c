/* SPDX-License-Identifier: ISC */

/*
 * What winrmctl check-plugin found, in plain words. The same finding is told once, with the number
 * of times; findings make the exit status, notes do not.
 */
#ifndef CTL_PLUGIN_REPORT_H
#define CTL_PLUGIN_REPORT_H

#include <stdbool.h>
#include <stddef.h>

enum { REPORT_ROOM = 64 };

struct finding {
    char *text;
    char *details; /* lines, each with its line feed; NULL: none */
    unsigned times;
    bool note;
};

struct plugin_report {
    struct finding findings[REPORT_ROOM];
    size_t count;
    unsigned left_out; /* there was no room for these */
};

/* `details` may be NULL; both texts are copied. */
void report_wrong(struct plugin_report *report, const char *details, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_note(struct plugin_report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints everything; returns how many findings there are, notes not counted. */
unsigned report_print(const struct plugin_report *report);
void report_free(struct plugin_report *report);

#endif
