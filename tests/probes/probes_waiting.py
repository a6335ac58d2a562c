# SPDX-License-Identifier: ISC
"""Clients that take their time: each keeps a connection for as long as it is let, and docs/http.md
("Guests", "Time") says how long that is.

The times are those of tables/input_limits.h. In all rounds but the last the clients leave early,
so that only one of them waits.
"""

import ssl
import time

from crowd import Crowd, Herd, times_of, total
from harness import CONNECTIONS, SLACK, USER, assert_idle
from server import password
from wire import HANG, IDENTIFY, basic, envelope

HEAD, BODY, ANSWER, GUEST_IDLE, GUEST, BODY_RATE = 10, 30, 30, 30, 60, 16384
HANDSHAKE = 10
# A clock of whole milliseconds, and an accept that came before the client knew of it.
EARLY = 0.3

POST = b'POST /wsman HTTP/1.1\r\nHost: x\r\n'
KNOWN = POST + b'Authorization: %s\r\n' % basic(USER, password(USER)).encode()
EMPTY = b'Content-Length: 0\r\n\r\n'


def expect_ends(summary, wanted):
    """`wanted`: {'how status': (count, promised seconds)} of all connections."""
    counts = {key: count for key, (count, _) in wanted.items()}
    assert summary['ends'] == counts, 'connections: %s, not %s (after %s s)' % (
        summary['ends'], counts, summary['times'])
    for key, (_, promised) in wanted.items():
        least, most = summary['times'][key]
        assert promised - EARLY <= least and most <= promised + SLACK, (
            'ended with "%s" after %.1f to %.1f s, not after %d' % (key, least, most, promised))


def stalled(world):
    """How long the clients wait in this round."""
    return world.deadline + SLACK if world.last_round else 1


def client_hello():
    """What a client says first (RFC 8446, 4.1.2), as a record."""
    said = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said,
                                                   server_hostname='localhost')
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return said.read()


def half_handshakes(world):
    """Handshakes of TLS that stop at each stage, and some that come byte by byte: 10 s from the
    beginning of the connection."""
    hello = client_hello()
    with Crowd(world.port) as stopped, Crowd(world.port, 300) as slow:
        stopped.open(600, lambda number: (b'', hello[:3], hello[:-1], hello)[number % 4])
        slow.open(100, hello[:1])
        begun, said = time.monotonic(), 1
        while time.monotonic() < begun + stalled(world) and not (
                stopped.all_ended() and slow.all_ended()):
            due = max(said + 1, int(10 * (time.monotonic() - begun)))
            for client in slow.clients:
                slow.say(client, hello[said:due][:1])
            said = due
            slow.run(0.1)
            stopped.run(0.1)
        if not world.last_round:
            return None
        expect_ends(stopped.summary(), {'closed 0': (600, HANDSHAKE)})
        # A byte may be under way when it ends.
        ends = slow.summary()
        assert ends['ends'].get('closed 0', 0) + ends['ends'].get('reset 0', 0) == 100, ends
        for least, most in ends['times'].values():
            assert HANDSHAKE - EARLY <= least and most <= HANDSHAKE + SLACK, ends
        return times_of(total([stopped.summary(), ends]))


def slow_head(world):
    """Byte by byte: a head that goes on for ever has 10 s; one that ends in time is answered."""
    whole, line = POST + EMPTY, POST + b'X: '
    with Crowd(world.port) as endless, Crowd(world.port, 300) as patient:
        endless.open(100, b'P')
        patient.open(20, whole[:1])
        begun, said = time.monotonic(), 1
        while time.monotonic() < begun + stalled(world) and not endless.all_ended():
            # All of it in four seconds; on a busy machine some bytes come together.
            due = max(said + 1, int(len(whole) * (time.monotonic() - begun) / 4))
            for client in endless.clients:
                endless.say(client, line[said:due] or b'x')
            for client in patient.clients:
                patient.say(client, whole[said:due])
            said = due
            endless.run(0.02)
            patient.run(0.02)
        if not world.last_round:
            return None
        patient.run(HANG, patient.all_answered)
        statuses = {client.status for client in patient.clients}
        assert statuses == {401}, statuses
        expect_ends(endless.summary(), {'closed 408': (100, HEAD)})
        return times_of(endless.summary())


