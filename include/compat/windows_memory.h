/* SPDX-License-Identifier: ISC */

/* Memory: filling and copying, the process's heap, LocalAlloc. All of it is malloc underneath. */

#ifndef WSMWIN_MEMORY_H
#define WSMWIN_MEMORY_H

#define ZeroMemory(to, size)           memset((to), 0, (size))
#define FillMemory(to, size, byte)     memset((to), (byte), (size))
#define CopyMemory(to, from, size)     memcpy((to), (from), (size))
#define MoveMemory(to, from, size)     memmove((to), (from), (size))
#define EqualMemory(one, two, size)    (memcmp((one), (two), (size)) == 0)
#define RtlZeroMemory(to, size)        ZeroMemory(to, size)
#define RtlFillMemory(to, size, byte)  FillMemory(to, size, byte)
#define RtlCopyMemory(to, from, size)  CopyMemory(to, from, size)
#define RtlMoveMemory(to, from, size)  MoveMemory(to, from, size)
#define RtlEqualMemory(one, two, size) EqualMemory(one, two, size)
#define RtlSecureZeroMemory(to, size)  SecureZeroMemory(to, size)

#define HEAP_NO_SERIALIZE        0x1
#define HEAP_GENERATE_EXCEPTIONS 0x4
#define HEAP_ZERO_MEMORY         0x8

#define LMEM_FIXED    0x0000
#define LMEM_ZEROINIT 0x0040
#define LPTR          (LMEM_FIXED | LMEM_ZEROINIT)
#define GMEM_FIXED    0x0000
#define GMEM_ZEROINIT 0x0040
#define GPTR          (GMEM_FIXED | GMEM_ZEROINIT)

WSMWIN_BEGIN

/* Not left out by the compiler, even if the memory is not looked at any more. */
PVOID WINAPI SecureZeroMemory(PVOID memory, SIZE_T size) WSMWIN(SecureZeroMemory);

/* There is one heap. HEAP_GENERATE_EXCEPTIONS is refused; out of memory is NULL. */
HANDLE WINAPI GetProcessHeap(void) WSMWIN(GetProcessHeap);
LPVOID WINAPI HeapAlloc(HANDLE heap, DWORD flags, SIZE_T size) WSMWIN(HeapAlloc);
/* HEAP_ZERO_MEMORY zeroes what is added. */
LPVOID WINAPI HeapReAlloc(HANDLE heap, DWORD flags, LPVOID memory, SIZE_T size) WSMWIN(HeapReAlloc);
BOOL WINAPI HeapFree(HANDLE heap, DWORD flags, LPVOID memory) WSMWIN(HeapFree);
SIZE_T WINAPI HeapSize(HANDLE heap, DWORD flags, LPCVOID memory) WSMWIN(HeapSize);

/* Fixed memory only; LMEM_MOVEABLE is refused. Both Frees return NULL. */
HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size) WSMWIN(LocalAlloc);
HLOCAL WINAPI LocalFree(HLOCAL memory) WSMWIN(LocalFree);
HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size) WSMWIN(GlobalAlloc);
HGLOBAL WINAPI GlobalFree(HGLOBAL memory) WSMWIN(GlobalFree);

LPVOID WINAPI CoTaskMemAlloc(SIZE_T size) WSMWIN(CoTaskMemAlloc);
void WINAPI CoTaskMemFree(LPVOID memory) WSMWIN(CoTaskMemFree);

WSMWIN_END

#endif
