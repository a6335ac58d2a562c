# SPDX-License-Identifier: ISC
"""Rules F-1 to F-5, F-7, F-8 and F-10 of docs/reliability.md, and R-32 of docs/root-mode.md: in root mode each
kind of process is killed while two users have shells. tests/chaos has the scenes, without root."""

import contextlib
import os
import signal
import time

import pytest

from server import PROMISE, descendants, is_running, wait_until
from test_session_ends import DAEMON
from wire import GET, SEND, RECEIVE, receive_body
from test_redelivery import data_of, send_body

ROUNDS = 3
NO_SUCH = 2150858843
# Which of alice's own it is that dies, or whose work others do.
KINDS = {'net': 'winrmd-net', 'auth': 'winrmd-auth', 'pam': 'winrmd-pam',
         'authz': 'winrmd-host (authorization)', 'host': None, 'session': None}
OWN = ('host', 'session')


class Echo:
    """bob, who feeds a command that nobody may disturb: each time on a connection of its own."""

    def __init__(self, server):
        self.server, self.lines = server, 0
        with server.connect('bob') as client:
            self.shell = client.create()
            self.command = client.command(self.shell, 'cat')

    def turn(self):
        self.lines += 1
        line = b'line %d\n' % self.lines
        with self.server.connect('bob') as client:
            client.get_done(SEND, send_body(self.command, line), shell=self.shell)
            assert data_of(client.get_done(RECEIVE, receive_body(self.command),
                                           shell=self.shell)) == line

    def end(self):
        with self.server.connect('bob') as client:
            client.delete(self.shell)


def parent_of(pid):
    with open('/proc/%d/stat' % pid) as file:
        return int(file.read().rsplit(') ', 1)[1].split(' ')[1])


def serves(server):
    """Whether somebody who comes now has an answer: a connection may go to one who is about to die, and
    a login may be with one."""
    try:
        with server.connect('dave') as client:
            return client.ask(GET, shell='0' * 8).status == 500
    except OSError:
        return False


@pytest.mark.parametrize('kind', KINDS)
def test_a_process_is_killed(root_server, machine, kind):
    """F-1 to F-5, F-7, F-8, R-30 to R-32"""
    server = root_server
    echo, closed = Echo(server), 0
    for how in (signal.SIGKILL, signal.SIGABRT, signal.SIGSTOP)[:ROUNDS]:
        with server.connect('alice') as client:
            shell = client.create()
            out, _, _ = client.receive_all(shell, client.command(shell, DAEMON))
        daemon = int(out)
        row, = [row for row in server.status()['shells'] if row['shell_id'] == shell]
        host = row['process']
        session = parent_of(host)
        victim = (host if kind == 'host' else session if kind == 'session'
                  else server.pids(KINDS[kind])[0])
        os.kill(victim, how)
        if how == signal.SIGSTOP:
            os.kill(victim, signal.SIGKILL)
        wait_until(lambda: not is_running(victim), 'the end of the victim')
        if kind in OWN:
            server.wait_for_audit('shell-end', shell=shell)
            wait_until(lambda: not any(map(is_running, (host, session, daemon))),
                       'the end of everything in the shell')
        else:
            wait_until(lambda: len(server.pids(KINDS[kind])) > 0
                       and victim not in server.pids(KINDS[kind]), 'another process in its place')
        wait_until(lambda: serves(server), 'an answer to a new request')
        echo.turn()
        with server.connect('alice') as client:
            if kind in OWN:
                assert client.ask(GET, shell=shell).fault.number == NO_SUCH
            else:
                client.delete(shell)
        closed += kind != 'session'
        assert not is_running(daemon)
        wait_until(lambda: server.counters()['calls'] == 0, 'the calls to end')
        counters = server.counters()
        assert counters['shells_started'] - counters['shells_ended'] == 1
        assert counters['commands_started'] - counters['commands_ended'] == 1
        rows = {row['user']: (row['shells'], row['operations'])
                for row in server.status()['records']}
        assert rows.get('alice', (0, 0)) == (0, 0) and rows.get('bob', (1, 2)) == (1, 2), rows
    echo.end()
    wait_until(lambda: not server.pids('winrmd-session'), 'the end of each winrmd-session')
    # What a killed winrmd-session has opened nobody else can close.
    sessions = [line[0] for line in machine.sessions()]
    assert (sessions.count('open_session'), sessions.count('close_session')) == (
        ROUNDS + 1, closed + 1)


def kill_the_broker(server):
    """While two users have shells; seconds until nothing is left of it."""
    clients, daemons = [server.connect(user) for user in ('alice', 'bob')], set()
    for client in clients:
        shell = client.create()
        daemons.add(int(client.receive_all(shell, client.command(shell, DAEMON))[0]))
        client.command(shell, 'trap "" TERM HUP INT; echo ready; cat')
    everything = descendants(server.pid)
    names = list(everything.values())
    assert {'winrmd-net', 'winrmd-auth', 'winrmd-pam'} < set(names) and daemons < set(everything)
    assert [names.count(name) for name in ('winrmd-session', 'winrmd-host')] == [2, 3]
    server.kill()
    server.process.wait()
    begin = time.monotonic()
    server.wait_for_nobody_left()
    ended = time.monotonic() - begin
    for client in clients:
        with contextlib.suppress(ConnectionResetError):
            assert client.socket.recv(1) == b''
        client.close()
    return ended


def test_the_broker_is_killed(root_server, machine):
    """F-10, R-31, R-33: processes of root, of winrmd's own accounts and of two users."""
    server = root_server
    ended = [kill_the_broker(server)]
    for _ in range(ROUNDS - 1):
        server.forget()
        server.start()
        ended.append(kill_the_broker(server))
    assert sorted(line[:2] for line in machine.sessions()) == sorted(
        ROUNDS * [(kind, user) for kind in ('open_session', 'close_session')
                  for user in ('alice', 'bob')])
    # A machine that is busy is slow at times.
    assert min(ended) <= PROMISE, ended
