/* SPDX-License-Identifier: ISC */

#include "gss/test_realm.h"

#include <gssapi/gssapi_ext.h>
#include <stdlib.h>
#include <unistd.h>

const char *keytab;
char *ntlm_users;

int realm_begin(void **state)
{
    const char *configured = getenv("KRB5_KTNAME");

    (void)state;
    if (configured == NULL || strncmp(configured, "FILE:", 5) != 0) {
        print_message("tests/realm/raise --login alice - runs this\n");
        return -1;
    }
    keytab = strdup(configured + 5);
    unsetenv("KRB5_KTNAME");
    strcpy(world_folder, "/tmp/winrmd-test-gss-XXXXXX");
    if (mkdtemp(world_folder) == NULL)
        return -1;
    ntlm_users = strdup(world_file("ntlm", NTLM_ALICE, 0600));
    return 0;
}

int realm_end(void **state)
{
    static const char *const files[] = {"ntlm", "late.ntlm", "late.keytab"};
    char path[128];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s/%s", world_folder, files[i]);
        unlink(path);
    }
    rmdir(world_folder);
    free(ntlm_users);
    free((char *)(uintptr_t)keytab);
    return 0;
}

void end_client(struct client *client)
{
    client_clear(client);
}

void exported_works(struct client *client)
{
    static char text[] = "what nobody else may read";
    gss_buffer_desc exported = {told.exported_length, told.exported};
    gss_buffer_desc plain = {sizeof(text), text};
    gss_buffer_desc sealed = GSS_C_EMPTY_BUFFER, opened = GSS_C_EMPTY_BUFFER;
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    OM_uint32 minor;
    int confidential = 0;

    assert_int_equal(gss_import_sec_context(&minor, &exported, &context), GSS_S_COMPLETE);
    assert_int_equal(gss_wrap(&minor, client->context, 1, 0, &plain, &confidential, &sealed),
                     GSS_S_COMPLETE);
    assert_true(confidential);
    assert_int_equal(gss_unwrap(&minor, context, &sealed, &opened, &confidential, NULL),
                     GSS_S_COMPLETE);
    assert_true(confidential);
    assert_int_equal(opened.length, sizeof(text));
    assert_memory_equal(opened.value, text, sizeof(text));
    gss_release_buffer(&minor, &sealed);
    gss_release_buffer(&minor, &opened);
    gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
}
