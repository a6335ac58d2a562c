# SPDX-License-Identifier: ISC
"""A captured process says what it may say, but nonsense: the broker lives, and everything it
counted is given back when that process is gone."""

import os
import shutil
import threading

import pytest

from server import IMPATIENT, built, wait_until
from wire import COMMAND, CREATE, GET

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
TRUE = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'
SETTINGS = {'application': IMPATIENT + '\nrecord-idle-timeout = "50ms"',
            'operations': 'QuotaSystemWindowOperations="0" QuotaRefreshIntervalSeconds="100ms" '
                          'MaxShellIdleTimeoutMinutes="400ms" '
                          'MaxEnumerateIdleTimeoutSeconds="400ms"',
            'rules': 'user * allow quota shells=5 operations=20\noperation * * * allow\n'}
USERS = ('alice', 'bob', 'dave', 'frank')
HOW_MANY = 30
ROLES = {'net': 'winrmd-net', 'authz': 'winrmd-host (authorization)', 'shell': 'winrmd-host (shell)'}


def make_programs(folder):
    """A copy of the programs with the babbler in the places of winrmd-net and winrmd-host."""
    folder.mkdir()
    (folder / 'babble').mkdir()
    for name in ('winrmd', 'winrmd-auth', 'winrmd-config'):
        shutil.copy(built(name), folder)
    for name in ('winrmd-net', 'winrmd-host'):
        shutil.copy(built(name), folder / (name + '.real'))
        shutil.copy(built('babbler'), folder / name)
    return folder


def all_is_given_back(server):
    """Nothing is left of what had begun; None while something is."""
    status = server.status()
    counters = status['counters']
    if status['shells'] or status['records'] or counters['operations'] or counters['calls']:
        return None
    return (counters['shells_started'] == counters['shells_ended']
            and counters['commands_started'] == counters['commands_ended']
            and counters['contexts_reported'] == (
                counters['contexts_released'] + counters['contexts_lost'])
            and counters['tokens'] == counters['sessions'])


class Client:
    """Somebody who works with the service meanwhile, whatever the answers are."""

    def __init__(self, server, user):
        self.server, self.user = server, user
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        while not self.stopped.is_set():
            try:
                with self.server.connect(self.user) as client:
                    response = client.ask(CREATE, STREAMS, timeout='PT1S')
                    if response.status == 200:
                        shell = response.text('w:Selector')
                        client.ask(COMMAND, TRUE, shell=shell, timeout='PT1S')
                        client.ask(GET, shell=shell, timeout='PT1S')
            except OSError:
                pass

    def stop(self):
        self.stopped.set()
        self.thread.join()


@pytest.mark.parametrize('role', ROLES)
def test_nonsense(new_server, tmp_path, role):
    programs = make_programs(tmp_path / 'programs')
    server = new_server(winrmd=programs / 'winrmd', **SETTINGS)
    broker = server.pid
    for seed in range(HOW_MANY if role != 'authz' else 8):
        (programs / 'babble' / ('%s.%d' % (role, seed))).touch()
    if role != 'shell':
        for pid in server.pids(ROLES[role]):
            os.kill(pid, 9)
    clients = [Client(server, user) for user in USERS if role != 'net']
    try:
        wait_until(lambda: not list((programs / 'babble').iterdir())
                   or server.process.poll() is not None, 'all seeds to be taken')
    finally:
        for client in clients:
            client.stop()
    assert server.process.poll() is None, server.report()
    wait_until(lambda: all_is_given_back(server), 'everything to be given back')
    assert server.pid == broker

    def served():
        """The last babbler may still be about to end."""
        try:
            with server.connect('bob') as client:
                shell = client.create()
                assert client.receive_all(shell, client.command(shell, 'echo fine')) == (
                    b'fine\n', b'', 0)
                client.delete(shell)
            return True
        except (OSError, AssertionError):
            assert server.process.poll() is None, server.report()
            return False
    wait_until(served, 'a real one to serve')
