# SPDX-License-Identifier: ISC
"""One allocation fails, the first of a request's path, the second, and so on: the process that had
none ends, or refuses that one request; the others go on, and everything that was counted comes back
(docs/reliability.md, F-25 and F-26)."""

import contextlib
import subprocess
import time

import pytest

from faults import Faults, assert_nothing_is_held, assert_serves, sample
from negotiate import kerberos, ntlm, sealed
from server import HANG, PROMISE, Server, built, is_running, wait_until
from wire import GET

NO_SHELL = '11111111-2222-3333-4444-555555555555'


@contextlib.contextmanager
def refused_or_cut_off():
    """What a client may see of it: an answer that is no success, or the end of its connection."""
    try:
        yield
    except (OSError, AssertionError):
        pass


def work(client):
    """A request of every kind."""
    shell = client.create()
    command = client.command(shell, 'cat')
    client.send_input(shell, command, b'some input', end=True)
    assert client.receive_all(shell, command) == (b'some input', b'', 0)
    client.signal(shell, command)
    client.delete(shell)


class Neighbour:
    """Somebody else, whose shell stays whatever happens to the process that is at fault."""

    def __init__(self, server):
        self.server = server
        with server.connect('bob') as client:
            self.shell = client.create()
            self.command = client.command(self.shell, 'cat')

    def assert_is_there(self):
        with self.server.connect('bob') as client:
            assert client.receive_all(self.shell, client.command(self.shell, 'echo there')) == (
                b'there\n', b'', 0)
            state = client.ask(GET, shell=self.shell)
            assert state.status == 200

    def leave(self):
        with self.server.connect('bob') as client:
            client.send_input(self.shell, self.command, b'end', end=True)
            assert client.receive_all(self.shell, self.command) == (b'end', b'', 0)
            client.delete(self.shell)


def delete_what_is_left(server, user='alice'):
    """Shells whose client never learned of them."""
    with server.connect(user) as client:
        for row in server.status()['shells']:
            if row['owner'] == user:
                client.delete(row['shell_id'])


def each_allocation_of(server, faults, most, attempt):
    """Lets one of the allocations that `attempt()` takes fail, one after the other."""
    neighbour = Neighbour(server)
    attempt()
    count = faults.allocations_of(attempt)
    faults.set('until', 0)
    assert count > 3
    failed = 0
    for number in sample(count, most):
        with faults.allocation_fails(number) as has_failed:
            with refused_or_cut_off():
                attempt()
        failed += has_failed()
        neighbour.assert_is_there()
        delete_what_is_left(server)
    # A few may be fewer from time to time: what is kept of the last request is used again.
    assert failed > 0
    attempt()
    neighbour.leave()


def test_winrmd_net(new_server, tmp_path):
    """docs/reliability.md F-25"""
    faults = Faults(tmp_path / 'programs', 'winrmd-net')
    server = new_server(winrmd=faults.winrmd, net_processes=1)

    def attempt():
        with server.connect('alice') as client:
            work(client)

    each_allocation_of(server, faults, 24, attempt)
    delete_what_is_left(server)
    assert_nothing_is_held(server)


def test_winrmd_auth(new_server, tmp_path):
    """docs/reliability.md F-25: a login that the process could not finish is asked again."""
    faults = Faults(tmp_path / 'programs', 'winrmd-auth')
    server = new_server(winrmd=faults.winrmd, net_processes=1)

    def attempt():
        with server.connect('alice') as client:
            assert client.post('').status == 200

    each_allocation_of(server, faults, 16, attempt)
    assert_nothing_is_held(server)


def test_a_shell_host(new_server, tmp_path):
    """docs/reliability.md F-25: in the host, the library and the plug-in."""
    faults = Faults(tmp_path / 'programs', 'winrmd-host')
    server = new_server(winrmd=faults.winrmd)
    authorization, = server.pids('winrmd-host (authorization)')
    faults.set('never', authorization)
    neighbour = Neighbour(server)
    theirs, = [row['process'] for row in server.status()['shells']]

    def attempt():
        with server.connect('alice') as client:
            work(client)

    attempt()
    count = faults.allocations_of(attempt)
    for number in sample(count, 16):
        with faults.allocation_fails(number), refused_or_cut_off():
            attempt()
        neighbour.assert_is_there()
        delete_what_is_left(server)
    for number in sample(count, 16):
        with server.connect('alice') as client:
            shell = client.create()
            faults.set('only', [row['process'] for row in server.status()['shells']
                                if row['shell_id'] == shell][0])
            with faults.allocation_fails(number), refused_or_cut_off():
                command = client.command(shell, 'cat')
                client.send_input(shell, command, b'some input', end=True)
                client.receive_all(shell, command)
            faults.set('only', 0)
        neighbour.assert_is_there()
        delete_what_is_left(server)
    delete_what_is_left(server)
    assert is_running(theirs)
    assert server.pids('winrmd-host (authorization)') == [authorization]
    neighbour.leave()
    assert_serves(server)
    assert_nothing_is_held(server)


