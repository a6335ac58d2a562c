/* SPDX-License-Identifier: ISC */

#include "auth/basic.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "auth/hasher.h"
#include "auth/password_file.h"
#include "auth/users.h"
#include "base/clock.h"
#include "base/memory.h"
#include "methods.h"

struct basic {
    struct loop *loop;
    struct channel *broker;
    struct hasher *hasher;
    struct list checks;
    struct password_file *file; /* NULL: none is configured */
    uint64_t file_version;      /* that the cache was filled from */
    struct pam_checks *pam;
    struct cache *cache;
    char nobody[USER_HASH_LIMIT + 1]; /* checked when there is no user to take a hash from */
};

struct check {
    struct hash_job job;
    struct list link; /* basic->checks */
    struct basic *basic;
    uint32_t net;
    const struct net_peer *peer; /* NULL: gone */
    uint64_t exchange;
    char *address;
    char *tls; /* for the audit; NULL: no TLS */
    char *name;
    const char *fault; /* why it is refused whatever its hash is; NULL: the hash decides */
    bool known;
    bool locked;
    bool abandoned;
    bool cacheable;
    struct cache_digest digest;
};

/* ---- answers ---- */

/* `times`: how many refusals this one stands for; `hashes`: how many hashes it cost. */
static void tell_failure(const struct basic *basic, uint32_t net, const char *address,
                         const char *tls, const char *name, const char *reason, uint32_t times,
                         uint32_t hashes)
{
    channel_send(basic->broker, auth_failure, .net = net, .address = address, .tls = tls,
                 .mechanism = MECHANISM_BASIC, .name = name, .reason = reason, .times = times,
                 .hashes = hashes);
}

/* Those of its line; the list is to be freed, the names are the user's. */
static struct ipc_items groups_of(const struct user *user)
{
    struct ipc_item *groups = mem_alloc((user->group_count + 1) * sizeof(*groups));

    for (size_t i = 0; i < user->group_count; i++)
        groups[i] = (struct ipc_item){.name = user->groups[i]};
    return (struct ipc_items){.item = groups, .count = (uint32_t)user->group_count};
}

static void accept_user(const struct check *check, const struct user *user, bool wanted)
{
    struct basic *basic = check->basic;
    struct cache_identity identity = {.account = user->name, .groups = groups_of(user)};

    if (check->cacheable)
        cache_put(basic->cache, check->name, &check->digest, clock_elapsed(), &identity);
    if (wanted)
        channel_send(basic->broker, auth_identity, .net = check->net, .exchange = check->exchange,
                     .address = check->address, .tls = check->tls, .mechanism = MECHANISM_BASIC,
                     .name = check->name, .account = user->name, .hashes = 1,
                     .waited = check->job.waited, .groups = identity.groups);
    free((void *)(uintptr_t)identity.groups.item);
}

static void check_free(struct check *check)
{
    list_remove(&check->link);
    explicit_bzero(check->job.password, sizeof(check->job.password));
    explicit_bzero(check->job.setting, sizeof(check->job.setting));
    explicit_bzero(&check->digest, sizeof(check->digest));
    free(check->address);
    free(check->tls);
    free(check->name);
    free(check);
}

/* NULL: it is this user's password. */
static const char *check_fault(const struct check *check, const struct user *user)
{
    if (check->fault != NULL)
        return check->fault;
    if (!check->known)
        return "unknown user";
    if (check->locked)
        return "locked account";
    if (check->job.result == HASH_failed)
        return "the hash in the password file cannot be computed";
    if (check->job.result != HASH_equal)
        return "wrong password";
    if (user == NULL || user->locked || strcmp(user->setting, check->job.setting) != 0)
        return "the password file changed during the check";
    return NULL;
}

/*
 * One line for all refusals of an address that found its queue full since the last such line. Only
 * when it stands for a single one does it name a user.
 */
static void tell_crowded(const struct check *check)
{
    uint32_t times = check->job.crowded;

    if (times > 0)
        tell_failure(check->basic, check->net, check->address, check->tls,
                     times == 1 ? check->name : NULL,
                     "too many passwords of this address wait to be checked", times, 0);
}

