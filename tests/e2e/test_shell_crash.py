# SPDX-License-Identifier: ISC
"""A shell plug-in that crashes (tests/hostile/crashing_shell.c) costs its shell and nothing else:
rules W-12.4 and Q-2 of our docs/, and docs/audit.md."""

import os

import pytest

from oracle import open_gate
from server import wait_until
from wire import COMMAND, CREATE, RECEIVE, SEND, receive_body

FAILED = 2150858755
NO_SUCH_SHELL = 2150858843
# A sanitizer ends the process itself, and nobody can say where it was.
SANITIZED = float(os.environ.get('WINRMD_PATIENCE', '1')) > 1
QUOTA = 'quota shells=2 operations=4 rate=unlimited'


@pytest.fixture
def server(new_server):
    return new_server(shell='crashing_shell', rules='user * allow %s\noperation * * * allow\n' % QUOTA)


def send_crash(client, shell, command):
    return client.ask(SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">IQ==</rsp:Stream>'
                            '</rsp:Send>' % command, shell=shell)


def lost(server, entry):
    """The one line of a host that was lost; `entry`: where."""
    line, = server.wait_for_audit('host-lost')
    assert line['application'] == '/wsman' and line['plugin'] == 'cmd'
    if not SANITIZED:
        assert line['entry-point'] == entry
    return line


def is_as_before(server, client):
    """Slots are back, the same connection is served, and so are others."""
    def is_back():
        status = server.status()
        row, = [row for row in status['records'] if row['user'] == 'bob']
        return (status['shells'] == [] and status['counters']['operations'] == 0
                and (row['shells'], row['operations']) == (0, 0))
    wait_until(is_back, 'the shell to go and the slots to come back')
    assert server.counters()['host_crashes'] == 1
    with server.connect('alice') as other:
        # As many as the quota allows, each with a command.
        for guest in (client, other):
            shells = [guest.create() for _ in range(2)]
            for shell in shells:
                command = guest.command(shell, 'echo')
                assert guest.receive_all(shell, command) == (b'fine\n', b'', 0)
            for shell in shells:
                guest.delete(shell)


def test_in_shell(server):
    with server.connect('bob') as client:
        fault = client.ask(CREATE, '<rsp:Shell/>', options=(('crash', 'shell'),)).fault
        assert (fault.code, fault.number) == ('s:Receiver', FAILED)
        lost(server, 'WSManPluginShell')
        assert server.audit('shell-begin') == []
        is_as_before(server, client)


@pytest.mark.parametrize('line, entry', [('command', 'WSManPluginCommand'),
                                         ('quit', 'WSManPluginCommand')])
def test_in_command(server, line, entry):
    with server.connect('bob') as client:
        shell = client.create()
        response = client.ask(COMMAND, '<rsp:CommandLine><rsp:Command>%s</rsp:Command>'
                                       '</rsp:CommandLine>' % line, shell=shell)
        assert (response.fault.code, response.fault.number) == ('s:Receiver', FAILED)
        assert lost(server, entry)['shell'] == shell
        assert client.ask_receive(shell, shell).fault.number == NO_SUCH_SHELL
        assert 'crashed' in server.wait_for_audit('shell-end')[0]['reason']
        is_as_before(server, client)


@pytest.mark.parametrize('where', ['receive', 'send', 'signal'])
def test_in_what_a_command_is_sent(server, where):
    with server.connect('bob') as client, server.connect('bob') as waiting:
        shell = client.create()
        command = client.command(shell, 'receive' if where == 'receive' else 'wait')
        if where == 'receive':
            response = client.ask(RECEIVE, receive_body(command), shell=shell)
        elif where == 'send':
            response = send_crash(client, shell, command)
        else:
            response = client.ask_signal(shell, command, '!')
        assert (response.fault.code, response.fault.number) == ('s:Receiver', FAILED)
        lost(server, 'WSManPlugin' + where.capitalize())
        for event in ('command-end', 'shell-end'):
            assert 'crashed' in server.wait_for_audit(event)[0]['reason']
        assert waiting.ask_receive(shell, command).fault.number == NO_SUCH_SHELL
        is_as_before(server, client)


@pytest.mark.parametrize('whose', ['shell', 'command'])
def test_in_a_thread_of_its_own(server, whose):
    """Between the calls: with nobody waiting, and with a request that is answered by it."""
    with server.connect('bob') as client, server.connect('bob') as sender:
        shell = client.create(options=(('crash', 'thread'),) if whose == 'shell' else ())
        client.command(shell, 'thread' if whose == 'command' else 'wait')
        assert len(server.status()['shells']) == 1
        open_gate(server)
        lost(server, 'none')
        wait_until(lambda: server.status()['shells'] == [], 'the shell to go')
        assert sender.ask_receive(shell, shell).fault.number == NO_SUCH_SHELL
        (server.application_folder / 'gate').unlink()
        is_as_before(server, client)


def test_in_the_release_of_a_shell(server):
    """Its Delete is answered as ever: the shell is gone."""
    with server.connect('bob') as client:
        client.delete(client.create(options=(('crash', 'release'),)))
        if not SANITIZED:
            lost(server, 'WSManPluginReleaseShellContext')
            is_as_before(server, client)


def test_other_shells_of_the_user_live_on(server):
    with server.connect('bob') as client, server.connect('bob') as other:
        lives, dies = client.create(), client.create()
        command = client.command(lives, 'wait')
        send_crash(client, dies, client.command(dies, 'wait'))
        lost(server, 'WSManPluginSend')
        assert other.ask_signal(lives, command, 'urn:nothing').status == 200
        other.delete(lives)
        is_as_before(server, client)
