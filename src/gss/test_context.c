/* SPDX-License-Identifier: ISC */

/*
 * Contexts that were exported and imported: which of them seal, what they cost, and that they
 * work on when they have rested.
 */
#include <dlfcn.h>
#include <malloc.h>

#include "gss/test_message_world.h"

/* E-1.2 */
static void without_confidentiality_nothing_is_sealed(void **state)
{
    struct login_kind kind = kinds[0];
    uint8_t data[4] = "abc";
    char why[GSS_WHY];
    struct gss_seal seal;
    struct world world;

    (void)state;
    kind.flags = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
    world_begin(&world, &kind);
    assert_false(gss_context_seals(world.server));
    assert_false(gss_context_seal(world.server, data, sizeof(data), &seal, why));
    world_end(&world);
}

static size_t memory_in_use(void)
{
    struct mallinfo2 use = mallinfo2();

    return use.uordblks + use.hblkhd;
}

/* Of each login winrmd-net has a context; what it loses with one is lost until it ends. */
static void contexts_give_everything_back(void **state)
{
    char plain[100] = "a message", why[GSS_WHY];
    struct gss_seal seal;
    struct login login;
    size_t before = 0;

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        login_make(&login, &kinds[kind]);
        for (int i = 0; i < 1100; i++) {
            struct gss_context *context;

            /* What is made once, when it is first needed, is there by now. */
            if (i == 100)
                before = memory_in_use();
            context = gss_context_import(login.exported.value, login.exported.length, why);
            assert_non_null(context);
            assert_true(gss_context_seal(context, (uint8_t *)plain, sizeof(plain), &seal, why));
            gss_context_free(context);
        }
        /* malloc counts as in use what it keeps for the next call. */
        assert_true(memory_in_use() < before + 1000 * 24);
        login_end(&login);
    }
}

enum { MANY = GSS_AWAKE_MAX * 3 / 2 };

/* E-1.4: each of them rests between its messages, because all others have theirs in between. */
static void more_contexts_than_are_kept_awake(void **state)
{
    static struct world worlds[MANY];
    static const uint8_t texts[][8] = {"first", "second", "third", "fourth"};
    struct buffer body;

    (void)state;
    for (int i = 0; i < MANY; i++)
        world_begin(&worlds[i], &kinds[i % 2]);
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < MANY; i++) {
            assert_opened(&worlds[i], texts[round], sizeof(texts[round]));
            if ((i + round) % 3 != 0)
                assert_answered(&worlds[i], texts[round], sizeof(texts[round]));
        }
    body = client_body(&worlds[0], "once", 4);
    assert_int_equal(serve(&worlds[0], &body), SEALED_opened);
    for (int i = 1; i < MANY; i++)
        assert_answered(&worlds[i], texts[0], sizeof(texts[0]));
    assert_doubtful(&worlds[0], &body);
    buffer_free(&body);
    for (int i = 0; i < MANY; i++)
        world_end(&worlds[i]);
}

/* E-1.4 */
static void contexts_that_rest_are_small(void **state)
{
    struct gss_context *contexts[5 * GSS_AWAKE_MAX];
    enum { COUNT = sizeof(contexts) / sizeof(contexts[0]) };
    char why[GSS_WHY];
    struct login login;
    size_t before;

    (void)state;
    login_make(&login, &kinds[1]);
    before = memory_in_use();
    for (int i = 0; i < COUNT; i++) {
        contexts[i] = gss_context_import(login.exported.value, login.exported.length, why);
        assert_non_null(contexts[i]);
    }
    assert_true(memory_in_use() <
                before + (size_t)GSS_AWAKE_MAX * 80 * 1024 + (size_t)COUNT * 5 * 1024);
    for (int i = 0; i < COUNT; i++)
        gss_context_free(contexts[i]);
    login_end(&login);
}

static unsigned pretended; /* encryption type; 0: the real one */

OM_uint32 KRB5_CALLCONV gss_inquire_sec_context_by_oid(OM_uint32 *minor, const gss_ctx_id_t context,
                                                       const gss_OID oid, gss_buffer_set_t *set)
{
    OM_uint32 (*real)(OM_uint32 *, gss_ctx_id_t, gss_OID, gss_buffer_set_t *);
    OM_uint32 major;

    *(void **)&real = dlsym(RTLD_NEXT, "gss_inquire_sec_context_by_oid");
    major = real(minor, context, oid, set);
    if (pretended != 0 && major == GSS_S_COMPLETE && (*set)->count > 1)
        ((uint8_t *)(*set)->elements[1].value)[(*set)->elements[1].length - 1] = (uint8_t)pretended;
    return major;
}

/* E-1.2 */
static void old_encryption_types_do_not_seal(void **state)
{
    struct world world;

    (void)state;
    if (!kerberos)
        return;
    for (pretended = 1; pretended < 30; pretended++) {
        bool good = (pretended >= 17 && pretended <= 20) || pretended == 25 || pretended == 26;

        world_begin(&world, &kinds[pretended % 2]);
        assert_int_equal(gss_context_seals(world.server), good);
        world_end(&world);
    }
    pretended = 0;
}

/* E-1.1 */
static void what_is_no_context(void **state)
{
    char why[GSS_WHY] = "";
    struct login login;
    struct gss_context *context;

    (void)state;
    gss_context_free(NULL);
    assert_null(gss_context_import("", 0, why));
    assert_true(why[0] != '\0');
    assert_null(gss_context_import("garbage, of some length", 23, why));
    login_make(&login, &kinds[1]);
    for (size_t cut = 0; cut < login.exported.length / 2; cut += cut < 64 ? 1 : 97)
        assert_null(gss_context_import(login.exported.value, cut, why));
    context = gss_context_import(login.exported.value, login.exported.length, why);
    assert_non_null(context);
    gss_context_free(context);
    login_end(&login);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_confidentiality_nothing_is_sealed),
        cmocka_unit_test(contexts_give_everything_back),
        cmocka_unit_test(more_contexts_than_are_kept_awake),
        cmocka_unit_test(contexts_that_rest_are_small),
        cmocka_unit_test(old_encryption_types_do_not_seal),
        cmocka_unit_test(what_is_no_context),
    };

    if (!world_choose(count, arguments))
        return 2;
    return cmocka_run_group_tests(tests, world_prepare, world_unprepare);
}
