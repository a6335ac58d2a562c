/* SPDX-License-Identifier: ISC */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/test_login.h"

#include <gssapi/gssapi_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "gss/test_suppressions.h"
#include "methods.h"

/* ---- the password file ---- */

static char password_file[] = "/tmp/winrmd-net-ntlm.XXXXXX";

int login_prepare(void **state)
{
    static const char line[] = "LABDOM:alice:secret\n";
    int fd = mkstemp(password_file);

    (void)state;
    if (fd < 0 || write(fd, line, sizeof(line) - 1) != (ssize_t)sizeof(line) - 1)
        return -1;
    close(fd);
    return setenv("NTLM_USER_FILE", password_file, 1);
}

int login_unprepare(void **state)
{
    (void)state;
    return unlink(password_file);
}

/* ---- both sides ---- */

static gss_OID_desc ntlmssp = {10, "\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};

static gss_name_t name_of(const char *text, gss_OID type)
{
    gss_buffer_desc buffer = {strlen(text), (void *)text};
    OM_uint32 minor;
    gss_name_t name = GSS_C_NO_NAME;

    assert_int_equal(gss_import_name(&minor, &buffer, type, &name), GSS_S_COMPLETE);
    return name;
}

void login_open(struct login *login)
{
    gss_OID_set_desc only = {1, &ntlmssp};
    gss_buffer_desc password = {6, "secret"};
    gss_name_t name = name_of("LABDOM\\alice", GSS_C_NT_USER_NAME);
    OM_uint32 minor;

    memset(login, 0, sizeof(*login));
    buffer_init(&login->token, 65536);
    assert_int_equal(gss_acquire_cred_with_password(&minor, name, &password, GSS_C_INDEFINITE,
                                                    &only, GSS_C_INITIATE, &login->credential, NULL,
                                                    NULL),
                     GSS_S_COMPLETE);
    gss_release_name(&minor, &name);
}

void login_close(struct login *login)
{
    OM_uint32 minor;

    gss_delete_sec_context(&minor, &login->client, NULL);
    gss_delete_sec_context(&minor, &login->server, NULL);
    gss_release_cred(&minor, &login->credential);
    buffer_free(&login->token);
}

/* Keeps the token that was made; both sides finish or go on, here nothing else is expected. */
static bool stepped(struct login *login, OM_uint32 major, gss_buffer_t made)
{
    OM_uint32 minor;

    if (GSS_ERROR(major))
        fail_msg("GSS-API: %08x", (unsigned)major);
    buffer_reset(&login->token);
    buffer_append(&login->token, made->value, made->length);
    gss_release_buffer(&minor, made);
    return major == GSS_S_COMPLETE;
}

bool login_client_step(struct login *login, const void *token, size_t length)
{
    gss_buffer_desc in = {length, (void *)token};
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    gss_name_t name = name_of("HTTP@testhost", GSS_C_NT_HOSTBASED_SERVICE);
    OM_uint32 minor;
    OM_uint32 major = gss_init_sec_context(
        &minor, login->credential, &login->client, name, &ntlmssp,
        GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_REPLAY_FLAG, 0,
        GSS_C_NO_CHANNEL_BINDINGS, &in, NULL, &out, NULL, NULL);

    gss_release_name(&minor, &name);
    return stepped(login, major, &out);
}

bool login_server_step(struct login *login, const void *token, size_t length)
{
    gss_buffer_desc in = {length, (void *)token};
    gss_buffer_desc out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;

    return stepped(login,
                   gss_accept_sec_context(&minor, &login->server, GSS_C_NO_CREDENTIAL, &in,
                                          GSS_C_NO_CHANNEL_BINDINGS, NULL, NULL, &out, NULL, NULL,
                                          NULL),
                   &out);
}

gss_buffer_desc login_export(struct login *login)
{
    gss_buffer_desc exported = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;

    assert_int_equal(gss_export_sec_context(&minor, &login->server, &exported), GSS_S_COMPLETE);
    return exported;
}

/* ---- on the wire ---- */

const char *login_header(const struct login *login, const char *scheme)
{
    static char header[8192];
    size_t length = buffer_length(&login->token);
    int used = snprintf(header, sizeof(header), "Authorization: %s ", scheme);

    assert_true((size_t)used + base64_encoded_size(length) + 3 < sizeof(header));
    base64_encode(header + used, buffer_bytes(&login->token), length);
    strcpy(header + (size_t)used + base64_encoded_size(length), "\r\n");
    return header;
}

bool login_client_answer(struct login *login, const char *line, const char *scheme)
{
    uint8_t token[8192];
    ptrdiff_t length;

    assert_non_null(line);
    assert_int_equal(strncmp(line, scheme, strlen(scheme)), 0);
    line += strlen(scheme);
    assert_true(*line++ == ' ' && strlen(line) < sizeof(token));
    length = base64_decode(token, line, strlen(line));
    assert_true(length > 0);
    return login_client_step(login, token, (size_t)length);
}

struct ipc_bytes login_token(const struct login *login)
{
    return (struct ipc_bytes){.data = buffer_bytes(&login->token),
                              .length = (uint32_t)buffer_length(&login->token)};
}

void login_send_context(struct login *login, struct world *world, uint64_t exchange,
                        uint64_t lifetime)
{
    gss_buffer_desc exported = login_export(login);
    OM_uint32 minor;

    peer_send(&world->auth, auth_context, .exchange = exchange, .lifetime = lifetime, .seals = true,
              .token = login_token(login),
              .context = {.data = exported.value, .length = (uint32_t)exported.length});
    gss_release_buffer(&minor, &exported);
}

void login_first_leg(struct world *world, struct login *login, struct client *client)
{
    const struct message_auth_token *asked;
    struct response response;

    login_client_step(login, NULL, 0);
    client_post(client, "/wsman", login_header(login, "Negotiate"), NULL);
    asked = peer_expect(&world->auth, auth_token);
    assert_false(login_server_step(login, asked->token.data, asked->token.length));
    peer_send(&world->auth, auth_continue, .exchange = asked->exchange,
              .token = login_token(login));
    response = client_response(client);
    assert_int_equal(response.status, 401);
    login_client_answer(login, response_header(&response, "WWW-Authenticate"), "Negotiate");
}

uint64_t login_last_leg(struct world *world, struct login *login, struct client *client,
                        const char *scheme, const char *body)
{
    const struct message_auth_token *asked;

    client_post(client, "/wsman", login_header(login, scheme), body);
    asked = peer_expect(&world->auth, auth_token);
    assert_true(login_server_step(login, asked->token.data, asked->token.length));
    return asked->exchange;
}

void login_through(struct login *login, struct world *world, struct client *client,
                   uint64_t session, uint64_t lifetime)
{
    struct response response;
    uint64_t exchange;

    login_first_leg(world, login, client);
    exchange = login_last_leg(world, login, client, "Negotiate", NULL);
    login_send_context(login, world, exchange, lifetime);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = session);
    response = client_response(client);
    assert_int_equal(response.status, 200);
    assert_int_equal(response.body_length, 0);
}

