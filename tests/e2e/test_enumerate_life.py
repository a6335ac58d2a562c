# SPDX-License-Identifier: ISC
"""How long an enumeration lives: its slot, the context of its authorization, its time-out, and
whose process dies meanwhile (P-4.4.8 to P-4.4.14; rules A-4, A-7 and Q-2 of docs/authorization.md)."""

import os
import signal
import socket
from pathlib import Path

import pytest

from enumeration import (COMMANDS, NO_CONTEXT, PULL, ask_enumerate, ask_pull, ask_release, enumerate_,
                         pull, pull_body, selector_filter, with_room)
from oracle import NO_SHELL, NO_THROTTLE, is_empty, say, seen, wait_for_seen
from server import IDLE, wait_until
from wire import GET, Connection, envelope

OPERATIONS, IN_PROGRESS, NOT_FOUND = 2150859174, 2150858758, 2150858843
ONE = 'user dave allow quota operations=1\nuser * allow\noperation * * * allow\n'


def released(server, user='bob'):
    return len(seen(server, 'released', released='operation', user=user))


def wait_for_enumerations(server, count):
    wait_until(lambda: server.counters()['enumerations'] == count, '%d enumerations' % count)


# The slot


def test_one_operation_for_all_of_it(new_server):
    """P-4.4.14: from the Enumerate to the last item, and no longer: a user who may do one thing at a
    time does the next one as soon as the end has come, whichever process takes it."""
    server = new_server(rules=ONE)
    with server.connect('dave') as dave, server.connect('dave') as other:
        for end in ('pull', 'release', 'at once') * 5:
            page = enumerate_(dave, most=None if end != 'at once' else 32000)
            if end != 'at once':
                fault = other.ask(GET, shell=NO_SHELL).fault
                assert (fault.number, fault.subcode) == (OPERATIONS, 'w:QuotaLimit')
                assert ask_enumerate(dave).fault.number == OPERATIONS
            if end == 'pull':
                assert pull(dave, page.context).end
            elif end == 'release':
                assert ask_release(dave, page.context).status == 200
            assert other.ask(GET, shell=NO_SHELL).fault.number == NOT_FOUND


def test_where_requests_alone_count(new_server):
    """count-requests-only: an enumeration that waits holds no slot; P-4.4.14 says how many a user has."""
    server = new_server(rules=ONE, application='count-requests-only = true')
    with server.connect('dave') as dave, server.connect('bob') as bob:
        contexts = [enumerate_(dave, most=None).context for _ in range(100)]
        fault = ask_enumerate(dave).fault
        assert fault.number == OPERATIONS and '100' in fault.text
        assert server.status()['records'][0]['operations'] == 0
        assert enumerate_(bob).end
        assert ask_release(dave, contexts.pop()).status == 200
        assert pull(dave, contexts[0]).end
        contexts += [enumerate_(dave, most=None).context for _ in range(2)]
        assert ask_enumerate(dave).fault.number == OPERATIONS
        wait_for_enumerations(server, 100)


def test_each_pull_counts_for_the_rate(new_server):
    """Rules A-4 and Q-3: and the plug-in is asked about the Enumerate alone."""
    server = new_server(authorizer='oracle')
    say(server, 'quota bob shells=9 operations=9 seconds=3600 messages=4')
    with server.connect('bob') as bob:
        shells = [bob.create() for _ in range(2)]
        context = enumerate_(bob, most=None).context
        assert pull(bob, context).shells == shells[:1]
        assert ask_pull(bob, context).fault.number == 2150859175
        # What ends something is never refused.
        assert ask_release(bob, context).status == 200
    assert [note['operation'] for note in seen(server, 'call', call='operation')] == [7, 7, 5]


# The context of its authorization


