/* SPDX-License-Identifier: ISC */

/*
 * What a plug-in on Linux may want to ask its host and Windows has no word for. Exported by
 * libwsmsvc like the service functions of wsman.h, to the same rules: callable from every thread,
 * none of them waits, arguments are borrowed for the call.
 *
 * A token is an opaque HANDLE for one identity: an account and its groups. It is not a number and
 * cannot be made up: a value this process was not given is refused with ERROR_INVALID_HANDLE.
 *
 * Functions that return text take a buffer and its length in UTF-16 code units, the closing NUL
 * included. They store the length used, or with ERROR_INSUFFICIENT_BUFFER the length needed; then
 * the buffer is not written. A buffer of NULL with a length of 0 asks for the length.
 */

#ifndef WSMAN_LINUX_H
#define WSMAN_LINUX_H

#include "wsman.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Makes a token for an account by its name, to run a user's operations as somebody else.
 *
 * senderDetails: the open WSManPluginAuthzUser call the token is made for.
 * accountName: an account this application may map to (may-map-to in winrmd.conf).
 * token: receives the handle. It may be used as impersonationToken in the completion of that very
 * call; on success the host then owns it. In every other case close it with WSManLinuxCloseToken.
 *
 * Errors: ERROR_ACCESS_DENIED when the application may not map to the account;
 * ERROR_INVALID_PARAMETER for NULL or a call that is not open.
 */
WSMAN_EXPORT DWORD WINAPI WSManLinuxCreateToken(WSMAN_SENDER_DETAILS *senderDetails,
                                                PCWSTR accountName, HANDLE *token);

/* Closes a token made with WSManLinuxCreateToken. A clientToken is the host's and refused. */
WSMAN_EXPORT DWORD WINAPI WSManLinuxCloseToken(HANDLE token);

/* The canonical account name of a token: a clientToken during its call, or one created here. */
WSMAN_EXPORT DWORD WINAPI WSManLinuxGetTokenAccount(HANDLE token, PWSTR buffer, DWORD *length);

/*
 * The groups of a token, joined by commas; the empty text when there are none. A group whose name
 * has a comma in it is left out.
 */
WSMAN_EXPORT DWORD WINAPI WSManLinuxGetTokenGroups(HANDLE token, PWSTR buffer, DWORD *length);

/*
 * The network address the request came from, without a port ("192.0.2.1", "2001:db8::1").
 *
 * senderDetails: that of an open authorization call, or of an open request.
 */
WSMAN_EXPORT DWORD WINAPI WSManLinuxGetClientAddress(WSMAN_SENDER_DETAILS *senderDetails,
                                                     PWSTR buffer, DWORD *length);

/*
 * The UI language of the request whose entry point runs on the calling thread: the name of a
 * language ("de-DE") as the client sent it. "en-US" when the client named none, or none that has
 * the form of a language tag of at most 84 characters, and on every other thread.
 */
WSMAN_EXPORT DWORD WINAPI WSManLinuxGetThreadLanguage(PWSTR buffer, DWORD *length);

/*
 * An eventfd for a request's shutdownNotificationHandle, for poll loops: readable from the moment
 * the operation is cancelled, and never read empty by anybody. The descriptor is the host's: do not
 * read, close or keep it beyond the completion of the operation.
 *
 * Errors: ERROR_INVALID_HANDLE for a handle that belongs to no open operation.
 */
WSMAN_EXPORT DWORD WINAPI WSManLinuxGetShutdownEvent(HANDLE shutdownNotificationHandle,
                                                     int *eventDescriptor);

#ifdef __cplusplus
}
#endif

#endif
