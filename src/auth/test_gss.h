/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth as a process (test_world.h), with a test as its winrmd-gss too: what that is asked,
 * and its answers.
 */
#ifndef AUTH_TEST_GSS_H
#define AUTH_TEST_GSS_H

#include "auth/test_world.h"

enum { LISTENER = 7, HOUR = 3600000 };

extern struct channel *gss;
extern bool gss_gone; /* winrmd-auth has ended the channel of one */

/* What winrmd-gss has been asked. */
struct asked {
    unsigned accepts;
    unsigned drops;
    uint64_t context;
    uint64_t dropped;
    bool kerberos;
    char token[64];
    uint8_t binding[128];
    size_t binding_length;
};
extern struct asked asked;

/* Reads the arguments of the program; false: they are wrong, and it has been said. */
bool set_program(int count, char **arguments);
/* Around a test: winrmd-auth with the user anna, and a winrmd-gss. */
int set_up(void **state);
int tear_down(void **state);
/*
 * Tells winrmd-auth which realm is let in (NULL: those that winrmd-gss offers), and how long (ms) a
 * login lasts at most.
 */
void configure(const char *realm, uint64_t lifetime);
/* Introduces a winrmd-gss; the one before is left to the test. */
void gss_begin(void);
void gss_end(void);

struct ipc_bytes bytes(const char *text);
/* One leg; the exchange has the number of the connection. */
void leg(uint64_t connection, const char *token);
/* The same, and winrmd-gss has been asked. */
void leg_asked(uint64_t connection);
/* Answers of winrmd-gss to the leg that it was asked last. */
void done(const char *mechanism, const char *name);
void failed(void);

#endif
