/* SPDX-License-Identifier: ISC */

/*
 * One operation of a shell plug-in: what WSMAN_PLUGIN_REQUEST points to. The plug-in knows it by
 * that address until it calls WSManPluginOperationComplete. The host knows it until it is
 * finished: completed by the plug-in and returned from by the entry point.
 *
 * Owned by the loop's thread, except for what the lock of address.h guards. What a service
 * function learns travels to the loop by posts, in the order in which the plug-in said it.
 */
#ifndef HOST_REQUEST_H
#define HOST_REQUEST_H

#include "base/arena.h"
#include "host/address.h"
#include "host/api.h"
#include "host/pool.h"
#include "host/post.h"
#include "host/token.h"

struct output;
struct request;

enum request_kind {
    REQUEST_none,
    REQUEST_shell,
    REQUEST_command,
    REQUEST_send,
    REQUEST_receive,
    REQUEST_signal,
    REQUEST_connect
};

/* Who a shell belongs to and how he talks: the same for all requests of a host. */
struct caller {
    struct handle sender; /* senderDetails of all requests */
    struct token token;
    struct arena arena; /* holds the texts */
    char *address;
    char16_t *resource_uri;
    char16_t *locale;
    char16_t *data_locale;
    WSMAN_KEY selector; /* ShellId */
    uint32_t max_envelope;
};

/* What becomes of a request, told on the loop's thread; NULL members are not told. */
struct request_events {
    void (*reported)(struct request *request);  /* WSManPluginReportContext */
    void (*completed)(struct request *request); /* code and extended are filled in */
    void (*finished)(struct request *request);  /* completed and returned; free it now or later */
};

struct request {
    struct handle handle;
    struct handle event; /* shutdownNotificationHandle */
    enum request_kind kind;
    const struct request_events *events;
    void *owner;
    struct arena arena;
    WSMAN_PLUGIN_REQUEST *details;
    void (*enter)(struct request *request); /* calls the entry point, on a thread of the pool */
    struct pool_work work;
    struct post report_post;
    struct post complete_post;
    struct post return_post;
    bool over;     /* the loop knows that it is complete */
    bool returned; /* the loop knows that the entry point has returned */
    /* Guarded by the lock: */
    bool cancelled;
    bool reported;
    int event_fd; /* made when the plug-in asks for it; -1 before */
    void *context;
    uint32_t code;
    char *extended;
    struct output *output; /* of a receive: where its results go */
    uint32_t timeout;      /* milliseconds the client's message is waited for */
    uint32_t room;         /* bytes of data its answer can take */
    uint32_t envelope;     /* and of the whole answer */
};

/*
 * A request ready to be given to a plug-in; `options` may be NULL. NULL when the texts are
 * ill-formed or too large, or the addresses are used up.
 */
struct request *request_new(enum request_kind kind, const struct request_events *events,
                            void *owner, const struct caller *caller,
                            const struct ipc_items *options, bool options_must_understand);
/*
 * The types of its options, in their order: values of items, without one where the client named
 * none. False when there is no memory for them.
 */
bool request_option_types(struct request *request, const struct ipc_items *types);
/* NULL is allowed. Only when the request never was submitted, or is finished. */
void request_free(struct request *request);

/* Has the entry point called on another thread. False when there is none free: nothing happens. */
bool request_submit(struct request *request, void (*enter)(struct request *request));

/* Sets shutdownNotification, then signals the handle. Once; NULL and later calls do nothing. */
void request_cancel(struct request *request);

/* What the client's latest message allows, for WSManPluginGetOperationParameters. */
void request_limits(struct request *request, uint64_t timeout, uint32_t room);
/* The same: bytes that its answer may have; 0: as many as the application allows. */
void request_envelope(struct request *request, uint32_t bytes);

/*
 * How long (milliseconds) a Receive waits for something to answer. OperationTimeout is the time
 * that the client is willing to wait for the answer itself (DSP0226 6.1), and masterzen's, whose
 * timer of HTTP has the same 60 s, gives up when they are over: a twentieth is for the way, at most
 * a second.
 */
static inline uint64_t request_wait(uint64_t timeout)
{
    return timeout - (timeout / 20 < 1000 ? timeout / 20 : 1000);
}

static inline bool request_finished(const struct request *request)
{
    return request == NULL || (request->over && request->returned);
}

/* Lock held: the open request at this address, or NULL and `cause`. */
struct request *request_find(const void *address, const char **cause);

DWORD service_report_context(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PVOID context);
DWORD service_operation_complete(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, DWORD errorCode,
                                 PCWSTR extendedInformation);
DWORD service_get_operation_parameters(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                       WSMAN_DATA *data);
DWORD service_free_request_details(WSMAN_PLUGIN_REQUEST *requestDetails);
DWORD service_get_shutdown_event(HANDLE shutdownNotificationHandle, int *eventDescriptor);

#endif
