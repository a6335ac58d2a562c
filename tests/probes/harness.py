# SPDX-License-Identifier: ISC
"""A winrmd under abuse: what must hold after every probe, whatever it did.

- No process is lost: the same pids, the same counters of restarts.
- Everything is given back: descriptors, sessions, operations, calls, shells.
- The next ordinary requests are answered as before, through every winrmd-net, on connections that
  stood before the probe and on new ones.
- Nothing spins: in a window without requests no process uses processor time or wakes up.
- Memory is flat: it may grow to what the abuse needs at a time, not with its repetitions.
"""

import collections
import os
import re
import resource
import time

import watch
from server import Server, stand_in, wait_until, with_descriptors
from wire import GET

PATIENCE = float(os.environ.get('WINRMD_PATIENCE', '1'))
# Promised seconds are waited for that much longer, because other programs run here too.
SLACK = 8 * PATIENCE
# The window without requests, in seconds, and what a process may do in it: a tick of the kernel's
# clock, and a timer or two. One that spins has a hundred ticks, one that polls has wake-ups.
WINDOW = 1.0
WINDOWS = 3  # in one of which a deadline of clients that are there may fall
IDLE_CPU = 10  # ms
IDLE_WAKEUPS = 5
# KiB a process may hold more than before the probe, on the average of its kind: buffers of what came
# at a time, and what malloc keeps of them.
GROWN = 4096
# KiB that the processes of a kind may hold more after a repetition than before it, in at least one
# of them. What is lost is lost every time; what malloc keeps for the next time grows when one time
# needs more than those before it. While they grow there are more repetitions, up to MOST.
FLAT = 128
MOST = 40
# Connections that a winrmd-net may have to hold, and descriptors that it needs besides.
CONNECTIONS = 10000
BESIDES = 300
CONNECTIONS_CONF = '''
connections {
    total = %d
    unauthenticated = %d
    per-source = %d
}
limits {
    requests = %d
}
''' % (CONNECTIONS, CONNECTIONS, CONNECTIONS, CONNECTIONS)
# Lanes whose probes open more connections than the standard limits let in.
MANY = ('half-open', 'idle')
# Lanes whose server has TLS.
ENCRYPTED = ('handshake',)
# Lanes whose server may not open many files, and how many.
FEW = {'few-files': 300}
PAUSE = 0.05  # seconds between two looks at what costs much to look at
FRESH = 2  # new connections that ask something after each repetition
SHOWN = 20  # lines of the server's log behind a failure
OPERATIONS = 'QuotaSystemWindowOperations="0" MaxOperationTimeoutSeconds="5"'
USER = 'alice'
TLS = {'listener': 'tls = true'}

# `lane`: the server it is played to; probes with the same lane take turns on one. `deadline`: the
# documented seconds within which every connection has its answer or its end. `rounds`: how often it
# is repeated, after each of which everything above must hold. `grown`: the bound of memory.
Probe = collections.namedtuple('Probe', 'name function lane deadline rounds grown',
                               defaults=(GROWN,))


