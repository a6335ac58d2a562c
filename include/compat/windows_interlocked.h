/* SPDX-License-Identifier: ISC */

/*
 * Interlocked operations: full barriers, on LONG (32 bits), LONG64 and pointers. A `long` is none
 * of these here: it has 64 bits, and does not compile.
 */

#ifndef WSMWIN_INTERLOCKED_H
#define WSMWIN_INTERLOCKED_H

#define WSMWIN_INTERLOCKED(type, suffix)                                                     \
    static inline type InterlockedIncrement##suffix(type volatile *target)                   \
    {                                                                                        \
        return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);                              \
    }                                                                                        \
    static inline type InterlockedDecrement##suffix(type volatile *target)                   \
    {                                                                                        \
        return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);                              \
    }                                                                                        \
    static inline type InterlockedExchange##suffix(type volatile *target, type value)        \
    {                                                                                        \
        return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);                         \
    }                                                                                        \
    static inline type InterlockedExchangeAdd##suffix(type volatile *target, type value)     \
    {                                                                                        \
        return __atomic_fetch_add(target, value, __ATOMIC_SEQ_CST);                          \
    }                                                                                        \
    static inline type InterlockedAdd##suffix(type volatile *target, type value)             \
    {                                                                                        \
        return __atomic_add_fetch(target, value, __ATOMIC_SEQ_CST);                          \
    }                                                                                        \
    static inline type InterlockedAnd##suffix(type volatile *target, type value)             \
    {                                                                                        \
        return __atomic_fetch_and(target, value, __ATOMIC_SEQ_CST);                          \
    }                                                                                        \
    static inline type InterlockedOr##suffix(type volatile *target, type value)              \
    {                                                                                        \
        return __atomic_fetch_or(target, value, __ATOMIC_SEQ_CST);                           \
    }                                                                                        \
    static inline type InterlockedXor##suffix(type volatile *target, type value)             \
    {                                                                                        \
        return __atomic_fetch_xor(target, value, __ATOMIC_SEQ_CST);                          \
    }                                                                                        \
    static inline type InterlockedCompareExchange##suffix(type volatile *target, type value, \
                                                          type comparand)                    \
    {                                                                                        \
        __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST,          \
                                    __ATOMIC_SEQ_CST);                                       \
        return comparand;                                                                    \
    }

WSMWIN_INTERLOCKED(LONG, )
WSMWIN_INTERLOCKED(LONG64, 64)

/* As Microsoft's newer headers have them for C++. */
#ifdef __cplusplus
static inline ULONG InterlockedIncrement(ULONG volatile *target)
{
    return __atomic_add_fetch(target, 1, __ATOMIC_SEQ_CST);
}
static inline ULONG InterlockedDecrement(ULONG volatile *target)
{
    return __atomic_sub_fetch(target, 1, __ATOMIC_SEQ_CST);
}
#endif

static inline PVOID InterlockedExchangePointer(PVOID volatile *target, PVOID value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

static inline PVOID InterlockedCompareExchangePointer(PVOID volatile *target, PVOID value,
                                                      PVOID comparand)
{
    __atomic_compare_exchange_n(target, &comparand, value, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return comparand;
}

#define _InterlockedIncrement       InterlockedIncrement
#define _InterlockedDecrement       InterlockedDecrement
#define _InterlockedExchange        InterlockedExchange
#define _InterlockedCompareExchange InterlockedCompareExchange
#define MemoryBarrier()             __atomic_thread_fence(__ATOMIC_SEQ_CST)

#endif
