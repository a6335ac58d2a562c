/* SPDX-License-Identifier: ISC */

/*
 * What sanitizers find in the libraries of logins, and not in us. Included by one source of each
 * program in which a test plays the client too.
 */
#ifndef GSS_TEST_SUPPRESSIONS_H
#define GSS_TEST_SUPPRESSIONS_H

/* What they lose of each login, on either side (gss-ntlmssp 1.2.0 some 16 KB). */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:gssntlmssp.so\nleak:libcrypto.so\nleak:libgssapi_krb5.so\nleak:libkrb5.so\n";
}

/* A client's password is handed to strndup() without a NUL, which strict_string_checks minds. */
__attribute__((visibility("default"))) const char *__asan_default_suppressions(void);
const char *__asan_default_suppressions(void)
{
    return "interceptor_via_lib:gssntlmssp.so\n";
}

#endif
