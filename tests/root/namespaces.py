# SPDX-License-Identifier: ISC
"""A process in mount, pid, network, IPC and cgroup namespaces of its own, of which nothing is left
when it ends or is ended, by SIGKILL too.

    run ── outside; its death is the death of the first process
     ├─ cleaner ── outside, a session of its own; waits for the first process's end
     └─ first process (1 in the namespace); its death is the death of everything inside
         └─ the command
"""

import ctypes
import os
import secrets
import select
import signal
import time
from pathlib import Path

libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWIPC = 0x00020000, 0x02000000, 0x08000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
SYS_MOUNT_SETATTR = 442  # the same number on every architecture
AT_RECURSIVE = 0x8000
AT_FDCWD = -100
# Seconds until the cleaner gives up; it waits for the kernel alone.
CLEANING = 60


class Refused(Exception):
    """The machine does not let us."""


def _checked(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, '%s: %s' % (what, os.strerror(error)))


def mount(source, target, kind='', flags=0, data=''):
    _checked(libc.mount(str(source).encode(), str(target).encode(), kind.encode(),
                        ctypes.c_ulong(flags), data.encode()), 'mount %s' % target)


def make_read_only(path, yes=True):
    """A mount and all those below it, for this namespace only."""
    # struct mount_attr: what is set, what is cleared.
    attributes = (ctypes.c_uint64 * 4)(yes and MS_RDONLY, not yes and MS_RDONLY, 0, 0)
    _checked(libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, str(path).encode(), AT_RECURSIVE,
                          ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes))),
             'mount_setattr %s' % path)


def _unshare(flags):
    _checked(libc.unshare(flags), 'unshare')


class Group:
    """A cgroup of version 2 that holds everything inside. The mount that shows it is in our own
    namespace."""

    def __init__(self):
        mount('run', '/run', 'tmpfs')
        os.mkdir('/run/cgroup')
        mount('cgroup2', '/run/cgroup', 'cgroup2')
        own = [line[3:] for line in Path('/proc/self/cgroup').read_text().splitlines()
               if line.startswith('0::')]
        self.path = Path('/run/cgroup' + own[0], 'winrmd-test-' + secrets.token_hex(4))
        self.path.mkdir()

    def enter(self):
        (self.path / 'cgroup.procs').write_text('0')

    def remove(self):
        """Ends what is still in it, and waits until that is gone."""
        deadline = time.monotonic() + CLEANING
        while time.monotonic() < deadline:
            try:
                (self.path / 'cgroup.kill').write_text('1')
                for folder, _, _ in os.walk(self.path, topdown=False):
                    os.rmdir(folder)
                return
            except FileNotFoundError:
                if not self.path.exists():
                    return
            except OSError:
                pass
            time.sleep(0.01)


def _start_cleaner(group, life):
    """Removes the group when the last holder of the other end of `life` is gone."""
    cleaner = os.fork()
    if cleaner == 0:
        os.setsid()
        nothing = os.open('/dev/null', os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        for number in os.listdir('/proc/self/fd'):
            if int(number) > 2 and int(number) != life:
                try:
                    os.close(int(number))
                except OSError:
                    pass  # that of the list itself
        os.chdir('/')
        os.read(life, 1)
        group.remove()
        os._exit(0)
    os.close(life)
    return cleaner


def _die_with(parent):
    """SIGKILL for us when the process that holds the other end of `parent` ends."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if select.select([parent], [], [], 0)[0]:
        os._exit(1)


def _first_process(group, make, folder, command, environment):
    """Never returns. Its descriptors are not the command's."""
    status = 1
    try:
        group.enter()
        _unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWCGROUP)
        make()
        child = os.fork()
        if child == 0:
            os.chdir(folder)
            os.execve(command[0], command, environment)
        ended = None
        while ended != child:
            ended, status = os.wait()
        status = os.waitstatus_to_exitcode(status)
        status = status if status >= 0 else 128 - status
    except BaseException as problem:  # nothing may go on above us
        print('tests as root: %s' % problem, flush=True)
    os._exit(status)


def run(make, folder, command, environment):
    """Calls make() in there, then starts the command in that folder, with nothing but that
    environment. The exit status of the command."""
    try:
        _unshare(CLONE_NEWNS)
        mount('none', '/', flags=MS_REC | MS_PRIVATE)
        group = Group()
    except OSError as problem:
        raise Refused('this machine does not allow it (%s)' % problem) from problem
    life_read, life = os.pipe()
    parent_read, parent = os.pipe()
    cleaner = _start_cleaner(group, life_read)
    _unshare(CLONE_NEWPID)
    first = os.fork()
    if first == 0:
        os.close(parent)
        _die_with(parent_read)
        _first_process(group, make, folder, command, environment)
    os.close(life)

    def end(number, _):
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
        os.waitpid(cleaner, 0)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    _, status = os.waitpid(first, 0)
    os.waitpid(cleaner, 0)
    status = os.waitstatus_to_exitcode(status)
    return status if status >= 0 else 128 - status
