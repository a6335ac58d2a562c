/* SPDX-License-Identifier: ISC */

/*
 * Limits of what stands in an envelope, each written down once, in the form of tables/limits.h:
 * L(name, number, unit, meaning).
 */
#ifndef TABLES_LIMITS_SOAP_H
#define TABLES_LIMITS_SOAP_H

#define SOAP_LIMIT_TABLE(L) \
    L(SOAP_DEPTH, 64, "levels", "elements within elements of an envelope") \
    L(SOAP_ELEMENTS, 8192, "elements", "of an envelope") \
    L(SOAP_ATTRIBUTES, 64, "attributes", "of an element, namespace declarations included") \
    L(SOAP_DECLARATIONS, 256, "declarations", "of namespaces in an envelope") \
    L(SOAP_NAME_BYTES, 1024, "bytes", "name of an element or attribute; a namespace") \
    L(SOAP_VALUE_BYTES, 8192, "bytes", "value of an attribute") \
    L(SOAP_TEXT_BYTES, 1048576, "bytes", "text of an element") \
    L(WSMAN_URI_BYTES, 2048, "bytes", "resource URI or action") \
    L(WSMAN_SELECTORS, 64, "selectors", "of a request") \
    L(WSMAN_SELECTOR_BYTES, 1024, "bytes", "value of a selector") \
    L(WSMAN_ENVELOPE_MINIMUM, 8192, "bytes", "least MaxEnvelopeSize that a client may ask for") \
    L(WSMAN_SHELL_NAME, 255, "bytes", "friendly name of a shell")

enum soap_limit {
#define L(name, number, unit, meaning) name = (number),
    SOAP_LIMIT_TABLE(L)
#undef L
};

#endif
