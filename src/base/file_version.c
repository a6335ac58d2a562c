/* SPDX-License-Identifier: ISC */

#include "base/file_version.h"

#include <stdint.h>
#include <stdio.h>

void file_version(const struct stat *status, char version[FILE_VERSION_SIZE])
{
    snprintf(version, FILE_VERSION_SIZE, "%jx-%jx-%jx-%jx.%09lx", (uintmax_t)status->st_dev,
             (uintmax_t)status->st_ino, (uintmax_t)status->st_size,
             (uintmax_t)status->st_mtim.tv_sec, (unsigned long)status->st_mtim.tv_nsec);
}
