# SPDX-License-Identifier: ISC
"""Which entry points a plug-in needs, and its start and its end ("Authorization plug-in entry
points", WSManPluginStartup, WSManPluginShutdown; docs/plugin-api.md, W-2)."""

import os
import signal
import subprocess

import pytest

from oracle import STREAMS, calls, prepared, say, seen, wait_for_seen
from server import HANG, Server, built, wait_until
from wire import CREATE, GET, Connection

REQUIRED = {'startup': 'WSManPluginStartup', 'shutdown': 'WSManPluginShutdown',
            'user': 'WSManPluginAuthzUser', 'operation': 'WSManPluginAuthzOperation'}
SECOND = '}\napplication "/second/part" {\n    directory = "second"'


def assert_refuses_everything(server, library):
    with server.connect('alice') as client:
        for action in (CREATE, GET):
            response = client.ask(action, STREAMS if action == CREATE else '')
            assert (response.status, response.body) == (500, b'')
    server.wait_for_log(library)
    assert server.status()['applications'][0]['state'] == 'failed'


@pytest.mark.parametrize('missing', REQUIRED)
def test_a_required_entry_point_is_missing(new_server, missing):
    server = new_server(authorizer='without_' + missing, supports_quota=False)
    assert_refuses_everything(server, 'without_%s.so' % missing)
    server.wait_for_log(REQUIRED[missing])


def test_the_required_ones_are_enough(new_server):
    """Contexts of a plug-in without ReleaseContext are dropped, and the log says so once."""
    server = new_server(authorizer='without_nothing', supports_quota=False)
    for _ in range(3):
        with server.connect('alice') as client:
            client.delete(client.create())
    server.wait_for_log('no WSManPluginAuthzReleaseContext')
    server.stop()
    assert server.report().count('no WSManPluginAuthzReleaseContext') == 1


def test_quotas_without_their_entry_point_are_a_configuration_error(new_server, tmp_path, users):
    server = new_server(authorizer='without_nothing', supports_quota=True)
    assert_refuses_everything(server, 'without_nothing.so')
    server.wait_for_log('WSManPluginAuthzQueryQuota')
    unstarted = Server(tmp_path / 'checked', users, authorizer='without_nothing')
    done = subprocess.run([built('winrmd'), '--check', '--config', unstarted.config],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode != 0
    assert 'WSManPluginAuthzQueryQuota' in done.stdout + done.stderr


@pytest.mark.parametrize('supported', [True, False])
def test_the_quota_is_asked_for_when_the_configuration_says_so(new_server, supported):
    server = new_server(authorizer='oracle', supports_quota=supported)
    with server.connect('bob') as client:
        client.delete(client.create())
    assert len(calls(server, 'quota')) == (1 if supported else 0)


def test_a_second_authorization_plug_in_is_a_configuration_error(tmp_path, users):
    server = Server(tmp_path / 'two', users)
    path = server.application_folder / 'web.config'
    text = path.read_text()
    start = text.index('<AuthorizationPlugin')
    end = text.index('</AuthorizationPlugin>') + len('</AuthorizationPlugin>')
    path.write_text(text[:end] + text[start:end].replace('"policy"', '"another"') + text[end:])
    done = subprocess.run([built('winrmd'), '--check', '--config', server.config],
                          capture_output=True, text=True, timeout=HANG)
    assert done.returncode != 0
    assert 'web.config:6: there is a second AuthorizationPlugin' in done.stdout + done.stderr


def test_one_start_and_one_end(new_server):
    server = new_server(authorizer='oracle')
    for user in ('alice', 'bob'):
        with server.connect(user) as client:
            client.command(client.create(), 'sleep 1000')
    server.stop()
    start, = seen(server, 'startup')
    assert start == {'startup': 'wsman', 'flags': 0, 'extra': None, 'preset': None}
    end, = seen(server, 'shutdown')
    # After every context had come back, those of running commands and shells as well.
    assert end == {'shutdown': 2, 'flags': 0, 'mine': True, 'missing': 0}
    assert [note for note in seen(server) if 'said' not in note][-1] == end
    # Two users; a shell and a command of each.
    assert len(seen(server, 'released')) == 6


def test_a_start_that_writes_no_context(tmp_path, users):
    with prepared(tmp_path / 's', users, 'startup * unwritten') as server:
        with server.connect('bob') as client:
            client.delete(client.create())
        assert [note['mine'] for note in seen(server, 'call')] == [False] * 4
    assert seen(server, 'shutdown')[0]['mine'] is False


@pytest.mark.parametrize('code', [5, 1001])
def test_a_start_that_fails(tmp_path, users, code):
    with prepared(tmp_path / 's', users, 'startup * code=%d' % code) as server:
        assert_refuses_everything(server, 'oracle.so')
        server.wait_for_log(str(code))
        assert server.audit('verdict', user='alice')[0]['verdict'] == 'denied'
    assert seen(server, 'call') == [] == seen(server, 'shutdown')


def test_an_end_that_fails_is_logged_and_nothing_else(new_server):
    server = new_server(authorizer='oracle')
    say(server, 'shutdown * code=1234')
    server.stop()
    assert 'WSManPluginShutdown returned 1234' in server.report()
    assert len(seen(server, 'shutdown')) == 1


def test_one_library_in_two_applications(tmp_path, users):
    """Each has its own start, its own context and its own contexts of users."""
    server = prepared(tmp_path / 's', users, application=SECOND)
    second = server.folder / 'second'
    second.mkdir()
    (second / 'web.config').write_text((server.application_folder / 'web.config').read_text())
    with server:
        with server.connect('bob') as client:
            client.delete(client.create())
        with Connection(server.port, 'bob', 'bob-secret', path='/second/part') as client:
            client.delete(client.create())
            client.delete(client.create())
        assert server.counters()['user_calls'] == 2
        first_seen = seen(server)
        server.application_folder = second
        second_seen = seen(server)
    for notes, name, operations in ((first_seen, 'wsman', 2), (second_seen, 'second/part', 4)):
        assert [note['startup'] for note in notes if 'startup' in note] == [name]
        assert len([note for note in notes if note.get('call') == 'operation']) == operations
        assert all(note['mine'] for note in notes if 'call' in note)
        assert [note['url'].split('?')[0].endswith('/' + name) for note in notes
                if 'call' in note] == [True] * (operations + 2)


@pytest.mark.parametrize('number, flags', [(signal.SIGABRT, 2), (signal.SIGKILL, 0)])
def test_the_start_after_a_crash_is_told_so(new_server, number, flags):
    """WSMAN_PLUGIN_STARTUP_AUTORESTARTED_CRASH; a host killed from outside has not crashed."""
    server = new_server(authorizer='oracle')
    host, = server.pids('winrmd-host (authorization)')
    os.kill(host, number)
    starts = wait_for_seen(server, 2, 'startup')
    assert [start['flags'] for start in starts] == [0, flags]
    wait_until(lambda: server.status()['applications'][0]['state'] == 'serving', 'the host')
    with server.connect('bob') as client:
        client.delete(client.create())
    server.stop()
    assert len(seen(server, 'shutdown')) == 1
