# SPDX-License-Identifier: ISC
"""Faults that a test brings about in the processes of a running winrmd: allocations that fail,
clocks that jump, limits of descriptors. Nothing of it is in winrmd: a library is preloaded
(faults_inject.c), and limits are set from outside."""

import contextlib
import mmap
import os
import resource
import shutil
import struct
import subprocess

from server import HANG, built, wait_until

PROGRAMS = ('winrmd', 'winrmd-auth', 'winrmd-config', 'winrmd-gss', 'winrmd-host', 'winrmd-net',
            'winrmd-pam')
# The long runs: every allocation instead of a sample, more of everything.
LONG = os.environ.get('WINRMD_CHAOS') == 'long'
# The address sanitizer has an allocator of its own, and comes before what is preloaded.
SCRIPT = '''\
#!/bin/sh
export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0:detect_leaks=0"
export WINRMD_FAULTS='%s' LD_PRELOAD='%s'
exec '%s' "$@"
'''


class Faults:
    """The memory shared with every process of the programs named; see faults_inject.c. As a path of
    winrmd for `new_server(winrmd=...)` there is `winrmd`."""

    MEMBERS = ('until', 'failed', 'today', 'running', 'elapsed', 'only', 'never')

    def __init__(self, folder, *programs):
        folder.mkdir()
        self.winrmd = folder / 'winrmd'
        self._file = folder / 'faults'
        self._file.write_bytes(bytes(4096))
        with open(self._file, 'r+b') as file:
            self._memory = mmap.mmap(file.fileno(), 4096)
        for program in PROGRAMS:
            if program not in programs:
                shutil.copy(built(program), folder / program)
                continue
            # In a folder of its own, so that it finds the others where the script is.
            shutil.copy(built(program), folder / (program + '.real'))
            (folder / program).write_text(SCRIPT % (self._file, built('faults_inject.so'),
                                                    folder / (program + '.real')))
            (folder / program).chmod(0o755)

    def get(self, member):
        return struct.unpack_from('=q', self._memory, 8 * self.MEMBERS.index(member))[0]

    def set(self, member, value):
        struct.pack_into('=q', self._memory, 8 * self.MEMBERS.index(member), value)

    def allocations_of(self, action):
        """How many allocations the processes make while this is done."""
        self.set('until', 1 << 40)
        action()
        return (1 << 40) - self.get('until')

    @contextlib.contextmanager
    def allocation_fails(self, number):
        """The so manieth from here on; what it gives tells whether it has."""
        before = self.get('failed')
        self.set('until', number)
        try:
            yield lambda: self.get('failed') > before
        finally:
            self.set('until', 0)

    def jump(self, seconds, *clocks):
        """Moves clocks by so much from where they are."""
        for clock in clocks or ('today', 'running', 'elapsed'):
            self.set(clock, self.get(clock) + int(seconds * 1e9))

    def suspend(self, seconds):
        """What a suspended machine sees when it wakes up."""
        self.jump(seconds, 'today', 'elapsed')


def sample(count, most):
    """The numbers from 1 to `count`, all of them in a long run, else `most` spread over them."""
    if LONG or count <= most:
        return range(1, count + 1)
    return sorted({1 + at * (count - 1) // (most - 1) for at in range(most)})


@contextlib.contextmanager
def without_descriptors(*pids, most=0):
    """As long as this lasts these processes can open nothing, or no number from `most` on. What they
    have open stays."""
    before = {}
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            before[pid] = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, before[pid][1]))
    try:
        yield
    finally:
        for pid, limits in before.items():
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)


def assert_serves(server, user='alice'):
    """Everything works: a login, a shell, a command with its output, the end."""
    with server.connect(user) as client:
        shell = client.create()
        assert client.receive_all(shell, client.command(shell, 'echo works')) == (b'works\n', b'', 0)
        client.delete(shell)


def assert_nothing_is_held(server, shells=0, operations=0):
    """Every slot, context, token, session and enumeration of those who have left is given back."""
    def balanced():
        status = server.status()
        rows = status['records']
        counters = status['counters']
        return (sum(row['shells'] for row in rows) == shells
                and sum(row['operations'] for row in rows) == operations
                and counters['contexts_reported'] <= counters['contexts_released']
                + counters['contexts_lost'] + len(rows) + operations)
    wait_until(balanced, 'everything to be given back', pause=0.05)


def memory_of(pid):
    """KiB that a process has written to."""
    with open('/proc/%d/smaps_rollup' % pid) as file:
        return sum(int(line.split()[1]) for line in file if line.startswith('Private_Dirty'))


def resident(*pids):
    """KiB that processes have in memory and share with nobody; also of those that nobody may look into."""
    pages = 0
    for pid in pids:
        with open('/proc/%d/statm' % pid) as file:
            numbers = file.read().split()
        pages += int(numbers[1]) - int(numbers[2])
    return pages * resource.getpagesize() // 1024
