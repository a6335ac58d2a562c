# SPDX-License-Identifier: ISC
"""What a command puts out reaches its client once, in order and whole: whatever clients ask for,
however slowly they read, and whichever winrmd-net dies in between."""

import base64
import os
import random
import signal
import struct
import socket
import threading
from pathlib import Path

import pytest

from server import PATIENCE, descendants, wait_until
from wire import CTRL_C, DONE, NS, RECEIVE, envelope, receive_body

TIMED_OUT = 2150858793
INVALID_STREAMS = 2150859149
MIB = 1024 * 1024


def data_of(response, stream='stdout'):
    return b''.join(base64.b64decode(element.text or '')
                    for element in response.xml.iterfind('.//rsp:Stream', NS)
                    if element.get('Name') == stream)


def is_done(response):
    return response.xml.find('.//rsp:CommandState', NS).get('State') == DONE


def receive_stream(client, shell, command, stream):
    """Everything of one stream, asked for by its name alone."""
    received = b''
    while True:
        response = client.get_done(RECEIVE, receive_body(command, stream), shell=shell)
        names = {element.get('Name') for element in response.xml.iterfind('.//rsp:Stream', NS)}
        assert names <= {stream}
        received += data_of(response, stream)
        if is_done(response):
            return received


def memory(pid):
    """Resident bytes of a process."""
    for line in Path('/proc', str(pid), 'status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1]) * 1024
    raise AssertionError('no VmRSS')


def child(server, name):
    """The only process of that name in the only shell."""
    host, = server.pids('winrmd-host (shell)')
    found = [pid for pid, program in descendants(host).items() if program == name]
    return found[0] if len(found) == 1 else None


def processor_time(pid):
    fields = Path('/proc', str(pid), 'stat').read_text().rpartition(')')[2].split()
    return int(fields[11]) + int(fields[12])


def wait_until_blocked(pid):
    """A process that sleeps and gets no processor time any more."""
    seen = []

    def blocked():
        fields = Path('/proc', str(pid), 'stat').read_text().rpartition(')')[2].split()
        seen.append((fields[0], processor_time(pid)))
        return len(seen) > 40 and len(set(seen[-40:])) == 1 and fields[0] == 'S'

    wait_until(blocked, 'the process to be blocked')


# Streams

def test_ten_megabytes_through_stdin_and_back(server, alice, shell):
    """Sent in pieces up to an envelope's size, read at the same time on two other connections."""
    size = 10 * MIB if PATIENCE <= 1 else 3 * MIB
    data = random.Random(1).randbytes(size)
    command = alice.command(shell, 'cat')
    received = []
    lock = threading.Lock()  # one Receive at a time, so that the order is known
    done = threading.Event()
    failures = []

    def read():
        try:
            with server.connect('alice') as client:
                while not done.is_set():
                    with lock:
                        if done.is_set():
                            return
                        response = client.get_done(RECEIVE, receive_body(command), shell=shell)
                        received.append(data_of(response))
                        if is_done(response):
                            done.set()
        except BaseException as failure:
            failures.append(failure)
            raise

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    sizes = random.Random(2)
    position = 0
    while position < size and not failures:
        piece = data[position:position + sizes.choice([1, 1000, 70000, 300000])]
        alice.send_input(shell, command, piece)
        position += len(piece)
    alice.send_input(shell, command, b'', end=True)
    for reader in readers:
        reader.join()
    assert not failures
    assert b''.join(received) == data


@pytest.mark.parametrize('order', [('stdout', 'stderr'), ('stderr', 'stdout')])
def test_streams_are_asked_for_one_after_the_other(alice, shell, order):
    command = alice.command(shell, 'seq 1 30000; seq 30001 60000 >&2; echo last; echo worst >&2')
    wanted = {'stdout': b''.join(b'%d\n' % i for i in range(1, 30001)) + b'last\n',
              'stderr': b''.join(b'%d\n' % i for i in range(30001, 60001)) + b'worst\n'}
    for stream in order:
        assert receive_stream(alice, shell, command, stream) == wanted[stream]


def test_streams_are_asked_for_in_turns(alice, shell):
    command = alice.command(shell, 'while read line; do echo "out $line"; echo "err $line" >&2; done')
    for number in range(20):
        alice.send_input(shell, command, b'%d\n' % number)
        for stream, word in (('stderr', b'err'), ('stdout', b'out')):
            response = alice.get_done(RECEIVE, receive_body(command, stream), shell=shell)
            assert data_of(response, stream) == b'%s %d\n' % (word, number)
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)


