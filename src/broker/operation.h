/* SPDX-License-Identifier: ISC */

/*
 * One operation that a request asked for, from the first check to its end:
 *
 *   system throttle -> user record -> rate -> slots reserved -> AuthzOperation -> audit -> act
 *
 * A Get or Delete ends when its response has been written; a shell, a command and an Enumerate live
 * as long as the thing they started; a follow-on message (Receive, Send, Signal, Pull, Release) is
 * checked against the owner of its shell or enumeration and the rate, and the plug-in is not asked.
 * Its texts are in its arena. Whatever way it ends, operation_end() is the one place where it gives
 * back what it holds.
 */
#ifndef BROKER_OPERATION_H
#define BROKER_OPERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "broker/audit.h"
#include "broker/authz.h"
#include "broker/quota.h"
#include "broker/record.h"
#include "broker/session.h"
#include "ipc/message.h"
#include "operations.h"

struct broker;
struct child;
struct enumeration;
struct plugin;
struct shell;

enum operation_state {
    OPERATION_STATE_none,
    OPERATION_at_record,  /* waits for its user record */
    OPERATION_at_verdict, /* waits for AuthzOperation */
    OPERATION_at_audit,   /* waits for the audit line */
    OPERATION_acting,     /* waits for a host, or for a shell to end */
    OPERATION_granted,    /* the payload is on its way; shell or command has not begun yet */
    OPERATION_living,     /* a shell or command that runs, an enumeration that can be pulled */
    OPERATION_answered    /* waits for operation_written */
};

struct operation {
    uint64_t id;
    enum operation_kind kind;
    enum operation_state state;
    struct broker *broker;
    struct application *application;
    struct child *net; /* who is answered; NULL: nobody any more */
    uint64_t request;
    struct list net_link;    /* in net->operations */
    struct list record_link; /* in record->waiting */
    struct list shell_link;  /* commands: shell->commands; deletes: shell->deletes */
    struct arena arena;
    struct caller caller;
    const char *action;
    const char *resource_uri;
    const char *url;
    const char *message_id;
    const char *operation_id;
    const char *sequence_id;
    const char *locale;
    const char *data_locale;
    const char *shell_id;
    const char *command_id;
    const char *command_line; /* of a command that runs: the beginning of it, as its host told */
    const char *enumeration_context;
    const char *shell_name;
    const char *input_streams;
    const char *output_streams;
    uint64_t timeout;
    uint64_t idle_timeout;
    uint64_t lifetime;
    uint64_t sequence; /* of the ticket that was given for it */
    uint32_t options;
    uint32_t max_elements;      /* items that the answer to an Enumerate or Pull may have */
    uint32_t room;              /* and bytes */
    uint32_t item_form;         /* of the items of an Enumerate; for winrmd-net */
    uint32_t buffering;         /* enum output_buffering */
    const char *session_id;     /* of the client; NULL: it says none */
    struct ipc_items selectors; /* of the configuration's resources; none for others */
    bool no_profile;
    bool ending; /* Delete, Signal terminate: never refused by a quota */
    bool again;  /* a Command without a slot: it can only be the repetition of one that runs */

    struct record *record; /* a reference */
    struct quota_slots slots;
    struct authz_context context;
    struct shell *shell;             /* the shell it is about; not owned */
    struct enumeration *enumeration; /* that it began, which owns it, or that it pulls; not owned */
    bool delivered;                  /* its client has the answer, */
    uint32_t taken;                  /* with so many items of the enumeration */
    char decision[24];
    uint64_t begun_at; /* loop_now() */
    uint64_t asked_at; /* microseconds */
    uint64_t latency;  /* of the verdict, microseconds */
    uint32_t verdict;  /* code of AuthzOperation */
    bool unavailable;  /* there was no plug-in to ask */
    bool by_service;   /* the plug-in has allowed it, and the service refuses it */
    const char *reason;
    const char *extended;
    struct audit_action acting;
};

/* A message from winrmd-net. */
void operation_begin(struct child *net, const struct message_operation *message);
void operation_cancel(struct child *net, uint64_t request);
void operation_written(struct child *net, const struct message_operation_written *message);
void operation_items_fit(struct child *net, const struct message_items_fit *message);
/* The net process is gone, with everything it was to answer. */
void operation_net_gone(struct child *net);

/* From the system throttle to the verdict (operation_judge.c); it may be gone on return. */
void operation_judge(struct operation *operation);
/* The verdict's line is written, or can not be: does what was asked for (operation_act.c). */
void operation_act(struct audit_action *action, bool written);
/* Who asked has gone while the plug-in is asked: writes the line that takes the verdict's place. */
void operation_judge_abandoned(struct operation *operation);
/* Called by record.c: let in, or not. */
void operation_recorded(struct operation *operation, const struct record_refusal *refusal);

/* What a refusal tells the client; what is NULL is left out. */
struct operation_fault {
    bool busy; /* an HTTP 503 without a body: the service has as many requests as it takes */
    uint32_t code;
    const char *text;
    const char *location;
    const struct plugin *plugin;
    const char *extended;
};

/*
 * An HTTP 500 with nothing in it: what web hosting answers when the authorization plug-in could
 * not be loaded or started.
 */
extern const struct operation_fault operation_without_body;

/*
 * There is no such shell, as far as this caller is concerned. The answer does not tell a shell of
 * somebody else from one that never was; the audit does.
 */
void operation_refuse_shell(struct operation *operation);
/* The same of an enumeration. */
void operation_refuse_enumeration(struct operation *operation);
/*
 * Answers with a fault and ends the operation. `text` NULL: the fault's own text. Slots are back
 * before the answer is sent.
 */
void operation_refuse(struct operation *operation, uint32_t code, const char *text);
/* The same with the plug-in's name and its extended information. */
void operation_refuse_provider(struct operation *operation, uint32_t code, const char *text,
                               const struct plugin *plugin, const char *extended);
void operation_refuse_with(struct operation *operation, const struct operation_fault *fault);
/*
 * Takes anew what an operation that lives has given back of its quotas; never refused. Nothing when
 * it holds it.
 */
void operation_reserve_again(struct operation *operation);
/* Gives back slots, context and record, and frees the operation. */
void operation_end(struct operation *operation);

/* What is left of the request's OperationTimeout, in milliseconds. */
uint64_t operation_patience(const struct operation *operation);

const char *operation_kind_name(enum operation_kind kind);
/* The operation argument of WSManPluginAuthzOperation. */
uint32_t operation_kind_number(enum operation_kind kind);
/* Does it belong to an operation that has been authorized? */
bool operation_follows_on(const struct operation *operation);
/* Is it the same message again as `earlier`, by both its ids (docs/protocol.md, P-3.4)? */
bool operation_repeats(const struct operation *operation, const struct operation *earlier);

/* ---- operation_audit.c ---- */

/* Gives it the number of its verdict: short enough to read over the telephone, never used twice. */
void operation_make_decision(struct operation *operation);
/* The members every audit line about an operation has. */
void operation_audit(const struct operation *operation);
/* The line of a verdict: `verdict` is a word of the audit, `reason` NULL when it needs none. */
void operation_audit_verdict(const struct operation *operation, const char *verdict, uint32_t code,
                             const char *reason);
/*
 * The line of one that was refused, and counted. Of a call that was stopped it says "abandoned":
 * nobody has decided, because whoever asked, or the service, did not wait for it.
 */
void operation_audit_refused(const struct operation *operation, enum authz_lost lost, uint32_t code,
                             const char *reason);

#endif
