/* SPDX-License-Identifier: ISC */

/*
 * The way from any thread to the loop: posts are run on the loop's thread in the order they were
 * sent. Service functions send one and return; that is all a completion does on the plug-in's
 * thread. The loop is woken once for as many posts as come before it looks.
 */
#ifndef HOST_POST_H
#define HOST_POST_H

#include "base/list.h"
#include "base/loop.h"

/* Embedded in its owner, who keeps it until `run` is called; then it may be sent again. */
struct post {
    void (*run)(struct post *post);
    struct list link;
};

/* Before the first post_send(), on the loop's thread. */
void post_open(struct loop *loop);

/* From any thread. */
void post_send(struct post *post);

#endif
