/* SPDX-License-Identifier: ISC */

/* GUIDs. */

#ifndef GUID_DEFINED
#define GUID_DEFINED

#include <windows.h>

typedef struct _GUID {
    uint32_t Data1;
    uint16_t Data2;
    uint16_t Data3;
    uint8_t Data4[8];
} GUID, IID, CLSID, UUID;
typedef GUID *LPGUID, *LPCLSID, *LPIID;
typedef const GUID *LPCGUID;

#ifdef __cplusplus
typedef const GUID &REFGUID, &REFIID, &REFCLSID;
static inline BOOL IsEqualGUID(REFGUID one, REFGUID two)
{
    return memcmp(&one, &two, sizeof(GUID)) == 0;
}
static inline bool operator==(REFGUID one, REFGUID two)
{
    return memcmp(&one, &two, sizeof(GUID)) == 0;
}
static inline bool operator!=(REFGUID one, REFGUID two)
{
    return !(one == two);
}
#else
typedef const GUID *const REFGUID, *const REFIID, *const REFCLSID;
#define IsEqualGUID(one, two) (memcmp((one), (two), sizeof(GUID)) == 0)
#endif
#define IsEqualIID(one, two)   IsEqualGUID(one, two)
#define IsEqualCLSID(one, two) IsEqualGUID(one, two)

#ifdef INITGUID
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) \
    EXTERN_C const GUID __attribute__((weak)) name = {               \
        l, w1, w2, {b1, b2, b3, b4, b5, b6, b7, b8}}
#else
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8) EXTERN_C const GUID name
#endif

typedef LONG RPC_STATUS;
#define RPC_S_OK 0

WSMWIN_BEGIN
/* A random one (version 4 of RFC 4122). Both names do the same. */
RPC_STATUS UuidCreate(UUID *uuid) WSMWIN(UuidCreate);
HRESULT WINAPI CoCreateGuid(GUID *guid) WSMWIN(CoCreateGuid);
/* "{00000000-0000-0000-0000-000000000000}": 39 units, or 0 when they do not fit. */
int WINAPI StringFromGUID2(REFGUID guid, PWSTR text, int size) WSMWIN(StringFromGUID2);
WSMWIN_END

#endif
