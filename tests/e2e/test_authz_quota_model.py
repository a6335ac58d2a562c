# SPDX-License-Identifier: ISC
"""Exact accounting (rules Q-1 to Q-4, L-4, L-5 and L-8): random histories against a model of what
exists, with the limits of the plug-in and of the service beside those of the user. After every step the counters of `winrmctl status --json` are those of the model; at the end all are zero."""

import os
import random
import signal
import subprocess

import pytest

from oracle import NO_SHELL, NO_THROTTLE, STREAMS, is_empty, say, seen
from server import DEADLINE, HANG, PATIENCE, built, wait_until
from wire import COMMAND, CREATE, GET, SIGNAL, TERMINATE, envelope

USERS = ('alice', 'bob', 'dave')
SHELLS, OPERATIONS, MESSAGES = 3, 6, 100000
QUOTA = 'quota * shells=%d operations=%d seconds=3600 messages=%d' % (SHELLS, OPERATIONS, MESSAGES)
NO_SUCH, SHELLS_FULL, OPERATIONS_FULL = 2150858843, 2150859173, 2150859174
# Of the plug-in, and of the service: fewer than what the three users may have together.
ALL_SHELLS, ALL_OPERATIONS, COMMANDS, OWNERS = 4, 8, 1, 2
QUOTAS = ('MaxShells="%d" MaxConcurrentOperations="%d" MaxConcurrentCommandsPerShell="%d"'
          % (ALL_SHELLS, ALL_OPERATIONS, COMMANDS))
LIMITS = 'limits { shell-users = %d }\n' % OWNERS
OWNERS_FULL, ALL_SHELLS_FULL, ALL_OPERATIONS_FULL, COMMANDS_FULL = (
    2150859179, 2150859238, 2150859239, 2150859241)
QUOTA_FAULTS = (SHELLS_FULL, OPERATIONS_FULL, OWNERS_FULL, ALL_SHELLS_FULL, ALL_OPERATIONS_FULL,
                COMMANDS_FULL)
CAT = '<rsp:CommandLine><rsp:Command>cat</rsp:Command></rsp:CommandLine>'
STEPS = 90


def lasting(time):
    return '<rsp:Shell><rsp:Lifetime>%s</rsp:Lifetime><rsp:InputStreams>stdin</rsp:InputStreams>' \
           '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>' % time


class User:
    """What the model says of one: shells with their commands, and messages that were let in."""

    def __init__(self, name):
        self.name, self.shells, self.messages, self.client = name, {}, 0, None

    @property
    def operations(self):
        return len(self.shells) + sum(len(commands) for commands in self.shells.values())


