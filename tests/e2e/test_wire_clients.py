# SPDX-License-Identifier: ISC
"""Clients that are slow, small, many, or gone: what the service sends them, keeps of them and
spends on them."""

import base64
import os
import socket
from pathlib import Path

import pytest

from server import PATIENCE, password, wait_until
from wire import COMMAND, CREATE, GET, NS, RECEIVE, basic, envelope, receive_body

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
# (seconds) How long nobody has anything to do, and the processor time that is more than that costs.
WAIT, BUSY = PATIENCE, 0.2 * PATIENCE
LARGE = 'head -c %d /dev/zero | tr "\\0" x'


def all_pids(server):
    return [server.pid] + [row['process'] for row in server.status()['processes']]


def descriptors(pid):
    return len(os.listdir('/proc/%d/fd' % pid))


def small(size, action, body, **other):
    """A request that takes no response above `size` bytes."""
    return envelope(action, body, **other).replace('>153600<', '>%d<' % size)


def output_of(client, shell, command, size, encoding='utf-8'):
    """Receives to the end; every response must fit. Returns stdout."""
    collected = b''
    while True:
        client.post_bytes(small(size, RECEIVE, receive_body(command), shell=shell), encoding)
        response = client.receive()
        assert response.status == 200, response.body
        assert len(response.body) <= size
        for stream in response.xml.iterfind('.//rsp:Stream', NS):
            collected += base64.b64decode(stream.text or '')
        if b'ExitCode' in response.body.replace(b'\0', b''):
            return collected


def post_bytes(client, text, encoding):
    if encoding == 'utf-16':
        body = b'\xff\xfe' + text.replace('encoding="UTF-8"', '').encode('utf-16-le')
    else:
        body = text.encode()
    client.socket.sendall(('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n'
                           'Content-Type: application/soap+xml; charset="%s"\r\n'
                           'Authorization: %s\r\n\r\n'
                           % (len(body), encoding, client.authorization)).encode() + body)


@pytest.mark.parametrize('size, encoding, line, expected', [
    (8192, 'utf-8', 'head -c 100000 /dev/zero | tr "\\0" x', b'x' * 100000),
    (8192, 'utf-16', 'head -c 50000 /dev/zero | tr "\\0" x', b'x' * 50000),
    # Many small pieces, whose markup is larger than they are.
    (8192, 'utf-8', 'for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo e >&2; done', None),
    (153600, 'utf-8', LARGE % 3000000, b'x' * 3000000),
], ids=['small', 'small UTF-16', 'pieces', 'large'])
def test_no_response_is_larger_than_asked_for(server, size, encoding, line, expected):
    with server.connect('alice') as client:
        client.post_bytes = lambda text, how: post_bytes(client, text, how)
        shell = client.create()
        command = client.command(shell, line)
        collected = output_of(client, shell, command, size, encoding)
        assert expected is None or collected == expected
        client.delete(shell)


def test_pieces_of_output_that_nobody_fetches_for_a_while(server):
    """They pile up one by one, and each has its own markup when they are sent."""
    with server.connect('alice') as client:
        client.post_bytes = lambda text, how: post_bytes(client, text, how)
        shell = client.create()
        command = client.command(
            shell, 'i=0; while [ $i -lt 300 ]; do echo $i; echo $i >&2; sleep 0.002; '
            'i=$((i+1)); done')
        assert output_of(client, shell, command, 8192).count(b'\n') == 600
        client.delete(shell)


def test_a_slow_reader_holds_up_nobody(traceable_server):
    server = traceable_server
    with server.connect('alice') as slow:
        shell = slow.create()
        command = slow.command(shell, '%s; echo >&2; %s' % (LARGE % 1000000, LARGE % 2000000))
        # There is so much output now that the responses fill what lies between winrmd-net and us.
        slow.get_done(RECEIVE, receive_body(command, 'stderr'), shell=shell)
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        for _ in range(4):
            slow.send(small(512000, RECEIVE, receive_body(command), shell=shell))
        net = server.net_of(slow)
        # Others are served by the same process meanwhile.
        for _ in range(12):
            with server.connect('alice') as other:
                assert other.ask(GET, shell=shell).status == 200
        with server.connect('alice') as other:
            assert busy_while_waiting(other, [net]) < BUSY
        collected = 0
        for _ in range(4):
            response = slow.receive()
            assert response.status == 200
            for stream in response.xml.iterfind('.//rsp:Stream', NS):
                collected += len(base64.b64decode(stream.text or ''))
        assert collected > 500000
        collected += len(slow.receive_all(shell, command)[0])
        assert collected == 3000000
        slow.delete(shell)


def cpu(pid):
    """Seconds of processor time of a process."""
    return int(Path('/proc/%d/schedstat' % pid).read_text().split()[0]) / 1e9


def busy_while_waiting(client, pids):
    """The most processor time (seconds) of a process while a Receive waits in vain for WAIT."""
    shell = client.create()
    command = client.command(shell, 'cat')
    client.ask_receive(shell, command, timeout='PT0.1S')
    before = {pid: cpu(pid) for pid in pids}
    assert client.ask_receive(shell, command, timeout='PT%.1fS' % WAIT).fault.number == 2150858793
    spent = max(cpu(pid) - before[pid] for pid in pids)
    client.delete(shell)
    return spent


