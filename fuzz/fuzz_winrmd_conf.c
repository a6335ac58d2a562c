/* SPDX-License-Identifier: ISC */

/* winrmd.conf: without a problem there is a listener, an application and a password file. */
#include <stdlib.h>

#include "config/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_problems problems;
    struct config config;

    problems_init(&problems);
    config_init(&config, "/etc/winrmd/winrmd.conf");
    config_read_conf(&config, (const char *)data, size, &problems);
    if (problems.count == 0 && (config.listener_count == 0 || config.application_count == 0 ||
                                config.users == NULL || config.service.control[0] != '/'))
        abort();
    config_free(&config);
    problems_free(&problems);
    return 0;
}