def test_a_stream_that_waits_does_not_see_the_other(alice, shell):
    command = alice.command(shell, 'echo error >&2; read line; echo $line')
    fault = alice.ask(RECEIVE, receive_body(command, 'stdout'), shell=shell, timeout='PT0.2S').fault
    assert fault.number == TIMED_OUT
    alice.send_input(shell, command, b'go\n')
    assert receive_stream(alice, shell, command, 'stdout') == b'go\n'
    assert alice.receive_all(shell, command) == (b'', b'error\n', 0)


def test_a_stream_nobody_asks_for_blocks_like_a_pipe(server, alice, shell):
    """... and nothing of it is lost."""
    command = alice.command(shell, 'seq 1 400000 >&2; echo end')
    wait_until(lambda: alice.ask(RECEIVE, receive_body(command, 'stdout'), shell=shell,
                                 timeout='PT0.05S').fault.number == TIMED_OUT
               and child(server, 'seq'), 'the first Receive')
    wait_until_blocked(child(server, 'seq'))
    assert alice.receive_all(shell, command) == (
        b'end\n', b''.join(b'%d\n' % i for i in range(1, 400001)), 0)


def test_a_stream_that_is_not_declared_is_dropped(alice):
    shell = alice.create('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
                         '<rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>')
    command = alice.command(shell, 'seq 1 400000 >&2; echo end')
    fault = alice.ask(RECEIVE, receive_body(command, 'stderr'), shell=shell).fault
    assert fault.number == INVALID_STREAMS
    assert receive_stream(alice, shell, command, 'stdout') == b'end\n'
    alice.delete(shell)


# Back-pressure

def test_endless_output_keeps_memory_bounded(server, alice, shell):
    """First read slowly, then not at all: the command blocks, nothing grows; read on, it goes on."""
    def processes():
        return [row['process'] for row in server.status()['processes']]

    command = alice.command(shell, 'i=0; seq -f "%.0f" 1 1000000000000')
    received = b''
    for _ in range(5):
        received += data_of(alice.ask_receive(shell, command))
    before = {pid: memory(pid) for pid in processes()}
    seq = wait_until(lambda: child(server, 'seq'), 'the command')
    wait_until_blocked(seq)
    written = processor_time(seq)
    bound = 8 * MIB * PATIENCE
    assert all(memory(pid) < size + bound for pid, size in before.items())
    # Many who ask and do not read their answers hold no more than those answers.
    lazy = [server.connect('alice') for _ in range(3)]
    for client in lazy:
        client.send(envelope(RECEIVE, receive_body(command), shell=shell))
        received += data_of(client.receive())
        client.close()
    # How much each of them brings is a matter of how quick the command is.
    while received.count(b'\n') <= 100000:
        received += data_of(alice.ask_receive(shell, command))
    wait_until_blocked(seq)
    assert processor_time(seq) >= written
    assert all(memory(pid) < size + bound for pid, size in before.items())
    lines = received.split(b'\n')[:-1]
    assert all(line == b'%d' % number for number, line in enumerate(lines, 1))
    alice.signal(shell, command)


