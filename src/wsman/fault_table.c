/* SPDX-License-Identifier: ISC */

#include "wsman/fault.h"

#include <stddef.h>

#define ACTION_wsman       "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
#define ACTION_addressing  "http://schemas.xmlsoap.org/ws/2004/08/addressing/fault"
#define ACTION_transfer    "http://schemas.xmlsoap.org/ws/2004/09/transfer/fault"
#define ACTION_enumeration "http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault"
#define ACTION_eventing    "http://schemas.xmlsoap.org/ws/2004/08/eventing/fault"

enum {
#define F(name, code, value, subcode, detail, family, text) ROW_##name,
    FAULT_TABLE(F)
#undef F
        ROWS
};

static const struct wsman_fault_row rows[ROWS] = {
#define F(name, code, value, subcode, detail, family, text) \
    {code, #name, "s:" #value, subcode, detail, ACTION_##family, text},
    FAULT_TABLE(F)
#undef F
};

const struct wsman_fault_row *wsman_fault_row(uint32_t code)
{
    switch (code) {
#define F(name, number, value, subcode, detail, family, text) \
    case number:                                              \
        return &rows[ROW_##name];
        FAULT_TABLE(F)
#undef F
    default:
        return &rows[ROW_internal_error];
    }
}
