# SPDX-License-Identifier: ISC
"""What an administrator does in root mode, and as root where winrmd runs as somebody else
(docs/operating.md)."""

import contextlib
import os
import shlex
import subprocess
import sys

import pytest

from server import HANG, Server, built, descendants, is_running, wait_until
from test_operate import daemon, done, everything_is_done
from test_winrmctl import winrmctl
from wire import GET

ALICE = 2001
MOST = 32  # connections of one uid to the control socket
# Connects without end: what is refused is connected again.
CROWD = '''\
import socket, sys
kept = []
while True:
    control = socket.socket(socket.AF_UNIX)
    control.connect(sys.argv[1])
    if len(kept) < %d:
        kept.append(control)
        continue
    control.settimeout(0.01)
    try:
        control.recv(1)
    except OSError:
        pass
    print('.', flush=True)
    control.close()
''' % MOST


@contextlib.contextmanager
def crowd(server, uid):
    """All the places of that uid are taken, and more of its connections come all the time."""
    process = subprocess.Popen([sys.executable, '-c', CROWD, server.folder / 'winrmd.sock'], user=uid,
                               group=uid, extra_groups=(), stdout=subprocess.PIPE)
    try:
        # The second one that was turned away: the first may have come before those it waits for.
        for _ in range(2):
            assert process.stdout.readline() == b'.\n'
        yield
    finally:
        process.stdout.close()
        process.kill()
        process.wait(HANG)


@pytest.fixture
def server_of_alice(tmp_path, users):
    """A winrmd that is not in root mode, but alice's."""
    script = tmp_path / 'winrmd-alice'
    script.write_text('#!/bin/sh\nexec setpriv --reuid=%d --regid=%d --clear-groups %s "$@"\n'
                      % (ALICE, ALICE, shlex.quote(str(built('winrmd')))))
    script.chmod(0o755)
    folder = tmp_path / 'alice'
    server = Server(folder, users, winrmd=script, authentication='basic = "file:users"',
                    rules='user * allow\noperation * * * allow\n')
    os.chown(folder, ALICE, ALICE)
    for path in folder.rglob('*'):
        os.chown(path, ALICE, ALICE)
    os.chmod(folder / 'users', 0o600)
    with server:
        try:
            yield server
        finally:
            print(server.report())


def test_root_is_answered_whatever_the_service_s_own_user_does(server_of_alice):
    """O-10, O-11: root has places of its own."""
    server = server_of_alice
    with server.connect('alice') as alice, crowd(server, ALICE):
        alice.create()
        own = subprocess.run([built('winrmctl'), '--config', server.config, 'status'], user=ALICE,
                             group=ALICE, extra_groups=(), capture_output=True, timeout=HANG)
        assert own.returncode == 3
        everything_is_done(server, 'alice')
    assert {line['by-uid'] for line in server.audit('kill')} == {0}


def test_users_and_kill_in_root_mode(root_server):
    """O-1, O-2, O-3: what runs as the user ends."""
    server = root_server
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shells = {'alice': alice.create(), 'bob': bob.create()}
        rows = {row['user']: row for row in done(server, 'users')['users']}
        assert (rows['alice']['uid'], rows['alice']['runs_as']) == ('2001', 'alice')
        assert rows['bob']['uid'] == '2002'
        running = daemon(alice, shells['alice'])
        assert os.stat('/proc/%d' % running).st_uid == ALICE
        assert [row['shell_id'] for row in done(server, 'kill', shells['alice'])['shells']] == [
            shells['alice']]
        wait_until(lambda: not is_running(running), 'what it ran to end')
        assert bob.ask(GET, shell=shells['bob']).status == 200
        bob.delete(shells['bob'])
    line, = server.audit('kill')
    assert (line['by-uid'], line['user']) == (0, 'alice')


def test_log_level_in_root_mode(root_server):
    """O-8: every process is told, and none is ended by that."""
    server = root_server
    with server.connect('alice') as alice:
        shell = alice.create()
        running = daemon(alice, shell)
        wait_until(lambda: {row['state'] for row in server.status()['processes']} == {'serving'},
                   'the winrmd-pams to be ready')
        told = done(server, 'log-level', 'debug')['processes']
        assert told == len(server.status()['processes'])
        assert done(server, 'log-level', 'default', 'winrmd-session') == {'processes': 1}
        assert done(server, 'log-level', 'default')['processes'] == told
        assert alice.ask(GET, shell=shell).status == 200
        assert is_running(running)
        alice.delete(shell)
    assert not server.audit('host-lost')


def test_revoke_in_root_mode(root_server):
    """O-6: PAM is asked again."""
    server = root_server
    with server.connect('alice') as alice:
        shell = alice.create()
        before = server.counters()
        answer = done(server, 'revoke', 'alice')
        assert (answer['sessions'], answer['records']) == (1, 1)
        assert [row['shell_id'] for row in answer['shells']] == [shell]
        assert alice.ask(GET, shell=shell).fault is not None
        after = server.counters()
        assert after['pam_requests'] == before['pam_requests'] + 1
        assert after['user_calls'] == before['user_calls'] + 1
    wait_until(lambda: 'winrmd-session' not in descendants(server.pid).values(),
               'the PAM session to end')


def test_nobody_but_root_is_answered_in_root_mode(root_server):
    """O-11"""
    os.chmod(root_server.folder / 'winrmd.sock', 0o666)
    for folder in [root_server.folder, *root_server.folder.parents]:
        with contextlib.suppress(OSError):
            os.chmod(folder, folder.stat().st_mode | 0o011)
    ask = subprocess.run([built('winrmctl'), '--config', root_server.config, 'status'], user=ALICE,
                         group=ALICE, extra_groups=(), capture_output=True, text=True, timeout=HANG)
    assert ask.returncode == 3 and 'runs as uid 0 and answers that user and root alone' in ask.stderr
    assert winrmctl(root_server, 'status')[0] == 0


def test_a_plug_in_is_not_tried_as_root():
    """R-19: it would be root's code."""
    plugin = built('policy.so')
    done = subprocess.run([built('winrmctl'), 'check-plugin', plugin], capture_output=True,
                          text=True, timeout=HANG)
    assert (done.returncode, done.stdout) == (3, '')
    assert 'runuser -u ACCOUNT -- winrmctl check-plugin %s' % plugin in done.stderr
    done = subprocess.run(['setpriv', '--reuid=2103', '--regid=2103', '--clear-groups',
                           built('winrmctl'), 'check-plugin', plugin], capture_output=True,
                          text=True, timeout=HANG, cwd='/')
    assert 'policy: no rule file is named' in done.stderr
