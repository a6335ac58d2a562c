/* SPDX-License-Identifier: ISC */

#include "net/basic.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "net/net.h"
#include "tls/tls.h"

/* The token behind `Basic` and its blanks; NULL for another scheme. */
static const char *basic_token(const char *authorization)
{
    if (strncasecmp(authorization, "Basic ", 6) != 0)
        return NULL;
    return authorization + 6 + strspn(authorization + 6, " ");
}

bool basic_decode(const char *authorization, struct basic_credentials *credentials)
{
    const char *token = basic_token(authorization);
    size_t length = token == NULL ? 0 : strlen(token);
    ptrdiff_t size;
    char *colon;

    /* The decoder skips white space, which a header's token can not have. */
    if (length == 0 || token[strcspn(token, " \t\r\n")] != '\0' ||
        base64_decoded_size(length) >= sizeof(credentials->text))
        return false;
    size = base64_decode((uint8_t *)credentials->text, token, length);
    if (size <= 0 || memchr(credentials->text, '\0', (size_t)size) != NULL ||
        !utf8_valid(credentials->text, (size_t)size))
        return false;
    credentials->text[size] = '\0';
    colon = strchr(credentials->text, ':');
    if (colon == NULL)
        return false;
    *colon = '\0';
    credentials->user = credentials->text;
    credentials->password = colon + 1;
    return strlen(credentials->user) <= LIMIT_NAME &&
           strlen(credentials->password) <= LIMIT_PASSWORD;
}

void basic_wipe(struct basic_credentials *credentials)
{
    explicit_bzero(credentials, sizeof(*credentials));
}

bool basic_ask(struct request *request)
{
    struct basic_credentials credentials;
    bool read = basic_decode(request->http.authorization, &credentials);

    if (read && request->net->auth != NULL)
        channel_send(request->net->auth, auth_basic, .exchange = request->id,
                     .address = request->http.peer,
                     .tls = tls_version_and_cipher(request->http.transport),
                     .user = credentials.user, .password = credentials.password);
    basic_wipe(&credentials);
    return read;
}
