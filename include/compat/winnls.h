/* SPDX-License-Identifier: ISC */

/* A part of the Windows SDK by its own name: here everything is in windows.h. */
#include <windows.h>
