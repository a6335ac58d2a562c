/* SPDX-License-Identifier: ISC */

/* UuidCreate and its status codes are in windows.h; there is nothing else of RPC. */
#include <windows.h>