@pytest.mark.parametrize('end', ['pull', 'release', 'time-out', 'withdrawal', 'stop'])
def test_its_context_goes_back_when_it_is_over(new_server, end):
    server = new_server(
        authorizer='oracle', application='authorization-timeout = "%dms"' % IDLE,
        operations=NO_THROTTLE + ' MaxEnumerateIdleTimeoutSeconds="%s"%s' % (
            '%dms' % IDLE if end == 'time-out' else '240',
            ' QuotaRefreshIntervalSeconds="0"' if end == 'withdrawal' else ''))
    with server.connect('bob') as bob:
        shells = [bob.create() for _ in range(2)]
        assert enumerate_(bob).end
        wait_for_seen(server, 1, 'released', released='operation')
        context = enumerate_(bob, most=1).context
        assert end == 'time-out' or released(server) == 1
        if end == 'pull':
            assert pull(bob, context).shells == shells[1:]
        elif end == 'release':
            ask_release(bob, context)
        elif end == 'withdrawal':
            say(server, 'user bob code=5')
            bob.ask(GET, shell=NO_SHELL)
            wait_until(lambda: server.counters()['calls'] == 0, 'the refusal')
            bob.ask(GET, shell=NO_SHELL)
        elif end == 'stop':
            server.stop()
            assert seen(server, 'shutdown')[0]['missing'] == 0
            line, = server.audit('enumeration-end')
            assert line['reason'] == 'the service is stopping'
            return
        wait_for_enumerations(server, 0)
        if end != 'withdrawal':
            wait_for_seen(server, 2, 'released', released='operation')
            assert ask_pull(bob, context).fault.number == NO_CONTEXT
        line, = server.wait_for_audit('enumeration-end')
        assert line['reason'] == {
            'pull': 'everything was pulled', 'release': 'released',
            'time-out': 'its idle time-out elapsed',
            'withdrawal': "the user's authorization was withdrawn"}[end]
        assert (line['operation'], line['user']) == ('Enumerate', 'bob')
    if end == 'withdrawal':
        wait_until(lambda: is_empty(server), 'everything to be given back')


def test_its_time_out_after_a_pull(new_server):
    """P-4.4.11"""
    server = new_server(operations=NO_THROTTLE + ' MaxEnumerateIdleTimeoutSeconds="%dms"' % IDLE)
    with server.connect('alice') as alice:
        made = [alice.create() for _ in range(3)]
        context = enumerate_(alice, most=None).context
        assert pull(alice, context).shells == made[:1]
        wait_for_enumerations(server, 0)
        assert ask_pull(alice, context).fault.number == NO_CONTEXT


# Processes that die, and clients that leave


def test_another_process_goes_on(traceable_server):
    """P-4.4.10: on another connection, when the winrmd-net of the first is dead."""
    server = traceable_server
    with server.connect('alice') as alice:
        made = [alice.create() for _ in range(3)]
        context = enumerate_(alice, most=1).context
        # By then the broker has heard that the answer is written.
        alice.ask(GET, shell=NO_SHELL)
        os.kill(server.net_of(alice), signal.SIGKILL)
        with server.connect('alice') as other:
            assert pull(other, context, 9).shells == made[1:]
    wait_for_enumerations(server, 0)


class Deaf(Connection):
    """One whose answers fill nothing but what the server's side buffers."""

    def __init__(self, port, user=None, password=None, path='/wsman'):
        made = socket.create_connection

        def create(address, timeout, source_address):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(timeout)
            client.connect(address)
            return client
        socket.create_connection = create
        try:
            super().__init__(port, user, password, path)
        finally:
            socket.create_connection = made


def test_a_lost_answer_comes_again(new_server):
    """P-4.4.10 and P-4.4.12: a Pull whose answer is larger than what the kernel takes, and whose
    client does not read it. Meanwhile another Pull is refused; when the client has left, the next
    one has the very items, and the slot is held until then."""
    most = int(Path('/proc/sys/net/ipv4/tcp_wmem').read_text().split()[2])
    count = (most + (1 << 20)) // 24000
    server = new_server(rules='user * allow quota operations=unlimited rate=unlimited\n'
                              'operation * * * allow\n',
                        operations=NO_THROTTLE + ' MaxEnvelopeSizeKB="32768"')
    with server.connect('bob') as bob:
        shell = bob.create()
        made = [bob.command(shell, 'read x #' + '"' * 4088) for _ in range(count)]
        context = enumerate_(bob, COMMANDS, most=None, inside=selector_filter(shell)).context
        held = server.status()['records'][0]['operations']
        known = server.counters()['operations']
        deaf = server.connect('bob', kind=Deaf)
        deaf.send(with_room(envelope(PULL, pull_body(context, 32000), resource=COMMANDS), 33554432))
        wait_until(lambda: server.counters()['operations'] == known + 1, 'the Pull to be answered')
        fault = ask_pull(bob, context).fault
        assert (fault.number, fault.subcode) == (IN_PROGRESS, 'w:Concurrency')
        deaf.close()
        wait_until(lambda: server.counters()['operations'] == known, 'the loss of the answer')
        assert server.status()['records'][0]['operations'] == held
        page = pull(bob, context, 32000, resource=COMMANDS, room=33554432)
        assert page.texts('rsp:CommandId') == made and page.end
        wait_for_enumerations(server, 0)
        assert server.status()['records'][0]['operations'] == held - 1
        bob.delete(shell)
