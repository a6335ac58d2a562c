/* SPDX-License-Identifier: ISC */

/* Windows does not distinguish case in file names, and sources write this one in several ways. */
#include <wsman.h>
