/* SPDX-License-Identifier: ISC */

/* The one formatter behind swprintf, StringCchPrintf and their relatives. */
#ifndef WINDOWS_FORMAT_H
#define WINDOWS_FORMAT_H

#include <windows.h>

/*
 * Formats by Microsoft's rules. The length of the whole text, or -1: no such format, or too long.
 * What fits into `size` units is in `to`, without a NUL; NULL only counts. `list` is left as it is.
 */
int format_to(wchar_t *to, size_t size, const wchar_t *format, va_list list);

#endif
