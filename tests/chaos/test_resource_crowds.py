# SPDX-License-Identifier: ISC
"""Many at once: connections that are never used, a thousand clients that come back in the same
moment, reloads all the time (docs/reliability.md, F-42 to F-44)."""

import resource
import sys
import threading
import time
from pathlib import Path

import pytest

from faults import LONG, assert_nothing_is_held, assert_serves, memory_of, resident
from reloading import edit, reload_done
from server import HANG, PATIENCE, wait_until
from wire import GET, SOAP, basic, envelope

sys.path.append(str(Path(__file__).resolve().parents[1] / 'probes'))

from crowd import Crowd, Herd, total  # noqa: E402 (its folder is known only now)

MANY = 10000 if LONG else 3000
CLIENTS = 1000 if LONG else 300
RELOADS = 300 if LONG else 8
GROWING = ('winrmd', 'winrmd-auth', 'winrmd-net')
# KiB that one half-open connection may cost winrmd-net.
EACH = 8


@pytest.fixture(autouse=True)
def descriptors():
    """As many as this process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield min(hard, 20000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def limits(total_number):
    return ('connections { total = %d unauthenticated = %d per-source = %d }\n'
            % (total_number + 500, total_number + 500, total_number + 500))


def test_half_open_connections(traceable_server, new_server, descriptors):
    """docs/reliability.md F-42: nothing said, half a head, half a body without a login. Others are served
    meanwhile; what each costs is measured."""
    server = new_server(winrmd=traceable_server.winrmd, more=limits(MANY))
    head = 'POST /wsman HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\n' % SOAP
    body = head + 'Content-Length: 100000\r\n\r\n' + 'x' * 1000
    nets = server.pids('winrmd-net')
    with server.connect('alice') as client:
        shell = client.create()
        before = sum(map(memory_of, nets))
        with Herd(server.port, MANY, descriptors) as herd:
            herd.all_do('open', payloads=['', head, 'POST /ws', body])
            begun = time.monotonic()
            assert client.receive_all(shell, client.command(shell, 'echo on')) == (b'on\n', b'', 0)
            assert_serves(server, 'bob')
            each = (sum(map(memory_of, nets)) - before) / MANY
            print('%d half-open connections: %.2f KiB each; a login and a command beside them took '
                  '%.2f s' % (MANY, each, time.monotonic() - begun))
            assert each < EACH
            herd.all_do('close')
        client.delete(shell)
    assert_serves(server)
    assert server.pids('winrmd-net') == nets
    assert_nothing_is_held(server)


def test_everybody_comes_back_at_once(new_server, descriptors):
    """docs/reliability.md F-43: after an outage of the network. Each has his shell as before, nobody is
    refused, and nobody waits long."""
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "60s"',
                        more=limits(2 * CLIENTS) + 'limits { requests = %d }\n' % (2 * CLIENTS))
    shells = {}
    for user in ('alice', 'bob', 'frank'):
        with server.connect(user) as client:
            shells[user] = [client.create() for _ in range(3)]

    def request(number):
        user = sorted(shells)[number % 3]
        text = envelope(GET, shell=shells[user][number // 3 % 3]).encode()
        return ('POST /wsman HTTP/1.1\r\nHost: localhost\r\nAuthorization: %s\r\nContent-Type: %s\r\n'
                'Content-Length: %d\r\n\r\n' % (basic(user, user + '-secret'), SOAP,
                                                len(text))).encode() + text

    took = []
    for _ in range(5 if LONG else 2):
        with Crowd(server.port) as crowd:
            begun = time.monotonic()
            crowd.open(CLIENTS, request, limit=HANG)
            assert crowd.run(HANG, crowd.all_answered)
            took.append(time.monotonic() - begun)
            assert {client.status for client in crowd.clients} == {200}
            # The network is gone for all of them in the same moment.
            for client in crowd.clients:
                crowd.leave(client, reset=True)
    wait_until(lambda: server.counters()['sessions'] == 0, 'the end of their sessions', pause=0.1)
    print('%d clients at once were answered after %s s' % (CLIENTS, ['%.2f' % each for each in took]))
    for user, own in shells.items():
        with server.connect(user) as client:
            for shell in own:
                assert client.receive_all(shell, client.command(shell, 'echo on')) == (b'on\n', b'', 0)
                client.delete(shell)
    assert_nothing_is_held(server)


class Client(threading.Thread):
    """One that works all the time; each of its requests has an answer."""

    def __init__(self, server, user):
        super().__init__(daemon=True)
        self.server, self.user = server, user
        self.rounds, self.failure, self.over = 0, None, False
        self.start()

    def run(self):
        try:
            while not self.over:
                with self.server.connect(self.user) as client:
                    shell = client.create()
                    for _ in range(3):
                        command = client.command(shell, 'cat')
                        client.send_input(shell, command, b'line\n', end=True)
                        assert client.receive_all(shell, command) == (b'line\n', b'', 0)
                    client.delete(shell)
                self.rounds += 1
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure


def test_reloads_under_load(new_server):
    """docs/reliability.md F-44: each reload changes what the applications and the listeners go by. Nobody
    loses an answer, and nothing grows."""
    server = new_server(authentication='basic = "file:users"\nbasic-cache = "60s"', net_processes=2)
    web = server.application_folder / 'web.config'
    clients = [Client(server, user) for user in ('alice', 'bob', 'frank', 'alice')]
    sizes = []
    rules = server.application_folder / 'policy.rules'
    for turn in range(RELOADS):
        begun = time.monotonic()
        edit(web, ('QuotaSystemWindowOperations="0"',
                   'QuotaSystemWindowOperations="0" MaxShellIdleTimeoutMinutes="%d"' % (50 + turn % 2))
             if turn == 0 else ('MaxShellIdleTimeoutMinutes="%d"' % (50 + (turn - 1) % 2),
                                'MaxShellIdleTimeoutMinutes="%d"' % (50 + turn % 2)))
        rules.write_text(rules.read_text() + '# %d\n' % turn)
        reload_done(server)
        done = [client.rounds for client in clients]
        wait_until(lambda: any(client.failure for client in clients)
                   or sum(client.rounds for client in clients) > sum(done), 'the clients to go on')
        assert [client.failure for client in clients] == [None] * 4
        sizes.append([resident(server.pid), *(resident(*server.pids(name)) for name in GROWING[1:])])
        if LONG:
            time.sleep(max(0, 1 - (time.monotonic() - begun)))
    for client in clients:
        client.over = True
    for client in clients:
        client.join()
        assert client.failure is None
    print('%d reloads, %d rounds: KiB of %s' % (
        RELOADS, sum(client.rounds for client in clients),
        '; '.join('%s: %s ... %s' % (name, those[:3], those[-3:])
                  for name, those in zip(GROWING, zip(*sizes)))))
    assert server.counters()['reloads'] >= RELOADS
    if LONG and PATIENCE < 2:
        middle = len(sizes) // 2
        # The least: winrmd-auth has 16 MiB more while it compares a password.
        for name, those in zip(GROWING, zip(*sizes)):
            assert min(those[-20:]) - min(those[middle:middle + 20]) < 512, (name, those)
    wait_until(lambda: len(server.pids('winrmd-host (authorization)')) == 1, 'the old hosts to end')
    assert_serves(server)
    assert_nothing_is_held(server)
