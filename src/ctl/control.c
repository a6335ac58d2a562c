/* SPDX-License-Identifier: ISC */

#include "ctl/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/file_load.h"
#include "config/model.h"

/* ---- the answer ---- */

struct question *question_of(const struct channel *channel)
{
    return channel_owner(channel);
}

void question_answered(struct channel *channel)
{
    struct question *question = question_of(channel);

    question->answered = true;
    loop_stop(question->loop);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    struct question *question = question_of(channel);

    (void)why;
    snprintf(question->failure, sizeof(question->failure), "%s",
             fault ? "it answers in a way this winrmctl does not understand; is it winrmd, and of "
                     "the same version?"
                   : "it hung up before it had answered; is it stopping, or does it serve as many "
                     "winrmctl of this user as it may?");
    loop_stop(question->loop);
}

static void on_patience_end(struct loop_timer *timer)
{
    struct question *question = container_of(timer, struct question, timer);

    snprintf(question->failure, sizeof(question->failure), "it did not answer within %u seconds",
             question->patience);
    loop_stop(question->loop);
}

static void question_run(struct question *question, int fd)
{
    const struct channel_events events = {.handlers = question->handlers, .ended = on_ended};
    const union message_body nothing = {0};
    struct channel *channel = NULL;

    snprintf(question->failure, sizeof(question->failure), "the socket cannot be watched");
    question->loop = loop_new();
    if (question->loop != NULL)
        channel =
            channel_new(question->loop, fd, PROCESS_control, PROCESS_broker, &events, question);
    if (channel != NULL) {
        channel_set_state(channel, CHANNEL_serving);
        question->timer.expired = on_patience_end;
        loop_timer_start(question->loop, &question->timer, question->patience * UINT64_C(1000));
        channel_write(channel, question->ask, question->body != NULL ? question->body : &nothing);
        loop_run(question->loop);
    }
    channel_free(channel);
    loop_free(question->loop);
}

/* ---- the way to the socket ---- */

/* Path of the control socket; free(). NULL after a complaint. */
static char *control_path(const char *file)
{
    struct config config;
    struct config_problems *problems = mem_alloc(sizeof(*problems));
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    const char *why = fd < 0 ? strerror(errno) : "";
    size_t length = 0;
    char *bytes = fd < 0 ? NULL : file_load(fd, &length, &why);
    char *path = NULL;

    problems_init(problems);
    config_init(&config, file);
    if (bytes == NULL) {
        ctl_complain("%s cannot be read: %s; name winrmd's configuration with --config", file, why);
    } else {
        /* A file that is wrong elsewhere still names the socket of the winrmd that runs. */
        config_read_conf(&config, bytes, length, problems);
        path = mem_text(config.service.control);
    }
    config_free(&config);
    problems_free(problems);
    free(problems);
    free(bytes);
    if (fd >= 0)
        close(fd);
    return path;
}

static const char *connect_remedy(int error)
{
    switch (error) {
    case ENOENT:
        return "winrmd does not run with this configuration; name the file it was started with";
    case ECONNREFUSED:
        return "the winrmd that made the socket has ended; start it again";
    case EACCES:
        return "ask as winrmd's own user or as root";
    default:
        return "is it running with this configuration?";
    }
}

/* winrmd hangs up on others without a word; say it before. */
static bool peer_answers(int fd, const char *path)
{
    struct ucred peer;
    socklen_t length = sizeof(peer);

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || geteuid() == 0 ||
        peer.uid == geteuid())
        return true;
    ctl_complain("the winrmd at %s runs as uid %u and answers that user and root alone; you are "
                 "uid %u",
                 path, (unsigned)peer.uid, (unsigned)geteuid());
    return false;
}

static int control_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = -1;

    if (strlen(path) >= sizeof(address.sun_path)) {
        ctl_complain("the path of the control socket is too long: %s", path);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
        if (peer_answers(fd, path))
            return fd;
    } else {
        ctl_complain("winrmd cannot be reached at %s: %s; %s", path, strerror(errno),
                     connect_remedy(errno));
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

enum ctl_exit question_ask(struct question *question, const char *config)
{
    char *path = control_path(config);
    enum ctl_exit result = CTL_no_answer;
    int fd;

    if (path == NULL)
        return CTL_failed;
    fd = control_connect(path);
    if (fd >= 0) {
        question_run(question, fd);
        if (question->answered)
            result = CTL_done;
        else
            ctl_complain("winrmd at %s does not answer: %s", path, question->failure);
    }
    free(path);
    return result;
}