def slow_body(world):
    """A body byte by byte, a chunk a byte, and a body that is shorter than was said: 30 s, and one
    more for each 16 KiB that are missing."""
    text = envelope('x').encode()
    soap = b'Content-Type: application/soap+xml;charset=UTF-8\r\n'
    length = b'Content-Length: 4000\r\n\r\n'
    chunked = b'Transfer-Encoding: chunked\r\n\r\n'
    short = b'Content-Length: %d\r\n\r\n' % (len(text) + 1)
    heads = {'guest': POST + soap + length, 'guest, chunked': POST + soap + chunked,
             'guest, length too big': POST + soap + short + text,
             'known': KNOWN + soap + length, 'length too big': KNOWN + soap + short + text}
    promised = {'guest, chunked': BODY + 65536 / BODY_RATE}
    crowds = {name: Crowd(world.port, 20 * place) for place, name in enumerate(heads)}
    try:
        for name, crowd in crowds.items():
            if 'guest' in name:
                crowd.open(40, heads[name])
                continue
            # These have shown who they are before.
            crowd.open(10, KNOWN + EMPTY)
            assert crowd.run(HANG, crowd.all_answered)
            assert {client.status for client in crowd.clients} == {200}
            for client in crowd.clients:
                client.got, client.spoke = b'', None
                crowd.say(client, heads[name])
        until = time.monotonic() + stalled(world)
        while time.monotonic() < until and not all(c.all_ended() for c in crowds.values()):
            for name, crowd in crowds.items():
                if 'too big' not in name:
                    for client in crowd.clients:
                        crowd.say(client, b'1\r\n<\r\n' if 'chunked' in name else b'<')
                crowd.run(0.05)
        if not world.last_round:
            return None
        for name, crowd in crowds.items():
            expect_ends(crowd.summary(), {
                'closed 408': (len(crowd.clients), promised.get(name, BODY))})
        return times_of(total([crowd.summary() for crowd in crowds.values()]))
    finally:
        for crowd in crowds.values():
            crowd.close()


def slow_reader(world):
    """Requests one behind the other, whose answers nobody takes: 30 s, and one more for each
    16 KiB that wait."""
    request = (KNOWN + b'Content-Type: application/soap+xml;charset=UTF-8\r\n'
               b'Content-Length: %d\r\n\r\n%s' % (len(IDENTIFY), IDENTIFY.encode()))
    with Crowd(world.port, deaf=True) as crowd:
        crowd.open(10, request * 5000)
        crowd.run(stalled(world) + SLACK, crowd.all_ended)
        if not world.last_round:
            return None
        ends = crowd.summary()
        assert set(ends['ends']) == {'reset 0'} and ends['ends']['reset 0'] == 10, ends
        least, most = ends['times']['reset 0']
        assert ANSWER - EARLY <= least and most <= ANSWER + 10 + 2 * SLACK, ends
        return times_of(ends)


def half_open(world):
    """5,000 connections on which nothing, or only the beginning of a head, is said."""
    with Herd(world.port, 5000, world.descriptors) as herd:
        herd.all_do('open', payloads=['', 'POST /ws'])
        world.wait_for_guests(5000)
        world.ordinary()
        if not world.last_round:
            herd.all_do('close')
            return None
        # Between the end of the one half and of the other.
        herd.all_do('ends', limit=HEAD + SLACK, share=0.5)
        assert_idle(world.names())
        summary = total(herd.all_do('ends', limit=stalled(world), share=1))
        expect_ends(summary, {'closed 0': (2500, GUEST_IDLE), 'closed 408': (2500, HEAD)})
        return times_of(summary)


def idle(world):
    """10,000 connections that were answered once and then are kept: 30 s without credentials."""
    head = (POST + EMPTY).decode()
    with Herd(world.port, CONNECTIONS, world.descriptors) as herd:
        herd.all_do('open', payloads=[head])
        summary = total(herd.all_do('answers', limit=HANG))
        assert summary['ends'] == {'open 401': CONNECTIONS}, summary['ends']
        held = world.nets_memory()
        world.ordinary()
        if not world.last_round:
            herd.all_do('close')
            return None
        assert_idle(world.names())
        summary = total(herd.all_do('ends', limit=stalled(world), share=1))
        expect_ends(summary, {'closed 401': (CONNECTIONS, GUEST_IDLE)})
        return '%s; winrmd-nets then held %d KiB' % (times_of(summary), held)


def guest(world):
    """A guest that asks something now and then has 60 s in all to show who it is."""
    with Crowd(world.port) as crowd:
        crowd.open(50, POST + EMPTY)
        begun = time.monotonic()
        asked = 0
        while not crowd.all_ended() and time.monotonic() < begun + stalled(world):
            crowd.run(5, crowd.all_ended)
            asked += 1
            for client in crowd.clients:
                # Some are in the middle of a head when the time is over.
                crowd.say(client, POST if client.number % 2 and asked > 10 else POST + EMPTY)
        summary = crowd.summary()
        assert sum(count for key, count in summary['ends'].items()
                   if key in ('closed 401', 'reset 401')) == 50, summary
        least = min(least for least, _ in summary['times'].values())
        most = max(most for _, most in summary['times'].values())
        assert GUEST - EARLY <= least and most <= GUEST + SLACK, summary
        return times_of(summary)
