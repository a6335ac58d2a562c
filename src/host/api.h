/* SPDX-License-Identifier: ISC */

/*
 * The plug-in interface as the host sees it: the types, constants and service functions of
 * include/, without the prototypes of the entry points, which are a plug-in's own.
 */
#ifndef HOST_API_H
#define HOST_API_H

#define WSMAN_API_VERSION_1_1
#define WSMAN_NO_ENTRY_POINTS

#include "wsman.h"
#include "wsman_linux.h"
#include "wsmerror.h"

#endif
