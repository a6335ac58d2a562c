/* SPDX-License-Identifier: ISC */

#include "host/test_authz_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

static const struct ipc_item map_items[] = {{.name = "svc-deploy", .value = ""}};

const char *plugin_path(const char *name)
{
    static char path[512];

    snprintf(path, sizeof(path), "%s/%s", getenv("TEST_PLUGINS"), name);
    return path;
}

void send_start_version(struct fixture *f, const char *filename, const char *application,
                        uint32_t sdk_version)
{
    channel_send(f->host.broker.channel, host_start, .authorization = true,
                 .application = application, .plugin = "Test", .filename = filename,
                 .sdk_version = sdk_version, .extra_info = f->marker, .supports_quota = true,
                 .may_map_to = {.item = map_items, .count = 1});
}

void send_start(struct fixture *f, const char *filename, const char *application)
{
    send_start_version(f, filename, application, 1);
}

int set_up_bare(void **state)
{
    struct fixture *f = mem_alloc(sizeof(*f));

    snprintf(f->folder, sizeof(f->folder), "/tmp/winrmd-host-test-XXXXXX");
    if (mkdtemp(f->folder) == NULL)
        return -1;
    snprintf(f->marker, sizeof(f->marker), "%s/marker", f->folder);
    test_host_open(&f->host, PROCESS_authz_host, f->folder);
    *state = f;
    return 0;
}

int set_up(void **state)
{
    struct fixture *f;

    if (set_up_bare(state) != 0)
        return -1;
    f = *state;
    send_start(f, plugin_path("test_plugin_authz.so"), "wsman");
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_host_started)->host_started.code, 0);
    return 0;
}

int tear_down(void **state)
{
    struct fixture *f = *state;
    char path[128];

    test_host_close(&f->host);
    unlink(f->marker);
    snprintf(path, sizeof(path), "%s/plugin.so", f->folder);
    unlink(path);
    rmdir(f->folder);
    free(f);
    return 0;
}
