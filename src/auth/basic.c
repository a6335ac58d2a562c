/* SPDX-License-Identifier: ISC */

#include "auth/basic.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

#include "auth/hasher.h"
#include "auth/password_file.h"
#include "auth/users.h"
#include "base/memory.h"

struct basic {
    struct loop *loop;
    struct channel *broker;
    struct hasher *hasher;
    struct list checks;
    struct password_file *file;       /* NULL: none is configured */
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
    char *name;
    const char *fault; /* why it is refused whatever its hash is; NULL: the hash decides */
    bool known;
    bool abandoned;
};

/* ---- answers ---- */

/* `times`: how many refusals this one stands for; `hashes`: how many hashes it cost. */
static void tell_failure(const struct basic *basic, uint32_t net, const char *address,
                         const char *name, const char *reason, uint32_t times, uint32_t hashes)
{
    channel_send(basic->broker, auth_failure, .net = net, .address = address, .mechanism = "Basic",
                 .name = name, .reason = reason, .times = times, .hashes = hashes);
}

static void accept_user(const struct check *check, const struct user *user)
{
    struct ipc_item *groups = mem_alloc((user->group_count + 1) * sizeof(*groups));

    for (size_t i = 0; i < user->group_count; i++)
        groups[i] = (struct ipc_item){.name = user->groups[i]};
    channel_send(check->basic->broker, auth_identity, .net = check->net,
                 .exchange = check->exchange, .address = check->address, .mechanism = "Basic",
                 .name = check->name, .account = user->name, .waited = check->job.waited,
                 .groups = {.item = groups, .count = (uint32_t)user->group_count});
    free(groups);
}

static void check_free(struct check *check)
{
    list_remove(&check->link);
    explicit_bzero(check->job.password, sizeof(check->job.password));
    explicit_bzero(check->job.setting, sizeof(check->job.setting));
    free(check->address);
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
    if (check->job.result == HASH_failed)
        return "the hash in the password file cannot be computed";
    if (check->job.result != HASH_equal)
        return "wrong password";
    if (user == NULL || strcmp(user->hash, check->job.setting) != 0)
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
        tell_failure(check->basic, check->net, check->address, times == 1 ? check->name : NULL,
                     "too many passwords of this address wait to be checked", times, 0);
}

static void check_finished(struct hash_job *job)
{
    struct check *check = container_of(job, struct check, job);
    const struct basic *basic = check->basic;
    const struct users *users = password_file_users(basic->file);
    const struct user *user =
        users != NULL && check->name != NULL ? users_find(users, check->name) : NULL;
    const char *fault = check_fault(check, user);
    const struct net_peer *peer = check->abandoned ? NULL : check->peer;
    bool crowded = job->result == HASH_crowded;

    /* A failure is audited although the client has left: leaving must not hide guesses. */
    if (!crowded && fault != NULL)
        tell_failure(basic, check->net, check->address, check->name, fault, 1, 1);
    else if (!crowded && peer != NULL)
        accept_user(check, user);
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
    const struct users *users = password_file_users(check->basic->file);
    const struct user *user = NULL;
    const char *setting;

    check->fault = request_fault(request);
    if (check->name != NULL && users != NULL && users_count(users) > 0) {
        user = users_find(users, check->name);
        check->known = user != NULL;
        if (user == NULL)
            user = users_stand_in(users, check->name);
    }
    if (check->fault == NULL)
        memcpy(check->job.password, request->password, strlen(request->password));
    setting = user != NULL ? user->hash : check->basic->nobody;
    memcpy(check->job.setting, setting, strlen(setting)); /* bounded by users_parse() */
}

void basic_check(struct basic *basic, struct net_peer *peer,
                 const struct message_auth_basic *request)
{
    const char *address = request->address != NULL ? request->address : "";
    struct check *check;

    if (basic->file == NULL) {
        tell_failure(basic, peer->number, address, request->user, "no password file is configured",
                     1, 0);
        channel_send(peer->channel, auth_refused, .exchange = request->exchange);
        return;
    }
    check = mem_alloc(sizeof(*check));
    *check = (struct check){.basic = basic,
                            .net = peer->number,
                            .peer = peer,
                            .exchange = request->exchange,
                            .address = mem_text(address),
                            .name = mem_text(request->user)};
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
    list_each(link, &basic->checks) {
        struct check *check = container_of(link, struct check, link);

        if (check->peer != peer)
            continue;
        check->peer = NULL;
        check_abandon(check);
    }
}

static void user_revoked(void *context, const char *name)
{
    const struct basic *basic = context;

    channel_send(basic->broker, auth_revoked, .mechanism = "Basic", .account = name);
}

struct basic *basic_new(struct loop *loop, struct channel *broker, const char *path)
{
    struct basic *basic = mem_alloc(sizeof(*basic));
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];

    basic->loop = loop;
    basic->broker = broker;
    list_init(&basic->checks);
    basic->hasher = hasher_new(loop, 0, check_finished);
    if (basic->hasher == NULL || crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) == NULL) {
        hasher_free(basic->hasher);
        free(basic);
        return NULL;
    }
    strncpy(basic->nobody, salt, sizeof(basic->nobody) - 1);
    if (path != NULL)
        basic->file = password_file_new(loop, path, user_revoked, basic);
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