def test_nobody_spins_while_clients_wait(server):
    connections = [server.connect('alice') for _ in range(9)]
    shell = connections[0].create()
    command = connections[0].command(shell, 'cat')
    half = envelope(GET, shell=shell)
    head = ('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n'
            'Authorization: %s\r\n\r\n' % connections[0].authorization)
    states = [
        lambda c: None,
        lambda c: c.socket.sendall(b'P'),
        lambda c: c.socket.sendall(head.encode() + half[:100].encode()),
        lambda c: c.send(envelope(RECEIVE, receive_body(command), shell=shell)),
        # Waits with a second request behind the first.
        lambda c: c.socket.sendall(b'POST /wsman HTTP/1.1\r\nHost: x\r\n\r\n' + b'x' * 9000),
        lambda c: c.socket.sendall(head.replace('100000', '400000').replace(
            'Authorization', 'X').encode()),
        lambda c: c.socket.sendall(b'nonsense'),
        lambda c: c.send(''),
    ]
    for connection, state in zip(connections[1:], states):
        state(connection)
    assert busy_while_waiting(connections[0], all_pids(server)) < BUSY
    for connection in connections:
        connection.close()


STATES = {
    'connected': lambda client, shell, command: None,
    'head': lambda client, shell, command: client.socket.sendall(b'POST /wsman HT'),
    'body': lambda client, shell, command: client.socket.sendall(
        ('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\nAuthorization: %s\r\n\r\nxxx'
         % client.authorization).encode()),
    'authentication': lambda client, shell, command: client.send(''),
    'get': lambda client, shell, command: client.send(envelope(GET, shell=shell)),
    'create': lambda client, shell, command: client.send(envelope(CREATE, STREAMS)),
    'command': lambda client, shell, command: client.send(envelope(
        COMMAND, '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>',
        shell=shell)),
    'receive': lambda client, shell, command: client.send(
        envelope(RECEIVE, receive_body(command), shell=shell)),
    'pipelined': lambda client, shell, command: [
        client.send(envelope(GET, shell=shell)) for _ in range(10)],
}


@pytest.mark.parametrize('reset', [False, True], ids=['FIN', 'RST'])
def test_clients_that_leave_in_every_state(traceable_server, reset):
    server = traceable_server
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        pids = [server.pid] + server.pids('winrmd-net')
        before = None
        for round_ in range(6):
            leaving = []
            for later in (0, 1, 5):
                for state in STATES.values():
                    connection = server.connect('alice')
                    if round_ % 2:
                        connection.post('')
                    state(connection, shell, command)
                    if reset:
                        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                     b'\1\0\0\0\0\0\0\0')
                    leaving.append((later, connection))
            for later, connection in leaving:
                for _ in range(later):
                    client.get_done(GET, shell=shell)
                connection.close()
            # What they began and nobody knows of any more.
            for row in server.status()['shells']:
                if row['shell_id'] != shell:
                    client.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
                               shell=row['shell_id'])
            if round_ == 2:
                wait_until(lambda: len(server.status()['shells']) == 1, 'one shell')
                before = {pid: descriptors(pid) for pid in pids}
        client.send_input(shell, command, b'kept', end=True)
        assert client.receive_all(shell, command)[0] == b'kept'

        def settled():
            status = server.status()
            for row in status['shells']:
                if row['shell_id'] != shell:
                    client.ask('http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
                               shell=row['shell_id'])
            return (len(status['shells']) == 1
                    and all(descriptors(pid) <= before[pid] + 6 for pid in pids))
        wait_until(settled, 'descriptors to be given back')
        client.delete(shell)
    status = server.status()
    assert status['shells'] == []


def memory_of(pid):
    """The memory of a process, without what a sanitizer reserves for its own notes."""
    found = b''
    with open('/proc/%d/mem' % pid, 'rb', 0) as memory:
        for line in Path('/proc/%d/maps' % pid).read_text().splitlines():
            place, rights = line.split()[:2]
            if rights.startswith('rw') and '[v' not in line:
                start, end = (int(part, 16) for part in place.split('-'))
                if end - start > 64 << 20:
                    continue
                try:
                    memory.seek(start)
                    found += memory.read(end - start)
                except OSError:
                    continue
    return found


def test_no_credentials_are_left_in_winrmd_net(traceable_server):
    """Neither the password nor the header it came in, once the request has been answered."""
    server = traceable_server
    with server.connect('alice') as client:
        client.delete(client.create())
        with server.connect('alice') as other:
            other.authorization = basic('bob', 'a-wrong-guess-of-him')
            assert other.post('').status == 401
        secrets = (password('alice'), 'a-wrong-guess-of-him', basic('alice', password(
            'alice'))[6:-4], basic('bob', 'a-wrong-guess-of-him')[6:-4])

        def left():
            memories = [memory_of(pid) for pid in server.pids('winrmd-net')]
            return [secret for secret in secrets for memory in memories if secret.encode() in memory]
        # A client may have its answer before the request is done with.
        wait_until(lambda: not left(), 'the credentials to be forgotten', pause=0.1)


def test_an_envelope_in_ten_thousand_pieces(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'wc -c')
        data = base64.encodebytes(b'z' * 30000).decode()
        body = envelope('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send',
                        '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s" End="True">%s'
                        '</rsp:Stream></rsp:Send>' % (command, data), shell=shell).encode()
        head = ('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n'
                'Content-Type: application/soap+xml; action="x"; charset=UTF-8\r\n'
                'Authorization: %s\r\n\r\n' % (len(body), client.authorization)).encode()
        for piece in (head + body)[:400]:
            client.socket.sendall(bytes([piece]))
        rest = (head + body)[400:]
        for at in range(0, len(rest), 7):
            client.socket.sendall(rest[at:at + 7])
        assert client.receive().status == 200
        assert client.receive_all(shell, command)[0].split() == [b'30000']
        client.delete(shell)
