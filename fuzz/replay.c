/* SPDX-License-Identifier: ISC */

/*
 * Stands in for a fuzzing engine: runs a target over the files named (a folder: every file in it)
 * and over simple mutations of each, made from a fixed seed so that a run can be repeated. Prints
 * how many inputs it ran and fails when there was none: a target without seeds tests nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MUTATIONS = 200, INPUT_LIMIT = 1 << 20 };

static uint64_t random_state = 88172645463325252u;
static unsigned long seeds_run;
static unsigned long mutations_run;

static uint32_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 16);
}

/* Runs a private copy of exactly that size, so that the sanitizer sees a read behind the end. */
static void run_input(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        exit(2);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static size_t mutate(uint8_t *data, size_t size)
{
    static const uint8_t interesting[] = {0, '\n', '\r', ' ', '<', '>', '&', '"', ':', 0x7f, 0xff};
    uint32_t changes = 1 + random_next() % 4;

    for (uint32_t i = 0; i < changes && size > 0; i++) {
        size_t at = random_next() % size;

        switch (random_next() % 4) {
        case 0:
            data[at] ^= (uint8_t)(1u << (random_next() % 8));
            break;
        case 1:
            data[at] = interesting[random_next() % sizeof(interesting)];
            break;
        case 2:
            memmove(data + at, data + at + 1, size - at - 1);
            size--;
            break;
        default:
            size = at;
            break;
        }
    }
    return size;
}

static int run_file(const char *path)
{
    uint8_t *data = malloc(INPUT_LIMIT);
    uint8_t *work = malloc(INPUT_LIMIT);
    FILE *file = fopen(path, "rb");
    int result = 1;

    if (data != NULL && work != NULL && file != NULL) {
        size_t size = fread(data, 1, INPUT_LIMIT, file);

        run_input(data, size);
        seeds_run++;
        for (int i = 0; i < MUTATIONS; i++) {
            memcpy(work, data, size);
            run_input(work, mutate(work, size));
            mutations_run++;
        }
        result = 0;
    } else {
        fprintf(stderr, "%s: cannot be read\n", path);
    }
    if (file != NULL)
        fclose(file);
    free(data);
    free(work);
    return result;
}

static int run_path(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int result = 0;

    if (folder == NULL)
        return run_file(path);
    while ((entry = readdir(folder)) != NULL) {
        char name[4096];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        result |= run_file(name);
    }
    closedir(folder);
    return result;
}

int main(int count, char **arguments)
{
    int result = 0;

    for (int i = 1; i < count; i++)
        result |= run_path(arguments[i]);
    printf("%lu seeds and %lu mutations run\n", seeds_run, mutations_run);
    if (seeds_run == 0) {
        fprintf(stderr, "no seed was run\n");
        result = 1;
    }
    return result;
}
