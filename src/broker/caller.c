/* SPDX-License-Identifier: ISC */

#include "broker/caller.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct caller caller_copy(const struct caller *caller)
{
    const struct caller_certificate *certificate = &caller->certificate;

    return (struct caller){
        .name = mem_text(caller->name),
        .mechanism = mem_text(caller->mechanism),
        .address = mem_text(caller->address),
        .certificate = {.thumbprint = mem_text(certificate->thumbprint),
                        .issuer = mem_text(certificate->issuer),
                        .issuer_thumbprint = mem_text(certificate->issuer_thumbprint),
                        .subject_name = mem_text(certificate->subject_name)},
        .token = token_ref(caller->token)};
}

static void text_free(const char *text)
{
    free((char *)(uintptr_t)text);
}

void caller_clear(struct caller *caller)
{
    text_free(caller->name);
    text_free(caller->mechanism);
    text_free(caller->address);
    text_free(caller->certificate.thumbprint);
    text_free(caller->certificate.issuer);
    text_free(caller->certificate.issuer_thumbprint);
    text_free(caller->certificate.subject_name);
    token_unref(caller->token);
    *caller = (struct caller){0};
}

struct caller caller_keep(const struct caller *caller, struct arena *arena)
{
    const struct caller_certificate *certificate = &caller->certificate;

    return (struct caller){
        .name = arena_text(arena, caller->name),
        .mechanism = arena_text(arena, caller->mechanism),
        .address = arena_text(arena, caller->address),
        .certificate = {.thumbprint = arena_text(arena, certificate->thumbprint),
                        .issuer = arena_text(arena, certificate->issuer),
                        .issuer_thumbprint = arena_text(arena, certificate->issuer_thumbprint),
                        .subject_name = arena_text(arena, certificate->subject_name)},
        .token = token_ref(caller->token)};
}

bool caller_is(const struct caller *caller, const char *user)
{
    return strcmp(caller->token->account, user) == 0 || strcmp(caller->name, user) == 0;
}

bool caller_is_local(const struct caller *caller)
{
    const char *text = caller->address != NULL ? caller->address : "";
    struct in6_addr six;
    struct in_addr four;

    if (inet_pton(AF_INET, text, &four) == 1)
        return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
    return inet_pton(AF_INET6, text, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}
