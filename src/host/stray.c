/* SPDX-License-Identifier: ISC */

#include "host/stray.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "host/host.h"
#include "host/post.h"

struct stray {
    struct post post;
    const char *function;
    const char *cause;
    unsigned long left_out;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t second;
static unsigned this_second;
static unsigned long left_out;

static void stray_tell(struct post *post)
{
    struct stray *stray = container_of(post, struct stray, post);
    char cause[256];

    if (stray->left_out > 0)
        snprintf(cause, sizeof(cause), "%s (%lu more before it)", stray->cause, stray->left_out);
    else
        snprintf(cause, sizeof(cause), "%s", stray->cause);
    channel_send(host.broker, authz_stray, .function = stray->function, .cause = cause);
    free(stray);
}

/* May this one be told? Counts those that may not. */
static bool stray_admit(unsigned long *before)
{
    uint64_t now = clock_milliseconds() / 1000;
    bool admitted;

    pthread_mutex_lock(&lock);
    if (now != second) {
        second = now;
        this_second = 0;
    }
    admitted = this_second < STRAYS_A_SECOND;
    *before = left_out;
    if (admitted) {
        this_second++;
        left_out = 0;
    } else {
        left_out++;
    }
    pthread_mutex_unlock(&lock);
    return admitted;
}

void stray_report(const char *function, const char *cause)
{
    struct stray *stray;
    unsigned long before;

    if (!stray_admit(&before))
        return;
    stray = mem_alloc(sizeof(*stray));
    *stray = (struct stray){
        .post.run = stray_tell, .function = function, .cause = cause, .left_out = before};
    post_send(&stray->post);
}
