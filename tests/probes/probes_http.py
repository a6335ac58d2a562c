# SPDX-License-Identifier: ISC
"""Bytes that are no HTTP, bodies that are too large, lengths that lie, clients that leave.

The framing answers, one by one, are in tests/e2e/test_wire_framing.py; here they come in numbers.
"""

import random
import socket

from crowd import Crowd, times_of
from harness import FEW, SLACK, USER, assert_idle
from server import password, wait_until
from wire import GET, HANG, RECEIVE, basic, envelope, receive_body

POST = b'POST /wsman HTTP/1.1\r\nHost: x\r\n'
KNOWN = POST + b'Authorization: %s\r\n' % basic(USER, password(USER)).encode()
SOAP = b'Content-Type: application/soap+xml;charset=UTF-8\r\n'
EMPTY = b'Content-Length: 0\r\n\r\n'
LARGE = 10 * 1024 * 1024


def request(head, body, length=None):
    return b'%s%sContent-Length: %s\r\n\r\n%s' % (
        head, SOAP, str(len(body)).encode() if length is None else length, body)


def known(world, count, first_address):
    """A crowd that has shown who it is."""
    crowd = Crowd(world.port, first_address)
    crowd.open(count, KNOWN + EMPTY)
    assert crowd.run(HANG, crowd.all_answered)
    assert {client.status for client in crowd.clients} == {200}, crowd.summary()
    for client in crowd.clients:
        client.got, client.count, client.spoke = b'', 0, None
    return crowd


def expect(crowd, statuses, world, ended=False):
    """Every connection has an answer (and its end) in time, and no other status."""
    done = crowd.all_ended if ended else crowd.all_answered
    assert crowd.run(world.deadline + SLACK, done), 'no %s: %s' % (
        'end' if ended else 'answer', crowd.summary())
    seen = {client.status for client in crowd.clients}
    assert seen <= set(statuses), 'statuses %s, not %s' % (seen, statuses)


def random_bytes(world):
    """2,000 connections of random bytes: refused at the first byte that cannot be."""
    chance = random.Random(world.seed)
    with Crowd(world.port) as crowd:
        crowd.open(2000, lambda number: chance.randbytes(chance.randrange(1, 2000)))
        for client in crowd.clients[::2]:
            crowd.finish(client)
        # Few begin like a method, and wait for more until the time for a head is over.
        assert crowd.run(world.deadline + SLACK, crowd.all_ended), crowd.summary()
        ends = crowd.summary()['ends']
        strange = {key for key in ends
                   if key not in ('closed 400', 'closed 408', 'reset 400', 'closed 0', 'reset 0')}
        assert not strange, ends
        return times_of(crowd.summary())


