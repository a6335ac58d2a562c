/* SPDX-License-Identifier: ISC */

#include "gss/message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool sealed_announced(const char *content_type)
{
    static const char *const types[] = {"multipart/encrypted", "multipart/x-multi-encrypted"};
    size_t length;

    if (content_type == NULL)
        return false;
    content_type += strspn(content_type, " \t");
    length = strcspn(content_type, "; \t");
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (length == strlen(types[i]) && strncasecmp(content_type, types[i], length) == 0)
            return true;
    return false;
}

const char *sealed_content_type(enum sealed_protocol protocol)
{
    /* No blanks, in this order: clients compare texts. */
#define TYPE(protocol) \
    "multipart/encrypted;protocol=\"" protocol "\";boundary=\"Encrypted Boundary\""
    switch (protocol) {
    case SEALED_spnego:
        return TYPE("application/HTTP-SPNEGO-session-encrypted");
    case SEALED_kerberos:
        return TYPE("application/HTTP-Kerberos-session-encrypted");
    case SEALED_none:
        break;
    }
#undef TYPE
    return NULL;
}

/* ---- opening ---- */

/* Where the parts of a message are put together. */
struct opening {
    uint8_t *body;
    size_t length;
    size_t size; /* of `body` */
    uint64_t original;
    bool fits;
};

static bool take_opened(void *user, const uint8_t *plain, size_t length)
{
    struct opening *opening = user;

    opening->fits = multipart_length_fits(opening->original, length);
    if (length > opening->size - opening->length)
        return false;
    if (length > 0)
        memcpy(opening->body + opening->length, plain, length);
    opening->length += length;
    return true;
}

static enum sealed_result refuse(struct sealed_message *out, enum sealed_result result,
                                 const char *why)
{
    snprintf(out->why, sizeof(out->why), "%s", why);
    return result;
}

enum sealed_result sealed_open(struct gss_context *context, const char *content_type,
                               const void *body, size_t length, struct arena *arena,
                               struct sealed_message *out)
{
    /* What is opened is no longer than what it was in. */
    struct opening opening = {.size = length};
    struct multipart multipart;
    struct multipart_part part;

    *out = (struct sealed_message){.protocol = multipart_protocol(content_type)};
    multipart_begin(&multipart, out->protocol, body, length);
    while (multipart_next(&multipart, &part)) {
        if (opening.body == NULL)
            opening.body = arena_alloc(arena, length);
        if (opening.body == NULL)
            return refuse(out, SEALED_full, "there is no room for it");
        opening.original = part.original;
        if (!gss_context_open(context, part.token, part.length, part.header, take_opened, &opening,
                              out->why))
            return SEALED_doubtful;
        if (!opening.fits)
            return refuse(out, SEALED_doubtful, "it is not as long as it says");
    }
    if (multipart.why != NULL)
        return refuse(out, multipart.parts > 0 ? SEALED_doubtful : SEALED_malformed, multipart.why);
    out->content_type = arena_text(arena, multipart.content_type);
    if (out->content_type == NULL)
        return refuse(out, SEALED_full, "there is no room for it");
    out->body = opening.body;
    out->length = opening.length;
    return SEALED_opened;
}

/* ---- sealing ---- */

/* Makes room in front of and behind what stands in the buffer. */
static bool make_room(struct buffer *body, size_t front, size_t behind)
{
    size_t length = buffer_length(body);
    uint8_t *data;

    if (body->limit < length + front + behind)
        body->limit = length + front + behind;
    if (buffer_reserve(body, front + behind) == NULL)
        return false;
    data = buffer_bytes(body);
    memmove(data + front, data, length);
    buffer_added(body, front + behind);
    return true;
}

static bool write_frame(struct buffer *body, enum sealed_protocol protocol,
                        const char *content_type, const struct gss_seal *seal)
{
    uint8_t prefix[MULTIPART_PREFIX_MAX];
    size_t length = buffer_length(body), front;
    uint8_t *at;

    front = multipart_write_prefix(prefix, protocol, content_type, length + seal->padding_length,
                                   seal->header_length);
    if (front == 0 || !make_room(body, front + seal->header_length,
                                 seal->padding_length + MULTIPART_CLOSING_SIZE))
        return false;
    at = buffer_bytes(body);
    memcpy(at, prefix, front);
    memcpy(at + front, seal->header, seal->header_length);
    at += front + seal->header_length + length;
    memcpy(at, seal->padding, seal->padding_length);
    memcpy(at + seal->padding_length, multipart_closing, MULTIPART_CLOSING_SIZE);
    return true;
}

bool sealed_write(struct gss_context *context, enum sealed_protocol protocol,
                  const char *content_type, struct buffer *body, char *why)
{
    char ignored[GSS_WHY];
    struct gss_seal seal;

    if (why == NULL)
        why = ignored;
    if (protocol == SEALED_none || body->failed || buffer_length(body) == 0) {
        snprintf(why, GSS_WHY, "there is nothing to seal");
    } else if (gss_context_seal(context, buffer_bytes(body), buffer_length(body), &seal, why)) {
        if (write_frame(body, protocol, content_type, &seal))
            return true;
        snprintf(why, GSS_WHY, "its content type is too long");
    }
    buffer_reset(body);
    return false;
}
