# SPDX-License-Identifier: ISC
"""What was proved is kept for a while (docs/authentication.md, basic-cache)."""

import subprocess

from pam_stack import pam_server, stack  # noqa: F401 (fixtures)
from server import HANG, built, wait_until
from test_basic import login
from wire import basic


def hashes(server):
    return server.counters()['password_hashes']


def test_the_cache_saves_hashes(new_server):
    """The same name and password again costs no hash; another password does, and ends it."""
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1h"')
    for _ in range(5):
        assert login(server, basic('alice', 'alice-secret')) == 200
    assert hashes(server) == 1
    assert server.counters()['cached_logins'] == 4
    lines = server.audit('authentication', user='alice', verdict='accepted')
    assert [line.get('cached', False) for line in lines] == [False] + 4 * [True]
    # It is hers alone, and of this very password.
    for user, secret in [('alice', 'wrong'), ('bob', 'alice-secret'), ('Alice', 'alice-secret'),
                         ('alice', ''), ('alice', 'alice-secret ')]:
        assert login(server, basic(user, secret)) == 401
    assert hashes(server) == 6
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert hashes(server) == 7


def test_without_a_cache_each_login_costs_a_hash(server):
    for _ in range(3):
        assert login(server, basic('alice', 'alice-secret')) == 200
    assert (hashes(server), server.counters()['cached_logins']) == (3, 0)


def test_the_cache_ends_with_its_time(new_server):
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1ms"')
    assert login(server, basic('alice', 'alice-secret')) == 200

    def costs_a_hash():
        assert login(server, basic('alice', 'alice-secret')) == 200
        return hashes(server) == 2

    wait_until(costs_a_hash, 'the end of a millisecond')


def test_a_change_of_the_file_empties_the_cache(new_server):
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1h"')
    for _ in range(2):
        assert login(server, basic('alice', 'alice-secret')) == 200
        assert login(server, basic('bob', 'bob-secret')) == 200
    assert hashes(server) == 2
    subprocess.run([built('winrmctl'), 'passwd', server.folder / 'users', 'alice'],
                   input='new-secret\n', text=True, check=True, timeout=HANG)
    assert login(server, basic('alice', 'alice-secret')) == 401
    assert login(server, basic('bob', 'bob-secret')) == 200
    assert login(server, basic('alice', 'new-secret')) == 200
    assert hashes(server) == 5


def test_a_reload_empties_the_cache(new_server):
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "1h"')
    assert login(server, basic('alice', 'alice-secret')) == 200
    subprocess.run([built('winrmctl'), '--config', server.config, 'reload'], check=True,
                   capture_output=True, timeout=HANG)
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert hashes(server) == 2


def test_the_cache_spares_pam(stack, pam_server):
    server = pam_server('basic-cache = "1h"', rules='user group:admins allow\noperation * * * allow\n')
    for _ in range(4):
        with server.connect('alice') as alice:
            alice.delete(alice.create())
    assert server.counters()['pam_requests'] == 1
    assert [line['account-uid'] for line in server.audit('authentication')] == 4 * [7001]
    assert login(server, basic('alice', 'wrong')) == 401
    assert login(server, basic('alice', 'alice-secret')) == 200
    assert server.counters()['pam_requests'] == 3
