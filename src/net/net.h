/* SPDX-License-Identifier: ISC */

/*
 * The objects of winrmd-net and who owns whom. One thread, one loop; nothing here is locked.
 *
 *   struct net ── site            what the broker said at the start
 *         ├── broker              channel: operations and their answers
 *         ├── auth                channel to winrmd-auth; replaced when that process is
 *         ├── hosts               channels to shell hosts, by the broker's number
 *         ├── server              HTTP (src/http)
 *         │     └── connection    one per HTTP connection; owns its session_ref
 *         └── requests            one per HTTP request in progress; owns its arena
 *
 * A request may outlive its connection: what the broker or a host was asked has to be heard out.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/buffer.h"
#include "base/loop.h"
#include "base/map.h"
#include "http/server.h"
#include "ipc/channel.h"
#include "net/encryption.h"
#include "net/request.h"
#include "net/session.h"
#include "net/site.h"

struct net {
    struct loop *loop;
    bool failed; /* the loop stopped because this process can not do its task */
    struct channel *broker;
    struct channel *auth; /* NULL while winrmd-auth is being restarted */
    struct http_server *server;
    struct site site;
    struct session_keys keys;
    struct request_table requests;
    struct encryption encryption; /* files of the listener that comes next */
    struct map hosts;             /* number -> struct host_channel */
    struct list incomplete;       /* of host_channel.c: those with part of a message */
    size_t incomplete_memory;     /* that these hold */
    uint64_t connections;         /* numbers given out */
    struct map sessions;          /* the broker's id -> the struct connection that has it */
    struct soap_reader *reader;
    struct buffer response; /* the body being written; empty between answers */
};

#endif
