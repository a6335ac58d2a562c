/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "ctl/ctl.h"

__attribute__((format(printf, 4, 0))) static void report_add(struct plugin_report *report,
                                                             bool note, const char *details,
                                                             const char *format, va_list arguments)
{
    char text[1024];

    vsnprintf(text, sizeof(text), format, arguments);
    for (size_t i = 0; i < report->count; i++) {
        if (strcmp(report->findings[i].text, text) == 0) {
            report->findings[i].times++;
            return;
        }
    }
    if (report->count == REPORT_ROOM) {
        report->left_out += !note;
        return;
    }
    report->findings[report->count++] = (struct finding){
        .text = mem_text(text), .details = mem_text(details), .times = 1, .note = note};
}

void report_wrong(struct plugin_report *report, const char *details, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_add(report, false, details, format, arguments);
    va_end(arguments);
}

void report_note(struct plugin_report *report, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    report_add(report, true, NULL, format, arguments);
    va_end(arguments);
}

static void finding_print(const struct finding *finding)
{
    char *text = ctl_printable(finding->text);

    printf("%s: %s", finding->note ? "note" : "wrong", text);
    if (finding->times > 1)
        printf(" (%u times)", finding->times);
    putchar('\n');
    if (finding->details != NULL)
        fputs(finding->details, stdout);
    free(text);
}

unsigned report_print(const struct plugin_report *report)
{
    unsigned wrong = report->left_out;

    for (size_t i = 0; i < report->count; i++) {
        finding_print(&report->findings[i]);
        wrong += !report->findings[i].note;
    }
    if (report->left_out > 0)
        printf("wrong: and %u more\n", report->left_out);
    return wrong;
}

void report_free(struct plugin_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        free(report->findings[i].text);
        free(report->findings[i].details);
    }
    report->count = 0;
}