class History:
    # What others have there besides: shells, operations, owners of shells; what the plug-in says.
    beside = (0, 0, 0)
    quota = QUOTA
    # What is left to the users of the model: shells, operations, owners of shells.
    room = (ALL_SHELLS, ALL_OPERATIONS, OWNERS)

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.users = {name: User(name) for name in USERS}
        self.crashes = 0
        self.steps = []

    # Clients

    def ask(self, user, action, body='', **header):
        """Asks on the user's connection; counts the message unless a quota refused it."""
        for attempt in range(2):
            if user.client is None:
                user.client = self.server.connect(user.name)
            try:
                response = user.client.ask(action, body, **header)
                break
            except OSError:
                # Its winrmd-net was killed since the step before.
                assert attempt == 0
                user.client.close()
                user.client = None
        fault = response.fault
        number = fault.number if fault else 0
        if number not in QUOTA_FAULTS:
            user.messages += 1
        return number, response

    def hang_up(self, user):
        if user.client:
            user.client.close()
        user.client = None

    def some_shell(self, user):
        return self.random.choice(sorted(user.shells)) if user.shells else None

    def some_command(self, user):
        pairs = sorted((shell, command) for shell, commands in user.shells.items()
                       for command in commands)
        return self.random.choice(pairs) if pairs else (None, None)

    @property
    def shells(self):
        return sum(len(user.shells) for user in self.users.values())

    @property
    def operations(self):
        return sum(user.operations for user in self.users.values())

    def full(self, user):
        """What refuses each further operation of the user, if anything does."""
        return (OPERATIONS_FULL if user.operations >= OPERATIONS
                else ALL_OPERATIONS_FULL if self.operations >= self.room[1] else 0)

    # What is asked for, and what the model says that is answered

    def create(self, user, body=STREAMS.replace('<rsp:Output',
                                                '<rsp:InputStreams>stdin</rsp:InputStreams>'
                                                '<rsp:Output', 1)):
        owners = [each for each in self.users.values() if each.shells]
        expected = (SHELLS_FULL if len(user.shells) >= SHELLS
                    else OPERATIONS_FULL if user.operations >= OPERATIONS
                    else OWNERS_FULL if not user.shells and len(owners) >= self.room[2]
                    else ALL_SHELLS_FULL if self.shells >= self.room[0] else self.full(user))
        number, response = self.ask(user, CREATE, body)
        assert number == expected, number
        if number == 0:
            user.shells[response.text('w:Selector')] = set()
            return response.text('w:Selector')
        return None

    def command(self, user):
        shell = self.some_shell(user)
        if shell is None:
            return
        number, response = self.ask(user, COMMAND, CAT, shell=shell)
        assert number == (OPERATIONS_FULL if user.operations >= OPERATIONS
                          else COMMANDS_FULL if len(user.shells[shell]) >= COMMANDS
                          else self.full(user))
        if number == 0:
            user.shells[shell].add(response.text('rsp:CommandId'))

    def get(self, user):
        number, _ = self.ask(user, GET, shell=self.some_shell(user) or NO_SHELL)
        assert number == (self.full(user) or (0 if user.shells else NO_SUCH))

    def terminate(self, user):
        shell, command = self.some_command(user)
        if command:
            number, _ = self.ask(user, SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code>'
                                 '</rsp:Signal>' % (command, TERMINATE), shell=shell)
            assert number == 0
            user.shells[shell].remove(command)

    def delete(self, user):
        shell = self.some_shell(user)
        if shell:
            number, _ = self.ask(user, 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
                                 shell=shell)
            assert number == 0, number
            del user.shells[shell]

    # What happens to them

    def time_out(self, user):
        shell = self.create(user, lasting('PT%.1fS' % (0.3 * PATIENCE)))
        if shell:
            self.wait_for_end_of(shell)
            del user.shells[shell]

    def wait_for_end_of(self, shell):
        wait_until(lambda: shell not in [row['shell_id'] for row in self.server.status()['shells']],
                   'the end of the shell')

    def adopt(self, user):
        """Whether it was begun is nobody's knowledge but the service's: the model takes it over.
        The counters are then looked at like after any other step."""
        wait_until(lambda: self.server.counters()['calls'] == 0, 'the calls to end')

        def settled():
            status = self.server.status()
            living = len(status['shells']) + sum(row['commands'] for row in status['shells'])
            return status if status['counters']['operations'] == living else None

        status = wait_until(settled, 'everything to have begun or ended')
        for row in status['shells']:
            if row['owner'] == user.name:
                known = user.shells.setdefault(row['shell_id'], set())
                while len(known) < row['commands']:
                    # Its id is not known to anybody; it ends with its shell.
                    known.add('unknown')
        record = [row for row in status['records'] if row['user'] == user.name]
        user.messages = record[0]['slot_messages'] if record else user.messages

    def client_gone(self, user):
        client = self.server.connect(user.name)
        shell = self.some_shell(user)
        if shell and 'unknown' not in user.shells[shell] and self.random.random() < 0.5:
            client.send(envelope(COMMAND, CAT, shell=shell))
        else:
            client.send(envelope(CREATE, STREAMS))
        client.close()
        self.server.wait_for_end_of(client)
        self.adopt(user)
        for shell in [shell for shell, known in user.shells.items() if 'unknown' in known]:
            number, _ = self.ask(user, 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete',
                                 shell=shell)
            assert number == 0
            del user.shells[shell]

    def net_killed(self, user):
        del user
        for pid in self.server.pids('winrmd-net'):
            os.kill(pid, signal.SIGKILL)
        for each in self.users.values():
            self.hang_up(each)

    def host_killed(self, user):
        shell = self.some_shell(user)
        rows = [row for row in self.server.status()['shells'] if row['shell_id'] == shell]
        if rows:
            os.kill(rows[0]['process'], signal.SIGKILL)
            self.wait_for_end_of(shell)
            del user.shells[shell]

    def plug_in_crash(self, user):
        del user
        if self.crashes < 3:
            self.crashes += 1
            lost = len(self.server.audit('host-lost'))
            # The latest: one that a reload has replaced may be about to end.
            hosts = wait_until(self.authorization_hosts, 'an authorization host')
            os.kill(hosts[-1], signal.SIGABRT)
            self.server.wait_for_audit('host-lost', lost + 1)

    def authorization_hosts(self):
        return [row['process'] for row in self.server.status()['processes']
                if row['name'] == 'winrmd-host (authorization)' and row['state'] == 'serving']

    def revocation(self, user):
        self.get(user)
        self.calls_ended()
        say(self.server, self.quota, 'user %s code=5' % user.name)
        self.get(user)
        self.calls_ended()
        before = user.messages
        assert self.ask(user, GET, shell=NO_SHELL)[0] == 5
        user.messages = before  # refused before it was counted
        say(self.server, self.quota)
        for shell in list(user.shells):
            self.wait_for_end_of(shell)
        user.shells.clear()

    def calls_ended(self):
        wait_until(lambda: self.server.counters()['calls'] == 0, 'the calls to end')

    def reload(self, user):
        del user
        text = self.server.config.read_text()
        old, new = ('"800s"', '"801s"') if '"800s"' in text else ('"801s"', '"800s"')
        self.server.config.write_text(text.replace(old, new))
        self.reloaded()

    def reloaded(self):
        done = subprocess.run([built('winrmctl'), '--config', self.server.config, 'reload'],
                              capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 0, done.stderr

    # The comparison

    def compare(self):
        for user in self.users.values():
            # A message that changes nothing: it makes a record where there is none.
            number, _ = self.ask(user, GET, shell=NO_SHELL)
            assert number == (self.full(user) or NO_SUCH)
        status = self.server.status()
        row, = status['plugins']
        owners = [user for user in self.users.values() if user.shells]
        shells, operations, users = self.beside
        assert (row['shells'], row['operations'], row['users']) == (
            shells + self.shells, operations + self.operations, users + len(owners)), self.steps
        assert status['counters']['shell_users'] == users + len(owners), self.steps
        for user in self.users.values():
            record, = [row for row in status['records'] if row['user'] == user.name]
            counted = record['shells'], record['operations'], record['slot_messages']
            assert counted == (len(user.shells), user.operations, user.messages), (
                user.name, self.steps)
            assert {row['shell_id']: row['commands'] for row in status['shells']
                    if row['owner'] == user.name} == {
                        shell: len(commands) for shell, commands in user.shells.items()}

    def run(self):
        common = [self.create] * 5 + [self.command] * 7 + [self.terminate] * 3 + [self.delete] * 2
        common += [self.get]
        rare = [self.time_out, self.client_gone, self.net_killed, self.host_killed,
                self.plug_in_crash, self.revocation, self.reload]
        order = [self.random.choice(common) for _ in range(STEPS - 2 * len(rare))] + rare * 2
        self.random.shuffle(order)
        for step in order:
            user = self.users[self.random.choice(USERS)]
            self.steps.append((step.__name__, user.name))
            step(user)
            self.compare()
        for user in self.users.values():
            while user.shells:
                self.delete(user)
            self.compare()
        for user in self.users.values():
            self.hang_up(user)


@pytest.mark.parametrize('seed', range(4))
def test_history(new_server, seed):
    server = new_server(
        authorizer='oracle', application='authorization-timeout = "%dms"\n' % (3 * DEADLINE) +
                                         'record-idle-timeout = "800s"',
        operations=NO_THROTTLE + ' QuotaRefreshIntervalSeconds="0"', quotas=QUOTAS, more=LIMITS)
    say(server, QUOTA)
    history = History(server, seed)
    history.run()
    counters = server.counters()
    assert counters['shells_started'] == counters['shells_ended'] > 3
    assert counters['commands_started'] == counters['commands_ended'] > 3
    text = server.config.read_text()
    server.config.write_text(text.replace('"800s"', '"50ms"').replace('"801s"', '"50ms"'))
    history.reloaded()
    wait_until(lambda: is_empty(server), 'everything to be given back')
    wait_until(lambda: server.counters()['tokens'] == 0, 'the tokens')
    server.stop()
    assert all(note['missing'] == 0 for note in seen(server, 'shutdown'))
