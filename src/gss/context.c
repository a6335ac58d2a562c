/* SPDX-License-Identifier: ISC */

#include "gss/context.h"

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "base/memory.h"
#include "gss/mechanism.h"
#include "gss/text.h"

struct gss_context {
    gss_ctx_id_t handle;     /* GSS_C_NO_CONTEXT while it rests */
    gss_buffer_desc resting; /* exported */
    struct list link;        /* in `awake`, the one used last in front; NTLM's only */
    gss_OID mechanism;       /* the library's, static */
    bool seals;
    bool iov; /* header and data are kept apart by the library */
};

/*
 * A context of gss-ntlmssp 1.2.0 takes 69 KB, a copy of OpenSSL's state for each of its two
 * ciphers, and 3 KB when it is exported. So no more than these are kept as what they are used as;
 * others rest, and cost an import with their next message.
 */
static struct list awake = {&awake, &awake};
static unsigned awake_count;

/* ---- what kind of context it is ---- */

static bool find_kind(struct gss_context *context, char why[GSS_WHY])
{
    const OM_uint32 wanted = GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG;
    OM_uint32 major, minor, flags = 0;
    int local = 1, established = 0;

    /* No names: gss-ntlmssp 1.2.0 crashes when an acceptor's context is asked for its target. */
    major = gss_inquire_context(&minor, context->handle, NULL, NULL, NULL, &context->mechanism,
                                &flags, &local, &established);
    if (major != GSS_S_COMPLETE) {
        gss_text(why, GSS_WHY, context->mechanism, major, minor);
        return false;
    }
    if (context->mechanism == GSS_C_NO_OID || local || !established) {
        snprintf(why, GSS_WHY, "it is not the context of a login that was accepted");
        return false;
    }
    context->seals = (flags & wanted) == wanted && (flags & GSS_C_DCE_STYLE) == 0;
    context->iov = mechanism_is(context->mechanism, &mechanism_kerberos);
    if (context->iov)
        context->seals = context->seals && mechanism_encryption_good(context->handle);
    else if (!mechanism_is(context->mechanism, &mechanism_ntlm)) {
        snprintf(why, GSS_WHY, "its mechanism is neither Kerberos nor NTLM");
        return false;
    }
    return true;
}

/* ---- contexts that rest ---- */

static void release_resting(struct gss_context *context)
{
    OM_uint32 minor;

    if (context->resting.value != NULL)
        explicit_bzero(context->resting.value, context->resting.length);
    gss_release_buffer(&minor, &context->resting);
}

static void leave_awake(struct gss_context *context)
{
    if (list_empty(&context->link))
        return;
    list_remove(&context->link);
    awake_count--;
}

/* If the library does not export it, there is nothing to wake, and its next message is doubtful. */
static void rest(struct gss_context *context)
{
    OM_uint32 minor;

    leave_awake(context);
    if (gss_export_sec_context(&minor, &context->handle, &context->resting) == GSS_S_COMPLETE)
        return;
    release_resting(context);
    if (context->handle != GSS_C_NO_CONTEXT)
        gss_delete_sec_context(&minor, &context->handle, GSS_C_NO_BUFFER);
}

/* `context` has been imported, or is about to be used. */
static void enter_awake(struct gss_context *context)
{
    leave_awake(context);
    list_prepend(&awake, &context->link);
    if (++awake_count > GSS_AWAKE_MAX)
        rest(container_of(awake.previous, struct gss_context, link));
}

static bool wake(struct gss_context *context, char why[GSS_WHY])
{
    OM_uint32 major, minor;

    if (context->iov)
        return true;
    if (context->handle == GSS_C_NO_CONTEXT) {
        major = gss_import_sec_context(&minor, &context->resting, &context->handle);
        release_resting(context);
        if (major != GSS_S_COMPLETE) {
            gss_text(why, GSS_WHY, context->mechanism, major, minor);
            return false;
        }
    }
    enter_awake(context);
    return true;
}

/* ---- its life ---- */

void gss_preload(void)
{
    static const char *const encodings[][2] = {{"UTF-8", "UTF-16LE"}, {"UTF-16LE", "UTF-8"}};
    gss_OID_set mechanisms = GSS_C_NO_OID_SET;
    OM_uint32 minor;

    gss_indicate_mechs(&minor, &mechanisms);
    gss_release_oid_set(&minor, &mechanisms);
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        iconv_t converter = iconv_open(encodings[i][0], encodings[i][1]);

        if (converter != (iconv_t)-1)
            iconv_close(converter);
    }
}

struct gss_context *gss_context_import(const void *exported, size_t length, char why[GSS_WHY])
{
    struct gss_context *context = mem_alloc(sizeof(*context));
    gss_buffer_desc token = {.length = length, .value = (void *)(uintptr_t)exported};
    OM_uint32 major, minor;

    list_init(&context->link);
    major = gss_import_sec_context(&minor, &token, &context->handle);
    if (major != GSS_S_COMPLETE)
        gss_text(why, GSS_WHY, context->mechanism, major, minor);
    else if (find_kind(context, why) && wake(context, why))
        return context;
    gss_context_free(context);
    return NULL;
}

