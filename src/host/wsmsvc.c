/* SPDX-License-Identifier: ISC */

#include "host/service.h"

static const struct wsmsvc_runtime *installed;

void wsmsvc_install(const struct wsmsvc_runtime *runtime)
{
    installed = runtime;
}

#define S(function, member, parameters, arguments)                                        \
    DWORD WINAPI function parameters                                                      \
    {                                                                                     \
        return installed != NULL ? installed->member arguments : ERROR_INVALID_PARAMETER; \
    }
SERVICE_TABLE(S)
