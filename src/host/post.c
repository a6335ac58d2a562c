/* SPDX-License-Identifier: ISC */

#include "host/post.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct list posts = {&posts, &posts};
static struct loop *woken_loop;

/* Runs what is there now; what comes meanwhile wakes the loop again, after it wrote its answers. */
static void posts_run(void *context)
{
    struct list taken;

    (void)context;
    list_init(&taken);
    pthread_mutex_lock(&lock);
    if (!list_empty(&posts)) {
        list_append(&posts, &taken);
        list_remove(&posts);
    }
    pthread_mutex_unlock(&lock);
    while (!list_empty(&taken)) {
        struct post *post = container_of(taken.next, struct post, link);

        list_remove(&post->link);
        post->run(post);
    }
}

void post_open(struct loop *loop)
{
    woken_loop = loop;
    loop_on_wake(loop, posts_run, NULL);
}

void post_send(struct post *post)
{
    bool first;

    pthread_mutex_lock(&lock);
    first = list_empty(&posts);
    list_append(&posts, &post->link);
    pthread_mutex_unlock(&lock);
    if (first)
        loop_wake(woken_loop);
}
