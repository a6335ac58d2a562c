#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Many connections at once from many addresses of loopback, and when and how each of them ended.

Probes use Crowd within their own process, and where one process has too few descriptors, as
programs of their own: crowd.py PORT FIRST-ADDRESS reads one JSON command a line and answers each
with one line (see `Herd`).
"""

import collections
import errno
import json
import select
import socket
import subprocess
import sys
import time

# Connections that are on their way at the same time: fewer than the server's queue holds.
IN_FLIGHT = 128
ADDRESSES = 200
KEPT = 4096  # bytes of what came in, from its beginning


def address(number):
    """One of many source addresses of loopback, none of them 127.0.0.1."""
    return '127.0.%d.%d' % (1 + number // 250 % 250, 1 + number % 250)


class Client:
    __slots__ = ('socket', 'number', 'connected', 'opened', 'spoke', 'ended', 'how', 'out', 'sent',
                 'got', 'count', 'armed')

    def __init__(self, number, connected):
        self.socket, self.number = connected, number
        self.connected = False
        self.opened = self.spoke = self.ended = None  # seconds of time.monotonic()
        self.how = None  # 'closed', 'reset', 'left' (by ourselves), or why it never came to be
        self.out, self.sent = b'', 0  # what it says, and how much of that has been said
        self.got, self.count = b'', 0
        self.armed = 0

    @property
    def status(self):
        """Of the first answer; 0 when none began."""
        return int(self.got[9:12]) if self.got[:7] == b'HTTP/1.' and self.got[9:12].isdigit() else 0


class Crowd:
    """`deaf` clients never read, so that what they are sent piles up."""

    def __init__(self, port, first_address=0, addresses=ADDRESSES, deaf=False):
        self.port, self.deaf = port, deaf
        self.first_address, self.addresses = first_address, addresses
        self.poll = select.epoll()
        self.by_descriptor = {}
        self.clients = []
        self.to_open = collections.deque()
        self.in_flight = 0

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    # What the clients do

    def open(self, count, payload=None, limit=60):
        """Opens so many connections more and waits until each stands (or has failed). `payload`
        is what each says first: bytes, or a function of its number."""
        new = []
        for _ in range(count):
            number = len(self.clients)
            client = Client(number, None)
            client.out = payload(number) if callable(payload) else payload or b''
            self.clients.append(client)
            self.to_open.append(client)
            new.append(client)
        self.run(limit, lambda: not self.to_open and not self.in_flight)
        return new

    def say(self, client, data):
        """Says more, if somebody still listens."""
        if client.ended is None:
            client.out, client.sent = client.out[client.sent:] + data, 0
            self._write(client)

    def leave(self, client, reset=False):
        """Ends a connection from our side."""
        if client.ended is None:
            if reset:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                         b'\1\0\0\0\0\0\0\0')
            self._end(client, 'left')

    def finish(self, client):
        """Tells that nothing more will come; still reads."""
        if client.ended is None:
            try:
                client.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    def close(self):
        for client in self.clients:
            if client.socket is not None:
                client.socket.close()
                client.socket = None
        self.poll.close()

    def run(self, limit, until=None):
        """Lets things happen until `until()` holds or so many seconds have passed. Tells whether
        it holds."""
        deadline = time.monotonic() + limit
        while True:
            self._open_more()
            if until is not None and until():
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            # A condition may also come to hold by what others do.
            for descriptor, events in self.poll.poll(min(left, 0.2), 1024):
                self._ready(self.by_descriptor[descriptor], events)

    def ended(self):
        return sum(client.ended is not None for client in self.clients)

    def all_ended(self):
        return self.ended() == len(self.clients)

    def all_answered(self):
        return all(client.status or client.ended is not None for client in self.clients)

    def summary(self):
        """How it went, as plain values: how many ended in which way with which status, and the
        least and the most seconds from the first byte they said (or from the beginning) to that.
        """
        ends = collections.Counter()
        times = {}
        for client in self.clients:
            key = '%s %d' % (client.how or 'open', client.status)
            ends[key] += 1
            if client.ended is not None and client.opened is not None:
                took = client.ended - (client.spoke or client.opened)
                least, most = times.get(key, (took, took))
                times[key] = (min(least, took), max(most, took))
        return {'ends': dict(ends), 'times': times}

    # How it happens

    def _open_more(self):
        while self.to_open and self.in_flight < IN_FLIGHT:
            client = self.to_open.popleft()
            client.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            if self.deaf:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                source = address(self.first_address + client.number % self.addresses)
                client.socket.bind((source, 0))
                error = client.socket.connect_ex(('127.0.0.1', self.port))
            except OSError as failure:
                error = failure.errno
            if error not in (0, errno.EINPROGRESS):
                client.ended, client.how = time.monotonic(), errno.errorcode.get(error, str(error))
                client.socket.close()
                client.socket = None
                continue
            self.in_flight += 1
            client.opened = time.monotonic()
            client.armed = select.EPOLLOUT
            self.by_descriptor[client.socket.fileno()] = client
            self.poll.register(client.socket.fileno(), client.armed)

    def _arm(self, client):
        events = 0 if self.deaf else select.EPOLLIN
        if client.out:
            events |= select.EPOLLOUT
        if events != client.armed:
            client.armed = events
            self.poll.modify(client.socket.fileno(), events)

    def _end(self, client, how):
        if not client.connected:
            self.in_flight -= 1
            client.connected = True
        client.ended, client.how = time.monotonic(), how
        self.poll.unregister(client.socket.fileno())
        del self.by_descriptor[client.socket.fileno()]
        client.socket.close()
        client.socket = None

    def _write(self, client):
        if not client.connected or not client.out:
            return
        try:
            sent = client.socket.send(memoryview(client.out)[client.sent:])
        except BlockingIOError:
            sent = 0
        except OSError:
            # What the server said before it closed may still lie in our buffer.
            client.out, client.sent = b'', 0
            return
        if client.spoke is None and sent:
            client.spoke = time.monotonic()
        client.sent += sent
        if client.sent == len(client.out):
            client.out, client.sent = b'', 0
        self._arm(client)

    def _read(self, client):
        try:
            data = client.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self._end(client, 'reset')
            return
        if not data:
            self._end(client, 'closed')
            return
        client.count += len(data)
        if len(client.got) < KEPT:
            client.got += data[:KEPT - len(client.got)]

    def _ready(self, client, events):
        if not client.connected:
            error = client.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                self._end(client, errno.errorcode.get(error, str(error)))
                return
            client.connected = True
            self.in_flight -= 1
            self._write(client)
            if client.ended is None:
                self._arm(client)
            return
        if events & select.EPOLLIN:
            self._read(client)
        elif events & (select.EPOLLHUP | select.EPOLLERR):
            self._end(client, 'reset' if events & select.EPOLLERR else 'closed')
        elif events & select.EPOLLOUT:
            self._write(client)
            self._arm(client)


class Herd:
    """Crowds in processes of their own, as many as `count` connections need."""

    def __init__(self, port, count, descriptors, least=2):
        processes = max(least, -(-count // (descriptors - 50)))
        self.shares = [count // processes + (number < count % processes)
                       for number in range(processes)]
        self.processes = [
            subprocess.Popen([sys.executable, __file__, str(port), str(number * ADDRESSES)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for number in range(processes)]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait()
            process.stdout.close()

    def all_do(self, command, **values):
        """Gives every process the same command at once and returns the answers. Shares of the
        connections are dealt out where the command is 'open'."""
        for process, share in zip(self.processes, self.shares):
            if command == 'open':
                values['count'] = share
            process.stdin.write(json.dumps([command, values]) + '\n')
            process.stdin.flush()
        return [json.loads(process.stdout.readline()) for process in self.processes]


def total(summaries):
    """Several summaries as one."""
    ends, times = collections.Counter(), {}
    for summary in summaries:
        ends.update(summary['ends'])
        for key, (least, most) in summary['times'].items():
            old = times.get(key, (least, most))
            times[key] = (min(least, old[0]), max(most, old[1]))
    return {'ends': dict(ends), 'times': times}


def times_of(summary):
    """A summary as text."""
    return ', '.join('%d x "%s"' % (count, key) + (
        ' after %.1f-%.1f s' % tuple(summary['times'][key]) if key in summary['times'] else '')
        for key, count in sorted(summary['ends'].items()))


def main():
    port, first_address = int(sys.argv[1]), int(sys.argv[2])
    crowd = None
    for line in sys.stdin:
        command, values = json.loads(line)
        if command == 'open':
            crowd = Crowd(port, first_address)
            payloads = [text.encode() for text in values['payloads']]
            crowd.open(values['count'], lambda number: payloads[number % len(payloads)])
        elif command == 'answers':
            crowd.run(values['limit'], crowd.all_answered)
        elif command == 'ends':
            wanted = values['share'] * len(crowd.clients)
            crowd.run(values['limit'], lambda: crowd.ended() >= wanted)
        elif command == 'close':
            crowd.close()
        print(json.dumps(crowd.summary()), flush=True)


if __name__ == '__main__':
    main()