/* ---- what is offered ---- */

static void tell_listener(struct world *world, uint32_t methods, bool must_seal, bool kerberos,
                          bool ntlm)
{
    peer_send(&world->broker, net_listener, .listener = WORLD_LISTENER, .url = "http://x:5985",
              .methods = methods, .must_seal = must_seal, .header_limit = 98304, .socket = -1);
    peer_send(&world->broker, net_mechanisms, .kerberos = kerberos, .ntlm = ntlm);
    peer_send(&world->broker, net_settle);
    peer_receive(&world->broker, MESSAGE_net_settled);
}

void login_offer(struct world *world, uint32_t methods, bool kerberos, bool ntlm)
{
    tell_listener(world, methods, false, kerberos, ntlm);
}

void login_offer_sealed(struct world *world, bool must_seal)
{
    tell_listener(world, METHOD_BIT(negotiate) | METHOD_BIT(basic), must_seal, false, true);
}

void login_expect_offer(struct client *client, const char *lines)
{
    struct response response = client_response(client);
    const char *first;
    const char *end;

    assert_int_equal(response.status, 401);
    assert_int_equal(response.body_length, 0);
    assert_null(response_header(&response, "Connection"));
    first = strstr(response.head, "WWW-Authenticate:");
    if (lines[0] == '\0') {
        assert_null(first);
        return;
    }
    assert_non_null(first);
    assert_int_equal(strncmp(first, lines, strlen(lines)), 0);
    end = first + strlen(lines);
    assert_null(strstr(end, "WWW-Authenticate"));
}

