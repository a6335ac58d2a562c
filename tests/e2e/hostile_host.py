# SPDX-License-Identifier: ISC
"""A shell host that a hostile plug-in has taken over (tests/hostile/attacker.c), and its victim, whose
shell is served by the same winrmd-net."""

import contextlib
import os
import signal

from server import stand_in, wait_until
from wire import RECEIVE, envelope, receive_body

# What it writes into its channels, and a part of what the audit says about it.
MESSAGES = {
    'broker-garbage': 'sent bytes that are no message',
    'broker-oversized': 'sent bytes that are no message',
    'broker-descriptor': 'sent a descriptor, which none of its messages has',
    'broker-not-permitted': 'sent host_gone, which is not permitted in state serving',
    'broker-verdict': 'sent pam_verdict, which is not permitted in state serving',
    'broker-malformed': 'sent a malformed command_ended',
    'broker-longest': 'sent a malformed shell_ended',
    'broker-out-of-state': 'sent host_started, which is not permitted in state serving',
    'broker-ends-others': "which is not its shell's",
    'broker-begins-others': "which is not its shell's",
    'broker-connects-others': "which is not its shell's",
    'broker-flood': 'says again and again what answers nothing',
    'broker-stray-flood': 'says again and again what answers nothing',
    'net-garbage': 'sent bytes that are no message, says winrmd-net',
    'net-oversized': 'sent bytes that are no message, says winrmd-net',
    'net-descriptor': 'sent a descriptor, which none of its messages has, says winrmd-net',
    'net-not-permitted': 'sent host_gone, which is not permitted in state serving, says winrmd-net',
    'net-malformed': 'sent a malformed output, says winrmd-net',
    'net-answers-others': 'which it was not asked, says winrmd-net',
    'net-flood': 'which it was not asked, says winrmd-net',
}
SETTINGS = {'shell': 'attacker', 'net_processes': 1}


# Stands in for a process: the next one to start after `break` is there sends what is no message, and
# stays until it is ended, or winrmd is.
BREAKER = '''\
#!/bin/sh
cd "$(dirname "$0")" && rm break 2>/dev/null || exec %s "$@"
printf 'GET /wsman HTTP/1.1' >&3
exec tail --pid=$PPID -f /dev/null
'''


def breaker(programs, name):
    """A winrmd whose `name` breaks the rules when break_rules() says so."""
    winrmd = stand_in(programs, name, name)
    (programs / name).write_text(BREAKER % (programs / (name + '.real')))
    # It takes `break` away as whoever it runs as.
    programs.chmod(0o777)
    return winrmd


def break_rules(server, programs, name):
    """Of all that is told: the line of the audit."""
    (programs / 'break').touch()
    for pid in server.pids(name):
        os.kill(pid, signal.SIGKILL)
    line, = server.wait_for_audit('process-ended')
    assert (line['process'], line['reason']) == (name, 'sent bytes that are no message')
    assert 'application' not in line and 'shell' not in line
    wait_until(lambda: server.pids(name) not in ([], [line['pid']]), 'the next ' + name)


class Victim:
    """Her Receive waits all the time; another command answers whenever it is asked."""

    def __init__(self, server, user):
        self.waiting, self.asking = server.connect(user), server.connect(user)
        self.shell = self.asking.create()
        self.command = self.asking.command(self.shell, 'wait')
        self.waiting.send(envelope(RECEIVE, receive_body(self.command), shell=self.shell,
                                   timeout='PT600S'))

    def is_served(self):
        command = self.asking.command(self.shell, 'ids')
        out, _, code = self.asking.receive_all(self.shell, command)
        return code == 0 and out.endswith(b'end\n')

    def leave(self):
        """What waited until now ends with its shell, and not before."""
        self.waiting.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            assert not self.waiting.socket.recv(1), 'her Receive was answered'
            raise AssertionError('her connection was closed')
        self.waiting.socket.setblocking(True)
        self.asking.delete(self.shell)
        self.waiting.close()
        self.asking.close()


def attack(client, line):
    """What an attack has found, as lines; the host has to live."""
    shell = client.create()
    command = client.command(shell, line)
    out, _, code = client.receive_all(shell, command)
    client.delete(shell)
    lines = out.decode(errors='replace').splitlines()
    assert code == 0 and lines[-1] == 'end', lines
    return lines[:-1]


def is_quiet(server, user):
    """Nothing of the user is left; None while something is."""
    rows = [row for row in server.status()['records'] if row['user'] == user]
    return all((row['shells'], row['operations']) == (0, 0) for row in rows)


def slots(server, user):
    row, = [row for row in server.status()['records'] if row['user'] == user]
    return row['shells'], row['operations']


def attack_by_message(server, user, name):
    """The host of a shell of `user` breaks a rule; returns when all there was of it is gone."""
    before = len(server.audit('process-ended'))
    hosts = {row['process'] for row in server.status()['processes']
             if row['name'] == 'winrmd-host (shell)'}
    with server.connect(user) as client:
        shell = client.create()
        command = client.command(shell, 'message ' + name)
        client.ask_receive(shell, command)
    wait_until(lambda: len(server.audit('process-ended')) > before, name + ' to be audited')
    line, = server.audit('process-ended')[before:]
    assert line['process'] == 'winrmd-host (shell)' and line['shell'] == shell, (name, line)
    assert (line['application'], line['plugin']) == ('/wsman', 'cmd'), (name, line)
    assert MESSAGES[name] in line['reason'], (name, line)
    assert line['pid'] not in hosts
    server.wait_for_audit('shell-end', shell=shell)
    wait_until(lambda: is_quiet(server, user), 'the slots to come back after ' + name)
    assert line['pid'] not in server.pids('winrmd-host (shell)')
