/* SPDX-License-Identifier: ISC */

/* The headers w:SelectorSet and w:OptionSet. */

#include "wsman/read.h"

#include <string.h>

#include "base/text.h"
#include "input_limits.h"

static bool is_duplicate(const struct ipc_item *items, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++)
        if (text_equal_case(items[i].name, name))
            return true;
    return false;
}

static bool read_selector(struct wsman_read *read, struct soap_element *element,
                          struct ipc_item *items, uint32_t count)
{
    const char *name = soap_attribute(element, NS_none, "Name");

    if (name == NULL || name[0] == 0 || strlen(name) > LIMIT_NAME)
        return wsman_refuse(read, FAULT_invalid_selectors, "A selector has no valid name.");
    if (is_duplicate(items, count, name))
        return wsman_refuse(read, FAULT_duplicate_selectors, "The selector %.64s is given twice.",
                            name);
    if (element->first != NULL)
        return wsman_refuse(read, FAULT_selector_type, "The selector %.64s must be a text.", name);
    items[count].name = name;
    items[count].value = soap_trimmed(element);
    items[count].length = element->text_length;
    if (element->text_length > WSMAN_SELECTOR_BYTES)
        return wsman_refuse(read, FAULT_selector_value, "The selector %.64s is too long.", name);
    if (text_equal_case(name, "ShellId")) {
        if (element->text_length > LIMIT_ID)
            return wsman_refuse(read, FAULT_not_found, "The shell does not exist.");
        read->request->operation.shell_id = items[count].value;
    }
    return true;
}

bool wsman_read_header_selector_set(struct wsman_read *read, struct soap_element *element)
{
    uint32_t count = wsman_count(element, NS_wsman, "Selector");
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
        if (soap_is(child, NS_wsman, "Selector") && !read_selector(read, child, items, at++))
            return false;
    read->request->selectors = (struct ipc_items){items, count};
    return true;
}

static bool read_option(struct wsman_read *read, struct soap_element *element,
                        struct ipc_item *item)
{
    const char *name = soap_attribute(element, NS_none, "Name");
    const char *comply = soap_attribute(element, NS_none, "MustComply");
    bool value = false;

    if (comply == NULL)
        comply = soap_attribute(element, NS_none, "mustComply");
    if (name == NULL || name[0] == 0 || strlen(name) > LIMIT_NAME)
        return wsman_refuse(read, FAULT_option_name, "An option has no valid name.");
    if (comply != NULL && !soap_boolean(comply, &value))
        return wsman_refuse(read, FAULT_option_value,
                            "MustComply of the option %.64s is neither true nor false.", name);
    item->name = name;
    item->value = element->text;
    item->length = element->text_length;
    item->flags = value ? ITEM_MUST_COMPLY : 0;
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
    return true;
}
