# SPDX-License-Identifier: ISC
"""The disk that the audit is on is full, and then something else happens: a process is killed, the
configuration is read again, a client leaves, the service is stopped (docs/reliability.md, F-46)."""

import contextlib
import json
import os
import signal

import pytest

from faults import assert_nothing_is_held, assert_serves
from reloading import edit, reload_done
from server import wait_until
from test_audit_failure import (BEGINS, ENDS, UNAVAILABLE, outage_by_full_disk, outage_by_limit,
                                small_disk, wait_until_said)  # noqa: F401 (small_disk is a fixture)
from wire import COMMAND, CREATE, GET, RECEIVE, envelope, receive_body

TRUE = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'


@pytest.fixture(params=['limit', 'disk'])
def outage(request, new_server, small_disk):  # noqa: F811
    """(server, what makes its audit fail while it lasts); where nothing can be mounted the limit on the
    size of files stands for the disk."""
    if request.param == 'disk' and small_disk is not None:
        server = new_server(audit=small_disk + '/audit.jsonl')
        return server, lambda: full_disk(server)
    server = new_server()
    return server, lambda: outage_by_limit(server)


class full_disk:  # pylint: disable=invalid-name
    """outage_by_full_disk(), and the room that is left in the last page is taken too."""

    def __init__(self, server):
        self.server, self.outage = server, outage_by_full_disk(server)

    def __enter__(self):
        self.outage.__enter__()
        with self.server.connect('frank') as client:
            def is_full():
                answer = client.ask(CREATE, '<rsp:Shell/>')
                if answer.status == 200:
                    client.delete(answer.text('w:Selector'))
                return is_refused(answer)
            wait_until(is_full, 'the audit to be full')

    def __exit__(self, *error):
        return self.outage.__exit__(*error)


def is_refused(answer):
    return answer.fault is not None and answer.fault.number == UNAVAILABLE


def every_line_is_whole_or_torn(server):
    torn = 0
    for line in server.audit_file.read_text(encoding='utf-8').split('\n')[:-1]:
        try:
            json.loads(line)
        except json.JSONDecodeError:
            torn += 1
    return torn


def is_served(server, user):
    with server.connect(user) as client:
        answer = client.ask(CREATE, '<rsp:Shell/>')
        if answer.status == 200:
            client.delete(answer.text('w:Selector'))
        return answer.status == 200


@pytest.mark.parametrize('name', ['winrmd-net', 'winrmd-auth', 'winrmd-host (authorization)'])
def test_a_process_is_killed_meanwhile(outage, name):
    """docs/reliability.md F-46: it is replaced, and still nothing new is granted; with room it is."""
    server, full = outage
    with server.connect('alice') as client:
        shell = client.create()
        client.command(shell, 'cat')
    with full():
        for pid in server.pids(name):
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: len([row for row in server.status()['processes'] if row['name'] == name
                                and row['restarts'] > 0 and row['state'] == 'serving'])
                   == (3 if name == 'winrmd-net' else 1), 'others in their place', pause=0.05)
        with server.connect('alice') as client:
            for action, body, own in ((GET, '', shell), (CREATE, '<rsp:Shell/>', None),
                                      (COMMAND, TRUE, shell)):
                assert is_refused(client.ask(action, body, shell=own)), action
    wait_until(lambda: is_served(server, 'bob'), 'new grants', pause=0.1)
    with server.connect('alice') as client:
        for row in server.status()['shells']:
            if row['owner'] == 'alice':
                client.delete(row['shell_id'])
    assert_nothing_is_held(server)
    assert every_line_is_whole_or_torn(server) <= 2


def test_a_shell_host_is_killed_meanwhile(outage):
    """docs/reliability.md F-46: the slots come back although nothing of it can be written down."""
    server, full = outage
    with server.connect('alice') as client:
        shell = client.create()
        client.command(shell, 'cat')
        host, = [row['process'] for row in server.status()['shells']]
        with full():
            os.kill(host, signal.SIGKILL)
            wait_until(lambda: not [row for row in server.status()['shells']
                                    if row['shell_id'] == shell], 'the end of the shell')
            wait_until(lambda: all((row['shells'], row['operations']) == (0, 0)
                                   for row in server.status()['records']), 'its slots')
        assert_serves(server)
    assert b'"audit-gap"' in server.audit_file.read_bytes()
    assert_nothing_is_held(server)


def test_a_reload_meanwhile(outage, tmp_path):
    """docs/reliability.md F-46: to an audit file on another disk, and grants are given again at once."""
    server, full = outage
    other = tmp_path / 'elsewhere.jsonl'
    assert_serves(server)
    with full(), server.connect('alice') as client:
        assert is_refused(client.ask(CREATE, '<rsp:Shell/>'))
        edit(server.config, ('audit { file = "%s" }' % server_audit_name(server),
                             'audit { file = "%s" }' % other))
        reload_done(server)
        # The limit on the size of files is the other file's as well.
        if str(server.audit_file).startswith('/proc/'):
            assert_serves(server)
            wait_until_said(server, ENDS, 1)
    assert_serves(server)
    wait_until_said(server, ENDS, 1)
    wait_until_said(server, BEGINS, 1)
    events = [json.loads(line)['event'] for line in other.read_text().splitlines()]
    assert 'verdict' in events
    assert_nothing_is_held(server)


def server_audit_name(server):
    text = server.config.read_text()
    return text.split('audit { file = "')[1].split('"')[0]


def test_clients_leave_and_come_back_meanwhile(outage):
    """docs/reliability.md F-46: who waits for output has it, on another connection too."""
    server, full = outage
    with server.connect('alice') as client, server.connect('alice') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        with full():
            other.send(envelope(RECEIVE, receive_body(command), shell=shell))
            client.send_input(shell, command, b'one')
            assert b'b25l' in other.receive().body
            other.send(envelope(RECEIVE, receive_body(command), shell=shell))
            other.close()
            server.wait_for_end_of(other)
            client.send_input(shell, command, b'two', end=True)
            with server.connect('alice') as again:
                assert again.receive_all(shell, command, after_another=True) == (b'two', b'', 0)
                again.delete(shell)
    assert_serves(server)
    assert_nothing_is_held(server)


def test_the_service_is_stopped_meanwhile(outage):
    """docs/reliability.md F-46: in order, with nothing left behind (the fixture looks at that)."""
    server, full = outage
    with server.connect('alice') as client:
        client.command(client.create(), 'sleep 100000')
        # The limit of a process that has ended cannot be taken back.
        with contextlib.suppress(ProcessLookupError), full():
            server.process.terminate()
            assert server.process.wait() == 0
