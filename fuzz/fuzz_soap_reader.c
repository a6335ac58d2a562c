/* SPDX-License-Identifier: ISC */

/*
 * The XML reader: the first byte chooses the charset, the rest is the document. Each element of a
 * document that was accepted must be one itself, and the words of its text are no longer than it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "soap/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_LIMIT = 4 * 1024 * 1024, OUTER_CHECKS = 16 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_outer(struct soap_reader *reader, const struct soap_element *element)
{
    struct arena arena;
    struct soap_document document;
    const char *xml;

    arena_init(&arena, ARENA_LIMIT);
    xml = soap_outer_xml(&arena, element);
    if (xml != NULL) {
        enum soap_error error = soap_read(reader, xml, strlen(xml), "utf-8", &arena, &document);

        require(error == SOAP_OK || error == SOAP_LIMIT || error == SOAP_MEMORY);
        require(error != SOAP_OK || strcmp(document.root->name, element->name) == 0);
        require(error != SOAP_OK || strcmp(document.root->uri, element->uri) == 0);
    }
    arena_free(&arena);
}

static void walk(struct soap_reader *reader, struct arena *arena, struct soap_element *element,
                 unsigned *checks)
{
    const char *words = soap_words(arena, element->text);

    require(strlen(element->text) == element->text_length);
    require(words == NULL || strlen(words) <= element->text_length);
    if (*checks < OUTER_CHECKS) {
        (*checks)++;
        check_outer(reader, element);
    }
    for (struct soap_element *child = element->first; child != NULL; child = child->next) {
        require(child->parent == element);
        walk(reader, arena, child, checks);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const charsets[] = {NULL, "utf-8", "utf-16", "utf-16be", "latin1"};
    static struct soap_reader *reader;
    struct arena arena;
    struct soap_document document;
    unsigned checks = 0;

    if (size == 0)
        return 0;
    if (reader == NULL)
        reader = soap_reader_new();
    arena_init(&arena, ARENA_LIMIT);
    if (soap_read(reader, data + 1, size - 1, charsets[data[0] % 5], &arena, &document) == SOAP_OK)
        walk(reader, &arena, document.root, &checks);
    arena_free(&arena);
    return 0;
}
