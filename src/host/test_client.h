/* SPDX-License-Identifier: ISC */

/*
 * For tests of a shell host: the broker's and two winrmd-nets' parts in the life of one shell and
 * its commands. TEST_PLUGINS names the folder of the plug-ins.
 */
#ifndef HOST_TEST_CLIENT_H
#define HOST_TEST_CLIENT_H

#include "base/clock.h"
#include "host/test_broker.h"
#include "ipc/ticket.h"
#include "operations.h"

#define TIMED_OUT    2150858793U
#define NO_SUCH      2150858843U
#define CONFLICT     2150859222U
#define BAD_INPUT    2150859147U
#define BAD_OUTPUT   2150859149U
#define IN_PROGRESS  2150859047U
#define TERMINATE    SHELL "/signal/Terminate"
#define SHELL_NUMBER 1000
/* Best of so many, where something has to be quick: other programs run here too. */
#define TRIES 5

enum { DENIED = 5, BUSY = 170, ABORTED = 995, ROOM = 100000 };

struct fixture {
    struct test_host host;
    struct test_link net;
    struct test_link other;
    char folder[64];
    char marker[128];
    uint8_t key[TICKET_KEY_SIZE];
    uint64_t sequence;
    uint64_t request;
    uint64_t operation;
};

/* The ticket of the next message; next_message() comes first. */
#define TICKET(kind, number)                                               \
    .request = f->request, .operation = (number), .sequence = f->sequence, \
    .ticket = ticket_make(f->key, f->sequence, (kind), (number))

uint64_t next_message(struct fixture *f);

/* The plug-in the next set_up() starts: a file in TEST_PLUGINS. */
extern const char *tested_plugin;

/* cmocka's fixtures: a host that has its plug-in; the same with a shell; the end. */
int set_up_host(void **state);
int set_up(void **state);
int tear_down(void **state);

/* Asks for the shell; its answer is to be expected. */
void begin_shell(struct fixture *f, const char *name);
/* Asks for a command; the broker's number of it. start_command() expects that it begins. */
uint64_t begin_command(struct fixture *f, const char *id, const char *line, const char *text);
uint64_t start_command(struct fixture *f, const char *id, const char *line, const char *text);

/* Messages of a client; their answers are to be expected. */
void ask_output(struct fixture *f, struct test_link *link, const char *id, uint64_t timeout,
                uint32_t room);
void written(struct fixture *f, struct test_link *link, bool delivered);
void send_input(struct fixture *f, const char *id, const char *stream, const char *data, bool end,
                uint64_t timeout);
void send_signal(struct fixture *f, struct test_link *link, const char *id, const char *code);

/* The code of the host_answer that comes next. */
uint32_t answer_code(struct test_link *link);
/* Expects command_ended and answers it as the broker does. */
struct message_command_ended note_end(struct fixture *f, uint64_t number);
void expect_chunk(const struct message_output *output, uint32_t index, const char *stream,
                  const char *data, uint32_t flags);
/* Ends a running command by the terminate signal; how many milliseconds that took. */
uint64_t time_of_terminate(struct fixture *f, const char *id, uint64_t number);
/* The process is gone, or a zombie somebody else forgot; wait_until_gone() expects that it will be. */
bool is_gone(pid_t pid);
void wait_until_gone(pid_t pid);

#endif
