/* SPDX-License-Identifier: ISC */

/*
 * Allocation that cannot fail, for the small objects of a process's own making. When memory is
 * out, the process ends with a message: every process of winrmd can be restarted, and code that
 * limps on without memory is code nobody tests. What a client or plug-in can make large is bounded
 * by an arena or a buffer with a limit instead.
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* Zeroed memory of `size` bytes; free with free(). */
void *mem_alloc(size_t size);
/* Like reallocarray(); the added part is not zeroed. */
void *mem_resize(void *memory, size_t count, size_t size);
/* Copy of a text; NULL gives NULL. */
char *mem_text(const char *text);
char *mem_text_n(const char *text, size_t length);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
