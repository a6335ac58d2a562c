/* SPDX-License-Identifier: ISC */

/* Error codes: the common ones of winerror.h, and HRESULT. wsmerror.h has the others. */

#ifndef _WINERROR_
#define _WINERROR_

#include <windows.h>

#include <wsmerror.h>

#define ERROR_INVALID_FUNCTION       1U
#define ERROR_PATH_NOT_FOUND         3U
#define ERROR_TOO_MANY_OPEN_FILES    4U
#define ERROR_INVALID_DATA           13U
#define ERROR_NOT_READY              21U
#define ERROR_BAD_LENGTH             24U
#define ERROR_GEN_FAILURE            31U
#define ERROR_SHARING_VIOLATION      32U
#define ERROR_HANDLE_EOF             38U
#define ERROR_BAD_NETPATH            53U
#define ERROR_DEV_NOT_EXIST          55U
#define ERROR_FILE_EXISTS            80U
#define ERROR_INVALID_PASSWORD       86U
#define ERROR_SEM_TIMEOUT            121U
#define ERROR_INVALID_NAME           123U
#define ERROR_NEGATIVE_SEEK          131U
#define ERROR_BAD_ARGUMENTS          160U
#define ERROR_ENVVAR_NOT_FOUND       203U
#define ERROR_MORE_DATA              234U
#define WAIT_TIMEOUT                 258U
#define ERROR_NO_MORE_ITEMS          259U
#define ERROR_NOT_OWNER              288U
#define ERROR_TOO_MANY_POSTS         298U
#define ERROR_MR_MID_NOT_FOUND       317U
#define ERROR_ARITHMETIC_OVERFLOW    534U
#define ERROR_UNHANDLED_EXCEPTION    574U
#define ERROR_IO_INCOMPLETE          996U
#define ERROR_IO_PENDING             997U
#define ERROR_NOACCESS               998U
#define ERROR_INVALID_FLAGS          1004U
#define ERROR_SERVICE_DISABLED       1058U
#define ERROR_SERVICE_NOT_ACTIVE     1062U
#define ERROR_NO_UNICODE_TRANSLATION 1113U
#define ERROR_NOT_FOUND              1168U
#define ERROR_CONNECTION_REFUSED     1225U
#define ERROR_CONNECTION_ABORTED     1236U
#define ERROR_RETRY                  1237U
#define ERROR_LOGIN_TIME_RESTRICTION 1239U
#define ERROR_NOT_AUTHENTICATED      1244U
#define ERROR_ALREADY_INITIALIZED    1247U
#define ERROR_NO_MORE_DEVICES        1248U
#define ERROR_PRIVILEGE_NOT_HELD     1314U
#define ERROR_NO_SUCH_USER           1317U
#define ERROR_ACCOUNT_RESTRICTION    1327U
#define ERROR_PASSWORD_EXPIRED       1330U
#define ERROR_ACCOUNT_DISABLED       1331U
#define ERROR_NONE_MAPPED            1332U
#define ERROR_NO_SYSTEM_RESOURCES    1450U
#define ERROR_NOT_ENOUGH_QUOTA       1816U
#define ERROR_ACCOUNT_LOCKED_OUT     1909U
#define ERROR_RESOURCE_NOT_FOUND     5007U
#define ERROR_INVALID_STATE          5023U

#define S_OK    ((HRESULT)0)
#define S_FALSE ((HRESULT)1)
#undef E_OUTOFMEMORY
#define E_NOTIMPL      ((HRESULT)0x80004001U)
#define E_NOINTERFACE  ((HRESULT)0x80004002U)
#define E_POINTER      ((HRESULT)0x80004003U)
#define E_ABORT        ((HRESULT)0x80004004U)
#define E_FAIL         ((HRESULT)0x80004005U)
#define E_PENDING      ((HRESULT)0x8000000AU)
#define E_UNEXPECTED   ((HRESULT)0x8000FFFFU)
#define E_ACCESSDENIED ((HRESULT)0x80070005U)
#define E_HANDLE       ((HRESULT)0x80070006U)
#define E_OUTOFMEMORY  ((HRESULT)0x8007000EU)
#define E_INVALIDARG   ((HRESULT)0x80070057U)

#define SEVERITY_SUCCESS 0
#define SEVERITY_ERROR   1
#define FACILITY_NULL    0
#define FACILITY_ITF     4
#define FACILITY_WIN32   7

#define SUCCEEDED(result)        (((HRESULT)(result)) >= 0)
#define FAILED(result)           (((HRESULT)(result)) < 0)
#define IS_ERROR(result)         (((ULONG)(result)) >> 31 == SEVERITY_ERROR)
#define HRESULT_CODE(result)     ((result)&0xFFFF)
#define HRESULT_FACILITY(result) (((result) >> 16) & 0x1FFF)
#define HRESULT_SEVERITY(result) (((result) >> 31) & 1)
#define MAKE_HRESULT(severity, facility, code) \
    ((HRESULT)((ULONG)(severity) << 31 | (ULONG)(facility) << 16 | (ULONG)(code)))

/* What is an HRESULT already, or no error, stays as it is. */
static inline HRESULT HRESULT_FROM_WIN32(DWORD code)
{
    return (HRESULT)code <= 0 ? (HRESULT)code
                              : MAKE_HRESULT(SEVERITY_ERROR, FACILITY_WIN32, code & 0xFFFF);
}
#define __HRESULT_FROM_WIN32(code) HRESULT_FROM_WIN32(code)

#endif
