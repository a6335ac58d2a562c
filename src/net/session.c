/* SPDX-License-Identifier: ISC */

#include "net/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

struct session_ref {
    uint64_t id;
    bool repeated; /* each request has to show: */
    struct session_proof proof;
    enum method method;
};

void session_keys_make(struct session_keys *keys)
{
    random_bytes(keys, sizeof(*keys));
}

struct session_proof session_proof_make(const struct session_keys *keys, const char *authorization)
{
    size_t length = strlen(authorization);

    return (struct session_proof){{hash_keyed(keys->key[0], authorization, length),
                                   hash_keyed(keys->key[1], authorization, length)}};
}

struct session_ref *session_ref_new(const struct message_session_opened *opened,
                                    const struct session_proof *proof, enum method method)
{
    struct session_ref *session = mem_alloc(sizeof(*session));

    session->id = opened->session;
    session->repeated = proof != NULL;
    if (proof != NULL)
        session->proof = *proof;
    session->method = method;
    return session;
}

void session_ref_free(struct session_ref *session)
{
    if (session != NULL)
        explicit_bzero(session, sizeof(*session));
    free(session);
}

bool session_ref_proved_by(const struct session_ref *session, const struct session_proof *proof)
{
    return session->repeated && secret_equal(&session->proof, proof, sizeof(*proof));
}

bool session_ref_is_by(const struct session_ref *session, uint32_t methods)
{
    return (methods & (1u << session->method)) != 0;
}

uint64_t session_ref_id(const struct session_ref *session)
{
    return session->id;
}
