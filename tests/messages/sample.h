/* SPDX-License-Identifier: ISC */

/*
 * One sample of every message of tables/messages.h, made from the table itself: a new message is in
 * the tests as soon as it is in the table. Used by the test of the message rules, by the impostor
 * and by the program that writes the seeds of the message fuzz target.
 */
#ifndef TESTS_MESSAGES_SAMPLE_H
#define TESTS_MESSAGES_SAMPLE_H

#include "base/buffer.h"
#include "ipc/message.h"

/*
 * Fills `body` with a value in every field, each within its limit. Its texts are constants; its
 * descriptor, if it has one, is -1 and the caller's to set.
 */
void message_sample(enum message_type type, union message_body *body);

/* Appends the sample's frame; false when the table's own limits refuse it. */
bool message_sample_encode(enum message_type type, struct buffer *out);

/* The message of that name, MESSAGE_none when there is none. */
enum message_type message_by_name(const char *name);

#endif
