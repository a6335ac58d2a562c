/* SPDX-License-Identifier: ISC */

#include "host/load.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "host/entry.h"
#include "host/trust.h"

struct entry_row {
    const char *symbol;
    enum entry_host host;
    enum entry_need need;
    size_t offset; /* of the function pointer in struct plugin */
};

static const struct entry_row entry_rows[] = {
#define E(member, type, symbol, host, need) \
    {symbol, ENTRY_HOST_##host, ENTRY_NEED_##need, offsetof(struct plugin, member)},
    ENTRY_POINT_TABLE(E)
#undef E
};

enum { DLL_PROCESS_ATTACH = 1 };

/* ---- finding ---- */

/* `Auth.dll` names Auth.so here. */
static void file_name_for_linux(char *out, size_t size, const char *filename)
{
    size_t length = strlen(filename);

    snprintf(out, size, "%s", filename);
    if (length > 4 && length < size && strcasecmp(out + length - 4, ".dll") == 0)
        snprintf(out + length - 4, size - length + 4, ".so");
}

/* Tries one place; false: not there, look further. `fd` stays -1 when it is there but not trusted.
 */
static bool try_place(const char *folder, const char *file, char *path, int *fd, char *why,
                      size_t why_size)
{
    if (snprintf(path, PATH_MAX, "%s%s%s", folder, folder[0] != '\0' ? "/" : "", file) >=
        PATH_MAX) {
        snprintf(why, why_size, "the path is too long");
        return true;
    }
    *fd = trust_open(path, why, why_size);
    return *fd >= 0 || errno != ENOENT;
}

/* Opens the library; `path` becomes where it was found or last looked for. */
static int plugin_open(const char *filename, char path[PATH_MAX], char *why, size_t why_size)
{
    char folder[PATH_MAX];
    char file[PATH_MAX];
    int fd = -1;

    file_name_for_linux(file, sizeof(file), filename);
    snprintf(path, PATH_MAX, "%s", file);
    snprintf(why, why_size, "the application's folder cannot be read");
    if (strchr(file, '/') != NULL) {
        snprintf(why, why_size, "a path in Filename has to begin with a slash");
        if (file[0] == '/')
            try_place("", file, path, &fd, why, why_size);
        return fd;
    }
    if (getcwd(folder, sizeof(folder)) == NULL)
        return -1;
    if (!try_place(folder, file, path, &fd, why, why_size) &&
        !try_place(PLUGIN_DIR, file, path, &fd, why, why_size))
        snprintf(why, why_size, "it is neither in %.500s nor in " PLUGIN_DIR, folder);
    return fd;
}

/* ---- checking ---- */

static bool entry_wanted(const struct entry_row *row, const struct message_host_start *start)
{
    if (row->host == ENTRY_HOST_any)
        return true;
    if ((row->host == ENTRY_HOST_authorization) != start->authorization)
        return false;
    return row->need != ENTRY_NEED_quota || start->supports_quota;
}

/* Fills in the function pointers; the name of the first required one that is missing, or NULL. */
static const char *plugin_resolve(struct plugin *plugin, const struct message_host_start *start)
{
    const char *missing = NULL;

    for (size_t i = 0; i < sizeof(entry_rows) / sizeof(entry_rows[0]); i++) {
        const struct entry_row *row = &entry_rows[i];
        void *symbol;

        if (!entry_wanted(row, start))
            continue;
        symbol = dlsym(plugin->library, row->symbol);
        memcpy((char *)plugin + row->offset, &symbol, sizeof(symbol));
        if (symbol == NULL && row->need != ENTRY_NEED_optional && missing == NULL)
            missing = row->symbol;
    }
    return missing;
}

static bool sdk_version_served(const struct message_host_start *start)
{
    return start->sdk_version == 1 || start->sdk_version == 2;
}

static void explain(char *text, size_t size, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void explain(char *text, size_t size, const char *path, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(text, size, "plug-in library %s: ", path);

    if (used < 0 || (size_t)used >= size)
        return;
    va_start(arguments, format);
    vsnprintf(text + used, size - (size_t)used, format, arguments);
    va_end(arguments);
}

static void plugin_describe(struct plugin *plugin, const struct message_host_start *start,
                            const char *path)
{
    plugin->name = mem_text(start->plugin != NULL ? start->plugin : "");
    plugin->path = mem_text(path);
    plugin->name16 = utf16_new(plugin->name);
    plugin->account16 = utf16_new(start->account != NULL ? start->account : "");
    plugin->application = utf16_new(start->application != NULL ? start->application : "");
    plugin->extra_info = utf16_new(start->extra_info);
    plugin->startup_flags = start->startup_flags;
    plugin->supports_quota = start->supports_quota;
}

bool plugin_load(struct plugin *plugin, const struct message_host_start *start, uint32_t *code,
                 char *text, size_t size)
{
    char path[PATH_MAX];
    char loaded[64];
    char why[PATH_MAX + 256] = "";
    const char *missing;
    struct stat status;
    bool done = false;
    int fd = -1;

    *code = ERROR_WSMAN_PROVIDER_LOAD_FAILED;
    fd = plugin_open(start->filename != NULL ? start->filename : "", path, why, sizeof(why));
    plugin_describe(plugin, start, path);
    if (fd < 0) {
        explain(text, size, path,
                "%s; put the library there, owned by root or by the user the "
                "host runs as and not writable by others, or correct Filename",
                why);
        goto out;
    }
    if (!sdk_version_served(start)) {
        explain(text, size, path, "SDKVersion %u is unknown; use 1 or 2", start->sdk_version);
        goto out;
    }
    if (fstat(fd, &status) == 0)
        file_version(&status, plugin->version);
    snprintf(loaded, sizeof(loaded), "/proc/self/fd/%d", fd);
    plugin->library = dlopen(loaded, RTLD_NOW | RTLD_LOCAL);
    if (plugin->library == NULL) {
        explain(text, size, path, "%s; check with ldd that everything it needs is installed",
                dlerror());
        goto out;
    }
    missing = plugin_resolve(plugin, start);
    if (missing != NULL) {
        explain(text, size, path, "does not export %s%s; export it as a C function", missing,
                strcmp(missing, "WSManPluginAuthzQueryQuota") == 0
                    ? ", which SupportsQuota=\"true\" asks for"
                    : "");
        goto out;
    }
    *code = NO_ERROR;
    done = true;
out:
    if (fd >= 0)
        close(fd);
    return done;
}

static bool plugin_attach(struct plugin *plugin)
{
    bool attached;

    entry_begin("DllMain", 0);
    attached = plugin->dll_main(plugin->library, DLL_PROCESS_ATTACH, NULL);
    entry_end(attached);
    return attached;
}

uint32_t plugin_start(struct plugin *plugin)
{
    static char untouched;
    uint32_t code;

    /* Windows calls it from its loader; here is the first place where a plug-in may block. */
    if (plugin->dll_main != NULL && !plugin_attach(plugin))
        return ERROR_DLL_INIT_FAILED;
    plugin->context = entry_is_traced() ? &untouched : NULL;
    entry_begin("WSManPluginStartup", 0);
    code = plugin->startup(plugin->startup_flags, plugin->application, plugin->extra_info,
                           &plugin->context);
    if (plugin->context == &untouched) {
        if (code == NO_ERROR)
            entry_tell(TRACE_unwritten, 0);
        plugin->context = NULL;
    }
    entry_end(code);
    plugin->started = code == NO_ERROR;
    return code;
}
