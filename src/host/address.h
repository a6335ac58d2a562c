/* SPDX-License-Identifier: ISC */

/*
 * The addresses handed to plug-ins: senderDetails, requestDetails, tokens, shutdown handles. A
 * plug-in names an open call by such an address, at any time, from any thread and perhaps by
 * mistake; so each address is used once in the life of the process. They are taken in sequence
 * from one large reserved range, and the memory behind them is given back when its whole
 * neighbourhood is out of use. A late or second completion can therefore never meet another call.
 *
 * An address coming from a plug-in is looked up and compared, never read through. One lock, held
 * for a few instructions and never while plug-in code runs, guards the table and whatever else the
 * owners of handles say it guards.
 */
#ifndef HOST_ADDRESS_H
#define HOST_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { ADDRESS_SIZE = 64 }; /* bytes of memory at each address */

enum handle_kind {
    HANDLE_none,
    HANDLE_authz_user,
    HANDLE_authz_quota,
    HANDLE_authz_operation,
    HANDLE_sender, /* senderDetails of a shell's requests */
    HANDLE_request,
    HANDLE_event, /* shutdownNotificationHandle */
    HANDLE_token
};

/* One address in use; embedded in the object it stands for. */
struct handle {
    enum handle_kind kind;
    bool open;     /* found by handle_find() */
    void *address; /* ADDRESS_SIZE zeroed bytes; NULL: not in use */
};

/* Reserves the range; false when there is no address space at all. */
bool address_init(void);

void address_lock(void);
void address_unlock(void);

/* The functions below are called with the lock held. */

/* Gives the handle an address of its own. False when the range is used up or memory is out. */
bool handle_open(struct handle *handle, enum handle_kind kind);
/* From now on nobody finds it; its memory stays until handle_drop(). May be called twice. */
void handle_close(struct handle *handle);
/* Closes the handle and gives its address up for good. Nothing happens to one not in use. */
void handle_drop(struct handle *handle);

/* The open handle of that kind at `address`, or NULL; then `cause` says in words why not. */
struct handle *handle_find(const void *address, enum handle_kind kind, const char **cause);

#endif
