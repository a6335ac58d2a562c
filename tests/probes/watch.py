# SPDX-License-Identifier: ISC
"""What the kernel counts of a process: memory, processor time, wake-ups, descriptors."""

import os
from pathlib import Path

from server import open_files

TICK = 1000 // os.sysconf('SC_CLK_TCK')  # milliseconds
PAGE = os.sysconf('SC_PAGE_SIZE') // 1024  # KiB


def memory(pid):
    """Private memory in KiB: pages that the process has written to. Pages of its program that it
    has only read are left out; they come and go with other processes of the same program."""
    try:
        rollup = Path('/proc', str(pid), 'smaps_rollup').read_text()
    except PermissionError:
        # winrmd-auth forbids to be looked into, even by its own user.
        resident, shared = Path('/proc', str(pid), 'statm').read_text().split()[1:3]
        return (int(resident) - int(shared)) * PAGE
    return sum(int(line.split()[1]) for line in rollup.splitlines()
               if line.startswith(('Private_Dirty:', 'Swap:')))


def cpu(pid):
    """Milliseconds of processor time so far, in whole ticks of the kernel."""
    fields = Path('/proc', str(pid), 'stat').read_text().rsplit(') ', 1)[1].split(' ')
    return (int(fields[11]) + int(fields[12])) * TICK


def wakeups(pid):
    """How often its threads have waited for something and gone on."""
    count = 0
    for task in os.listdir('/proc/%d/task' % pid):
        try:
            status = Path('/proc', str(pid), 'task', task, 'status').read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # a thread that has ended meanwhile
        for line in status.splitlines():
            if line.startswith('voluntary_ctxt_switches:'):
                count += int(line.split()[1])
    return count


def descriptors(pid):
    """None where that may not be seen, and of a process that has ended meanwhile: the host of a
    shell that was deleted is in the status until then."""
    try:
        return len(os.listdir('/proc/%d/fd' % pid))
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return None


def sockets(pid):
    """The inodes of its sockets."""
    return {target[8:-1] for target in open_files(pid) if target.startswith('socket:[')}


def server_ends(port):
    """{port of the client: inode of the server's socket} of the connections that 127.0.0.1 has to
    a port."""
    mark = ':%04X 0100007F:' % port
    found = {}
    for line in Path('/proc/net/tcp').read_text().splitlines()[1:]:
        if mark in line:
            parts = line.split()
            if parts[9] != '0':
                found[int(parts[2].split(':')[1], 16)] = parts[9]
    return found
