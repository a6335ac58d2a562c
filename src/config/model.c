/* SPDX-License-Identifier: ISC */

#include "config/model.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf.h"

static const char *folder_of(struct arena *arena, const char *file)
{
    char *working = file[0] == '/' ? NULL : getcwd(NULL, 0);
    const char *path = working == NULL ? file : arena_printf(arena, "%s/%s", working, file);
    const char *slash = strrchr(path, '/');

    free(working);
    return slash == NULL ? "."
                         : arena_text_n(arena, path, slash > path ? (size_t)(slash - path) : 1);
}

void config_init(struct config *config, const char *file)
{
    memset(config, 0, sizeof(*config));
    /* Bounded by what is read into it: CONFIG_FILE_LIMIT for each file. */
    arena_init(&config->arena, SIZE_MAX / 2);
    config->file = arena_text(&config->arena, file);
    config->folder = folder_of(&config->arena, file);
    list_init(&config->listeners);
    list_init(&config->applications);
}

void config_free(struct config *config)
{
    if (config != NULL)
        arena_free(&config->arena);
}

const char *config_web_path(struct config *config, const struct config_application *application)
{
    return path_absolute(&config->arena, application->set.directory, "web.config");
}

static unsigned line_of(const char *bytes, size_t position)
{
    unsigned line = 1;

    for (size_t i = 0; i < position; i++)
        if (bytes[i] == '\n')
            line++;
    return line;
}

bool config_text_acceptable(const char *file, const char *bytes, size_t length,
                            struct config_problems *problems)
{
    const char *nul;

    if (length > CONFIG_FILE_LIMIT) {
        problem_add(problems, file, 0,
                    problem_text(problems, "the file is larger than %d bytes", CONFIG_FILE_LIMIT),
                    "make it shorter");
        return false;
    }
    nul = length > 0 ? memchr(bytes, '\0', length) : NULL;
    if (nul != NULL || !utf8_valid(bytes, length)) {
        size_t good = nul != NULL ? (size_t)(nul - bytes) : 0;

        /* The line with the first ill-formed byte: the longest prefix of lines that is fine. */
        for (const char *at = bytes; nul == NULL && at != NULL && at < bytes + length;) {
            const char *end = memchr(at, '\n', (size_t)(bytes + length - at));

            if (end == NULL || !utf8_valid(at, (size_t)(end - at)))
                break;
            at = end + 1;
            good = (size_t)(at - bytes);
        }
        problem_add(problems, file, line_of(bytes, good),
                    "the file holds bytes that are no text in UTF-8", "save it as UTF-8");
        return false;
    }
    return true;
}
