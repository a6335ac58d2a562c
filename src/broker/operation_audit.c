/* SPDX-License-Identifier: ISC */

/* What the audit says of an operation: who asked for what, the verdict, and under which number. */
#include "base/hash.h"
#include "broker/broker.h"
#include "broker/operation.h"

void operation_make_decision(struct operation *operation)
{
    static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    static uint64_t start;
    uint64_t number;

    if (start == 0)
        start = random_u64() >> 24 << 20 | 1;
    number = start + operation->id;
    for (size_t i = 0; i < 12; i++) {
        operation->decision[11 - i] = digits[number & 31];
        number >>= 5;
    }
}

void operation_audit(const struct operation *operation)
{
    struct audit *audit = operation->broker->audit;

    audit_text(audit, "decision", operation->decision[0] != '\0' ? operation->decision : NULL);
    audit_text(audit, "application", operation->application->settings->path);
    audit_text(audit, "user", operation->caller.name);
    audit_text(audit, "account", operation->caller.token->account);
    audit_text(audit, "mechanism", operation->caller.mechanism);
    audit_text(audit, "address", operation->caller.address);
    audit_text(audit, "certificate", operation->caller.certificate.thumbprint);
    audit_text(audit, "operation", operation_kind_name(operation->kind));
    audit_text(audit, "resource", operation->resource_uri);
    audit_text(audit, "message-id", operation->message_id);
    audit_text(audit, "operation-id", operation->operation_id);
    audit_text(audit, "shell", operation->shell_id);
    audit_text(audit, "command", operation->command_id);
}

void operation_audit_verdict(const struct operation *operation, const char *verdict, uint32_t code,
                             const char *reason)
{
    struct audit *audit = operation->broker->audit;
    const struct record *record = operation->record;
    const struct plugin *plugin = operation->application->settings->authorizer;
    uid_t uid;

    audit_begin(audit, "verdict");
    audit_text(audit, "verdict", verdict);
    operation_audit(operation);
    audit_number(audit, "code", code);
    audit_text(audit, "reason", reason);
    audit_text(audit, "plugin", plugin != NULL ? plugin->name : NULL);
    audit_number(audit, "latency-us", operation->latency);
    if (record != NULL) {
        audit_text(audit, "run-as", record->token != NULL ? record->token->account : NULL);
        if (record->token != NULL && token_uid(record->token, &uid))
            audit_number(audit, "uid", uid);
        audit_flag(audit, "administrator", record->administrator);
        audit_number(audit, "shells", quota_shells(record->account));
        audit_number(audit, "operations", quota_operations(record->account));
        audit_number(audit, "slot-messages", quota_slot_messages(record->account));
    }
    audit_end(audit);
}

void operation_audit_refused(const struct operation *operation, enum authz_lost lost, uint32_t code,
                             const char *reason)
{
    bool abandoned = lost == AUTHZ_stopping;

    broker_count(operation->broker,
                 abandoned ? COUNTER_verdicts_abandoned : COUNTER_verdicts_denied);
    operation_audit_verdict(operation, abandoned ? "abandoned" : "denied", code, reason);
}