def test_finished_commands_together_are_bounded(server, alice, shell):
    """Each leaves what it has put out; the host keeps so much for all of them, and no more: the
    next ones wait. What was left is there, whole, when it is asked for."""
    count, size = 30, 1000000
    host, = server.pids('winrmd-host (shell)')
    before = memory(host)
    commands = []
    for number in range(count):
        command = alice.command(shell, 'head -c %d /dev/zero | tr "\\0" "\\%03o"; exit %d'
                                % (size, 65 + number, number))
        commands.append(command)
        response = alice.ask(RECEIVE, receive_body(command, 'stderr'), shell=shell, timeout='PT0.1S')
        assert response.status == 200 or response.fault.number == TIMED_OUT
    assert memory(host) < before + (16 + 12) * MIB * PATIENCE
    for number, command in enumerate(commands):
        stdout, stderr, code = alice.receive_all(shell, command)
        assert (len(stdout), set(stdout), stderr, code) == (size, {65 + number}, b'', number)
        alice.signal(shell, command)


# Deaths

def test_nothing_is_lost_with_a_winrmd_net(traceable_server):
    """The process that holds a Receive is killed while output comes all the time: another
    connection gets all that had not been received, in its order. What it had just written and not
    yet reported as written comes once more: nobody else can know whether the client has it."""
    server = traceable_server
    alice = server.connect('alice')
    shell = alice.create()
    command = alice.command(shell, 'trap "exit 0" INT; i=0; '
                                   'while i=$((i+1)); do echo $i; sleep 0.001; done')
    received = []
    last = None
    for _ in range(20):
        client = server.connect('alice')
        # The one before may not have been missed yet.
        fresh = wait_until(lambda: data_of(client.ask_receive(shell, command)), 'output')
        received.append(fresh[len(last):] if last and fresh.startswith(last) else fresh)
        # That it was written may not have been reported when its winrmd-net dies.
        last = fresh
        client.send(envelope(RECEIVE, receive_body(command), shell=shell))
        os.kill(server.net_of(client), signal.SIGKILL)
        # What its kernel still has for us was written; a torn answer was not.
        try:
            last = data_of(client.receive())
            received.append(last)
        except ConnectionError:
            pass
        client.close()
    alice = server.connect('alice')  # hers may have been one of them
    alice.signal(shell, command, code=CTRL_C)
    stdout, _, code = alice.receive_all(shell, command, after_another=True)
    stdout = stdout[len(last):] if last and stdout.startswith(last) else stdout
    lines = (b''.join(received) + stdout).splitlines()
    # Each of the clients had some.
    assert code == 0 and len(lines) > 20
    assert lines == [b'%d' % number for number in range(1, len(lines) + 1)]


def test_a_client_that_closes_without_reading_has_not_received(server, alice, shell):
    """Its kernel has taken the answer, but it was closed with the answer unread, which resets the
    connection: the next client gets the same again."""
    command = alice.command(shell, 'while read line; do echo $line; done')
    for number in range(20):
        alice.send_input(shell, command, b'%d\n' % number)
        lost = server.connect('alice')
        lost.send(envelope(RECEIVE, receive_body(command), shell=shell))
        assert lost.socket.recv(1, socket.MSG_PEEK)
        lost.close()
        # The notice travels through two processes; until it is there, there is nothing.
        def told():
            response = alice.ask_receive(shell, command, timeout='PT0.05S')
            return data_of(response) if response.status == 200 else None
        assert wait_until(told, 'the output to come again') == b'%d\n' % number
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)


def test_a_client_that_has_read_gets_nothing_twice(server, alice, shell):
    """Closed in order, or reset after another request: what was answered has been read."""
    command = alice.command(shell, 'while read line; do echo $line; done')
    for number in range(10):
        alice.send_input(shell, command, b'%d\n' % number)
        reader = server.connect('alice')
        assert data_of(reader.ask_receive(shell, command)) == b'%d\n' % number
        if number % 2:
            reader.get_done('http://schemas.xmlsoap.org/ws/2004/09/transfer/Get', shell=shell)
            reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        reader.close()
        response = alice.ask_receive(shell, command, timeout='PT0.05S')
        assert response.fault.number == TIMED_OUT
    alice.send_input(shell, command, b'', end=True)
    assert alice.receive_all(shell, command) == (b'', b'', 0)
