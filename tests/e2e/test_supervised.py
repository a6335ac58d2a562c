# SPDX-License-Identifier: ISC
"""winrmd below a service manager, which the test is: readiness, reload, stop and the watchdog by
datagram, and lines for the journal (docs/operating.md, O-4, O-5, O-12)."""

import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess

import pytest

from server import HANG, PATIENCE, Server, built, processes, wait_until
from test_winrmctl import winrmctl

WATCHDOG = 200  # ms


class Manager:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address.replace('@', '\0', 1) if address[0] == '@' else address)
        self.socket.settimeout(HANG * PATIENCE)

    def forget(self):
        """What has come until now."""
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.recv(4096)

    def hear(self, watchdog=False):
        """The next datagram as {name: value}; those of the watchdog are passed over."""
        while True:
            lines = self.socket.recv(4096).decode().split('\n')
            if lines != ['WATCHDOG=1'] or watchdog:
                return dict(line.split('=', 1) for line in lines)


@pytest.fixture
def manager(tmp_path, request):
    # Abstract names are those of the whole machine, which may run these tests several times at once.
    address = {'path': str(tmp_path / 'notify'),
               'abstract': '@winrmd-test-%d-%s' % (os.getpid(), tmp_path.name),
               }[getattr(request, 'param', 'path')]
    manager = Manager(address)
    manager.address = address
    with contextlib.closing(manager.socket):
        yield manager


@pytest.mark.parametrize('manager', ['path', 'abstract'], indirect=True)
def test_the_manager_is_told(manager, new_server):
    """O-4"""
    server = new_server(environment={'NOTIFY_SOCKET': manager.address})
    ready = manager.hear()
    assert ready['READY'] == '1'
    assert ready['STATUS'] == 'serving; 1 listener, 1 application'
    assert winrmctl(server, 'reload')[0] == 0
    reloading = manager.hear()
    assert reloading['RELOADING'] == '1' and int(reloading['MONOTONIC_USEC']) > 0
    assert manager.hear() == ready
    text = server.config.read_text()
    server.config.write_text(text + 'nonsense = 1\n')
    assert winrmctl(server, 'reload')[0] == 1
    assert manager.hear()['RELOADING'] == '1'
    assert manager.hear()['STATUS'] == ready['STATUS'] + (
        '; the last change of the configuration was refused')
    server.stop()
    assert manager.hear()['STOPPING'] == '1'


def test_a_start_that_fails_stops_nothing(manager, tmp_path, users):
    """O-4: what has never been ready."""
    server = Server(tmp_path / 'failing', users)
    server.config.write_text(server.config.read_text().replace('winrmd.sock', 'nowhere/winrmd.sock'))
    done = subprocess.run([built('winrmd'), '--config', server.config], capture_output=True,
                          env={**os.environ, 'NOTIFY_SOCKET': manager.address}, text=True,
                          timeout=HANG)
    assert (done.returncode, 'control socket' in done.stderr) == (1, True)
    assert manager.hear() == {'STATUS': 'the start has failed; the log says why'}
    manager.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.socket.recv(1)


def test_the_watchdog_is_fed(manager, new_server):
    """O-5"""
    new_server(environment={'NOTIFY_SOCKET': manager.address,
                            'WATCHDOG_USEC': str(WATCHDOG * 1000)})
    for _ in range(5):
        while manager.hear(watchdog=True) != {'WATCHDOG': '1'}:
            pass


def test_one_that_hangs_feeds_no_watchdog(manager, new_server):
    """O-5: neither does another of its processes; and it is fed again by one that goes on."""
    server = new_server(environment={'NOTIFY_SOCKET': manager.address,
                                     'WATCHDOG_USEC': str(WATCHDOG * 1000)})
    assert manager.hear()['READY'] == '1'
    manager.hear(watchdog=True)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        wait_until(lambda: processes()[server.pid][1] == 'T', 'winrmd to be stopped')
        manager.forget()
        manager.socket.settimeout(3 * WATCHDOG / 1000)
        with pytest.raises(TimeoutError):
            manager.hear(watchdog=True)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    manager.socket.settimeout(HANG * PATIENCE)
    assert manager.hear(watchdog=True) == {'WATCHDOG': '1'}


def test_nobody_else_is_told_where_the_manager_is(manager, new_server):
    """O-4: neither a plug-in nor a command can speak for winrmd."""
    server = new_server(environment={'NOTIFY_SOCKET': manager.address, 'WATCHDOG_USEC': '1000000',
                                     'JOURNAL_STREAM': '1:2'})
    with server.connect('alice') as alice:
        shell = alice.create()
        output = alice.receive_all(shell, alice.command(shell, 'env'))[0].decode()
        alice.delete(shell)
    assert 'PATH=' in output
    assert not re.search('NOTIFY_SOCKET|WATCHDOG|JOURNAL', output)


# The journal


@pytest.fixture
def in_journal(tmp_path):
    """A winrmd that finds its standard error in JOURNAL_STREAM."""
    script = tmp_path / 'winrmd-journal'
    script.write_text('#!/bin/sh\n'
                      'JOURNAL_STREAM=$(stat -Lc %%d:%%i /proc/self/fd/2) || exit 1\n'
                      'export JOURNAL_STREAM\nexec %s "$@"\n' % shlex.quote(str(built('winrmd'))))
    script.chmod(0o755)
    return script


def test_lines_begin_with_their_priority_in_the_journal(new_server, in_journal):
    """O-12: and name no process that the journal names, nor any number of one."""
    server = new_server(winrmd=in_journal)
    assert server.wait_for_log('unprivileged mode').startswith('<6>unprivileged mode: ')
    assert server.wait_for_log('ready on ').startswith('<6>ready on http://')
    assert server.wait_for_log(': 8 users').startswith('<6>winrmd-auth: password file ')
    (server.application_folder / 'policy.rules').write_text('nonsense\n')
    server.config.write_text(server.config.read_text() + 'nonsense = 1\n')
    assert winrmctl(server, 'reload')[0] == 1
    assert server.wait_for_log('nonsense').startswith('<3>%s:' % server.config)
    assert server.wait_for_log('nothing has changed').startswith('<3>the configuration was not ')
    assert winrmctl(server, 'log-level', 'debug')[0] == 0
    with server.connect('alice') as alice:
        alice.send('x')
        server.wait_for_log(': request ')
        assert all(line.startswith('<7>winrmd-net: ') for line in server.log
                   if line and ': request ' in line)
        alice.receive()


@pytest.mark.parametrize('stream', ['1:2', 'nonsense', ''])
def test_lines_are_plain_elsewhere(new_server, stream):
    """O-12: JOURNAL_STREAM may have been inherited by something whose output goes elsewhere."""
    server = new_server(environment={'JOURNAL_STREAM': stream})
    assert server.wait_for_log('unprivileged mode').startswith('winrmd[')
    assert all(line.startswith('winrmd') for line in server.log if line)
