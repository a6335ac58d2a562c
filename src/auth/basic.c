/* SPDX-License-Identifier: ISC */

#include "auth/basic.h"

#include <crypt.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auth/hasher.h"
#include "auth/users.h"
#include "base/log.h"
#include "base/memory.h"

struct basic {
    struct channel *broker;
    struct hasher *hasher;
    struct list checks;
    char *path;
    struct users *users;              /* NULL: no file has been read without error */
    struct stat status;               /* of the file as last looked at; zero: there was none */
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
    bool known;
    bool abandoned;
};

/* ---- the password file ---- */

static bool status_equal(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino &&
           left->st_size == right->st_size && left->st_mode == right->st_mode &&
           left->st_uid == right->st_uid && left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
           left->st_mtim.tv_nsec == right->st_mtim.tv_nsec &&
           left->st_ctim.tv_sec == right->st_ctim.tv_sec &&
           left->st_ctim.tv_nsec == right->st_ctim.tv_nsec;
}

static void users_refused(const struct basic *basic, const char *fault)
{
    log_error("password file %s: %s; %s", basic->path, fault,
              basic->users != NULL
                  ? "the users read before stay valid until it is mended"
                  : "nobody can log in until it is mended (winrmctl passwd writes such files)");
}

static void users_refresh(struct basic *basic, bool first)
{
    char fault[USERS_FAULT_SIZE];
    struct stat status = {0};
    struct users *users;

    if (basic->path == NULL)
        return;
    if (stat(basic->path, &status) != 0)
        memset(&status, 0, sizeof(status));
    if (!first && status_equal(&status, &basic->status))
        return;
    users = users_load(basic->path, &basic->status, fault);
    if (users == NULL) {
        users_refused(basic, fault);
        return;
    }
    users_free(basic->users);
    basic->users = users;
    log_info("password file %s: %zu user%s", basic->path, users_count(users),
             users_count(users) == 1 ? "" : "s");
}

/* ---- answers ---- */

static void refuse(struct basic *basic, uint32_t net, const struct net_peer *peer,
                   uint64_t exchange, const char *address, const char *name, const char *reason)
{
    channel_send(basic->broker, auth_failure, .net = net, .address = address, .mechanism = "Basic",
                 .name = name, .reason = reason);
    if (peer != NULL)
        channel_send(peer->channel, auth_refused, .exchange = exchange);
}

static void accept_user(const struct check *check, const struct user *user)
{
    struct ipc_item *groups = mem_alloc((user->group_count + 1) * sizeof(*groups));

    for (size_t i = 0; i < user->group_count; i++)
        groups[i] = (struct ipc_item){.name = user->groups[i]};
    channel_send(check->basic->broker, auth_identity, .net = check->net,
                 .exchange = check->exchange, .address = check->address, .mechanism = "Basic",
                 .name = check->name, .account = user->name,
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
    if (check->job.result == HASH_crowded)
        return "too many passwords wait to be checked";
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

static void check_finished(struct hash_job *job)
{
    struct check *check = container_of(job, struct check, job);
    struct basic *basic = check->basic;
    const struct user *user = basic->users != NULL ? users_find(basic->users, check->name) : NULL;
    const char *fault = check_fault(check, user);
    const struct net_peer *peer = check->abandoned ? NULL : check->peer;

    /* A failure is audited although the client has left: leaving must not hide guesses. */
    if (fault != NULL)
        refuse(basic, check->net, peer, check->exchange, check->address, check->name, fault);
    else if (peer != NULL)
        accept_user(check, user);
    check_free(check);
}

/* ---- requests ---- */

/* What can be refused without a look at the users, hence without a hash. */
static const char *request_fault(const struct basic *basic,
                                 const struct message_auth_basic *request)
{
    if (basic->path == NULL)
        return "no password file is configured";
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

void basic_check(struct basic *basic, struct net_peer *peer,
                 const struct message_auth_basic *request)
{
    const char *address = request->address != NULL ? request->address : "";
    const char *fault = request_fault(basic, request);
    const struct user *user = NULL;
    const char *setting;
    struct check *check;

    if (fault != NULL) {
        refuse(basic, peer->number, peer, request->exchange, address, request->user, fault);
        return;
    }
    users_refresh(basic, false);
    check = mem_alloc(sizeof(*check));
    *check = (struct check){.basic = basic,
                            .net = peer->number,
                            .peer = peer,
                            .exchange = request->exchange,
                            .address = mem_text(address),
                            .name = mem_text(request->user)};
    list_append(&basic->checks, &check->link);
    if (basic->users != NULL && users_count(basic->users) > 0) {
        user = users_find(basic->users, request->user);
        check->known = user != NULL;
        if (user == NULL)
            user = users_stand_in(basic->users, request->user);
    }
    memcpy(check->job.password, request->password, strlen(request->password));
    setting = user != NULL ? user->hash : basic->nobody;
    memcpy(check->job.setting, setting, strlen(setting)); /* bounded by users_parse() */
    hasher_add(basic->hasher, &check->job, address);
}

static void check_abandon(struct check *check)
{
    check->abandoned = true;
    if (hasher_drop(check->basic->hasher, &check->job))
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

struct basic *basic_new(struct loop *loop, struct channel *broker, const char *path)
{
    struct basic *basic = mem_alloc(sizeof(*basic));
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];

    basic->broker = broker;
    basic->path = mem_text(path);
    list_init(&basic->checks);
    basic->hasher = hasher_new(loop, 0, check_finished);
    if (basic->hasher == NULL || crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) == NULL) {
        hasher_free(basic->hasher);
        free(basic->path);
        free(basic);
        return NULL;
    }
    strncpy(basic->nobody, salt, sizeof(basic->nobody) - 1);
    users_refresh(basic, true);
    return basic;
}

void basic_set_path(struct basic *basic, const char *path)
{
    if (path != NULL && basic->path != NULL && strcmp(path, basic->path) == 0)
        return;
    free(basic->path);
    basic->path = mem_text(path);
    /* The users of one file are not those of another, whatever may be wrong with that one. */
    users_free(basic->users);
    basic->users = NULL;
    users_refresh(basic, true);
}
