# SPDX-License-Identifier: ISC
"""A host that is stopped (SIGSTOP), as one that swaps or a debugger holds: nobody but those it serves
waits, what waits for it in winrmd-net and in the broker is bounded, and it can be got rid of
(docs/reliability.md, F-40 and F-41)."""

import contextlib
import os
import signal

import pytest

from faults import LONG, assert_nothing_is_held, assert_serves, resident
from server import DEADLINE, is_running, send_signal, wait_until
from wire import COMMAND, CREATE, GET, RECEIVE, SEND, envelope, receive_body

# MiB of one process: what a channel holds for a process that does not read (CHANNEL_OUT_LIMIT), and what is copied
# of it while it grows; and what is left of the requests themselves.
BOUND = 48
INPUT = ('<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">' + 'QUFB' * 80000 + '</rsp:Stream></rsp:Send>')


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        send_signal(pid, signal.SIGCONT)


def host_of(server, shell):
    return [row['process'] for row in server.status()['shells'] if row['shell_id'] == shell][0]


@pytest.fixture
def big_server(new_server):
    return new_server(authentication='basic = "file:users"\nbasic-cache = "60s"',
                      operations='QuotaSystemWindowOperations="0" MaxEnvelopeSizeKB="500"')


def test_a_shell_host(big_server):
    """docs/reliability.md F-40"""
    server = big_server
    with server.connect('bob') as bob, server.connect('alice') as client:
        theirs, shell = bob.create(), client.create()
        command = client.command(shell, 'cat >/dev/null')
        host = host_of(server, shell)
        with contextlib.ExitStack() as others, stopped(host):
            # It answers to nobody; each hears so when the time is over that he gives it.
            for action, body in ((RECEIVE, receive_body(command)),
                                 (COMMAND, '<rsp:CommandLine><rsp:Command>true</rsp:Command>'
                                           '</rsp:CommandLine>')):
                one = others.enter_context(server.connect('alice'))
                one.send(envelope(action, body, shell=shell, timeout='PT1S'))
            senders = [others.enter_context(server.connect('alice')) for _ in range(200 if LONG else 80)]
            for sender in senders:
                sender.send(envelope(SEND, INPUT % command, shell=shell, timeout='PT2S'))
            assert bob.receive_all(theirs, bob.command(theirs, 'echo on')) == (b'on\n', b'', 0)
            assert_serves(server, 'bob')
            for sender in senders:
                assert sender.receive().status in (200, 500)
            after = [resident(pid) for pid in (server.pid, *server.pids('winrmd-net'))]
            assert max(after) < BOUND * 1024, after
            # The shell can be asked about, since the broker knows it, and deleted.
            assert client.ask(GET, shell=shell).status in (200, 500)
            assert client.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
                              shell=shell).status in (200, 500)
            wait_until(lambda: not is_running(host), 'the end of the host')
        assert_serves(server)
        bob.delete(theirs)
    assert_nothing_is_held(server)


def test_a_shell_host_goes_on_where_it_was(server):
    """docs/reliability.md F-40: what was asked in the meantime, and not given up, is done."""
    with server.connect('alice') as client, server.connect('alice') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        host = host_of(server, shell)
        with stopped(host):
            other.send(envelope(RECEIVE, receive_body(command), shell=shell))
            client.send(envelope(SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s" End="true">'
                                 'QUFB</rsp:Stream></rsp:Send>' % command, shell=shell))
            assert_serves(server, 'bob')
        assert client.receive().status == 200
        assert b'QUFB' in other.receive().body
        client.delete(shell)
    assert_nothing_is_held(server)


def test_an_authorization_host(new_server):
    """docs/reliability.md F-41: each question is refused at its deadline, shells go on, and it answers again
    when it goes on; what it says then about questions that are over changes nothing."""
    server = new_server(application='authorization-timeout = "%dms"' % DEADLINE)
    with server.connect('alice') as client, server.connect('bob') as bob:
        shell = client.create()
        command = client.command(shell, 'cat')
        host, = server.pids('winrmd-host (authorization)')
        before = resident(server.pid)
        with stopped(host), contextlib.ExitStack() as others:
            asking = [others.enter_context(server.connect('bob')) for _ in range(20)]
            for _ in range(20 if LONG else 3):
                for one in asking:
                    one.send(envelope(CREATE, '<rsp:Shell/>' + '<!-- %s -->' % ('x' * 100000)))
                # Follow-on messages need no verdict.
                client.send_input(shell, command, b'x')
                for one in asking:
                    assert one.receive().status == 500
            after = resident(server.pid)
            assert after - before < BOUND * 1024, (before, after)
        client.send_input(shell, command, b'x', end=True)
        assert client.receive_all(shell, command)[2] == 0
        wait_until(lambda: bob.ask(CREATE, '<rsp:Shell/>').status == 200, 'a verdict', pause=0.1)
        for row in server.status()['shells']:
            (client if row['owner'] == 'alice' else bob).delete(row['shell_id'])
    assert_nothing_is_held(server)
