/* SPDX-License-Identifier: ISC */

/* _beginthreadex is declared in windows_thread.h. */
#include <windows.h>
