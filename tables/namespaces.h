/* SPDX-License-Identifier: ISC */

/*
 * XML namespaces that mean something to winrmd: N(identifier, prefix, URI). Requests are read by
 * namespace alone, whatever prefix stands there; responses are written with these prefixes,
 * because some clients look for them (docs/protocol.md, P-3.1).
 */
#ifndef TABLES_NAMESPACES_H
#define TABLES_NAMESPACES_H

#define NAMESPACE_TABLE(N) \
    N(soap, "s", "http://www.w3.org/2003/05/soap-envelope") \
    N(addressing, "a", "http://schemas.xmlsoap.org/ws/2004/08/addressing") \
    N(wsman, "w", "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd") \
    N(microsoft, "p", "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd") \
    N(shell, "rsp", "http://schemas.microsoft.com/wbem/wsman/1/windows/shell") \
    N(transfer, "x", "http://schemas.xmlsoap.org/ws/2004/09/transfer") \
    N(enumeration, "n", "http://schemas.xmlsoap.org/ws/2004/09/enumeration") \
    N(eventing, "e", "http://schemas.xmlsoap.org/ws/2004/08/eventing") \
    N(fault, "f", "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault") \
    N(identity, "wsmid", "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd") \
    N(soap11, "s11", "http://schemas.xmlsoap.org/soap/envelope/") \
    N(xml, "xml", "http://www.w3.org/XML/1998/namespace")

/* `none`: in no namespace. `other`: in one that stands not in the table. */
enum namespace_id {
    NS_none,
    NS_other,
#define N(name, prefix, uri) NS_##name,
    NAMESPACE_TABLE(N)
#undef N
    NAMESPACES
};

#endif