void gss_context_free(struct gss_context *context)
{
    OM_uint32 minor;

    if (context == NULL)
        return;
    leave_awake(context);
    release_resting(context);
    if (context->handle != GSS_C_NO_CONTEXT)
        gss_delete_sec_context(&minor, &context->handle, GSS_C_NO_BUFFER);
    free(context);
}

bool gss_context_seals(const struct gss_context *context)
{
    return context->seals;
}

/* ---- sealing ---- */

/* Kerberos: the library encrypts in place. Without a trailer everything else is in the header. */
static bool seal_iov(struct gss_context *context, uint8_t *data, size_t length,
                     struct gss_seal *seal, char why[GSS_WHY])
{
    gss_iov_buffer_desc iov[3] = {
        {.type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE},
        {.type = GSS_IOV_BUFFER_TYPE_DATA, .buffer = {.length = length, .value = data}},
        {.type = GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE},
    };
    OM_uint32 major, minor, ignored;
    int sealed = 0;
    bool good = false;

    major = gss_wrap_iov(&minor, context->handle, 1, GSS_C_QOP_DEFAULT, &sealed, iov, 3);
    if (major != GSS_S_COMPLETE) {
        gss_text(why, GSS_WHY, context->mechanism, major, minor);
    } else if (!sealed || iov[0].buffer.length > sizeof(seal->header) ||
               iov[1].buffer.length != length || iov[2].buffer.length > sizeof(seal->padding)) {
        snprintf(why, GSS_WHY, "the library sealed in an unknown way");
    } else {
        seal->header_length = iov[0].buffer.length;
        seal->padding_length = iov[2].buffer.length;
        memcpy(seal->header, iov[0].buffer.value, seal->header_length);
        if (seal->padding_length > 0)
            memcpy(seal->padding, iov[2].buffer.value, seal->padding_length);
        good = true;
    }
    gss_release_iov_buffer(&ignored, iov, 3);
    return good;
}

/* NTLM: the token is a signature and as much data as there was, so it has grown by the former. */
static bool seal_token(struct gss_context *context, uint8_t *data, size_t length,
                       struct gss_seal *seal, char why[GSS_WHY])
{
    gss_buffer_desc plain = {.length = length, .value = data};
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor, ignored;
    int sealed = 0;
    bool good = false;

    major = gss_wrap(&minor, context->handle, 1, GSS_C_QOP_DEFAULT, &plain, &sealed, &token);
    if (major != GSS_S_COMPLETE) {
        gss_text(why, GSS_WHY, context->mechanism, major, minor);
    } else if (!sealed || token.length < length || token.length - length > sizeof(seal->header)) {
        snprintf(why, GSS_WHY, "the library sealed in an unknown way");
    } else {
        seal->header_length = token.length - length;
        seal->padding_length = 0;
        memcpy(seal->header, token.value, seal->header_length);
        if (length > 0)
            memcpy(data, (const uint8_t *)token.value + seal->header_length, length);
        good = true;
    }
    gss_release_buffer(&ignored, &token);
    return good;
}

bool gss_context_seal(struct gss_context *context, uint8_t *data, size_t length,
                      struct gss_seal *seal, char why[GSS_WHY])
{
    if (!context->seals) {
        snprintf(why, GSS_WHY, "messages can not be sealed with this login");
        return false;
    }
    if (!wake(context, why))
        return false;
    return context->iov ? seal_iov(context, data, length, seal, why)
                        : seal_token(context, data, length, seal, why);
}

/* ---- opening ---- */

/* MS-NLMP 2.2.2.9.1. The library takes so many bytes for granted. */
enum { NTLM_SIGNATURE = 16 };

bool gss_context_open(struct gss_context *context, const uint8_t *token, size_t length,
                      size_t header, gss_opened *opened, void *user, char why[GSS_WHY])
{
    gss_buffer_desc whole = {.length = length, .value = (void *)(uintptr_t)token};
    gss_buffer_desc plain = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor, ignored;
    int sealed = 0;
    bool good = false;

    if (!context->seals) {
        snprintf(why, GSS_WHY, "messages can not be sealed with this login");
        return false;
    }
    if (header > length || (!context->iov && header != NTLM_SIGNATURE)) {
        snprintf(why, GSS_WHY, "a header of %zu bytes is none of this mechanism", header);
        return false;
    }
    if (!wake(context, why))
        return false;
    /*
     * Header and data are one token wherever they are split, so nothing depends on the split. Any
     * supplementary bit (a duplicate, an old message, a gap) is as bad as an error.
     */
    major = gss_unwrap(&minor, context->handle, &whole, &plain, &sealed, NULL);
    if (major != GSS_S_COMPLETE)
        gss_text(why, GSS_WHY, context->mechanism, major, minor);
    else if (!sealed)
        snprintf(why, GSS_WHY, "it was signed, not sealed");
    else if (!(good = opened(user, plain.value, plain.length)))
        snprintf(why, GSS_WHY, "there is no room for it");
    gss_release_buffer(&ignored, &plain);
    return good;
}
