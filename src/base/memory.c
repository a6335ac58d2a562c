/* SPDX-License-Identifier: ISC */

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *checked(void *memory)
{
    static const char text[] = "winrmd: out of memory, this process ends\n";

    if (memory == NULL) {
        if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
            _exit(70);
        _exit(70);
    }
    return memory;
}

void *mem_alloc(size_t size)
{
    return checked(calloc(1, size > 0 ? size : 1));
}

void *mem_resize(void *memory, size_t count, size_t size)
{
    return checked(reallocarray(memory, count > 0 ? count : 1, size));
}

char *mem_text_n(const char *text, size_t length)
{
    char *copy = mem_alloc(length + 1);

    memcpy(copy, text, length);
    return copy;
}

char *mem_text(const char *text)
{
    return text == NULL ? NULL : mem_text_n(text, strlen(text));
}

char *mem_printf(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return checked(text);
}
