# SPDX-License-Identifier: ISC
"""The walls of docs/walls.md, S-1 to S-5, where each process has a user of its own: that user's own
things are behind them as well, and what is others' is behind two."""

import os
import shutil
import socket

import pytest

from server import wait_until
from walls import NOT_SANITIZED, Captured, sees_files, victim

REFUSED = {'SIGSYS', 'EPERM', 'EACCES'}
USERS = {'winrmd-net': 2100, 'winrmd-auth': 2101, 'winrmd-gss': 2101, 'winrmd-config': 2102}
WAYS = ('signal', 'thread-signal', 'queue', 'handle', 'owner', 'owner-by-ioctl')


def keytab_of(captured):
    return captured.server.folder / 'keytab'


def own_attempts(captured, prey, address, port, folder):
    """What this user may do, and this process not."""
    hidden = [captured.secret] + (['/etc/passwd'] if captured.name != 'winrmd-gss' else [])
    # What its user may read, and this process was not told of.
    hidden += [keytab_of(captured)] if captured.name in ('winrmd-auth', 'winrmd-gss') else []
    return (['read %s' % path for path in hidden] + ['write %s' % captured.secret] +
            ['%s %s/new' % (what, folder) for what in ('create', 'folder', 'link')] +
            ['memory %d' % prey, 'peek %d %d' % (prey, address), 'trace %d' % prey] +
            ['%s %d' % (way, prey) for way in WAYS] +
            ['limits %d' % prey, 'socket', 'connect %d' % port, 'bind', 'listen', 'user',
             'namespace'] + [name for name in ('fork', 'traceable') if name not in NOT_SANITIZED])


def other_attempts(captured):
    """What is root's or another user's."""
    server = captured.server
    others = {server.pid} | {pid for name in ('winrmd-net', 'winrmd-auth', 'winrmd-pam',
                                              'winrmd-host (authorization)')
                             for pid in server.pids(name) if name != captured.name}
    assert len(others) > 3
    # The configuration can be read by everybody, but by whom walls keep from files.
    files = [server.audit_file, server.config, '/etc/shadow', server.folder / 'key.pem']
    if captured.name in ('winrmd-net', 'winrmd-config'):
        files += [captured.own / 'users', captured.own / 'ntlm', keytab_of(captured)]
    return (['read %s' % path for path in files] + ['write %s' % path for path in files] +
            ['%s %d' % (what, pid) for pid in others for what in ('memory', 'trace', *WAYS)] +
            ['connect-path %s' % (server.folder / 'winrmd.sock')] +
            ['call %s' % call for call in ('setuid', 'setgid', 'setgroups', 'mount', 'chroot',
                                           'setns', 'capset')])


@pytest.mark.parametrize('name', USERS)
def test_nothing_goes_through_a_wall(new_server, tmp_path, users, ntlm_users, name):
    captured = Captured(new_server, tmp_path, users, ntlm_users, name)
    captured.secret.chmod(0o666)
    for path, mode in ((keytab_of(captured), 0o640), (captured.server.folder / 'key.pem', 0o600)):
        path.write_text('as R-18 wants it')
        shutil.chown(path, 0, 'winrmd-auth')
        path.chmod(mode)
    folder = tmp_path / 'open'
    folder.mkdir()
    folder.chmod(0o777)
    broker, uid = captured.server.pid, USERS[name]
    with victim(user=uid, group=uid, extra_groups=[]) as (prey, address), \
            socket.create_server(('127.0.0.1', 0)) as listening:
        lines = own_attempts(captured, prey.pid, address, listening.getsockname()[1], folder)
        without = captured.tries(lines, 'outside')
        assert set(without.values()) == {'through'}, without
        captured.wait_for_the_next()
        lines += other_attempts(captured)
        within = captured.tries(lines, 'inside')
    if not sees_files(captured.server):
        within = {line: what for line, what in within.items() if line not in without}
    assert set(within.values()) <= REFUSED, within
    wait_until(lambda: not os.listdir(folder), 'nothing to be left')
    assert captured.server.pid == broker and captured.server.process.poll() is None
    captured.still_serves()
