/* SPDX-License-Identifier: ISC */

#include <windows.h>

#include <stdbool.h>

/* The one heap is named by the address of this. */
static char heap;

PVOID WINAPI SecureZeroMemory(PVOID memory, SIZE_T size)
{
    explicit_bzero(memory, size);
    return memory;
}

HANDLE WINAPI GetProcessHeap(void)
{
    return &heap;
}

static bool heap_refused(HANDLE handle, DWORD flags, DWORD known)
{
    if (handle == &heap && (flags & ~(known | HEAP_NO_SERIALIZE)) == 0)
        return false;
    SetLastError(handle != &heap ? ERROR_INVALID_HANDLE : ERROR_NOT_SUPPORTED);
    return true;
}

/* In front of each block of the heap, because HeapReAlloc zeroes from its very end on. */
struct block {
    size_t size;
    size_t unused; /* keeps what follows aligned as malloc does */
};

static struct block *block_of(LPCVOID memory)
{
    return (struct block *)((uintptr_t)memory - sizeof(struct block));
}

static void *memory_new(SIZE_T size, bool zero)
{
    void *memory = zero ? calloc(1, size != 0 ? size : 1) : malloc(size != 0 ? size : 1);

    if (memory == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return memory;
}

LPVOID WINAPI HeapAlloc(HANDLE handle, DWORD flags, SIZE_T size)
{
    struct block *block;

    if (heap_refused(handle, flags, HEAP_ZERO_MEMORY))
        return NULL;
    if (size > SIZE_MAX / 2) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    block = memory_new(sizeof(*block) + size, (flags & HEAP_ZERO_MEMORY) != 0);
    if (block == NULL)
        return NULL;
    block->size = size;
    return block + 1;
}

LPVOID WINAPI HeapReAlloc(HANDLE handle, DWORD flags, LPVOID memory, SIZE_T size)
{
    struct block *block;
    size_t before;

    if (heap_refused(handle, flags, HEAP_ZERO_MEMORY))
        return NULL;
    if (memory == NULL || size > SIZE_MAX / 2) {
        SetLastError(memory == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    before = block_of(memory)->size;
    block = realloc(block_of(memory), sizeof(*block) + size);
    if (block == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    block->size = size;
    if ((flags & HEAP_ZERO_MEMORY) != 0 && size > before)
        memset((char *)(block + 1) + before, 0, size - before);
    return block + 1;
}

BOOL WINAPI HeapFree(HANDLE handle, DWORD flags, LPVOID memory)
{
    if (heap_refused(handle, flags, 0))
        return FALSE;
    if (memory != NULL)
        free(block_of(memory));
    return TRUE;
}

SIZE_T WINAPI HeapSize(HANDLE handle, DWORD flags, LPCVOID memory)
{
    if (memory == NULL || heap_refused(handle, flags, 0))
        return (SIZE_T)-1;
    return block_of(memory)->size;
}

HLOCAL WINAPI LocalAlloc(UINT flags, SIZE_T size)
{
    if ((flags & ~(UINT)LMEM_ZEROINIT) != 0) {
        SetLastError(ERROR_NOT_SUPPORTED);
        return NULL;
    }
    return memory_new(size, (flags & LMEM_ZEROINIT) != 0);
}

HLOCAL WINAPI LocalFree(HLOCAL memory)
{
    free(memory);
    return NULL;
}

HGLOBAL WINAPI GlobalAlloc(UINT flags, SIZE_T size)
{
    return LocalAlloc(flags, size);
}

HGLOBAL WINAPI GlobalFree(HGLOBAL memory)
{
    return LocalFree(memory);
}

LPVOID WINAPI CoTaskMemAlloc(SIZE_T size)
{
    return memory_new(size, false);
}

void WINAPI CoTaskMemFree(LPVOID memory)
{
    free(memory);
}
