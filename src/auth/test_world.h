/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth as a process, with a test as its broker and as two winrmd-net. Every function fails
 * the test that calls it when something is not as it should be.
 */
#ifndef AUTH_TEST_WORLD_H
#define AUTH_TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "ipc/channel.h"

enum { NETS = 2, PATIENCE = 60000 };

/* What the test has been told. */
struct told {
    unsigned ready;
    unsigned identities;
    unsigned refusals[NETS];
    unsigned failures;     /* messages */
    unsigned failed_times; /* refusals they stand for */
    unsigned hashes;
    unsigned revocations; /* of Basic */
    unsigned certificate_revocations;
    unsigned negotiate_revocations; /* of Kerberos and of NTLM */
    unsigned continues;
    unsigned contexts;
    unsigned bound;
    uint64_t exchange; /* of the last identity or refusal */
    uint32_t net;
    char account[64];
    char group[64];
    char mechanism[64];
    char name[128];
    char reason[128];
    char certificate[128];
    char issuer[128];
    char issuer_thumbprint[64];
    char subject_name[64];
    char binding[160];
    char principal[128];
    bool is_bound;
    bool seals;
    uint64_t lifetime;
    char token[64];
    char exported[64];
};

extern struct loop *loop;
extern struct channel *auth;       /* as the broker */
extern struct channel *nets[NETS]; /* as winrmd-net */
extern struct told told;
extern char users_path[];

/* Runs the loop until `*counter` reaches `wanted`. */
void await(const unsigned *counter, unsigned wanted);
/* Runs the loop until `done(context)` or until nothing has come for PATIENCE. */
bool await_that(bool (*done)(void));

/* A users file with one user; `lock` stands in front of the hash. */
void file_write(const char *name, const char *lock, const char *password, const char *groups,
                mode_t mode);
void connect_net(uint32_t number);

int world_begin(const char *program, const char *certificate_map);
int world_end(void);

#endif