/* ---- sealed bodies ---- */

#define BOUNDARY "--Encrypted Boundary"

/* NTLM: a signature of 16 bytes stands before what is sealed. */
enum { SIGNATURE = 16 };

void login_seal(struct login *login, const char *protocol, const char *text, struct buffer *body)
{
    gss_buffer_desc plain = {strlen(text), (void *)text};
    gss_buffer_desc sealed = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    int confidential = 0;

    assert_int_equal(
        gss_wrap(&minor, login->client, 1, GSS_C_QOP_DEFAULT, &plain, &confidential, &sealed),
        GSS_S_COMPLETE);
    assert_true(confidential && sealed.length == SIGNATURE + plain.length);
    buffer_init(body, 16 * 1024 * 1024);
    buffer_printf(body,
                  BOUNDARY "\r\n\tContent-Type: %s\r\n"
                           "\tOriginalContent: type=application/soap+xml;charset=UTF-8;"
                           "Length=%zu\r\n" BOUNDARY "\r\n"
                           "\tContent-Type: application/octet-stream\r\n",
                  protocol, plain.length);
    buffer_append(body, "\x10\0\0", 4);
    buffer_append(body, sealed.value, sealed.length);
    buffer_text(body, BOUNDARY "--\r\n");
    gss_release_buffer(&minor, &sealed);
}

void login_post_bytes(struct client *client, const char *protocol, const char *headers,
                      const void *bytes, size_t length)
{
    struct buffer all;

    buffer_init(&all, 16 * 1024 * 1024);
    buffer_printf(&all,
                  "POST /wsman HTTP/1.1\r\nHost: windows-host:5985\r\n%sContent-Type: "
                  "multipart/encrypted;protocol=\"%s\";boundary=\"Encrypted Boundary\"\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  headers, protocol, length);
    buffer_append(&all, bytes, length);
    client_write(client, (const char *)buffer_bytes(&all), buffer_length(&all));
    buffer_free(&all);
}

void login_post(struct login *login, struct client *client, const char *protocol,
                const char *headers, const char *text)
{
    struct buffer body;

    login_seal(login, protocol, text, &body);
    login_post_bytes(client, protocol, headers, buffer_bytes(&body), buffer_length(&body));
    buffer_free(&body);
}

const char *login_opened(struct login *login, const struct response *response, const char *protocol)
{
    static char text[65536];
    char expected[512];
    gss_buffer_desc sealed;
    gss_buffer_desc plain = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    int confidential = 0;
    size_t frame;

    snprintf(expected, sizeof(expected),
             "multipart/encrypted;protocol=\"%s\";boundary=\"Encrypted Boundary\"", protocol);
    assert_string_equal(response_header(response, "Content-Type"), expected);
    snprintf(expected, sizeof(expected),
             BOUNDARY "\r\n\tContent-Type: %s\r\n"
                      "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=",
             protocol);
    assert_int_equal(strncmp(response->body, expected, strlen(expected)), 0);
    frame = (size_t)(strstr(response->body, "octet-stream\r\n") + 14 - response->body);
    assert_memory_equal(response->body + frame, "\x10\0\0", 4);
    assert_true(response->body_length > frame + 4 + SIGNATURE + 24);
    assert_memory_equal(response->body + response->body_length - 24, BOUNDARY "--\r\n", 24);
    sealed = (gss_buffer_desc){response->body_length - frame - 4 - 24, response->body + frame + 4};
    assert_int_equal(gss_unwrap(&minor, login->client, &sealed, &plain, &confidential, NULL),
                     GSS_S_COMPLETE);
    assert_true(confidential && plain.length < sizeof(text));
    assert_int_equal(strtoul(response->body + strlen(expected), NULL, 10), plain.length);
    memcpy(text, plain.value, plain.length);
    text[plain.length] = '\0';
    gss_release_buffer(&minor, &plain);
    return text;
}
