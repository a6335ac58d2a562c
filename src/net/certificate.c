/* SPDX-License-Identifier: ISC */

#include "net/certificate.h"

#include <string.h>

#include "net/net.h"
#include "tls/tls.h"

bool certificate_ask(struct request *request)
{
    unsigned char chain[LIMIT_CERTIFICATES];
    size_t length = 0;

    if (strcmp(request->http.authorization, CERTIFICATE_AUTHORIZATION) == 0)
        length = tls_peer_chain(request->http.transport, chain, sizeof(chain));
    if (length > 0 && request->net->auth != NULL)
        channel_send(request->net->auth, auth_certificate, .exchange = request->id,
                     .address = request->http.peer,
                     .tls = tls_version_and_cipher(request->http.transport),
                     .listener = request->listener->number,
                     .chain = {.data = chain, .length = (uint32_t)length});
    return length > 0;
}
