# SPDX-License-Identifier: ISC
"""A message that comes again with the same p:OperationID and p:SequenceId is answered once more and
not carried out again: rules P-3.4.1 to P-3.4.5 and P-4.9.9 to P-4.9.11 of docs/protocol.md,
W-14.8 of docs/plugin-api.md."""

import base64
import fcntl
import os
import select
import signal
import struct
import termios
import uuid

import pytest

from server import wait_until
from wire import (COMMAND, CREATE, CTRL_C, HANG, NS, RECEIVE, SEND, SIGNAL, TERMINATE, envelope,
                  receive_body)

ABORTED = 995
BUSY = 170
TIMED_OUT = 2150858793
NO_SUCH = 2150858843
CONFLICT = 2150859223
SHELL_ID = '2C0B0A4E-6C0F-4B39-9B7D-7E1C3C6A7F01'


class Ids:
    """What a client counts for one operation; `next()` are the headers of the next message."""

    def __init__(self):
        self.operation, self.sequence = 'uuid:%s' % uuid.uuid4(), 0

    def next(self):
        self.sequence += 1
        return self.again()

    def again(self):
        return ('<p:OperationID>%s</p:OperationID><p:SequenceId>%d</p:SequenceId>'
                % (self.operation, self.sequence))


@pytest.fixture
def ids():
    return Ids()


def send_body(command, data, end=False):
    return ('<rsp:Send><rsp:Stream Name="stdin" CommandId="%s"%s>%s</rsp:Stream></rsp:Send>'
            % (command, ' End="true"' if end else '', base64.b64encode(data).decode()))


def command_body(line, command_id=None):
    return ('<rsp:CommandLine%s><rsp:Command>%s</rsp:Command></rsp:CommandLine>'
            % (' CommandId="%s"' % command_id if command_id else '', line))


def signal_body(command, code):
    return '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>' % (command, code)


def data_of(response):
    return b''.join(base64.b64decode(element.text or '')
                    for element in response.xml.iterfind('.//rsp:Stream', NS))


def body_of(response):
    return response.body.split(b'<s:Body>')[1]


def test_input_is_fed_once(server, alice, shell, ids):
    """P-3.4.1"""
    command = alice.command(shell, 'cat')
    for line in (b'one\n', b'two\n'):
        header = ids.next()
        for _ in range(3):
            with server.connect('alice') as client:
                client.get_done(SEND, send_body(command, line), shell=shell, extra=header)
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'one\ntwo\n', b'', 0)


def test_the_end_of_input_is_told_once(server, alice, shell, ids):
    """P-3.4.1: it is no error that the stream has ended."""
    command = alice.command(shell, 'cat')
    header = ids.next()
    for _ in range(2):
        alice.get_done(SEND, send_body(command, b'x', end=True), shell=shell, extra=header)
    assert alice.receive_all(shell, command) == (b'x', b'', 0)


