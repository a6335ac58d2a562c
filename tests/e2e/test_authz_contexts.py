# SPDX-License-Identifier: ISC
"""When contexts of users and operations go back (WSManPluginAuthzReleaseContext; rule A-7 of
docs/authorization.md). That all of them do is looked at in each test of authorization."""

import os
import select
import socket
import threading

import pytest

from oracle import NO_SHELL, is_empty, say, seen, wait_for_seen
from server import HANG, IDLE, wait_until
from wire import GET, envelope


def operations_released(server, user):
    return len(seen(server, 'released', released='operation', user=user))


def test_of_a_get_when_its_answer_is_written(new_server):
    """A client that does not read: the answers before fill the connection, and the context of the
    Get whose answer does not fit stays out."""
    server = new_server(authorizer='oracle')
    with server.connect('bob') as client, server.connect('frank') as other:
        shell = client.create()
        other.ask(GET, shell=NO_SHELL)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        enough, sent = threading.Event(), []

        def ask_on():
            while not enough.is_set():
                client.send(envelope(GET, shell=shell))
                sent.append(1)

        sender = threading.Thread(target=ask_on)
        sender.start()

        def has_stopped():
            if select.select([], [client.socket], [], 0)[1]:
                return False
            before = server.counters()['operation_calls']
            for _ in range(10):
                other.ask(GET, shell=NO_SHELL)
            return server.counters()['operation_calls'] == before + 10

        # Some thousands of answers.
        wait_until(has_stopped, 'the answers to fill the connection', limit=5 * HANG)

        def out():
            counters = server.counters()
            return counters['contexts_reported'] - counters['contexts_released']
        # Two users, the shell, and the Get. Those of the other's Gets come back soon.
        wait_until(lambda: out() == 4, 'four contexts to be out')
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        enough.set()
        count = 0
        while sender.is_alive() or count < len(sent):
            if count == len(sent):
                sender.join(0.01)
                continue
            assert client.receive().status == 200
            count += 1
        client.delete(shell)
        wait_until(lambda: operations_released(server, 'bob') == count + 2, 'the contexts')
        assert server.counters()['contexts_lost'] == 0


@pytest.mark.parametrize('end', ['exit', 'terminate', 'shell', 'host'])
def test_of_a_command_when_it_is_over(new_server, end):
    server = new_server(authorizer='oracle')
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        other = client.command(shell, 'cat')
        for _ in range(5):
            client.send_input(shell, command, b'x')
        assert operations_released(server, 'bob') == 0
        if end == 'exit':
            client.send_input(shell, command, b'', end=True)
            client.receive_all(shell, command)
        elif end == 'terminate':
            client.signal(shell, command)
        elif end == 'shell':
            client.delete(shell)
        else:
            os.kill(server.pids('winrmd-host (shell)')[0], 9)
            server.wait_for_counter('shells_ended', 1)
        if end in ('exit', 'terminate'):
            wait_for_seen(server, 1, 'released', released='operation')
            # The shell and the other command live.
            assert operations_released(server, 'bob') == 1
            client.signal(shell, other)
            wait_for_seen(server, 2, 'released', released='operation')
            client.delete(shell)
    wait_until(lambda: operations_released(server, 'bob') == (3 if end == 'host' else 4),
               'the contexts of the shell and of the Delete')
    assert seen(server, 'released', released='user') == []


def test_of_a_shell_when_it_is_gone(new_server):
    """Its idle time-out, without any message."""
    server = new_server(authorizer='oracle',
                        operations='QuotaSystemWindowOperations="0" '
                                   'MaxShellIdleTimeoutMinutes="%dms"' % IDLE)
    with server.connect('bob') as client:
        client.create()
        assert operations_released(server, 'bob') <= server.counters()['shells_ended']
    server.wait_for_counter('shells_ended', 1)
    wait_for_seen(server, 1, 'released', released='operation', user='bob')


def test_of_a_user_after_the_new_one_was_obtained(new_server):
    server = new_server(authorizer='oracle',
                        operations='QuotaSystemWindowOperations="0" '
                                   'QuotaRefreshIntervalSeconds="0"')
    say(server, 'operation * context=none')
    with server.connect('bob') as client:
        client.ask(GET, shell=NO_SHELL)
        assert seen(server, 'released') == []
        client.ask(GET, shell=NO_SHELL)
        wait_for_seen(server, 1, 'released')
        notes = [note for note in seen(server) if 'released' in note or note.get('call') == 'user']
        assert [list(note)[0] for note in notes] == ['call', 'call', 'released']
        # Whether or not it succeeded: both go back then.
        say(server, 'operation * context=none', 'user bob code=5')
        wait_until(lambda: server.counters()['calls'] == 0, 'the refresh to end')
        client.ask(GET, shell=NO_SHELL)
        wait_for_seen(server, 3, 'released')
        assert client.ask(GET, shell=NO_SHELL).fault.number == 5
        assert len(seen(server, 'released')) == 3


def test_of_a_user_at_the_time_out_and_at_the_stop(new_server):
    server = new_server(authorizer='oracle', application='record-idle-timeout = "1s"')
    say(server, 'operation * context=none')
    with server.connect('bob') as client:
        client.ask(GET, shell=NO_SHELL)
        wait_for_seen(server, 1, 'released', released='user', user='bob')
        assert is_empty(server)
        client.ask(GET, shell=NO_SHELL)
    server.stop()
    notes = [note for note in seen(server) if 'released' in note or 'shutdown' in note]
    assert [note.get('released', 'shutdown') for note in notes] == ['user', 'user', 'shutdown']
    assert notes[-1]['missing'] == 0


def test_a_value_goes_back_as_often_as_it_was_reported(new_server):
    server = new_server(authorizer='oracle', application='record-idle-timeout = "100ms"')
    say(server, 'user * context=shared', 'operation * context=shared')
    for _ in range(3):
        with server.connect('bob') as client:
            client.command(client.create(), 'true')
            client.ask(GET, shell=NO_SHELL)
        with server.connect('alice') as client:
            client.ask(GET, shell=NO_SHELL)
    server.stop()
    assert seen(server, 'shutdown')[0]['missing'] == 0
    counters = len(seen(server, 'said', to='operation')) + len(seen(server, 'said', to='user'))
    assert len(seen(server, 'released')) == counters
