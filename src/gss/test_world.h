/* SPDX-License-Identifier: ISC */

/*
 * winrmd-gss as a process, with a test as its broker and as its winrmd-auth. A function that has to
 * wait fails the test when nothing comes.
 */
#ifndef GSS_TEST_WORLD_H
#define GSS_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <cmocka.h>

#include "gss/test_client.h"
#include "ipc/channel.h"

/* What the test has been told. */
struct told {
    unsigned ready;
    bool kerberos, ntlm;
    unsigned offers;
    uint32_t realms;
    char realm[64]; /* the first one */
    char domain[64];
    unsigned spent;
    unsigned answers; /* the rest is of the last one: */
    enum message_type type;
    uint64_t context;
    char mechanism[32];
    char name[256];
    char reason[256];
    char detail[1024];
    uint64_t lifetime;
    bool seals, bound;
    uint8_t token[LIMIT_TOKEN];
    size_t token_length;
    uint8_t exported[LIMIT_TOKEN];
    size_t exported_length;
};

extern struct told told;
extern struct channel *gss_broker; /* as the broker */
extern struct channel *gss_auth;   /* as winrmd-auth; NULL: not connected */
extern char world_folder[];        /* for files of the test */
extern const char *world_program;

/* Starts it with these files (NULL: none) and waits until it is ready; winrmd-auth is connected. */
void world_begin(const char *keytab, const char *ntlm_users);
/* Ends it; it must have ended well. */
void world_end(void);
/* Waits for its end by itself, which must be a good one. */
void world_await_end(void);
void world_connect(void);

/* Waits until the counter has at least that value. */
void await(const unsigned *counter, unsigned wanted);

/* Shows a token and waits for the answer. */
void show(uint64_t context, bool kerberos, const char *binding, const void *token, size_t length);
/* All legs of a client's login; true when both sides are done. */
bool login(struct client *client, uint64_t context, bool kerberos, const char *binding);

/* A file in the folder of the test; its path, until the next call. */
const char *world_file(const char *name, const char *text, mode_t mode);

#endif
