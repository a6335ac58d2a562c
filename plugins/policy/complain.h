/* SPDX-License-Identifier: ISC */

/* What the plug-in has to say to the operator: the host's standard error is the service's log. */

#ifndef PLUGINS_POLICY_COMPLAIN_H
#define PLUGINS_POLICY_COMPLAIN_H

/* One line, "policy: " in front and cut to 1 KiB; from any thread. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
