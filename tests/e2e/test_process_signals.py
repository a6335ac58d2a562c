# SPDX-License-Identifier: ISC
"""Every process but the broker, killed and stopped in every way: it is replaced in time, others
go on, whoever waited hears something, and nothing that was counted is lost."""

import contextlib
import os
import select
import signal
import time

import pytest

from server import DEADLINE, IMPATIENT, PROMISE, wait_until
from test_operations import connections_to_every_net
from wire import GET, basic, envelope
from work import Work

# How soon (seconds) a process that was killed has been replaced.
REPLACED = PROMISE / 4
NET, AUTH, AUTHORIZATION = 'winrmd-net', 'winrmd-auth', 'winrmd-host (authorization)'
SIGNALS = [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT]


@pytest.fixture
def plain_signals(monkeypatch):
    """A sanitizer must not take a signal from outside for a mistake of the program."""
    for name in ('ASAN_OPTIONS', 'TSAN_OPTIONS'):
        monkeypatch.setenv(name, os.environ.get(name, '') + ':handle_segv=0')


@contextlib.contextmanager
def somebody_else(connection):
    """Another user, who sends input to a command all the time; he notices nothing. What
    the context gives waits until he has done more."""
    shell = connection.create()
    command = connection.command(shell, 'cat >/dev/null')
    work = Work(lambda: connection.send_input(shell, command, b'x'))

    def goes_on():
        work.wait_for_more(6)
        assert work.failures == []

    try:
        goes_on()
        yield goes_on
        goes_on()
    finally:
        work.stop()
        connection.delete(shell)


def serving(server, name):
    return {row['process'] for row in server.status()['processes']
            if row['name'] == name and row['state'] == 'serving'}


def replace(server, name, victim, number):
    """Kills a process and returns how long it took until another one served in its place."""
    before = serving(server, name)
    begin = time.monotonic()
    os.kill(victim, number)

    def replaced():
        now = serving(server, name)
        return victim not in now and len(now) == len(before)
    wait_until(replaced, 'a new ' + name)
    return time.monotonic() - begin


def assert_all_is_back(server):
    """No slot is held, and what the plug-in has not got back is what the user records hold."""
    wait_until(lambda: not server.status()['shells'] and all(
        (row['shells'], row['operations']) == (0, 0) for row in server.status()['records']),
               'the slots to come back')

    def balanced():
        status = server.status()
        counters = status['counters']
        held = len([row for row in status['records'] if row['state'] == 'active'])
        return (counters['contexts_reported'] - counters['contexts_released']
                - counters['contexts_lost'] == held)
    wait_until(balanced, 'the contexts to come back')


@pytest.mark.parametrize('number', SIGNALS)
@pytest.mark.parametrize('name', [NET, AUTH, AUTHORIZATION])
def test_replaced_in_time(plain_signals, traceable_server, name, number):
    """Rule F-7 of docs/reliability.md."""
    server = traceable_server
    connections = connections_to_every_net(server, 'bob')
    safe, connection = connections.popitem()
    times = []
    with somebody_else(connection) as bob_goes_on:
        # A machine that is busy may be slow at times.
        while len(times) < 10 and min(times, default=REPLACED) >= REPLACED:
            victim = min(serving(server, name) - {safe})
            times.append(replace(server, name, victim, number))
            bob_goes_on()
    assert min(times) < REPLACED
    for user in ('alice', 'bob'):
        with server.connect(user) as client:
            client.delete(client.create())
    for connection in connections.values():
        connection.close()
    assert_all_is_back(server)


@pytest.mark.parametrize('number', SIGNALS)
def test_a_shell_host(plain_signals, server, number):
    """Whoever waits for its output hears of its end; nobody else notices."""
    with server.connect('alice') as client, server.connect('alice') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        host, = [row['process'] for row in server.status()['shells']]
        client.send(receive(shell, command))
        wait_until(lambda: server.counters()['operations'] == 3,
                   'the Receive beside the shell and the command')
        with somebody_else(server.connect('bob')):
            os.kill(host, number)
            assert client.receive().fault.number == 2150858755
            assert other.ask_receive(shell, command).fault.number == 2150858843
            client.delete(other.create())
    assert_all_is_back(server)


