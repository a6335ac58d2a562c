/* SPDX-License-Identifier: ISC */

#include "net/negotiate.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/log.h"
#include "gss/context.h"
#include "net/authentication.h"
#include "net/connection.h"
#include "net/net.h"
#include "net/respond.h"
#include "tls/tls.h"

/* As they are spelt in answers, which clients compare with regard to case. */
static const char negotiate[] = "Negotiate";
static const char kerberos[] = "Kerberos";

/* ---- the client's token ---- */

/* What stands behind the scheme and its blanks; NULL for another scheme. */
static const char *behind_scheme(const char *authorization, const char *scheme)
{
    size_t length = strlen(scheme);

    if (strncasecmp(authorization, scheme, length) != 0 || authorization[length] != ' ')
        return NULL;
    return authorization + length + strspn(authorization + length, " ");
}

size_t negotiate_decode(const char *authorization, bool *is_kerberos, uint8_t token[NEGOTIATE_ROOM])
{
    const char *text = behind_scheme(authorization, negotiate);
    size_t length;
    ptrdiff_t size;

    *is_kerberos = text == NULL;
    if (text == NULL)
        text = behind_scheme(authorization, kerberos);
    length = text == NULL ? 0 : strlen(text);
    /* The decoder skips white space, which a header's token can not have. */
    if (length == 0 || text[strcspn(text, " \t\r\n")] != '\0' ||
        base64_decoded_size(length) > NEGOTIATE_ROOM)
        return 0;
    size = base64_decode(token, text, length);
    return size > 0 && size <= LIMIT_TOKEN ? (size_t)size : 0;
}

bool negotiate_ask(struct request *request)
{
    uint8_t token[NEGOTIATE_ROOM];
    const struct site *site = &request->net->site;
    bool is_kerberos;
    size_t length = negotiate_decode(request->http.authorization, &is_kerberos, token);

    if (length == 0 || !(site->kerberos || (site->ntlm && !is_kerberos)))
        return false;
    request->by_kerberos = is_kerberos;
    request->connection->half_open = true;
    if (request->net->auth != NULL)
        channel_send(request->net->auth, auth_token, .exchange = request->id,
                     .connection = request->connection->number, .address = request->http.peer,
                     .tls = tls_version_and_cipher(request->http.transport),
                     .listener = request->listener->number, .kerberos = is_kerberos,
                     .must_seal = request->listener->must_seal,
                     .token = {.data = token, .length = (uint32_t)length});
    /* Passwords can be guessed at what NTLM says of them. */
    explicit_bzero(token, length);
    return true;
}

/* ---- our answers ---- */

size_t negotiate_offer(const struct site *site, const char *lines[NEGOTIATE_CHALLENGES])
{
    size_t count = 0;

    if (site->kerberos || site->ntlm)
        lines[count++] = negotiate;
    if (site->kerberos)
        lines[count++] = kerberos;
    return count;
}

/* The line for that token, in the request's arena; NULL: there is no room for it. */
static const char *challenge(struct request *request, struct ipc_bytes token)
{
    const char *scheme = request->by_kerberos ? kerberos : negotiate;
    size_t name = strlen(scheme);
    size_t size = base64_encoded_size(token.length);
    char *line = arena_alloc(&request->arena, name + 1 + size + 1);

    if (line == NULL)
        return NULL;
    memcpy(line, scheme, name);
    line[name] = ' ';
    base64_encode(line + name + 1, token.data, token.length);
    return line;
}

void negotiate_continue(struct request *request, const struct message_auth_continue *message)
{
    const char *line = message->token.length > 0 ? challenge(request, message->token) : NULL;

    if (line == NULL) {
        log_error("winrmd-auth: a login is to be continued without a token for the client");
        negotiate_end_legs(request->connection);
        respond_unauthorized(request);
        return;
    }
    respond_continued(request, line);
}

/* Both have come: what the login is good for is the connection's. */
static void complete(struct request *request)
{
    struct negotiate_login *login = &request->login;
    struct message_session_opened session = login->session;

    connection_take_context(request->connection, login->context, login->expires);
    login->context = NULL;
    login->opened = false;
    authentication_admit(request, &session);
}

void negotiate_accept(struct request *request, const struct message_auth_context *message)
{
    struct negotiate_login *login = &request->login;
    char why[GSS_WHY] = "it can not seal messages";

    request->connection->half_open = false;
    gss_context_free(login->context);
    login->context = gss_context_import(message->context.data, message->context.length, why);
    if (login->context != NULL && request->listener->must_seal &&
        !gss_context_seals(login->context)) {
        gss_context_free(login->context);
        login->context = NULL;
    }
    login->token = message->token.length > 0 ? challenge(request, message->token) : NULL;
    if (login->context == NULL || (message->token.length > 0 && login->token == NULL)) {
        log_error("the security context of a client can not be used: %s", why);
        negotiate_forget(request);
        respond_status(request, 500);
        return;
    }
    login->expires = clock_elapsed() + message->lifetime;
    if (login->opened)
        complete(request);
}

void negotiate_opened(struct request *request, const struct message_session_opened *opened)
{
    struct negotiate_login *login = &request->login;

    /* winrmd-auth was replaced, and both have said yes: the later one holds. */
    if (login->opened)
        channel_send(request->net->broker, session_closed, .session = login->session.session);
    login->opened = true;
    login->session = *opened;
    if (login->context != NULL)
        complete(request);
}

void negotiate_forget(struct request *request)
{
    struct negotiate_login *login = &request->login;

    if (login->opened)
        channel_send(request->net->broker, session_closed, .session = login->session.session);
    gss_context_free(login->context);
    *login = (struct negotiate_login){0};
}

void negotiate_end_legs(struct connection *connection)
{
    if (connection->half_open && connection->net->auth != NULL)
        channel_send(connection->net->auth, auth_token_end, .connection = connection->number);
    connection->half_open = false;
}
