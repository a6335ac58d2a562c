/* SPDX-License-Identifier: ISC */

/* The parameters that web.config has for the plug-in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/parameter.h"

static void parameters_are_found(void **state)
{
    static const struct {
        const char *xml;
        const char *value;
    } cases[] = {
        {"<P><Param Name=\"Rules\" Value=\"a b\"/></P>", "a b"},
        {"<P><Param Name='rules' Value='a\"b'/></P>", "a\"b"},
        {"<P><Param Value='/x>y' Name='Rules'></Param></P>", "/x>y"},
        {"<P><Param Name=\"Rules\" Value=\"&lt;&amp;&gt;&quot;&apos;&#65;&#x2f;\"/></P>",
         "<&>\"'A/"},
        {"<P><Param Name='Other' Value='Rules'/><Param Name='Rules' Value=''/></P>", ""},
        {"<P><Param Name='x' Value=\" Name='Rules' Value='evil'\"/></P>", NULL},
        {"<P><Param Value=\" Name='Rules' Value='evil'\" Name='x'/></P>", NULL},
        {"<P><Param Name='Rules'/></P>", NULL},
        {"<P><Param Name='Rules' Value='&unknown;'/></P>", NULL},
        {"<P><Param Name='Rules' Value='&#0;'/></P>", NULL},
        {"<P><Param Name='Rules' Value='&#", NULL},
        {"<P/>", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *value = parameter_find(cases[i].xml, "Rules");

        if (!cases[i].value != !value || (value && strcmp(value, cases[i].value) != 0))
            fail_msg("%s: %s", cases[i].xml, value ? value : "none");
        free(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