/* The users as the file has them now. One that has changed leaves nothing in the cache. */
static const struct users *users_now(struct basic *basic)
{
    const struct users *users = basic->file != NULL ? password_file_users(basic->file) : NULL;
    uint64_t version = basic->file != NULL ? password_file_version(basic->file) : 0;

    if (version != basic->file_version)
        cache_clear(basic->cache);
    basic->file_version = version;
    return users;
}

static void check_finished(struct hash_job *job)
{
    struct check *check = container_of(job, struct check, job);
    struct basic *basic = check->basic;
    const struct users *users = users_now(basic);
    const struct user *user =
        users != NULL && check->name != NULL ? users_find(users, check->name) : NULL;
    const char *fault = check_fault(check, user);
    const struct net_peer *peer = check->abandoned ? NULL : check->peer;
    bool crowded = job->result == HASH_crowded;

    /* A failure is audited although the client has left: leaving must not hide guesses. */
    if (!crowded && fault != NULL) {
        tell_failure(basic, check->net, check->address, check->tls, check->name, fault, 1, 1);
        if (check->name != NULL)
            cache_drop(basic->cache, check->name);
    } else if (!crowded) {
        accept_user(check, user, peer != NULL);
    }
    if ((crowded || fault != NULL) && peer != NULL)
        channel_send(peer->channel, auth_refused, .exchange = check->exchange);
    tell_crowded(check);
    check_free(check);
}

/* ---- requests ---- */

/*
 * What nobody's name and password can be. It is refused like a wrong password, hash and turn in the
 * queue included: so it costs whoever sends it as much, and the audit no more lines than there are
 * hashes.
 */
static const char *request_fault(const struct message_auth_basic *request)
{
    if (request->user == NULL || request->user[0] == '\0')
        return "empty name";
    if (!user_name_valid(request->user))
        return "a name with characters that no name has";
    if (request->password == NULL || request->password[0] == '\0')
        return "empty password";
    if (strlen(request->password) > HASHER_PASSWORD_LIMIT)
        return "a password longer than 511 bytes";
    return NULL;
}

/* The hash to be checked: the user's, or for an unknown name that of somebody else. */
static void check_prepare(struct check *check, const struct message_auth_basic *request)
{
    const struct users *users = users_now(check->basic);
    const struct user *user = NULL;
    const char *setting;

    check->fault = request_fault(request);
    if (check->name != NULL && users != NULL && users_count(users) > 0) {
        user = users_find(users, check->name);
        check->known = user != NULL;
        check->locked = user != NULL && user->locked;
        if (user == NULL)
            user = users_stand_in(users, check->name);
    }
    if (check->fault == NULL)
        memcpy(check->job.password, request->password, strlen(request->password));
    setting = user != NULL && user->setting != NULL ? user->setting : check->basic->nobody;
    memcpy(check->job.setting, setting, strlen(setting)); /* bounded by users_parse() */
}

/* A name and password that were right a short while ago. */
static bool accept_cached(struct basic *basic, const struct net_peer *peer,
                          const struct message_auth_basic *request,
                          const struct cache_digest *digest)
{
    struct cache_identity identity;

    users_now(basic);
    if (!cache_find(basic->cache, request->user, digest, clock_elapsed(), &identity))
        return false;
    channel_send(basic->broker, auth_identity, .net = peer->number, .exchange = request->exchange,
                 .address = request->address, .tls = request->tls, .mechanism = MECHANISM_BASIC,
                 .name = request->user, .account = identity.account, .uid = identity.uid,
                 .groups = identity.groups, .cached = true);
    return true;
}

void basic_check(struct basic *basic, struct net_peer *peer,
                 const struct message_auth_basic *request)
{
    const char *address = request->address != NULL ? request->address : "";
    const char *fault = request_fault(request);
    struct cache_digest digest;
    bool cacheable;
    struct check *check;

    cacheable =
        fault == NULL && cache_digest(basic->cache, request->user, request->password, &digest);
    if (cacheable && accept_cached(basic, peer, request, &digest))
        return;
    if (basic->file == NULL && pam_checks_processes(basic->pam) > 0) {
        pam_checks_basic(basic->pam, peer, request, fault, cacheable ? &digest : NULL);
        return;
    }
    if (basic->file == NULL) {
        tell_failure(basic, peer->number, address, request->tls, request->user,
                     "no password file is configured", 1, 0);
        channel_send(peer->channel, auth_refused, .exchange = request->exchange);
        return;
    }
    check = mem_alloc(sizeof(*check));
    *check = (struct check){.basic = basic,
                            .net = peer->number,
                            .peer = peer,
                            .exchange = request->exchange,
                            .address = mem_text(address),
                            .tls = mem_text(request->tls),
                            .name = mem_text(request->user),
                            .cacheable = cacheable};
    if (cacheable)
        check->digest = digest;
    list_append(&basic->checks, &check->link);
    check_prepare(check, request);
    hasher_add(basic->hasher, &check->job, address);
}

