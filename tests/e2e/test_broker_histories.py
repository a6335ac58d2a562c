# SPDX-License-Identifier: ISC
"""A few hundred things in random order, by several users with small quotas, while processes are
killed and the plug-in crashes: at the end everything has been given back, and counted so."""

import random
import signal

import pytest

from server import send_signal, wait_until
from test_broker_nonsense import all_is_given_back
from wire import COMMAND, CREATE, DELETE, GET, RECEIVE, SIGNAL, TERMINATE, envelope, receive_body

STREAMS = ('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
           '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>')
LINES = ('cat', 'echo x', 'exit 3', 'sleep 1000', 'while :; do echo x; done')
USERS = ('alice', 'bob', 'dave', 'frank')
HISTORY = 300
SETTINGS = {'application': 'authorization-timeout = "2s"\nrecord-idle-timeout = "200ms"',
            'operations': 'QuotaSystemWindowOperations="0" QuotaRefreshIntervalSeconds="50ms" '
                          'MaxShellIdleTimeoutMinutes="2000ms"'}
RULES = ('user alice allow administrator quota shells=3 operations=6\n'
         'user * allow quota shells=2 operations=4\noperation * * * allow\n')


class History:
    """Everything that is asked for is sent without waiting for what came before."""

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.connections, self.shells, self.commands = [], [], []

    def connection(self):
        """A connection of some user that nothing is asked on at the moment."""
        idle = [connection for connection, waiting in self.connections if not waiting]
        if idle and self.random.random() < 0.8:
            return self.random.choice(idle)
        if len(self.connections) > 12:
            self.answer()
            return self.connection()
        self.connections.append((self.server.connect(self.random.choice(USERS)), []))
        return self.connections[-1][0]

    def waiting(self, connection):
        return next(waiting for known, waiting in self.connections if known is connection)

    def forget(self, connection):
        connection.close()
        self.connections = [row for row in self.connections if row[0] is not connection]

    def ask(self, what, action, body='', shell=None):
        connection = self.connection()
        try:
            connection.send(envelope(action, body, shell=shell, timeout='PT0.5S'))
        except OSError:
            self.forget(connection)
        else:
            self.waiting(connection).append((what, shell))

    def some_shell(self):
        return self.random.choice(self.shells) if self.shells else None

    # What may happen

    def create(self):
        self.ask('create', CREATE, STREAMS)

    def command(self):
        line = self.random.choice(LINES)
        self.ask('command', COMMAND,
                 '<rsp:CommandLine><rsp:Command>%s</rsp:Command></rsp:CommandLine>' % line,
                 self.some_shell())

    def get(self):
        self.ask('get', GET, shell=self.some_shell())

    def receive(self):
        if self.commands:
            shell, command = self.random.choice(self.commands)
            self.ask('receive', RECEIVE, receive_body(command), shell)

    def terminate(self):
        if self.commands:
            shell, command = self.random.choice(self.commands)
            self.ask('signal', SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code>'
                     '</rsp:Signal>' % (command, TERMINATE), shell)

    def delete(self):
        for _ in range(self.random.choice((1, 1, 2))):
            self.ask('delete', DELETE, shell=self.some_shell())

    def answer(self):
        """Reads one answer, and remembers what was made."""
        busy = [row for row in self.connections if row[1]]
        if not busy:
            return
        connection, waiting = self.random.choice(busy)
        what, shell = waiting.pop(0)
        try:
            response = connection.receive()
        except OSError:
            self.forget(connection)
            return
        if response.status == 200 and what == 'create':
            self.shells.append(response.text('w:Selector'))
        elif response.status == 200 and what == 'command':
            self.commands.append((shell, response.text('rsp:CommandId')))

    def leave(self):
        if self.connections:
            self.forget(self.random.choice(self.connections)[0])

    def kill(self, name):
        pids = self.server.pids(name)
        if pids:
            send_signal(self.random.choice(pids), signal.SIGKILL)

    def crash(self):
        """As a plug-in that calls abort(). One that was killed a moment ago does not crash any
        more: then it is the turn of the next one."""
        def crashed():
            for pid in self.server.pids('winrmd-host (authorization)'):
                send_signal(pid, signal.SIGABRT)
                wait_until(lambda: pid not in self.server.pids('winrmd-host (authorization)'),
                           'the host to end')
            return self.server.counters()['host_crashes'] > 0
        wait_until(crashed, 'the plug-in to crash')

    def run(self):
        common = [self.create] * 6 + [self.command] * 8 + [self.receive] * 6 + [self.answer] * 14
        common += [self.get, self.terminate, self.delete, self.leave] * 2
        rare = [lambda: self.kill('winrmd-net'), lambda: self.kill('winrmd-host (shell)'),
                lambda: self.kill('winrmd-host (authorization)'),
                lambda: self.kill('winrmd-auth')]
        for step in range(HISTORY):
            # One crash: a second one soon after costs a pause that tests need not wait for.
            if step == HISTORY // 2:
                self.crash()
            self.random.choice(rare if self.random.random() < 0.03 else common)()
        for connection, _ in self.connections:
            connection.close()


@pytest.mark.parametrize('seed', range(3))
def test_history(new_server, seed):
    server = new_server(rules=RULES, **SETTINGS)
    History(server, seed).run()
    wait_until(lambda: all_is_given_back(server), 'everything to be given back')
    counters = server.counters()
    # Something has happened; how much depends on how slow the build is.
    assert counters['shells_started'] >= 1 and counters['commands_started'] >= 1
    assert counters['host_crashes'] > 0
    # The quotas are whole: each user gets all that is allowed.
    with server.connect('bob') as client:
        shells = [client.create() for _ in range(2)]
        assert client.ask(CREATE, STREAMS).fault.number == 2150859173
        for shell in shells:
            client.delete(shell)
