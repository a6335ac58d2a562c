/* SPDX-License-Identifier: ISC */

/*
 * As much of Windows as plug-in sources written for it use besides wsman.h, so that they compile
 * here as they are. Compile with -fshort-wchar; link with libwsmsvc-windows
 * (`pkg-config --cflags --libs wsmsvc-windows`). docs/windows-plugins.md lists what there is.
 *
 * What is declared here works as Microsoft documents it, or fails as documented. What could only
 * pretend to work is not declared: a source that needs it does not compile. So nobody is
 * impersonated, no registry is read and no named object is opened.
 *
 * Functions keep their names for the source and are called wsmwin_... for the linker: a plug-in may
 * use another library with a `Sleep` or a `CloseHandle` of its own.
 */

#ifndef _WINDOWS_
#define _WINDOWS_

#if __SIZEOF_WCHAR_T__ != 2
#error "this windows.h needs the compiler option -fshort-wchar: L\"...\" is UTF-16 on Windows"
#endif

#include <wsman_types.h>

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "windows_language.h"
#include "windows_types.h"
#include "winerror.h"
#include "windows_memory.h"
#include "windows_wait.h"
#include "windows_lock.h"
#include "windows_thread.h"
#include "windows_interlocked.h"
#include "windows_system.h"
#include "windows_languages.h"
#include "windows_text.h"
#include "guiddef.h"
#include "sal.h"

#endif
