# SPDX-License-Identifier: ISC
"""winrmctl as an administrator uses it with a running winrmd."""

import json
import re
import socket
import subprocess

import pytest

from server import Server, built, wait_until
from wire import HANG


def winrmctl(server, *arguments):
    """(exit status, standard output, standard error)"""
    done = subprocess.run([built('winrmctl'), '--config', server.config, *arguments],
                          capture_output=True, text=True, timeout=HANG)
    return done.returncode, done.stdout, done.stderr


def section(text, name):
    """The rows below a heading, as lists of cells."""
    lines = iter(text.split('\n'))
    heading = next(line for line in lines if re.match(name + r'(: \d+|:)$', line))
    rows = []
    for line in lines:
        if not line.startswith('  '):
            break
        rows.append(re.split('  +', line.strip()))
    return heading, rows


def test_status_and_shells_say_the_same_in_text_and_json(server):
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shells = {alice.create(): 'alice', bob.create(): 'bob'}
        for shell, user in shells.items():
            if user == 'alice':
                alice.command(shell, 'sleep 100000')
        code, text, error = winrmctl(server, 'status')
        assert (code, error) == (0, '')
        shown = server.status()
        assert list(shown) == ['processes', 'listeners', 'applications', 'plugins', 'records',
                               'shells', 'counters', 'mode']

        heading, rows = section(text, 'processes')
        assert heading == 'processes: %d' % len(shown['processes'])
        assert rows[0] == ['name', 'process', 'restarts', 'state', 'application']
        assert {(row[0], int(row[1])) for row in rows[1:]} == {
            (row['name'], row['process']) for row in shown['processes']}
        heading, rows = section(text, 'plugins')
        assert rows == [['application', 'name', 'shells', 'operations', 'users'],
                        ['/wsman', 'cmd', '2', '3', '2']]
        assert shown['counters']['shell_users'] == 2
        heading, rows = section(text, 'records')
        assert {row[1] for row in rows[1:]} == {'alice', 'bob'} and heading == 'records: 2'
        heading, rows = section(text, 'mode')
        assert rows == [['root', 'limits', 'cgroup', 'landlock'],
                        ['yes' if shown['mode']['root'] else 'no', 'rlimits', '-',
                         str(shown['mode']['landlock'])]]
        heading, rows = section(text, 'counters')
        assert {row[0] for row in rows} == set(shown['counters'])
        assert dict(rows)['shells_started'] == '2'

        code, text, error = winrmctl(server, 'shells')
        assert (code, error) == (0, '')
        heading, rows = section(text, 'shells')
        assert heading == 'shells: 2'
        assert rows[0] == ['application', 'shell id', 'owner', 'account', 'process', 'commands',
                           'idle', 'age', 'state']
        hosts = {row['shell_id']: row['process'] for row in shown['shells']}
        for row in rows[1:]:
            assert row[:4] == ['/wsman', row[1], shells[row[1]], shells[row[1]]]
            assert row[4:6] == [str(hosts[row[1]]), '1' if row[2] == 'alice' else '0']
            assert row[8] == 'connected'
            for time in row[6:8]:
                assert re.match(r'\d+ ms$|\d+ s$|\d+ min \d+ s$', time)
        code, text, error = winrmctl(server, 'shells', '--json')
        assert (code, error) == (0, '')
        listed = json.loads(text)
        assert list(listed) == ['shells'] and len(listed['shells']) == 2
        for row in listed['shells']:
            assert list(row) == ['application', 'shell_id', 'owner', 'account', 'process',
                                 'commands', 'idle', 'age', 'state']
            assert 0 <= row['idle'] <= row['age']
        for shell, user in shells.items():
            (alice if user == 'alice' else bob).delete(shell)
    assert winrmctl(server, 'shells') == (0, 'shells: 0\n', '')


def test_a_long_list_is_whole(new_server):
    """Nothing is cut off on its way, however much there is."""
    server = new_server(rules='user * allow quota shells=unlimited\noperation * * * allow\n')
    with server.connect('alice') as client:
        shells = [client.create() for _ in range(40)]
        heading, rows = section(winrmctl(server, 'shells')[1], 'shells')
        assert heading == 'shells: 40'
        assert {row[1] for row in rows[1:]} == set(shells)
        for shell in shells:
            client.delete(shell)