def raise_descriptors(needed):
    """Sees to it that we and what we start may open so many files. Returns what is possible."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = 1 << 20
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))
    return min(max(soft, needed), hard)


class World:
    """A server, clients that are there before the abuse begins, and what they see."""

    def __init__(self, folder, users, probes, seed, descriptors):
        folder.mkdir()
        # Its winrmd-net let us read their memory and descriptors.
        winrmd = stand_in(folder / 'programs', 'traceable')
        if probes[0].lane in FEW:
            files = FEW[probes[0].lane]
            winrmd = with_descriptors(folder, files, files, winrmd)
        self.server = Server(folder / 'server', users, operations=OPERATIONS, winrmd=winrmd,
                             **(TLS if probes[0].lane in ENCRYPTED else {}))
        if probes[0].lane in ENCRYPTED:
            self.server.trust = folder / 'server' / 'self-signed.pem'
        self.seed, self.descriptors = seed, descriptors
        self.round = self.rounds = 0
        self.deadline = None
        if any(probe.lane in MANY for probe in probes):
            with open(self.server.config, 'a', encoding='utf-8') as config:
                config.write(CONNECTIONS_CONF)

    def __enter__(self):
        self.server.start()
        try:
            self._begin()
        except BaseException:
            self.server.stop()
            raise
        return self

    def _begin(self):
        self.nets = self.server.pids('winrmd-net')
        assert len(self.nets) == 3, self.nets
        self.standing = self.connections_to_every_net()
        self.shell = self.standing[0].create()
        self.expected = self.ask(self.standing[0])
        for _ in range(3):
            self.ordinary()
        # Nothing but what stands: that is how it has to be after every probe.
        own = {connection.local_port for connection in self.standing}
        wait_until(lambda: set(watch.server_ends(self.port)) == own
                   and self.server.counters()['sessions'] == len(own), 'other connections to end',
                   pause=PAUSE)
        looks = [self.holdings()]
        # A look is a connection too, which may still be there at the next one.
        for _ in range(4):
            time.sleep(PAUSE)
            looks.append(self.holdings())
        self.settled = {name: min((look[name] for look in looks), key=lambda value: value or 0)
                        for name in looks[0]}

    def __exit__(self, kind, *unused):
        try:
            if kind is None:
                for connection in self.standing:
                    connection.close()
                with self.connect() as client:
                    client.delete(self.shell)
        finally:
            self.server.stop()

    @property
    def port(self):
        return self.server.port

    @property
    def last_round(self):
        return self.round == self.rounds

    def connect(self, user=USER, **settings):
        return self.server.connect(user, **settings)

    # Ordinary requests

    def connections_to_every_net(self):
        """One connection to each winrmd-net, authenticated. They all take from one queue, whoever
        is first, so connections are opened, many at once, until each process has one."""
        found = {}
        for _ in range(200):
            some = [self.connect() for _ in range(16)]
            # Nobody has accepted what nobody answers.
            for connection in some:
                connection.socket.sendall(b'POST /wsman HTTP/1.1\r\nHost: x\r\n'
                                          b'Content-Length: 0\r\n\r\n')
            for connection in some:
                assert connection.receive().status == 401
            ends = watch.server_ends(self.port)
            for pid in set(self.nets) - set(found):
                inodes = watch.sockets(pid)
                for connection in some:
                    if pid not in found and ends.get(connection.local_port) in inodes:
                        found[pid] = connection
                        assert connection.post('').status == 200
            for connection in some:
                if connection not in found.values():
                    connection.close()
            if len(found) == len(self.nets):
                return [found[pid] for pid in self.nets]
        raise AssertionError('only %d of %d winrmd-net take connections'
                             % (len(found), len(self.nets)))

    def ask(self, client):
        """A Get of the shell and a command in it, without what differs every time."""
        response = client.ask(GET, shell=self.shell)
        assert response.status == 200, response.body
        command = client.command(self.shell, 'echo probe')
        output = client.receive_all(self.shell, command)
        assert output == (b'probe\n', b'', 0), output
        # A command is there until its client says that it has seen the end.
        client.signal(self.shell, command)
        body = re.sub(rb'uuid:[-0-9A-Fa-f]+|PT?[0-9.DTHMS]+S', b'*', response.body)
        return response.status, body

    def ordinary(self):
        """The next ordinary requests are answered as before."""
        for connection in self.standing:
            assert self.ask(connection) == self.expected
        for _ in range(FRESH):
            with self.connect() as fresh:
                assert self.ask(fresh) == self.expected

    # What must hold

    def processes(self):
        return {row['process']: (row['name'], row['restarts'], row['state'])
                for row in self.server.status()['processes']}

    def names(self):
        """{pid: name} of all processes."""
        return {pid: name for pid, (name, _, _) in self.processes().items()}

    def holdings(self):
        """What the server holds for its clients: comes back to the same when they are gone."""
        status = self.server.status()
        held = {name: status['counters'][name]
                for name in ('sessions', 'operations', 'calls', 'tokens')}
        held['shells'] = len(status['shells'])
        for row in status['processes']:
            held['descriptors of %s %d' % (row['name'], row['process'])] = watch.descriptors(
                row['process'])
        return held

    def settle(self):
        """Waits until the server has noticed that the clients of a probe are gone."""
        last = {}

        def same():
            last.clear()
            last.update(self.holdings())
            return last == self.settled
        try:
            wait_until(same, 'what clients held to be given back', self.deadline + SLACK, PAUSE)
        except AssertionError:
            kept = {name: (self.settled.get(name), value) for name, value in last.items()
                    if self.settled.get(name) != value}
            raise AssertionError('not given back (before, now): %s' % kept) from None

    def nets_memory(self):
        return sum(watch.memory(pid) for pid in self.nets)

    def guests(self):
        """Connections that the winrmd-nets hold above those that stand."""
        return sum(watch.descriptors(pid) for pid in self.nets) - sum(
            value for name, value in self.settled.items()
            if name.startswith('descriptors of winrmd-net'))

    def wait_for_guests(self, count):
        """Until all of these are accepted."""
        wait_until(lambda: self.guests() >= count, '%d connections to be accepted' % count,
                   pause=PAUSE)


def in_window(names):
    """What each process does while nobody asks for anything: {pid: (ms, wake-ups)}."""
    before = {pid: (watch.cpu(pid), watch.wakeups(pid)) for pid in names}
    time.sleep(WINDOW)
    return {pid: (watch.cpu(pid) - cpu, watch.wakeups(pid) - wakeups)
            for pid, (cpu, wakeups) in before.items()}


def assert_idle(names):
    """Nothing spins. Returns how many ms and wake-ups all processes had in the window."""
    for _ in range(WINDOWS):
        did = in_window(names)
        busy = {pid: what for pid, what in did.items()
                if what[0] > IDLE_CPU or what[1] > IDLE_WAKEUPS}
        if not busy:
            return [sum(column) for column in zip(*did.values())]
    raise AssertionError('in %d ms without requests: %s' % (WINDOW * 1000, ', '.join(
        '%s %d used %d ms and woke %d times' % (names[pid], pid, *what)
        for pid, what in busy.items())))


def memory_of(pids):
    return {pid: watch.memory(pid) for pid in pids}


def kinds(names, rounds):
    """{kind of process: [KiB of all of them after each repetition]}."""
    return {kind: [sum(memory[pid] for pid, name in names.items() if name == kind)
                   for memory in rounds] for kind in sorted(set(names.values()))}


def is_flat(held):
    return min(after - earlier for earlier, after in zip(held, held[1:])) <= FLAT


def is_enough(probe, names, rounds):
    if len(rounds) < probe.rounds:
        return False
    return len(rounds) in (1, MOST) or all(map(is_flat, kinds(names, rounds).values()))


def check_memory(probe, names, before, rounds):
    held_before = kinds(names, [before])
    for kind, held in kinds(names, rounds).items():
        # One winrmd-net may get more connections than another: what they hold together counts.
        count = list(names.values()).count(kind)
        grown = max(held) - held_before[kind][0]
        assert grown <= count * probe.grown, '%d %s grew by %d KiB, from %d (bound: %d each)' % (
            count, kind, grown, held_before[kind][0], probe.grown)
    for kind, held in kinds(names, rounds).items():
        assert len(rounds) == 1 or is_flat(held), (
            '%s: memory grows with every repetition: %s KiB (bound: %d)' % (kind, held, FLAT))


def check_processes(before, now):
    """Nobody is lost. Hosts of shells that a probe has deleted may still be ending."""
    lost = {pid: (was, now.get(pid)) for pid, was in before.items() if now.get(pid) != was}
    assert not lost, 'processes (before, now): %s' % lost


def play(probe, world):
    """Plays a probe to a server and returns what was measured, as text. AssertionError: what does
    not hold."""
    processes = world.processes()
    names = world.names()
    world.deadline, world.rounds = probe.deadline, probe.rounds
    before = memory_of(names)
    cpu_before = {pid: watch.cpu(pid) for pid in names}
    begun = time.monotonic()
    rounds = []
    said = ''
    while not is_enough(probe, names, rounds):
        world.round = len(rounds) + 1
        said = probe.function(world) or said
        check_processes(processes, world.processes())
        world.settle()
        world.ordinary()
        world.settle()
        rounds.append(memory_of(names))
    spent, woken = assert_idle(names)
    check_memory(probe, names, before, rounds)
    assert world.processes() == processes
    cpu = sum(watch.cpu(pid) - cpu_before[pid] for pid in names)
    return '%5.1f s  cpu %.2f s  memory %d -> %s KiB  idle %d ms, %d wake-ups  %s' % (
        time.monotonic() - begun, cpu / 1000, sum(before.values()),
        ' '.join(str(sum(memory.values())) for memory in rounds), spent, woken, said)


def play_lane(folder, users, probes, seed, descriptors):
    """Plays the probes of one lane to one server; yields (name, ok, text). A probe that failed is
    followed by a new server, so that the next one is judged for itself."""
    waiting = list(probes)
    number = 0
    while waiting:
        number += 1
        probe = world = None
        try:
            world = World(folder / str(number), users, waiting, seed, descriptors)
            with world:
                while waiting:
                    probe = waiting.pop(0)
                    yield probe.name, True, play(probe, world)
                probe = None
        except Exception as error:  # whatever it was, the probe did not hold
            if probe is None:
                name = 'end of ' + probes[-1].name if not waiting else waiting.pop(0).name
            else:
                name = probe.name
            said = world.server.report().splitlines()[-SHOWN:] if world else []
            yield name, False, '\n    '.join(['%s: %s' % (type(error).__name__, error)] + said)
