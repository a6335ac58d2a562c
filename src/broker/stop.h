/* SPDX-License-Identifier: ISC */

/* The service ends in order: nobody who asked something is left without an answer. */
#ifndef BROKER_STOP_H
#define BROKER_STOP_H

struct broker;

/* Begins to stop; more calls change nothing. The loop stops when the last process has ended. */
void stop_begin(struct broker *broker);
/* Something has ended: goes on with what waited for it. Nothing, while the service does not stop.
 */
void stop_continue(struct broker *broker);

#endif