def receive(shell, command):
    return envelope('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive',
                    '<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout</rsp:DesiredStream>'
                    '</rsp:Receive>' % command, shell=shell)


def test_killed_from_outside_again_and_again(server):
    """Only a plug-in that crashes is left alone for a while."""
    for _ in range(6):
        for name in (AUTHORIZATION, AUTH, NET):
            replace(server, name, min(serving(server, name)), signal.SIGKILL)
    assert not [line for line in server.log if line and 'in a row' in line]
    with server.connect('alice') as client:
        client.delete(client.create())
    assert_all_is_back(server)


def test_a_login_that_was_with_a_killed_auth_process(server):
    """It is not answered as a success, and not never."""
    auth, = server.pids(AUTH)
    os.kill(auth, signal.SIGSTOP)
    with server.connect('alice') as client:
        client.send(envelope(GET, shell='x'))
        os.kill(auth, signal.SIGKILL)
        try:
            assert client.receive().status in (401, 500, 503)
        except ConnectionError:
            pass
    wait_until(lambda: serving(server, AUTH) - {auth}, 'another winrmd-auth')
    with server.connect('alice') as client:
        client.delete(client.create())
    assert_all_is_back(server)


@contextlib.contextmanager
def stopped(*pids):
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def has_answer(client):
    return bool(select.select([client.socket], [], [], 0)[0])


def test_a_stopped_net_process(traceable_server):
    """Others take the connections that come; those it holds are answered when it goes on."""
    server = traceable_server
    connections = connections_to_every_net(server, 'alice')
    victim, client = connections.popitem()
    shell = client.create()
    with stopped(victim):
        client.send(envelope(GET, shell=shell))
        for _ in range(10):
            with server.connect('bob') as other:
                assert other.ask(GET, shell='x').fault.number == 2150858843
        for other in connections.values():
            other.get_done(GET, shell=shell)
        assert not has_answer(client)
    assert client.receive().status == 200
    client.delete(shell)
    for other in (client, *connections.values()):
        other.close()
    assert serving(server, NET) == {victim, *connections}
    assert_all_is_back(server)


def test_a_stopped_auth_process(server):
    """Who is known goes on; who is not waits, and nothing is lost."""
    auth, = server.pids(AUTH)
    with somebody_else(server.connect('bob')) as bob_goes_on:
        with stopped(auth):
            waiting = [server.connect('alice') for _ in range(5)]
            wrong = server.connect('alice')
            wrong.authorization = basic('alice', 'wrong')
            for client in (*waiting, wrong):
                client.send(envelope(GET, shell='x'))
            for _ in range(20):
                bob_goes_on()
            assert not any(has_answer(client) for client in (*waiting, wrong))
        for client in waiting:
            assert client.receive().fault.number == 2150858843
            client.delete(client.create())
            client.close()
        assert wrong.receive().status == 401
        wrong.close()
    assert server.pids(AUTH) == [auth]
    assert_all_is_back(server)


def test_a_stopped_authorization_host(new_server):
    """Its questions end with a refusal at the authorization-timeout; it takes up again later, and
    its late answers change nothing."""
    server = new_server(application=IMPATIENT)
    host, = server.pids(AUTHORIZATION)
    with somebody_else(server.connect('bob')) as bob_goes_on, server.connect('alice') as client:
        shell = client.create()
        allowed = server.counters()['verdicts_allowed']
        with stopped(host):
            # An operation of somebody known, and somebody new.
            with server.connect('frank') as new:
                begin = time.monotonic()
                client.send(envelope(GET, shell=shell))
                new.send(envelope(GET, shell=shell))
                for asked in (client, new):
                    assert asked.receive().fault.number not in (0, 2150858843)
                    assert time.monotonic() - begin >= DEADLINE / 1000
                assert time.monotonic() - begin <= DEADLINE / 1000 + PROMISE
            bob_goes_on()
            assert server.counters()['verdicts_allowed'] == allowed
        wait_until(lambda: client.ask(GET, shell=shell).status == 200, 'the host to go on')
        with server.connect('frank') as new:
            wait_until(lambda: new.ask(GET, shell=shell).fault.number == 2150858843,
                       'the new user to be let in')
        client.delete(shell)
    assert server.pids(AUTHORIZATION) == [host]
    assert server.counters()['late_calls'] >= 2
    assert_all_is_back(server)