def test_reload_that_holds(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        assert winrmctl(server, 'reload') == (0, 'the new configuration holds\n', '')
        client.send_input(shell, command, b'still there', end=True)
        assert client.receive_all(shell, command) == (b'still there', b'', 0)
        client.delete(shell)
    assert server.counters()['reloads'] == 1


def test_reload_that_is_refused(server):
    """What is wrong is said as `winrmd --check` says it, and nothing is changed."""
    before = server.config.read_text()
    server.config.write_text(before + 'ausit { file = "x" }\n')
    wrong = subprocess.run([built('winrmd'), '--config', server.config, '--check'],
                           capture_output=True, text=True, timeout=HANG)
    assert wrong.returncode == 1 and 'ausit' in wrong.stderr
    line = next(line for line in wrong.stderr.split('\n') if 'ausit' in line)
    code, text, error = winrmctl(server, 'reload')
    assert (code, text) == (1, '')
    assert line in error.split('\n')
    assert error.endswith('winrmctl: the new configuration was refused (1 problem); nothing was '
                          'changed\n')
    with server.connect('alice') as client:
        client.delete(client.create())
    # A winrmctl finds winrmd also by a file that is wrong elsewhere.
    assert server.counters()['reload_failures'] == 1
    server.config.write_text(before)
    assert winrmctl(server, 'reload')[0] == 0


def test_many_ask_for_a_reload_and_some_leave(server):
    """Everybody who stays gets an answer; a winrmctl that is killed meanwhile hurts nobody."""
    command = [built('winrmctl'), '--config', server.config, 'reload']
    asked = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
             for _ in range(12)]
    for process in asked[::3]:
        process.kill()
    for number, process in enumerate(asked):
        said, _ = process.communicate(timeout=HANG)
        if number % 3 != 0:
            assert (process.returncode, said) == (0, 'the new configuration holds\n')
    with server.connect('alice') as client:
        client.delete(client.create())


@pytest.mark.parametrize('command', ['status', 'shells', 'reload'])
def test_when_winrmd_does_not_run(tmp_path, users, command):
    server = Server(tmp_path / 'server', users)
    path = server.folder / 'winrmd.sock'
    code, text, error = winrmctl(server, command)
    assert (code, text) == (3, '')
    assert str(path) in error and 'winrmd does not run with this configuration' in error
    server.start()
    server.kill()
    server.stop()
    code, text, error = winrmctl(server, command)
    assert (code, text) == (3, '')
    assert 'the winrmd that made the socket has ended; start it again' in error


def test_something_else_answers(tmp_path, users):
    server = Server(tmp_path / 'server', users)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(server.folder / 'winrmd.sock'))
        other.listen()
        asked = subprocess.Popen([built('winrmctl'), '--config', server.config, 'status'],
                                 stderr=subprocess.PIPE, text=True)
        connection, _ = other.accept()
        with connection:
            connection.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n')
            _, error = asked.communicate(timeout=HANG)
    assert asked.returncode == 3
    assert 'it answers in a way this winrmctl does not understand' in error


def test_the_help_is_a_page(server):
    code, text, error = winrmctl(server, '--help')
    assert (code, error) == (0, '')
    # The path of winrmd.conf alone is as long as the installation's prefix makes it.
    assert max(len(line) for line in text.split('\n') if not line.endswith('.conf')) <= 90
    for word in ('status', 'shells', 'reload', 'passwd', 'examples', 'exit status'):
        assert '\n' + word in text


def test_status_while_it_stops(server):
    """Whoever asks at the wrong moment gets an answer or hears that there is none."""
    with server.connect('alice') as client:
        shell = client.create()
        client.command(shell, 'trap "" TERM; echo x; sleep 100000')
        server.process.terminate()
        while True:
            code, text, error = winrmctl(server, 'status')
            if code != 0:
                break
            assert section(text, 'processes')[1][1][3] in ('serving', 'stopping')
        assert code == 3 and error
    wait_until(lambda: server.process.poll() is not None, 'the end of the service')
