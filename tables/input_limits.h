/* SPDX-License-Identifier: ISC */

/*
 * Limits of what comes in from outside, each written down once. One row per limit:
 *
 *   L(name, number, unit, meaning)
 *
 * The name becomes an enumerator. Limits of messages between our own processes stand with their
 * fields in tables/messages.h.
 */
#ifndef TABLES_INPUT_LIMITS_H
#define TABLES_INPUT_LIMITS_H

#define LIMIT_TABLE(L)                                                                            \
    L(HTTP_HEAD_BYTES, 98304, "bytes", "request line and headers of one request, in all")         \
    L(HTTP_HEADERS, 64, "headers", "headers of one request")                                      \
    L(HTTP_TARGET_BYTES, 8192, "bytes", "request target")                                         \
    L(HTTP_METHOD_BYTES, 32, "bytes", "method")                                                   \
    L(HTTP_LENGTH_DIGITS, 15, "digits", "Content-Length")                                         \
    L(HTTP_CHUNK_DIGITS, 8, "digits", "size of a chunk, hexadecimal")                             \
    L(HTTP_BODY_BYTES, 1089536, "bytes", "body of a request: an envelope of 500 KiB in UTF-16")   \
    L(HTTP_GUEST_BODY_BYTES, 65536, "bytes",                                                      \
      "body that is read from a connection that showed no credentials; a larger one is dropped")  \
    L(IDENTIFY_GUEST_BYTES, 16384, "bytes", "body of an Identify without authentication")         \
    L(HTTP_GUEST_TOTAL_BYTES, 33554432, "bytes",                                                  \
      "input buffers of all connections together that have not authenticated")                    \
    L(HTTP_DROP_BYTES, 524288, "bytes",                                                           \
      "body that is read and dropped behind an early answer so that the connection survives")     \
    L(HTTP_READ_BYTES, 4096, "bytes", "input buffer of a connection to begin with")               \
    L(HTTP_ANSWER_HEAD_BYTES, 262144, "bytes", "status line and headers of one answer")           \
    L(HTTP_HANDSHAKE_TIME, 10000, "ms", "from accept to the end of the TLS handshake")            \
    L(HTTP_HEAD_TIME, 10000, "ms", "from the first byte of a head to its end")                    \
    L(HTTP_BODY_TIME, 30000, "ms", "from the end of the head to the end of the body, and more:")  \
    L(HTTP_BODY_RATE, 16384, "bytes/s", "the body time grows by the size of the body over this")  \
    L(HTTP_REQUEST_TIME, 120000, "ms", "from the first byte of a request to its last, in all")    \
    L(HTTP_ANSWER_TIME, 30000, "ms", "for the client to take an answer")                          \
    L(HTTP_GUEST_IDLE_TIME, 30000, "ms", "between requests, before authentication")               \
    L(HTTP_IDLE_TIME, 14400000, "ms", "between requests, after authentication")                   \
    L(HTTP_GUEST_TIME, 60000, "ms",                                                               \
      "from accept, or from the end of the last session, to authentication, in all")              \
    L(HTTP_LINGER_TIME, 2000, "ms", "for the client to take the last answer and close")           \
    L(HTTP_RETIRED_GUEST_TIME, 2000, "ms",                                                        \
      "for the next request of an idle guest when its listener is removed")                       \
    L(HTTP_RETIRED_IDLE_TIME, 60000, "ms", "the same for one that has authenticated")             \
    L(HTTP_KEEPALIVE_IDLE, 300, "s", "without a byte, then the kernel asks whether the client lives")  \
    L(HTTP_KEEPALIVE_INTERVAL, 30, "s", "between such questions")                                 \
    L(HTTP_KEEPALIVE_COUNT, 6, "questions", "without an answer, then the connection is lost")     \
    L(HTTP_CONNECTIONS, 10000, "connections", "of one winrmd-net")                                \
    L(HTTP_GUEST_CONNECTIONS, 4000, "connections", "of one winrmd-net, not authenticated")        \
    L(HTTP_ADDRESS_CONNECTIONS, 1000, "connections", "of one winrmd-net, from one address")       \
    L(HTTP_ACCEPTS, 4, "connections", "accepted in one wake-up, so that others get their share")  \
    L(HTTP_TURNED_AWAY, 64, "connections",                                                        \
      "waited for at a time after their 503, so that a reset does not overtake it")               \
    L(HTTP_ACCEPT_PAUSE, 100, "ms", "until it is tried again when there is no descriptor at all") \
    L(HTTP_LISTEN_QUEUE, 4096, "connections", "accepted from a listener that is removed")         \
    L(SOAP_DEPTH, 64, "levels", "elements within elements of an envelope")                        \
    L(SOAP_ELEMENTS, 8192, "elements", "of an envelope")                                          \
    L(SOAP_ATTRIBUTES, 64, "attributes", "of an element, namespace declarations included")        \
    L(SOAP_DECLARATIONS, 256, "declarations", "of namespaces in an envelope")                     \
    L(SOAP_NAME_BYTES, 1024, "bytes", "name of an element or attribute, namespace included")      \
    L(SOAP_VALUE_BYTES, 8192, "bytes", "value of an attribute")                                   \
    L(SOAP_TEXT_BYTES, 1048576, "bytes", "text of an element")                                    \
    L(WSMAN_URI_BYTES, 2048, "bytes", "resource URI or action")                                   \
    L(WSMAN_ACTIVITY_CHARACTERS, 2048, "characters", "ActivityId")                                \
    L(WSMAN_SELECTORS, 64, "selectors", "of a request")                                           \
    L(WSMAN_SELECTOR_BYTES, 1024, "bytes", "value of a selector")                                 \
    L(WSMAN_ENVELOPE_MINIMUM, 8192, "bytes", "least MaxEnvelopeSize that a client may ask for")   \
    L(WSMAN_SHELL_NAME, 255, "bytes", "friendly name of a shell")                                 \
    L(ENUMERATIONS_OF_USER, 100, "enumerations", "that a user may have open in an application")    \
    L(CERTIFICATE_CHAIN_BYTES, 65536, "bytes", "certificates that a client shows, all together")   \
    L(CERTIFICATE_CHAIN, 8, "certificates", "that a client shows")                                \
    L(CERTIFICATE_BYTES, 16384, "bytes", "one certificate of a client")                           \
    L(CERTIFICATE_DEPTH, 4, "authorities", "between a client's certificate and one of client-ca") \
    L(CERTIFICATE_NAME_BYTES, 512, "bytes",                                                       \
      "subject, issuer or subject name of a client's certificate, as text")                       \
    L(CERTIFICATE_AUTHORITIES, 1024, "certificates", "in a client-ca file")                       \
    L(CERTIFICATE_RULES, 4096, "lines", "of a certificate map")                                   \
    L(CERTIFICATE_MAP_BYTES, 1048576, "bytes", "a certificate map")                               \
    L(SHELL_OUTPUT_BYTES, 16777216, "bytes",                                                      \
      "output of a shell and its commands, finished ones too, that no client has fetched")

enum limit {
#define L(name, number, unit, meaning) name = (number),
    LIMIT_TABLE(L)
#undef L
};

#endif