def unread(pid):
    """Bytes that wait at the standard input of a process."""
    pipe = os.open('/proc/%d/fd/0' % pid, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return struct.unpack('i', fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
    finally:
        os.close(pipe)


def test_input_that_is_still_being_fed_is_fed_once(server, alice, shell, ids, tmp_path):
    """P-3.4.2: the command does not read yet, and the connection is cut. The message that comes
    again waits for the first instead of finding it in its way."""
    go = tmp_path / 'go'
    command = alice.command(shell, 'echo $$; until [ -e %s ]; do sleep 0.02; done; wc -c' % go)
    pid = int(data_of(alice.ask_receive(shell, command)))
    data = b'x' * 300000
    message = envelope(SEND, send_body(command, data), shell=shell, extra=ids.next())
    lost = server.connect('alice')
    lost.send(message)
    wait_until(lambda: unread(pid) > 0, 'the input to fill the pipe')
    other = alice.ask(SEND, send_body(command, b''), shell=shell)
    assert (other.status, other.fault.number) == (500, BUSY)
    lost.close()
    server.wait_for_end_of(lost)
    waiting = server.connect('alice')
    waiting.send(message)
    # It is with the host when a message that was sent later has been answered.
    alice.get_done('http://schemas.xmlsoap.org/ws/2004/09/transfer/Get', shell=shell)
    go.touch()
    assert waiting.receive().status == 200
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'%d\n' % len(data), b'', 0)
    waiting.close()


def test_a_command_is_started_once(server, alice, shell, ids, tmp_path):
    """P-3.4.3: also when its client leaves the choice of its id to the service."""
    started = tmp_path / 'started'
    header, told = ids.next(), set()
    for _ in range(3):
        with server.connect('alice') as client:
            response = client.get_done(COMMAND, command_body('echo . &gt;&gt; %s' % started),
                                       shell=shell, extra=header)
            told.add(response.text('rsp:CommandId'))
    command, = told
    assert alice.receive_all(shell, command) == (b'', b'', 0)
    assert started.read_text() == '.\n'
    assert len(server.audit('command-begin')) == 1
    # Slots of what was not started are back: there is the shell alone.
    wait_until(lambda: server.status()['records'][0]['operations'] == 1, 'the slots')


def test_a_command_does_not_conflict_with_itself(alice, shell, ids):
    """P-3.4.3"""
    command_id = '9B0D7D4C-58B6-4C6E-8B29-ABCDEF012345'
    header = ids.next()
    for _ in range(2):
        response = alice.get_done(COMMAND, command_body('echo hi', command_id), shell=shell,
                                  extra=header)
        assert response.text('rsp:CommandId') == command_id
    fault = alice.ask(COMMAND, command_body('echo hi', command_id), shell=shell,
                      extra=ids.next()).fault
    assert fault.number == 2150859222
    assert alice.receive_all(shell, command_id) == (b'hi\n', b'', 0)


@pytest.mark.parametrize('limits, code', [
    ({'quotas': 'MaxConcurrentCommandsPerShell="1"'}, 2150859241),
    ({'quotas': 'MaxConcurrentOperations="2"'}, 2150859239),
    ({'rules': 'user * allow quota shells=1 operations=2 rate=unlimited\noperation * * * allow\n'},
     2150859174)])
def test_a_repeated_command_needs_no_slot(new_server, ids, limits, code):
    """P-3.4.3: the first one, which runs, has the last there was. P-3.4.5: what only has its ids has
    nothing of that."""
    server = new_server(**limits)
    with server.connect('alice') as alice:
        shell, header = alice.create(), ids.next()
        first = alice.get_done(COMMAND, command_body('cat'), shell=shell, extra=header)
        for _ in range(2):
            with server.connect('alice') as client:
                again = client.get_done(COMMAND, command_body('cat'), shell=shell, extra=header)
                assert again.text('rsp:CommandId') == first.text('rsp:CommandId')
        command = first.text('rsp:CommandId')
        assert alice.ask(COMMAND, command_body('echo no'), shell=shell,
                         extra=header).fault.number == 2150859241
        assert alice.ask(COMMAND, command_body('cat'), shell=shell,
                         extra=ids.next()).fault.number == code
        alice.send_input(shell, command, b'once\n', end=True)
        assert alice.receive_all(shell, command) == (b'once\n', b'', 0)
        assert len(server.audit('command-begin')) == 1
        wait_until(lambda: server.status()['records'][0]['operations'] == 1, 'the slots')
        command = alice.command(shell, 'echo room')
        assert alice.receive_all(shell, command) == (b'room\n', b'', 0)


def test_a_signal_is_given_once(server, alice, shell, ids):
    """P-3.4.1"""
    command = alice.command(shell, 'trap "echo caught" INT; echo ready; '
                                   'until [ -e /nowhere ]; do sleep 0.02; done')

    def wait_for(text):
        seen = b''
        while text not in seen:
            seen += data_of(alice.get_done(RECEIVE, receive_body(command), shell=shell))
        return seen.count(b'caught')
    wait_for(b'ready\n')
    header, caught = ids.next(), 0
    for _ in range(3):
        with server.connect('alice') as client:
            client.get_done(SIGNAL, signal_body(command, CTRL_C), shell=shell, extra=header)
    caught += wait_for(b'caught\n')
    alice.get_done(SIGNAL, signal_body(command, CTRL_C), shell=shell, extra=ids.next())
    caught += wait_for(b'caught\n')
    assert caught == 2


def test_a_terminate_is_answered_again(server, alice, shell, ids):
    """P-3.4.1: though the command that it has ended is forgotten."""
    command = alice.command(shell, 'sleep 1000')
    header = ids.next()
    for _ in range(2):
        with server.connect('alice') as client:
            client.get_done(SIGNAL, signal_body(command, TERMINATE), shell=shell, extra=header)
    fault = alice.ask(SIGNAL, signal_body(command, TERMINATE), shell=shell, extra=ids.next()).fault
    assert fault.number == NO_SUCH


def test_an_error_is_told_again(alice, shell, ids):
    """P-3.4.1: with all that belongs to it."""
    command = alice.command(shell, 'cat')
    header = ids.next()
    faults = [alice.ask(SIGNAL, signal_body(command, 'urn:x'), shell=shell, extra=header).fault
              for _ in range(2)]
    assert faults[0].number == 2150858810
    assert faults[0][:5] == faults[1][:5]


@pytest.mark.parametrize('header', ['', '<p:OperationID>uuid:1</p:OperationID>',
                                    '<p:SequenceId>1</p:SequenceId>'])
def test_without_both_ids_every_message_counts(alice, shell, header):
    """P-3.4.1"""
    command = alice.command(shell, 'cat')
    for _ in range(2):
        alice.get_done(SEND, send_body(command, b'x'), shell=shell, extra=header)
    alice.get_done(SEND, send_body(command, b'', end=True), shell=shell)
    assert alice.receive_all(shell, command) == (b'xx', b'', 0)


def test_other_content_is_another_message(alice, shell, ids):
    """P-3.4.5: a client that does not count is not robbed of its input."""
    command, header = alice.command(shell, 'cat'), ids.next()
    for data in (b'a', b'b', b'ab'):
        alice.get_done(SEND, send_body(command, data), shell=shell, extra=header)
    alice.get_done(SEND, send_body(command, b'', end=True), shell=shell, extra=header)
    assert alice.receive_all(shell, command) == (b'abab', b'', 0)


def test_the_same_ids_of_another_user_say_nothing(server, alice, shell, ids):
    """P-3.4.1"""
    command, header = alice.command(shell, 'cat'), ids.next()
    alice.get_done(SEND, send_body(command, b'x'), shell=shell, extra=header)
    with server.connect('bob') as bob:
        for action, body in ((SEND, send_body(command, b'x')), (RECEIVE, receive_body(command))):
            assert bob.ask(action, body, shell=shell, extra=header).fault.number == NO_SUCH


# Receive

def test_output_is_told_again(server, alice, shell, ids):
    """P-4.9.9: the very same answer, on any connection, until the next one has been asked for."""
    command = alice.command(shell, 'while read line; do echo $line; done; exit 3')
    alice.send_input(shell, command, b'first\n')
    header = ids.next()
    first = alice.get_done(RECEIVE, receive_body(command), shell=shell, extra=header)
    assert data_of(first) == b'first\n'
    alice.send_input(shell, command, b'second\n')
    for _ in range(3):
        with server.connect('alice') as client:
            again = client.get_done(RECEIVE, receive_body(command), shell=shell, extra=header)
            assert body_of(again) == body_of(first)
    second = alice.get_done(RECEIVE, receive_body(command), shell=shell, extra=ids.next())
    assert data_of(second) == b'second\n'
    # The first is no longer held: it is one like any other now.
    fault = alice.ask(RECEIVE, receive_body(command), shell=shell, extra=header,
                      timeout='PT0.05S').fault
    assert fault.number == TIMED_OUT
    alice.send_input(shell, command, b'', end=True)
    end = alice.get_done(RECEIVE, receive_body(command), shell=shell, extra=ids.next())
    while end.text('rsp:ExitCode') is None:  # the ends of the streams may come before it
        end = alice.get_done(RECEIVE, receive_body(command), shell=shell, extra=ids.next())
    again = alice.get_done(RECEIVE, receive_body(command), shell=shell, extra=ids.again())
    assert end.text('rsp:ExitCode') == '3'
    assert body_of(again) == body_of(end)


def test_output_that_went_with_its_winrmd_net_is_told_by_another(traceable_server, ids):
    """P-4.9.9: killed before or after it could say that it had written the answer."""
    server = traceable_server
    alice = server.connect('alice')
    shell = alice.create()
    command = alice.command(shell, 'cat')
    for number in range(5):
        line, header = b'%d\n' % number, ids.next()
        client = server.connect('alice')
        net = server.net_of(client)
        client.send(envelope(SEND, send_body(command, line), shell=shell, extra=header))
        assert client.receive().status == 200
        os.kill(net, signal.SIGKILL)
        client.close()
        with server.connect('alice') as other:
            other.get_done(SEND, send_body(command, line), shell=shell, extra=header)
        reader, header = server.connect('alice'), ids.next()
        net = server.net_of(reader)
        first = reader.get_done(RECEIVE, receive_body(command), shell=shell, extra=header)
        os.kill(net, signal.SIGKILL)
        reader.close()
        with server.connect('alice') as other:
            again = other.get_done(RECEIVE, receive_body(command), shell=shell, extra=header)
            assert data_of(again) == data_of(first) == line
    alice = server.connect('alice')
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)