static void check_abandon(struct check *check)
{
    check->abandoned = true;
    if (!hasher_drop(check->basic->hasher, &check->job))
        return;
    tell_crowded(check);
    check_free(check);
}

void basic_abandon(struct basic *basic, const struct net_peer *peer, uint64_t exchange)
{
    pam_checks_abandon(basic->pam, peer, exchange);
    list_each(link, &basic->checks) {
        struct check *check = container_of(link, struct check, link);

        if (check->peer == peer && check->exchange == exchange) {
            check_abandon(check);
            return;
        }
    }
}

void basic_abandon_all(struct basic *basic, const struct net_peer *peer)
{
    pam_checks_abandon_all(basic->pam, peer);
    list_each(link, &basic->checks) {
        struct check *check = container_of(link, struct check, link);

        if (check->peer != peer)
            continue;
        check->peer = NULL;
        check_abandon(check);
    }
}

/* NULL: it may be used; `user`: its line of the password file, if it has one. */
static const char *account_fault(struct basic *basic, const char *account, bool listed,
                                 const struct user **user)
{
    const struct users *users = users_now(basic);

    *user = users != NULL ? users_find(users, account) : NULL;
    if (basic->file != NULL && users == NULL)
        return "the password file, where the account could be locked, is not readable";
    if (listed && *user == NULL)
        return "the account does not stand in the password file";
    return *user != NULL && (*user)->locked ? "locked account" : NULL;
}

uint64_t basic_account_ask(struct basic *basic, const char *account, const char *address,
                           bool listed,
                           void (*done)(void *context, const struct account_answer *answer),
                           void *context)
{
    struct account_answer answer = {.account = account};
    const struct user *user;

    if (basic->file == NULL && pam_checks_processes(basic->pam) > 0)
        return account_check(basic->pam, account, address, done, context);
    answer.fault = account_fault(basic, account, listed, &user);
    if (answer.fault == NULL && listed)
        answer.groups = groups_of(user);
    done(context, &answer);
    free((void *)(uintptr_t)answer.groups.item);
    return 0;
}

void basic_account_cancel(struct basic *basic, uint64_t number)
{
    account_check_cancel(basic->pam, number);
}

/* Perhaps locked: in whatever way the account came in, it is looked at again. */
static void user_revoked(void *context, const char *name)
{
    static const char *const mechanisms[] = {MECHANISM_BASIC, MECHANISM_CERTIFICATE,
                                             MECHANISM_KERBEROS, MECHANISM_NTLM};
    const struct basic *basic = context;

    cache_drop(basic->cache, name);
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
        channel_send(basic->broker, auth_revoked, .mechanism = mechanisms[i], .account = name);
}

struct basic *basic_new(struct loop *loop, struct channel *broker, struct pam_checks *pam,
                        struct cache *cache)
{
    struct basic *basic = mem_alloc(sizeof(*basic));
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];

    basic->loop = loop;
    basic->broker = broker;
    basic->pam = pam;
    basic->cache = cache;
    list_init(&basic->checks);
    basic->hasher = hasher_new(loop, 0, check_finished);
    if (basic->hasher == NULL || crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) == NULL) {
        hasher_free(basic->hasher);
        free(basic);
        return NULL;
    }
    strncpy(basic->nobody, salt, sizeof(basic->nobody) - 1);
    return basic;
}

void basic_set_path(struct basic *basic, const char *path)
{
    if (path == NULL) {
        password_file_abandon(basic->file);
        basic->file = NULL;
    } else if (basic->file == NULL) {
        basic->file = password_file_new(basic->loop, path, user_revoked, basic);
    } else {
        password_file_set_path(basic->file, path);
    }
}
