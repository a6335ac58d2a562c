# SPDX-License-Identifier: ISC
"""Whatever way a shell ends, its PAM session is closed, once, when nothing of it runs any more
(docs/root-mode.md, R-30 and R-31)."""

import os
import signal
import subprocess

import pytest

import lab
from server import HANG, IDLE, built, is_running, wait_until

# A command whose daemon has left everything behind that it could leave.
DAEMON = "setsid sh -c 'setsid sleep 100000 >/dev/null 2>&1 & echo $!'"
NO_THROTTLE = 'QuotaSystemWindowOperations="0"'


def winrmctl(server, *arguments):
    subprocess.run([built('winrmctl'), '--config', server.config, *arguments], check=True,
                   stdout=subprocess.DEVNULL, timeout=HANG)


def host_of(server):
    row, = server.status()['shells']
    return row['process']


def kill_host(server, client, shell):
    os.kill(host_of(server), signal.SIGKILL)


def stop_service(server, client, shell):
    server.process.terminate()


WAYS = {
    'deleted': lambda server, client, shell: client.delete(shell),
    'idle': lambda server, client, shell: None,
    'run time': lambda server, client, shell: None,
    'host killed': kill_host,
    'host stopped, then deleted': lambda server, client, shell: (
        os.kill(host_of(server), signal.SIGSTOP), client.delete(shell)),
    'killed by the administrator': lambda server, client, shell: winrmctl(server, 'kill', shell),
    'revoked': lambda server, client, shell: winrmctl(server, 'revoke', 'alice'),
    'service stopped': stop_service,
}
SETTINGS = {
    'idle': {'operations': NO_THROTTLE + ' MaxShellIdleTimeoutMinutes="%dms"' % IDLE},
    'run time': {'quotas': 'MaxRunTimems="%d"' % (4 * IDLE)},
}


@pytest.mark.parametrize('way', WAYS)
def test_the_session_is_closed(new_root_server, machine, way):
    """R-30, R-31"""
    server = new_root_server(**SETTINGS.get(way, {}))
    with server.connect('alice') as client:
        shell = client.create()
        output, _, _ = client.receive_all(shell, client.command(shell, DAEMON))
        daemon = int(output)
        assert machine.sessions() == [('open_session', 'alice', 'winrmd', '127.0.0.1')]
        WAYS[way](server, client, shell)
        wait_until(lambda: len(machine.sessions()) > 1, 'the session to be closed')
        assert not is_running(daemon)
    if way != 'service stopped':
        wait_until(lambda: not server.pids('winrmd-session'), 'the end of winrmd-session')
    server.stop()
    assert machine.sessions() == [('open_session', 'alice', 'winrmd', '127.0.0.1'),
                                  ('close_session', 'alice', 'winrmd', '127.0.0.1')]


def test_modules_that_never_close_it(root_server, machine, tmp_path):
    """R-31: the shell has ended before, and nothing of either is left."""
    gate = tmp_path / 'gate'
    os.mkfifo(gate)
    machine.edit(lab.NOTES / 'session', lambda text: text + (
        '[ "$PAM_TYPE" = open_session ] || read line <%s\n' % gate))
    with root_server.connect('alice') as client:
        client.delete(client.create())
        root_server.wait_for_log("PAM's modules have not closed the session within 5 s")
        wait_until(lambda: not root_server.pids('winrmd-session'), 'the end of winrmd-session')
        assert root_server.status()['shells'] == []


def test_each_shell_has_its_own(root_server, machine):
    """R-20: a session of one ends while the other's goes on."""
    with root_server.connect('alice') as alice, root_server.connect('bob') as bob:
        first, second, third = alice.create(), alice.create(), bob.create()
        sessions = root_server.pids('winrmd-session')
        assert len(sessions) == 3
        alice.delete(first)
        wait_until(lambda: len(root_server.pids('winrmd-session')) == 2, 'the end of the first')
        for client, shell in ((alice, second), (bob, third)):
            command = client.command(shell, 'id -un')
            assert client.receive_all(shell, command)[1:] == (b'', 0)
            client.delete(shell)
        wait_until(lambda: len(machine.sessions()) == 6, 'all sessions to be closed')
    said = [(kind, user) for kind, user, _, _ in machine.sessions()]
    assert said[:4] == 2 * [('open_session', 'alice')] + [('open_session', 'bob'),
                                                          ('close_session', 'alice')]
    assert sorted(said[4:]) == [('close_session', 'alice'), ('close_session', 'bob')]