def test_a_receive_that_waits_is_taken_over(server, alice, shell, ids):
    """P-4.9.10: the same message on another connection waits in its place."""
    command = alice.command(shell, 'cat')
    message = envelope(RECEIVE, receive_body(command), shell=shell, extra=ids.next())
    clients = [server.connect('alice') for _ in range(2)]
    for client in clients:
        client.send(message)
    ready, _, _ = select.select([client.socket for client in clients], [], [], HANG)
    older, newer = sorted(clients, key=lambda client: client.socket not in ready)
    assert older.receive().fault.number == ABORTED
    alice.send_input(shell, command, b'hello\n')
    assert data_of(newer.receive()) == b'hello\n'
    for client in clients:
        client.close()
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)


def test_output_that_was_not_read_comes_whether_or_not_it_is_asked_for_again(server, alice, shell,
                                                                            ids):
    """P-4.9.9 and P-4.9.11: closed with the answer unread; then the same message, or a new one."""
    command = alice.command(shell, 'cat')
    for number in range(10):
        line, header = b'%d\n' % number, ids.next()
        alice.send_input(shell, command, line)
        lost = server.connect('alice')
        lost.send(envelope(RECEIVE, receive_body(command), shell=shell, extra=header))
        assert lost.socket.recv(1)
        lost.close()
        if number % 2:
            header = ids.next()

        def told():
            response = alice.ask(RECEIVE, receive_body(command), shell=shell, extra=header,
                                 timeout='PT0.05S')
            return data_of(response) if response.status == 200 else None
        assert wait_until(told, 'the output to come again') == line
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)


# Create

def test_a_shell_is_made_once(server, alice, ids):
    """P-3.4.4"""
    body = '<rsp:Shell ShellId="%s"/>' % SHELL_ID
    header = ids.next()
    told = []
    for _ in range(2):
        with server.connect('alice') as client:
            told.append(client.get_done(CREATE, body, extra=header))
    assert [each.text('w:Selector') for each in told] == [SHELL_ID] * 2
    assert told[0].text('rsp:ProcessId') == told[1].text('rsp:ProcessId')
    assert len(server.audit('shell-begin')) == 1
    wait_until(lambda: server.status()['records'][0]['shells'] == 1, 'the slots')
    for extra in ('', ids.next()):
        assert alice.ask(CREATE, body, extra=extra).fault.number == CONFLICT
    with server.connect('bob') as bob:
        assert bob.ask(CREATE, body, extra=header).fault.number == CONFLICT
    command = alice.command(SHELL_ID, 'echo hi')
    assert alice.receive_all(SHELL_ID, command) == (b'hi\n', b'', 0)
    alice.delete(SHELL_ID)
