/* SPDX-License-Identifier: ISC */

#include "broker/operation.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/configuration_resource.h"
#include "broker/enumeration.h"
#include "broker/shell.h"
#include "faults.h"

enum { ARENA_LIMIT = 256 * 1024 };

static const struct {
    const char *name;
    uint32_t number;
    bool follow_on;
} kinds[OPERATION_KINDS] = {
#define O(kind, plugin_number, action, follow, shown) \
    [OPERATION_##kind] = {.name = shown, .number = plugin_number, .follow_on = follow},
    OPERATION_TABLE(O)
#undef O
};

const char *operation_kind_name(enum operation_kind kind)
{
    return kind > OPERATION_none && kind < OPERATION_KINDS ? kinds[kind].name : "none";
}
uint32_t operation_kind_number(enum operation_kind kind)
{
    return kinds[kind].number;
}

bool operation_follows_on(const struct operation *operation)
{
    return kinds[operation->kind].follow_on;
}

static bool same_text(const char *one, const char *other)
{
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

bool operation_repeats(const struct operation *operation, const struct operation *earlier)
{
    return same_text(earlier->operation_id, operation->operation_id) &&
           same_text(earlier->sequence_id, operation->sequence_id);
}

/* ---- ends ---- */

/* Its request is over: answered, refused, or nobody waits for the answer. */
static void operation_leave_net(struct operation *operation)
{
    if (list_empty(&operation->net_link))
        return;
    list_remove(&operation->net_link);
    quota_request_leave(operation->broker);
}

void operation_end(struct operation *operation)
{
    struct broker *broker = operation->broker;

    audit_action_cancel(&operation->acting);
    quota_return(&operation->slots);
    authz_release(operation->application, &operation->context);
    record_unref(operation->record);
    operation_leave_net(operation);
    list_remove(&operation->record_link);
    list_remove(&operation->shell_link);
    map_remove_u64(&broker->operations, operation->id);
    token_unref(operation->caller.token);
    arena_free(&operation->arena);
    free(operation);
}

const struct operation_fault operation_without_body = {.code = 0};

void operation_refuse_with(struct operation *operation, const struct operation_fault *refused)
{
    quota_return(&operation->slots);
    operation_leave_net(operation);
    if (operation->net != NULL)
        channel_send(operation->net->channel, operation_refused, .request = operation->request,
                     .busy = refused->busy, .code = refused->code, .text = refused->text,
                     .location = refused->location,
                     .provider = refused->plugin != NULL ? refused->plugin->name : NULL,
                     .provider_path = refused->plugin != NULL ? refused->plugin->filename : NULL,
                     .extended = refused->extended, .decision = operation->decision);
    operation_end(operation);
}

void operation_refuse(struct operation *operation, uint32_t code, const char *text)
{
    operation_refuse_with(operation, &(struct operation_fault){.code = code, .text = text});
}

void operation_refuse_provider(struct operation *operation, uint32_t code, const char *text,
                               const struct plugin *plugin, const char *extended)
{
    operation_refuse_with(operation,
                          &(struct operation_fault){
                              .code = code, .text = text, .plugin = plugin, .extended = extended});
}

uint64_t operation_patience(const struct operation *operation)
{
    uint64_t passed = loop_now(operation->broker->loop) - operation->begun_at;

    return operation->timeout > passed ? operation->timeout - passed : 0;
}

/* ---- from winrmd-net ---- */

static const char *kept(struct operation *operation, const char *text)
{
    return arena_text(&operation->arena, text);
}

/* Items with a name and a value that is text. */
static struct ipc_items kept_items(struct operation *operation, const struct ipc_items *items)
{
    struct ipc_item *copy = arena_alloc(&operation->arena, (items->count + 1) * sizeof(*copy));

    for (uint32_t i = 0; copy != NULL && i < items->count; i++) {
        copy[i].name = kept(operation, items->item[i].name != NULL ? items->item[i].name : "");
        copy[i].value = kept(operation, items->item[i].value != NULL ? items->item[i].value : "");
        if (copy[i].name == NULL || copy[i].value == NULL)
            return (struct ipc_items){0};
    }
    return (struct ipc_items){copy, copy != NULL ? items->count : 0};
}

static struct operation *operation_new(struct child *net, const struct message_operation *message,
                                       const struct session *session,
                                       struct application *application)
{
    struct operation *operation = mem_alloc(sizeof(*operation));

    operation->broker = net->broker;
    operation->id = broker_next_id(net->broker);
    operation->kind = (enum operation_kind)message->kind;
    operation->application = application;
    operation->net = net;
    operation->begun_at = loop_now(net->broker->loop);
    operation->request = message->request;
    operation->acting.act = operation_act;
    arena_init(&operation->arena, ARENA_LIMIT);
    list_init(&operation->record_link);
    list_init(&operation->shell_link);
    list_append(&net->operations, &operation->net_link);
    quota_request_enter(net->broker);
    operation->caller = caller_keep(&session->caller, &operation->arena);
    operation->action = kept(operation, message->action);
    operation->resource_uri = kept(operation, message->resource_uri);
    operation->url = kept(operation, message->url);
    operation->message_id = kept(operation, message->message_id);
    operation->operation_id = kept(operation, message->operation_id);
    operation->sequence_id = kept(operation, message->sequence_id);
    operation->locale = kept(operation, message->locale);
    operation->data_locale = kept(operation, message->data_locale);
    operation->shell_id = kept(operation, message->shell_id);
    operation->command_id = kept(operation, message->command_id);
    operation->enumeration_context = kept(operation, message->enumeration);
    operation->shell_name = kept(operation, message->shell_name);
    operation->input_streams = kept(operation, message->input_streams);
    operation->output_streams = kept(operation, message->output_streams);
    operation->timeout =
        message->timeout > 0 && message->timeout < application->settings->max_operation_time
            ? message->timeout
            : application->settings->max_operation_time;
    if (configuration_resource_is(operation->resource_uri))
        operation->selectors = kept_items(operation, &message->selectors);
    operation->idle_timeout = message->idle_timeout;
    operation->lifetime = message->lifetime;
    operation->options = message->options;
    operation->max_elements = message->max_elements;
    operation->room = message->room;
    operation->item_form = message->item_form;
    operation->buffering = message->buffering;
    operation->session_id = kept(operation, message->session_id);
    operation->no_profile = message->no_profile;
    operation->ending = message->kind == OPERATION_delete ||
                        (message->kind == OPERATION_signal && message->ending) ||
                        message->kind == OPERATION_release;
    map_put_u64(&net->broker->operations, operation->id, operation);
    return operation;
}

void operation_begin(struct child *net, const struct message_operation *message)
{
    struct broker *broker = net->broker;
    const struct session *session = session_find(broker, net, message->session);
    struct operation *operation;

    /*
     * A session that was revoked while the request was on its way, or one that never existed, or a
     * kind that does not: the latter only from a broken or captured winrmd-net. The application
     * may have been removed.
     */
    if (session == NULL || message->application >= broker->application_count ||
        broker->applications[message->application]->removed || message->kind == OPERATION_none ||
        message->kind >= OPERATION_KINDS || broker->stopping) {
        channel_send(net->channel, operation_refused, .request = message->request,
                     .code = session == NULL ? FAULT_access_denied : FAULT_endpoint_unavailable);
        return;
    }
    operation = operation_new(net, message, session, broker->applications[message->application]);
    operation_judge(operation);
}

/* Nobody waits for the answer any more. */
static void operation_abandon(struct operation *operation)
{
    operation_leave_net(operation);
    operation->net = NULL;
    switch (operation->state) {
    case OPERATION_at_record:
        operation_judge_abandoned(operation);
        operation_end(operation);
        break;
    case OPERATION_at_verdict:
        operation_judge_abandoned(operation);
        quota_return(&operation->slots);
        break;
    case OPERATION_at_audit:
        /* It ends when the verdict comes; the slot is free now. */
        quota_return(&operation->slots);
        break;
    case OPERATION_acting:
    case OPERATION_granted:
        if (operation->kind == OPERATION_delete)
            operation_end(operation);
        else if (operation_follows_on(operation))
            shell_change_abandoned(operation);
        else
            shell_creation_written(operation);
        break;
    case OPERATION_living:
        shell_leave(operation->shell);
        break;
    default:
        if (operation->enumeration != NULL) {
            enumeration_answered(operation);
            break;
        }
        if (operation_follows_on(operation) && operation->shell != NULL)
            shell_leave(operation->shell);
        operation_end(operation);
        break;
    }
}

void operation_cancel(struct child *net, uint64_t request)
{
    list_each(link, &net->operations) {
        struct operation *operation = container_of(link, struct operation, net_link);

        if (operation->request != request || operation->state >= OPERATION_granted)
            continue;
        channel_send(net->channel, operation_refused, .request = request, .code = FAULT_aborted);
        operation_abandon(operation);
        return;
    }
}

void operation_written(struct child *net, const struct message_operation_written *message)
{
    struct operation *operation = map_get_u64(&net->broker->operations, message->operation);

    if (operation == NULL || operation->net != net || operation->state < OPERATION_granted)
        return;
    operation->delivered = message->delivered;
    operation->taken = message->taken;
    operation_abandon(operation);
}

void operation_items_fit(struct child *net, const struct message_items_fit *message)
{
    struct operation *operation = map_get_u64(&net->broker->operations, message->operation);

    if (operation != NULL && operation->net == net && operation->state == OPERATION_answered)
        enumeration_fits(operation);
    /* Also when the enumeration has ended meanwhile: what was sent is to be answered. */
    channel_send(net->channel, operation_ended, .request = message->request,
                 .operation = message->operation);
}

void operation_net_gone(struct child *net)
{
    while (!list_empty(&net->operations))
        operation_abandon(container_of(net->operations.next, struct operation, net_link));
}
