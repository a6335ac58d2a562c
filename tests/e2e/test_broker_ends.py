# SPDX-License-Identifier: ISC
"""Ends in the middle of something: a process killed while it starts, the service stopped while a
question is open, a host that never says how its start went."""

import os
import signal
import socket
import subprocess

from server import PATIENCE, PROMISE, built, wait_until
from test_broker_nonsense import make_programs
from test_processes import answered_within_promise
from wire import CREATE, GET, envelope

AUTHORIZATION = 'winrmd-host (authorization)'
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'


def test_an_authorization_host_killed_again_and_again_while_it_starts(server):
    """Killed from outside is not crashed: the next one is started, however early it was."""
    with server.connect('alice') as client:
        shell = client.create()
        killed = set()
        for _ in range(8):
            pid, = wait_until(lambda: [pid for pid in server.pids(AUTHORIZATION)
                                       if pid not in killed], 'a new authorization host')
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        answered_within_promise(server, 'alice', lambda other: other.get_done(GET, shell=shell))
        client.delete(shell)


def test_stopped_while_the_plug_in_is_asked(new_server):
    """A verdict that comes while the service stops starts nothing, and its context is released."""
    server = new_server(authorizer='gate')
    (server.application_folder / 'gate').touch()
    host, = server.pids(AUTHORIZATION)
    with server.connect('bob') as client, server.connect('bob') as other:
        other.ask(GET, shell='11111111-2222-3333-4444-555555555555')
        os.kill(host, signal.SIGSTOP)
        client.send(envelope(CREATE, STREAMS))
        server.wait_for_counter('operation_calls', 2)
        # They do not notice that the service stops: what they asked for is still open.
        for pid in server.pids('winrmd-net'):
            os.kill(pid, signal.SIGSTOP)
        server.process.terminate()
        server.wait_for_log('stopping')
        os.kill(host, signal.SIGCONT)
        server.stop()
    assert 'shell' not in [line['event'].split('-')[0] for line in server.audit()]
    # The user's, the Get's, and the Create's if the plug-in was quick enough to be asked.
    assert server.noted().count('release') in (2, 3)


def test_a_shell_host_that_does_not_start(new_server, tmp_path):
    """The client is told within its OperationTimeout, and the slot is back."""
    programs = make_programs(tmp_path / 'programs')
    server = new_server(winrmd=programs / 'winrmd')
    host = programs / 'winrmd-host'
    host.rename(programs / 'kept')
    host.write_text('#!/bin/sh\nexec sleep 100000\n')
    host.chmod(0o700)
    with server.connect('dave') as client:
        for _ in range(2):
            client.socket.settimeout(20 * PATIENCE)
            fault = client.ask(CREATE, STREAMS, timeout='PT0.3S').fault
            assert (fault.code, fault.number) == ('s:Receiver', 2150858793)
        assert server.status()['shells'] == []
        host.unlink()
        (programs / 'kept').rename(host)
        client.delete(client.create())


def test_everything_that_winrmd_config_says_is_heard(new_server, tmp_path):
    """More than fits into one read, and then it ends."""
    server = new_server()
    web = server.application_folder / 'web.config'
    parameters = ''.join('<Param Name="P%d" Value="%s"/>' % (i, 'x' * 1000) for i in range(180))
    web.write_text(web.read_text().replace('</InitializationParameters>',
                                           parameters + '</InitializationParameters>'))
    for _ in range(20):
        done = subprocess.run([built('winrmd'), '--config', server.config, '--check'],
                              capture_output=True, text=True)
        assert 'ended before it had read' not in done.stderr


def test_changed_groups_are_another_identity(new_server):
    """A refresh takes the token of the message that caused it."""
    server = new_server(operations='QuotaSystemWindowOperations="0" '
                                   'QuotaRefreshIntervalSeconds="0"')
    with server.connect('alice') as client:
        shell = client.create()
        users = server.folder / 'users'
        users.write_text(users.read_text().replace(':admins', ':admins,operators'))
        with server.connect('alice') as other:
            faults = []

            def told():
                response = other.ask(GET, shell=shell)
                if response.status == 500:
                    faults.append(response.fault.number)
                return faults
            wait_until(told, 'the next message to be refused', PROMISE * 5)
            assert faults == [2150859177]
            # The one after authorizes afresh.
            other.get_done(GET, shell=shell)
            other.delete(shell)


def test_stopped_while_somebody_holds_the_control_socket(new_server):
    """A sanitizer's word on what is left of the connection counts too (Server.stop)."""
    server = new_server()
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(server.folder / 'winrmd.sock'))
        server.status()
        server.stop()
