/* SPDX-License-Identifier: ISC */

/*
 * Finding, checking, loading and starting the plug-in of a host. A host has exactly one. The file
 * is opened once (trust.h); that very descriptor is loaded, with local binding, and its entry
 * points are compared with tables/entry_points.h before anything of it is called.
 */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/file_version.h"
#include "host/api.h"
#include "ipc/message.h"

#include "entry_points.h"

/* What Windows calls when it has loaded a library; FALSE: the library does not want to serve. */
typedef BOOL(WINAPI *plugin_dll_main)(HINSTANCE library, DWORD reason, LPVOID reserved);

struct plugin {
    char *name; /* display name from the configuration */
    char *path; /* of the library, as found */
    char version[FILE_VERSION_SIZE];
    char16_t *name16;      /* what WSManPluginGetConfiguration tells */
    char16_t *account16;   /* the same: the user a shell runs as; empty in an authorization host */
    char16_t *application; /* for WSManPluginStartup */
    char16_t *extra_info;
    uint32_t startup_flags;
    bool supports_quota;
    bool started;
    void *library;
    void *context; /* from WSManPluginStartup */
#define E(member, type, symbol, host, need) type member;
    ENTRY_POINT_TABLE(E)
#undef E
};

/*
 * Loads what `start` describes. On failure returns false and fills `text` with the library, the
 * cause and the remedy; `code` is for the client.
 */
bool plugin_load(struct plugin *plugin, const struct message_host_start *start, uint32_t *code,
                 char *text, size_t size);

/*
 * Calls DllMain, if there is one, and WSManPluginStartup; run it where blocking is allowed. Returns
 * the plug-in's code.
 */
uint32_t plugin_start(struct plugin *plugin);

#endif
