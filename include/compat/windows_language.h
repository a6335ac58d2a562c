/* SPDX-License-Identifier: ISC */

/* What Microsoft's compiler adds to C and C++, in the words of gcc and clang. */

#ifndef WSMWIN_LANGUAGE_H
#define WSMWIN_LANGUAGE_H

/* Behind a declaration: the name for the linker. Every function of the library has one. */
#define WSMWIN(name) __asm__("wsmwin_" #name) __attribute__((visibility("default")))

#ifdef __cplusplus
#define WSMWIN_BEGIN extern "C" {
#define WSMWIN_END   }
#else
#define WSMWIN_BEGIN
#define WSMWIN_END
#endif

/* #pragma comment(lib, ...), warning(...), region: notes to another compiler. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#ifdef __clang__
#pragma clang diagnostic ignored "-Wignored-pragmas"
#endif

#define __declspec(what)          WSMWIN_DECLSPEC_##what
#define WSMWIN_DECLSPEC_dllexport __attribute__((visibility("default")))
#define WSMWIN_DECLSPEC_dllimport
#define WSMWIN_DECLSPEC_noreturn __attribute__((noreturn))
#define WSMWIN_DECLSPEC_noinline __attribute__((noinline))
#define WSMWIN_DECLSPEC_selectany __attribute__((weak))
#define WSMWIN_DECLSPEC_thread   __thread
#define WSMWIN_DECLSPEC_novtable
#define WSMWIN_DECLSPEC_nothrow
#define WSMWIN_DECLSPEC_restrict
#define WSMWIN_DECLSPEC_deprecated  __attribute__((deprecated))
#define WSMWIN_DECLSPEC_align(size) __attribute__((aligned(size)))
#define WSMWIN_DECLSPEC_uuid(text)

#define DECLSPEC_NORETURN __attribute__((noreturn))
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT      __attribute__((visibility("default")))
#define DECLSPEC_ALIGN(size) __attribute__((aligned(size)))
#define DECLSPEC_NOINLINE    __attribute__((noinline))
#define DECLSPEC_SELECTANY   __attribute__((weak))

#define __stdcall
#define _stdcall
#define __cdecl
#define _cdecl
#define __fastcall
#define __thiscall
#define __vectorcall
#define __clrcall
#define __forceinline inline __attribute__((always_inline))
#define FORCEINLINE   static inline
#define __int8        char
#define __int16       short
#define __int32       int
#define __int64       long long
#define __ptr32
#define __ptr64
#define __unaligned
#define __assume(condition) ((void)0)
#define __noop              ((void)0)
#define __debugbreak()      __builtin_trap()
#define DebugBreak()        __builtin_trap()

#define APIENTRY   WINAPI
#define WINAPIV    __cdecl
#define PASCAL     __stdcall
#define NTAPI      __stdcall
#define APIPRIVATE __stdcall
#define WINBASEAPI
#define STDMETHODCALLTYPE  __stdcall
#define STDAPICALLTYPE     __stdcall
#define STDMETHODVCALLTYPE __cdecl
#ifdef __cplusplus
#define EXTERN_C       extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END   }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif
#define STDAPI        EXTERN_C HRESULT STDAPICALLTYPE
#define STDAPI_(type) EXTERN_C type STDAPICALLTYPE
#define CONST         const
#define FAR
#define NEAR
#define far
#define near

#define UNREFERENCED_PARAMETER(name)      ((void)(name))
#define DBG_UNREFERENCED_PARAMETER(name)  ((void)(name))
#define UNREFERENCED_LOCAL_VARIABLE(name) ((void)(name))

#ifdef __cplusplus
template <typename T, size_t N> char (&wsmwin_count_of(T (&)[N]))[N];
#define ARRAYSIZE(array) (sizeof(wsmwin_count_of(array)))
#else
#define ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#define _countof(array)            ARRAYSIZE(array)
#define RTL_NUMBER_OF(array)       ARRAYSIZE(array)
#define FIELD_OFFSET(type, member) ((LONG)offsetof(type, member))
#define CONTAINING_RECORD(address, type, member) \
    ((type *)(void *)((char *)(address)-offsetof(type, member)))

/* On Windows these are macros in C++ too; as such they would break the standard library. */
#ifndef NOMINMAX
#ifdef __cplusplus
template <typename A, typename B> constexpr auto min(const A &a, const B &b) -> decltype(a < b ? a : b)
{
    return a < b ? a : b;
}
template <typename A, typename B> constexpr auto max(const A &a, const B &b) -> decltype(a > b ? a : b)
{
    return a > b ? a : b;
}
#else
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif

#endif
