/* SPDX-License-Identifier: ISC */

/* web.config: without a problem every plug-in has what the broker needs to start it. */
#include <stdlib.h>

#include "config/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_problems problems;
    struct config_application application = {.path = "/wsman", .set.directory = "/srv/wsman"};
    struct config config;
    size_t operations = 0;

    problems_init(&problems);
    config_init(&config, "/etc/winrmd/winrmd.conf");
    list_init(&application.plugins);
    config_read_web(&config, &application, (const char *)data, size, &problems);
    list_each(link, &application.plugins) {
        const struct config_plugin *plugin = container_of(link, struct config_plugin, link);

        if (problems.count > 0)
            break;
        if (plugin->name == NULL || plugin->filename == NULL || plugin->sdk_version == 0)
            abort();
        operations += plugin->authorization ? 0 : 1;
    }
    if (problems.count == 0 && operations == 0)
        abort();
    config_free(&config);
    problems_free(&problems);
    return 0;
}
