# SPDX-License-Identifier: ISC
"""Limits of connections and bodies, seen by the clients that meet them."""

import contextlib
import os
import socket
from pathlib import Path

import pytest

from server import PATIENCE, Server, wait_until, with_descriptors
from wire import GET, Connection

NO_SHELL = '6B29FC40-CA47-1067-B31D-00DD010662DA'
NO_SUCH_SHELL = 2150858843


def processor_time(pid):
    """Seconds of CPU that a process has used."""
    fields = Path('/proc', str(pid), 'stat').read_text().rsplit(') ', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


@pytest.fixture
def limited(tmp_path, users):
    """Makes a server with one winrmd-net and that text in winrmd.conf."""
    with contextlib.ExitStack() as made:
        def make(conf='', **settings):
            server = Server(tmp_path / 'server', users, net_processes=1, **settings)
            with server.config.open('a') as file:
                file.write(conf)
            return made.enter_context(server)
        yield make


def assert_serves(client):
    assert client.ask(GET, shell=NO_SHELL).fault.number == NO_SUCH_SHELL


def assert_sent_away(server):
    """The next connection gets a whole answer and an orderly end, before it has said anything."""
    with server.connect() as client:
        response = client.receive()
        assert response.status == 503
        assert response.body == b''
        assert response.header('Connection') == 'close'
        assert response.header('Content-Type') == 'text/plain'
        assert client.socket.recv(1) == b''


def serves_again(server):
    """A limit is left as soon as the service has seen a connection end."""
    with server.connect('alice') as client:
        try:
            return client.ask(GET, shell=NO_SHELL).status == 500
        except OSError:
            return False


@pytest.mark.parametrize('limit', ['total', 'unauthenticated', 'per-source'])
def test_connections_above_a_limit_are_sent_away(limited, limit):
    server = limited('connections { %s = 3 }' % limit)
    with contextlib.ExitStack() as others:
        clients = [others.enter_context(server.connect('alice')) for _ in range(3)]
        if limit != 'unauthenticated':
            for client in clients:
                assert_serves(client)
        assert_sent_away(server)
        assert_sent_away(server)
        for client in clients:
            assert_serves(client)
        if limit == 'unauthenticated':
            # None of them is a guest any more, so there is room for three others.
            for _ in range(3):
                others.enter_context(server.connect())
            assert_sent_away(server)
        clients[0].close()
        if limit != 'unauthenticated':
            wait_until(lambda: serves_again(server), 'room for another connection')
        for client in clients[1:]:
            assert_serves(client)


def test_a_source_is_one_address(limited):
    server = limited('connections { per-source = 2 }')
    with server.connect('alice') as one, server.connect('alice') as two:
        assert_serves(one)
        assert_serves(two)
        assert_sent_away(server)
        with Connection(server.port, source='127.0.0.2') as other:
            other.authorization = one.authorization
            assert_serves(other)


def test_the_soft_limit_of_files_does_not_limit_connections(limited, tmp_path):
    server = limited('connections { total = 100 }', winrmd=with_descriptors(tmp_path, 64, 1024))
    with contextlib.ExitStack() as others:
        for _ in range(100):
            client = others.enter_context(server.connect('alice'))
        assert_serves(client)
        assert_sent_away(server)
    assert 'open files' not in server.report()


def test_the_soft_limit_of_files_limits_no_shells_and_is_what_they_get(limited, tmp_path):
    """The broker has a descriptor for each host: it takes what the hard limit allows. A plug-in
    and a command find the limit that winrmd was started with: select() cannot take more."""
    server = limited(rules='user * allow quota shells=40\noperation * * * allow\n',
                     winrmd=with_descriptors(tmp_path, 32, 1024))
    with server.connect('alice') as client:
        shells = [client.create() for _ in range(40)]
        command = client.command(shells[-1], 'ulimit -Sn; ulimit -Hn')
        assert client.receive_all(shells[-1], command)[0] == b'32\n1024\n'
        for shell in shells:
            client.delete(shell)


def test_without_descriptors_the_broker_waits_for_one(limited, tmp_path):
    """More winrmctls than it has descriptors for: no spinning, and the next one is answered."""
    server = limited(winrmd=with_descriptors(tmp_path, 40, 40))
    with contextlib.ExitStack() as held:
        while 'no descriptor is left' not in server.report():
            one = held.enter_context(socket.socket(socket.AF_UNIX))
            one.settimeout(0.1)  # while the queue is full nobody is let in
            with contextlib.suppress(BlockingIOError, TimeoutError):
                one.connect(str(server.folder / 'winrmd.sock'))
        before = processor_time(server.pid)
        with server.connect('alice') as client:
            for _ in range(20):
                client.ask(GET, shell=NO_SHELL)
        assert processor_time(server.pid) - before < 0.5 * PATIENCE
    server.status()


def test_a_hard_limit_of_files_below_total_is_said_and_kept(limited, tmp_path):
    server = limited('connections { total = 2000 }',
                     winrmd=with_descriptors(tmp_path, 64, 128))
    line = server.wait_for_log('open files')
    assert 'the limit of 128 open files is enough for 64 connections, not for the 2000' \
        in line
    assert 'LimitNOFILE' in line and 'total' in line
    with contextlib.ExitStack() as others:
        clients = [others.enter_context(server.connect('alice')) for _ in range(64)]
        assert_serves(clients[-1])
        assert_sent_away(server)
        # There are descriptors left for what these clients want: a shell.
        shell = clients[0].create()
        command = clients[1].command(shell, 'echo served')
        assert clients[2].receive_all(shell, command) == (b'served\n', b'', 0)
        clients[3].delete(shell)


# Answers before the body, and bodies above the limit

def announced(client, length, credentials):
    """The head of a request whose body is to follow."""
    return ('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Type: application/soap+xml\r\n%s'
            'Content-Length: %d\r\n\r\n'
            % ('Authorization: %s\r\n' % client.authorization if credentials else '',
               length)).encode()


def test_a_401_before_a_large_body_is_not_lost(server):
    """The client writes all of its body before it reads; above the bound the connection ends."""
    with server.connect('alice') as client:
        client.socket.sendall(announced(client, 500000, False) + b'x' * 500000)
        response = client.receive()
        assert response.status == 401 and response.header('Connection') is None
        assert_serves(client)
    with server.connect('alice') as client:
        client.socket.sendall(announced(client, 1000000, False) + b'x' * 1000000)
        response = client.receive()
        assert response.status == 401 and response.header('Connection') == 'close'
        assert response.header('WWW-Authenticate')
        assert client.socket.recv(1) == b''


def test_a_body_above_the_limit_ends_only_what_is_large(limited):
    # Bodies of 2 * 32 KiB + 64 KiB are taken: an envelope in UTF-16 and what stands around it.
    server = limited(operations='MaxEnvelopeSizeKB="32" QuotaSystemWindowOperations="0"')
    with server.connect('alice') as client:
        client.socket.sendall(announced(client, 131073, True) + b'x' * 131073)
        response = client.receive()
        assert response.status == 413 and response.header('Connection') is None
        assert_serves(client)
        client.socket.sendall(announced(client, 1000000, True) + b'x' * 1000000)
        response = client.receive()
        assert response.status == 413 and response.header('Connection') == 'close'
        assert client.socket.recv(1) == b''


# Back-pressure

def test_output_through_a_tiny_window(server):
    with server.connect('alice') as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        shell = client.create()
        command = client.command(shell, 'seq 1 30000')
        stdout, _, code = client.receive_all(shell, command)
        assert stdout == b''.join(b'%d\n' % number for number in range(1, 30001)) and code == 0
        client.delete(shell)
