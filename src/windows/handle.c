/* SPDX-License-Identifier: ISC */

/* What all kinds of handles have in common: making, finding, closing and duplicating them. */

#include "windows/handle.h"

#include <stdlib.h>

#define WSMAN_API_VERSION_1_1
#define WSMAN_NO_ENTRY_POINTS
#include <wsman.h>
#include <wsman_linux.h>

#include "windows/wait.h"

bool handle_refused(const SECURITY_ATTRIBUTES *attributes, const void *name)
{
    /* lpSecurityDescriptor NULL asks for nothing, and nothing is inherited here anyway. */
    if (name == NULL && (attributes == NULL || attributes->lpSecurityDescriptor == NULL))
        return false;
    SetLastError(ERROR_NOT_SUPPORTED);
    return true;
}

HANDLE handle_open(struct object *object, const struct object_kind *kind)
{
    HANDLE handle;

    object_init(object, kind);
    dispatcher_lock();
    handle = handle_new(object);
    dispatcher_unlock();
    if (handle != NULL)
        SetLastError(NO_ERROR); /* sources ask for ERROR_ALREADY_EXISTS behind it */
    return handle;
}

void *handle_alloc(size_t size)
{
    void *object = calloc(1, size);

    if (object == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return object;
}

struct object *handle_find(HANDLE handle, const struct object_kind *kind)
{
    struct object *object = handle_object(handle);

    if (object != NULL && object->kind == kind)
        return object;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

/* ---- of any kind ---- */

static BOOL handle_signal(HANDLE handle)
{
    const struct object *object;
    bool mutex;
    bool event;

    dispatcher_lock();
    object = handle_object(handle);
    mutex = object != NULL && object_is_mutex(object);
    event = object != NULL && object_is_event(object);
    dispatcher_unlock();
    if (mutex)
        return ReleaseMutex(handle);
    return event ? SetEvent(handle) : ReleaseSemaphore(handle, 1, NULL);
}

DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE object, DWORD milliseconds, BOOL alertable)
{
    return handle_signal(signal) ? WaitForSingleObjectEx(object, milliseconds, alertable)
                                 : WAIT_FAILED;
}

BOOL WINAPI CloseHandle(HANDLE handle)
{
    struct object *object;
    bool ours;

    dispatcher_lock();
    object = handle_object(handle);
    ours = object != NULL;
    if (ours && !object_is_registered(object))
        object_unref(handle_end(handle));
    else
        object = NULL;
    dispatcher_unlock();
    if (object != NULL || (!ours && WSManLinuxCloseToken(handle) == NO_ERROR))
        return TRUE;
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

BOOL WINAPI DuplicateHandle(HANDLE sourceProcess, HANDLE source, HANDLE targetProcess,
                            HANDLE *target, DWORD access, BOOL inherit, DWORD options)
{
    DWORD length = 0;
    struct object *object;
    HANDLE copy;

    (void)access;
    if (target == NULL || sourceProcess != GetCurrentProcess() ||
        targetProcess != GetCurrentProcess() || inherit != FALSE) {
        SetLastError(target == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    *target = NULL;
    object = wait_object(source, false);
    if (object == NULL) {
        if (WSManLinuxGetTokenAccount(source, NULL, &length) != ERROR_INVALID_HANDLE)
            SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    dispatcher_lock();
    copy = handle_new(object);
    dispatcher_unlock();
    *target = copy;
    if (copy != NULL && (options & DUPLICATE_CLOSE_SOURCE) != 0)
        CloseHandle(source);
    return copy != NULL;
}