def test_an_authorization_host(new_server, tmp_path):
    """docs/reliability.md F-25: whoever waits for a verdict gets a refusal, shells stay."""
    faults = Faults(tmp_path / 'programs', 'winrmd-host')
    server = new_server(winrmd=faults.winrmd)
    neighbour = Neighbour(server)

    def authorization():
        return wait_until(lambda: [row['process'] for row in server.status()['processes']
                                   if row['name'] == 'winrmd-host (authorization)'
                                   and row['state'] == 'serving'], 'the authorization host')[0]

    def attempt():
        with server.connect('frank') as client:
            client.delete(client.create())

    faults.set('only', authorization())
    attempt()
    count = faults.allocations_of(attempt)
    faults.set('until', 0)
    # Each one that ends in a row is started after twice the pause.
    for number in list(sample(count, 5))[:6]:
        faults.set('only', authorization())
        with faults.allocation_fails(number), refused_or_cut_off():
            attempt()
        authorization()
        wait_until(lambda: succeeds(neighbour.assert_is_there), 'the neighbour to be served')
    delete_what_is_left(server, 'frank')
    neighbour.leave()
    assert_nothing_is_held(server)


def succeeds(action):
    """Of something that is waited for."""
    try:
        action()
    except (OSError, AssertionError):
        return False
    return True


@pytest.mark.parametrize('way', ['kerberos', 'ntlm'])
def test_winrmd_gss(new_negotiating, realm, tmp_path, way):
    """docs/reliability.md F-25: the login fails or is repeated; the next ones are accepted."""
    faults = Faults(tmp_path / 'programs', 'winrmd-gss')
    server = new_negotiating(winrmd=faults.winrmd, methods=('negotiate',))
    cache = realm.login('alice')

    def attempt():
        login = kerberos(realm, cache=cache) if way == 'kerberos' else ntlm('LAB\\alice',
                                                                           'alice-secret')
        with sealed(server, login) as client:
            assert client.ask(GET, shell=NO_SHELL).status == 500

    attempt()
    count = faults.allocations_of(attempt)
    faults.set('until', 0)
    for number in list(sample(count, 6))[:200]:
        with faults.allocation_fails(number), refused_or_cut_off():
            attempt()
        wait_until(lambda: succeeds(attempt), 'a login to be accepted', pause=0.05)
    assert_nothing_is_held(server)


def answers(server):
    """Is the broker there? It has ended when nobody takes an administrator's question."""
    return subprocess.run([built('winrmctl'), '--config', server.config, 'status'],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          timeout=HANG).returncode == 0


def test_the_broker(users, tmp_path):
    """docs/reliability.md F-26: either it refuses that one thing and goes on as if nothing had been, or
    it ends, and everything with it, in the time that is promised. Whoever starts it again is served."""
    faults = Faults(tmp_path / 'programs', 'winrmd')
    with Server(tmp_path / 'first', users, winrmd=faults.winrmd) as server:
        with server.connect('alice') as client:
            work(client)
            count = faults.allocations_of(lambda: work(client))
            faults.set('until', 0)
    numbers, ended, server = list(sample(count, 10)), [], None
    try:
        for turn, number in enumerate(numbers):
            if server is None:
                server = Server(tmp_path / str(turn), users, winrmd=faults.winrmd).start()
                with server.connect('alice') as client:
                    work(client)
            with server.connect('bob') as bob:
                with refused_or_cut_off():
                    bob.command(bob.create(), 'sleep 100000')
                with faults.allocation_fails(number), refused_or_cut_off():
                    with server.connect('alice') as client:
                        work(client)
                if not answers(server):
                    assert server.process.wait(HANG) == 70, server.report()
                    begin = time.monotonic()
                    server.wait_for_nobody_left()
                    ended.append(time.monotonic() - begin)
                    assert 'winrmd: out of memory, this process ends' in server.report()
                    Server.running.discard(server.pid)
                    server = None
                    continue
            wait_until(lambda: succeeds(lambda: assert_serves(server)), 'it to serve')
            delete_what_is_left(server)
            delete_what_is_left(server, 'bob')
            assert_nothing_is_held(server)
    finally:
        if server is not None:
            print(server.report())
            server.stop()
    assert ended
    # A machine that is busy is slow at times.
    assert min(ended) <= PROMISE, ended