def large_body(world):
    """10 MB, announced and sent, announced and not sent, and in chunks; of guests and others."""
    body = b'x' * LARGE
    chunk = b'10000\r\n%s\r\n' % body[:0x10000]
    chunks = b'Transfer-Encoding: chunked\r\n\r\n' + chunk * (LARGE // 0x10000) + b'0\r\n\r\n'
    one_chunk = b'Transfer-Encoding: chunked\r\n\r\na00000\r\n' + body
    tails = (b'Content-Length: %d\r\n\r\n' % LARGE + body, b'Content-Length: %d\r\n\r\n' % LARGE,
             chunks, one_chunk)
    with Crowd(world.port) as guests, known(world, len(tails) * 6, 300) as others:
        guests.open(len(tails) * 10, lambda number: POST + SOAP + tails[number % len(tails)])
        for client in others.clients:
            others.say(client, KNOWN + SOAP + tails[client.number % len(tails)])
        # A client that is still sending may lose the answer to a reset.
        expect(guests, (401, 413, 0), world, ended=True)
        expect(others, (413, 0), world, ended=True)
        lost = sum(not client.status for client in guests.clients + others.clients)
        return '%d guests, %d others, %d lost the answer to a reset' % (
            len(guests.clients), len(others.clients), lost)


def wrong_lengths(world):
    """Two lengths, none that is a number, and one that is too small: what is left of the body is
    no request. (One that is too big is a slow body.)"""
    body = envelope(GET, shell=world.shell).encode()
    refused = (b'-1', b'-0', b'+5', b'0x10', b'5, 5', b'1 1', b'', b'1e3', b'9' * 15, b'9' * 40,
               b'18446744073709551616', b'5\r\nContent-Length: 6', b'5\r\nContent-Length: 5')
    statuses = (400, 401, 413)
    with Crowd(world.port) as crowd, known(world, 10, 300) as others:
        crowd.open(len(refused) * 20,
                   lambda number: request(KNOWN, body, refused[number % len(refused)]))
        for client in others.clients:
            others.say(client, request(KNOWN, body, str(len(body) - 1 - client.number).encode()))
        expect(crowd, statuses, world, ended=True)
        # Too small: what was said to be the body is answered, what follows is refused.
        expect(others, (400, 500), world, ended=True)
        for client in others.clients:
            assert client.got.count(b'HTTP/1.1 400') == 1, client.got
        return '%d refused, %d answered and then refused' % (
            len(crowd.clients), len(others.clients))


def early_close(world):
    """Clients that leave: in a head, in a body, while their password is checked, and while answers
    are written to them. Half of them with a FIN, half with a reset."""
    body = envelope(GET, shell=world.shell).encode()
    whole = request(KNOWN, body)
    left = 0
    cuts = {'head': whole[:40], 'body': whole[:-200], 'guest body': request(POST, body)[:-200]}
    for place, cut in enumerate(cuts.values()):
        with Crowd(world.port, place * 200) as crowd:
            crowd.open(300, cut)
            crowd.run(0.05)
            for client in crowd.clients:
                crowd.leave(client, reset=client.number % 2)
            left += len(crowd.clients)
    with Crowd(world.port) as crowd:
        crowd.open(30, lambda number: whole)
        for client in crowd.clients:
            crowd.leave(client, reset=client.number % 2)
        left += len(crowd.clients)
    with known(world, 20, 0) as crowd:
        for client in crowd.clients:
            crowd.say(client, whole * 50)
        crowd.run(SLACK, lambda: all(client.count > 1000 for client in crowd.clients))
        for client in crowd.clients:
            crowd.leave(client, reset=client.number % 2)
        left += len(crowd.clients)
    return '%d left' % left


def left_receive(world):
    """Clients that leave while a Receive is held, and while a large answer to it is written: the
    command goes on, and its output is still there for the next client."""
    before = world.server.counters()['operations']
    with world.connect() as client:
        command = client.command(world.shell, 'cat')
        for number in range(10):
            with world.connect() as other:
                other.send(envelope(RECEIVE, receive_body(command), shell=world.shell))
                wait_until(lambda: world.server.counters()['operations'] > before + 1,
                           'the Receive to be held')
                if number % 2:
                    other.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                            b'\1\0\0\0\0\0\0\0')
            wait_until(lambda: world.server.counters()['operations'] == before + 1,
                       'the Receive to be given up')
        client.send_input(world.shell, command, b'still here', end=True)
        assert client.receive_all(world.shell, command) == (b'still here', b'', 0)
        client.signal(world.shell, command)
        large = client.command(world.shell, 'head -c 300000 /dev/zero')
        for _ in range(3):
            with world.connect() as other:
                other.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                other.send(envelope(RECEIVE, receive_body(large), shell=world.shell))
                other.socket.recv(100)
        client.signal(world.shell, large)
    wait_until(lambda: world.server.counters()['operations'] == before, 'the commands to end')
    return '10 left a held Receive, 3 a large answer'


def few_files(world):
    """More guests than winrmd may open files: whoever is too many is sent away, nothing spins, and
    those who are there are served, new shells too, which need files themselves."""
    with Crowd(world.port) as crowd:
        crowd.open(1000)
        assert crowd.run(world.deadline + SLACK, lambda: all(
            client.ended for client in crowd.clients if client.status)
            and len(crowd.by_descriptor) < FEW['few-files'] * len(world.nets)), crowd.summary()
        assert_idle(world.names())
        for connection in world.standing:
            assert world.ask(connection) == world.expected
        shells = [connection.create() for connection in world.standing]
        for connection, shell in zip(world.standing, shells):
            command = connection.command(shell, 'echo new')
            assert connection.receive_all(shell, command) == (b'new\n', b'', 0)
            connection.delete(shell)
        ends = crowd.summary()['ends']
        assert set(ends) <= {'open 0', 'closed 503'} and ends['closed 503'] > 100, ends
        return times_of(crowd.summary())
