/* SPDX-License-Identifier: ISC */

/*
 * SOAP headers that winrmd understands: H(identifier, namespace, name, required). They are read in
 * this order, whatever their order in the message, so that the first three are known when a fault
 * has to be written about another. None may stand twice. One that is addressed to another SOAP
 * node is not read at all. docs/protocol.md, P-3.2.
 */
#ifndef TABLES_HEADERS_H
#define TABLES_HEADERS_H

#define HEADER_TABLE(H) \
    H(message_id, addressing, "MessageID", true) \
    H(operation_id, microsoft, "OperationID", false) \
    H(sequence_id, microsoft, "SequenceId", false) \
    H(session_id, microsoft, "SessionId", false) \
    H(activity_id, microsoft, "ActivityId", false) \
    H(to, addressing, "To", true) \
    H(reply_to, addressing, "ReplyTo", false) \
    H(fault_to, addressing, "FaultTo", false) \
    H(action, addressing, "Action", true) \
    H(resource_uri, wsman, "ResourceURI", true) \
    H(max_envelope_size, wsman, "MaxEnvelopeSize", false) \
    H(operation_timeout, wsman, "OperationTimeout", false) \
    H(locale, wsman, "Locale", false) \
    H(data_locale, microsoft, "DataLocale", false) \
    H(selector_set, wsman, "SelectorSet", false) \
    H(option_set, wsman, "OptionSet", false) \
    H(fragment_transfer, wsman, "FragmentTransfer", false) \
    H(compression_type, shell, "CompressionType", false)

enum header_id {
#define H(id, space, name, required) HEADER_##id,
    HEADER_TABLE(H)
#undef H
    HEADERS
};

#endif
