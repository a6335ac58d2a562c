# SPDX-License-Identifier: ISC
"""What the processes of one shell may use in root mode, by rlimits that winrmd-session sets
(docs/root-mode.md, "Limits"); tests/e2e has the same of a host that sets them for itself."""

import os
import secrets
import shlex
from pathlib import Path

import pytest

from test_sessions import host_of, said
from server import BUILD, IDLE

FORKS = '''\
import os
here, there = os.pipe()
children = []
while True:
    try:
        child = os.fork()
    except BlockingIOError:
        break
    if child == 0:
        os.close(there)
        os.read(here, 1)
        os._exit(0)
    children.append(child)
os.close(there)
for child in children:
    os.waitpid(child, 0)
print(len(children))
'''
ROOM = 64


def python(script):
    return '/usr/bin/python3 -c ' + shlex.quote(script)


def sanitized():
    return b'__asan_init' in (BUILD / 'usr/bin/winrmd').read_bytes()


@pytest.fixture
def erin_alone(machine):
    """erin has a uid that nobody else has. The kernel counts the processes of a uid wherever they are,
    also those of another run of these tests, which nobody sees from here."""
    uid, home = 20000 + secrets.randbelow(20000), '/home/erin'
    machine.undo.callback(os.chown, home, os.stat(home).st_uid, -1)
    os.chown(home, uid, -1)
    machine.edit_account('erin', lambda fields: fields[:2] + [str(uid)] + fields[3:])


@pytest.mark.usefixtures('erin_alone')
def test_an_account_may_have_so_many_processes_more(new_root_server):
    """R-42, R-43: erin has none but those of her shells."""
    server = new_root_server(quotas='MaxProcessesPerShell="20"')
    assert 20 <= int(said(server, python(FORKS), 'erin')) < 20 + ROOM


@pytest.mark.usefixtures('erin_alone')
def test_another_shell_of_the_account_has_as_many(new_root_server):
    """R-42: what there is when a shell begins is added to its limit."""
    server = new_root_server(quotas='MaxProcessesPerShell="20"')
    with server.connect('erin') as erin:
        shell = erin.create()
        for _ in range(3):
            erin.command(shell, 'sleep 100000 & sleep 100000 & sleep 100000 & wait')
        assert 20 <= int(said(server, python(FORKS), 'erin')) < 20 + ROOM
        erin.delete(shell)


def test_limits_are_those_of_the_host_and_cannot_be_raised(new_root_server):
    """R-42, R-44, R-46"""
    server = new_root_server(quotas='MaxOpenFilesPerShell="128" MaxMemoryPerShellMB="1024"')
    with server.connect('alice') as alice:
        shell = alice.create()
        limits = Path('/proc/%d/limits' % host_of(server, shell)).read_text().splitlines()
        found = {line[:25].strip(): line[26:].split()[:2] for line in limits}
        assert found['Max open files'] == ['128'] * 2
        assert found['Max data size'] == ['unlimited' if sanitized() else str(1 << 30)] * 2
        line = ('ulimit -n; ulimit -n 129 2>&- || echo no; '
                'prlimit --pid $PPID --nofile=4096 2>&- || echo no')
        assert alice.receive_all(shell, alice.command(shell, line))[0] == b'128\nno\nno\n'
        alice.delete(shell)


def test_a_shell_lives_no_longer_than_it_may(new_root_server):
    """R-45"""
    server = new_root_server(quotas='MaxRunTimems="%d"' % (3 * IDLE))
    with server.connect('alice') as alice:
        shell = alice.create()
        command = alice.command(shell, 'echo begun; sleep 100000')
        while not alice.ask_receive(shell, command).fault:
            pass
        ended, = server.wait_for_audit('shell-end', shell=shell)
        assert ended['reason'] == 'its MaxRunTimems elapsed'
        assert ended['uid'] == 2001 and os.geteuid() == 0
