/* SPDX-License-Identifier: ISC */

/*
 * The policy plug-in's look at its initialization parameters: any text gives a value or none and is
 * never read behind its end; and a value that a host wrote in is found again.
 */
#include "source.h"

#include "policy/parameter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_escaped(char *out, const char *value)
{
    static const struct {
        char character;
        const char *text;
    } escapes[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'"', "&quot;"}, {'\n', "&#10;"}, {'\'', "&#x27;"}};

    for (; *value != '\0'; value++) {
        size_t length = strlen(out);

        out[length] = *value;
        out[length + 1] = '\0';
        for (unsigned i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++)
            if (*value == escapes[i].character)
                strcpy(out + length, escapes[i].text);
    }
}

static void try_value(const char *value)
{
    char text[6 * SOURCE_TEXT_SIZE + 128] =
        "<InitializationParameters><Param Name=\"Other\" "
        "Value=\"Name='Rules'\"/><Param Name=\"Rules\" Value=\"";
    char *found;

    add_escaped(text, value);
    strcat(text, "\"/></InitializationParameters>");
    found = parameter_find(text, "rules");
    require(found != NULL && strcmp(found, value) == 0);
    free(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct source source;
    char *text = malloc(size + 1);
    char *found;

    require(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    found = parameter_find(text, "Rules");
    require(found == NULL || strlen(found) <= strlen(text));
    free(found);
    free(text);
    source = (struct source){.at = data, .left = size};
    try_value(source_text(&source));
    return 0;
}
