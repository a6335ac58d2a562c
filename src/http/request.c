/* SPDX-License-Identifier: ISC */

#include "http/request.h"

#include "http/head.h"

const char *http_request_header(const struct http_request *request, const char *name)
{
    uint8_t index = http_head_find(request->head, request->bytes, name);

    if (index == HTTP_NO_HEADER)
        return NULL;
    return (const char *)request->bytes + request->head->headers[index].value.at;
}
