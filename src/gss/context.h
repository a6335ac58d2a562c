/* SPDX-License-Identifier: ISC */

/*
 * The security context of a connection that has authenticated with Negotiate or Kerberos, as the
 * process that seals and opens its messages has it. It was accepted by winrmd-gss, exported there
 * (RFC 2743 2.2.8) and is imported once: a second copy of it would start its sequence numbers
 * again. A context belongs to one connection; one thread of the process uses all contexts.
 *
 * Messages are sealed with confidentiality and integrity or not at all. The order of calls is the
 * order of messages: each one sealed or opened counts, so nothing is sealed that may not be sent,
 * and after one that could not be opened the context is of no use any more (docs/encryption.md).
 */
#ifndef GSS_CONTEXT_H
#define GSS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gss_context;

enum {
    GSS_WHY = 256,        /* bytes of a text that says why something failed, with its NUL */
    GSS_HEADER_MAX = 256, /* bytes that stand before a sealed message, in both directions */
    GSS_PADDING_MAX = 16, /* bytes that may stand behind it */
    GSS_AWAKE_MAX = 64    /* contexts of NTLM that are ready for a message at once */
};

/*
 * Has the libraries load now what they would otherwise load when it is first needed: mechanisms,
 * and the converters of text that NTLM uses. Once, while the process may still open any file.
 */
void gss_preload(void);

/*
 * The context of which gss_export_sec_context() gave these bytes; free with gss_context_free().
 * The bytes hold the keys: the caller wipes its own copy. NULL: it can not be used; `why` says so.
 */
struct gss_context *gss_context_import(const void *exported, size_t length, char why[GSS_WHY]);

/* NULL is allowed. */
void gss_context_free(struct gss_context *context);

/*
 * Can messages be sealed with it? Not without confidentiality and integrity, not with Kerberos'
 * older encryption types (RC4, DES), not in DCE style.
 */
bool gss_context_seals(const struct gss_context *context);

/* What a sealed message consists of, besides as many bytes as it had before. */
struct gss_seal {
    uint8_t header[GSS_HEADER_MAX]; /* or NTLM's signature */
    size_t header_length;
    uint8_t padding[GSS_PADDING_MAX]; /* with today's encryption types there is none */
    size_t padding_length;
};

/*
 * Seals `length` bytes in place. False: neither `data` nor the context is of use any more, and
 * nothing of it may be sent; `why` says what the library said.
 */
bool gss_context_seal(struct gss_context *context, uint8_t *data, size_t length,
                      struct gss_seal *seal, char why[GSS_WHY]);

/* Receives what was sealed; the bytes are gone when it returns. False: they do not fit. */
typedef bool gss_opened(void *user, const uint8_t *plain, size_t length);

/*
 * Opens header, data and padding, `header` bytes of which are the header, and gives what was
 * sealed to `opened`. Whatever is not as it should be (also a message that came before, out of its
 * turn, or was not encrypted) is false: the context is of no use any more, the connection is to
 * end; `why` says what the library said. False too when `opened` said so.
 */
bool gss_context_open(struct gss_context *context, const uint8_t *token, size_t length,
                      size_t header, gss_opened *opened, void *user, char why[GSS_WHY]);

#endif
