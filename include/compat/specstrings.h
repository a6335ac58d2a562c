/* SPDX-License-Identifier: ISC */

/* The older name of sal.h. */
#include <sal.h>
