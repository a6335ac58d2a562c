/* SPDX-License-Identifier: ISC */

/* The headers w:SelectorSet and w:OptionSet. */

#include "wsman/read.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "input_limits.h"

static int compare_names(const void *left, const void *right)
{
    const char *const *l = left;
    const char *const *r = right;

    return strcasecmp(*l, *r);
}

/* The names are the sender's, so they are sorted: comparing each with each costs it nothing. */
static const char *find_duplicate(const struct ipc_item *items, uint32_t count)
{
    const char *names[WSMAN_SELECTORS];

    for (uint32_t i = 0; i < count; i++)
        names[i] = items[i].name;
    qsort(names, count, sizeof(names[0]), compare_names);
    for (uint32_t i = 1; i < count; i++)
        if (strcasecmp(names[i - 1], names[i]) == 0)
            return names[i];
    return NULL;
}

static bool read_selector(struct wsman_read *read, struct soap_element *element,
                          struct ipc_item *item)
{
    const char *name = soap_attribute(element, NS_none, "Name");

    if (name == NULL || name[0] == 0 || strlen(name) > LIMIT_NAME)
        return wsman_refuse(read, FAULT_invalid_selectors, "A selector has no valid name.");
    if (element->first != NULL)
        return wsman_refuse(read, FAULT_selector_type, "The selector %.64s must be a text.", name);
    item->name = name;
    item->value = soap_trimmed(element);
    item->length = element->text_length;
    if (element->text_length > WSMAN_SELECTOR_BYTES)
        return wsman_refuse(read, FAULT_selector_value, "The selector %.64s is too long.", name);
    if (text_equal_case(name, "ShellId")) {
        if (element->text_length > LIMIT_ID)
            return wsman_refuse(read, FAULT_not_found, "The shell does not exist.");
        read->request->operation.shell_id = item->value;
    }
    return true;
}

bool wsman_read_header_selector_set(struct wsman_read *read, struct soap_element *element)
{
    uint32_t count = wsman_count(element, NS_wsman, "Selector");
    const char *twice;
    struct ipc_item *items;
    uint32_t at = 0;

    if (count > WSMAN_SELECTORS)
        return wsman_refuse(read, FAULT_too_many_selectors,
                            "The request has %u selectors; %d are allowed.", count,
                            WSMAN_SELECTORS);
    items = wsman_items(read, count, WSMAN_SELECTORS, "selectors");
    if (items == NULL)
        return false;
    for (struct soap_element *child = element->first; child != NULL; child = child->next)
        if (soap_is(child, NS_wsman, "Selector") && !read_selector(read, child, &items[at++]))
            return false;
    twice = find_duplicate(items, count);
    if (twice != NULL)
        return wsman_refuse(read, FAULT_duplicate_selectors, "The selector %.64s is given twice.",
                            twice);
    read->request->selectors = (struct ipc_items){items, count};
    read->request->operation.selectors = read->request->selectors;
    return true;
}

/* Two spellings occur; either is enough. False when one is no boolean. */
static bool read_must_comply(const struct soap_element *element, bool *must_comply)
{
    static const char *const names[] = {"MustComply", "mustComply"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *text = soap_attribute(element, NS_none, names[i]);
        bool value = false;

        if (text != NULL && !soap_boolean(text, &value))
            return false;
        *must_comply = *must_comply || value;
    }
    return true;
}

/* The types of the options, if any has one: kept as they are written. */
static bool read_option_types(struct wsman_read *read, const struct soap_element *set,
                              uint32_t count)
{
    struct ipc_item *types = wsman_items(read, count, LIMIT_OPTIONS, "options");
    uint32_t at = 0;
    bool any = false;

    if (types == NULL)
        return false;
    for (struct soap_element *child = set->first; child != NULL; child = child->next) {
        const char *type;

        if (!soap_is(child, NS_wsman, "Option"))
            continue;
        type = soap_attribute(child, NS_none, "Type");
        types[at].value = type;
        types[at++].length = type != NULL ? (uint32_t)strlen(type) : 0;
        any = any || type != NULL;
    }
    if (any)
        read->request->option_types = (struct ipc_items){types, count};
    return true;
}

static bool read_option(struct wsman_read *read, struct soap_element *element,
                        struct ipc_item *item)
{
    const char *name = soap_attribute(element, NS_none, "Name");
    bool must_comply = false;

    if (name == NULL || name[0] == 0 || strlen(name) > LIMIT_NAME)
        return wsman_refuse(read, FAULT_option_name, "An option has no valid name.");
    if (!read_must_comply(element, &must_comply))
        return wsman_refuse(read, FAULT_option_value,
                            "MustComply of the option %.64s is neither true nor false.", name);
    item->name = name;
    item->value = element->text;
    item->length = element->text_length;
    item->flags = must_comply ? ITEM_MUST_COMPLY : 0;
    return true;
}

bool wsman_obey_options(struct wsman_read *read)
{
    const struct ipc_items *options = &read->request->options;

    for (uint32_t i = 0; i < options->count; i++) {
        const struct ipc_item *option = &options->item[i];

        if ((option->flags & ITEM_MUST_COMPLY) != 0 &&
            !text_equal_case(option->name, "WSMAN_CMDSHELL_OPTION_KEEPALIVE"))
            return wsman_refuse(read, FAULT_invalid_options,
                                "The option %.64s must be obeyed, and nobody here knows it.",
                                option->name);
    }
    return true;
}

bool wsman_read_header_option_set(struct wsman_read *read, struct soap_element *element)
{
    uint32_t count = wsman_count(element, NS_wsman, "Option");
    struct ipc_item *items;
    uint32_t at = 0;

    if (count > LIMIT_OPTIONS)
        return wsman_refuse(read, FAULT_too_many_options,
                            "The request has %u options; %d are allowed.", count, LIMIT_OPTIONS);
    items = wsman_items(read, count, LIMIT_OPTIONS, "options");
    if (items == NULL)
        return false;
    for (struct soap_element *child = element->first; child != NULL; child = child->next)
        if (soap_is(child, NS_wsman, "Option") && !read_option(read, child, &items[at++]))
            return false;
    read->request->options = (struct ipc_items){items, count};
    read->request->operation.options = count;
    return read_option_types(read, element, count);
}
