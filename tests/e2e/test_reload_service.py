# SPDX-License-Identifier: ISC
"""Reload (docs/configuration.md, Reload): listeners, processes and files of the service, and its end in the
middle."""

import os
import re
import signal
import subprocess

import pytest

from reloading import SECOND, change_application, edit, knocking, reload_done
from server import HANG, built, give_to_auth, open_files, processes, wait_until
from wire import DONE, GET, NS, RECEIVE, Connection, envelope, receive_body


# Listeners change without a refused connection

def listener(name, address):
    return ('listener "%s" {\n    address = "%s"\n    authentication = {"basic"}\n'
            '    allow-unencrypted = true\n}\n' % (name, address))


def test_a_listener_that_stays_refuses_nobody(server):
    with knocking(server.port) as knocker:
        for name in ('one', 'two', 'three'):
            edit(server.config, ('authentication { basic', listener(name, '127.0.0.1:0') +
                                 'authentication { basic'))
            if name == 'one':
                change_application(server)
            reload_done(server)
            knocker.wait_for_more(3)


def port_is_free(port):
    """Does nobody else on this machine use it, on any address?"""
    with open('/proc/net/tcp', encoding='ascii') as table:
        users = [line.split()[1] for line in table.readlines()[1:]]
    return [user for user in users if int(user.split(':')[1], 16) == port] == ['0100007F:%04X' % port]


def test_a_listener_is_widened_in_place(new_server):
    """127.0.0.1 becomes every address on the same port, and back."""
    server = next(server for server in (new_server() for _ in range(5))
                  if port_is_free(server.port))
    old, new = '127.0.0.1:%d' % server.port, '0.0.0.0:%d' % server.port
    edit(server.config, ('"127.0.0.1:0"', '"%s"' % old))
    reload_done(server)
    with knocking(server.port) as knocker:
        for before, after in ((old, new), (new, old)) * 3:
            edit(server.config, ('"%s"' % before, '"%s"' % after))
            reload_done(server)
            knocker.wait_for_more(3)


def test_a_removed_listener_lets_its_connections_end(server):
    edit(server.config, ('authentication { basic', listener('other', '127.0.0.1:0') +
                         'authentication { basic'))
    reload_done(server)

    def ports():
        return re.findall(r'ready on http://127\.0\.0\.1:(\d+)/', server.report())
    wait_until(lambda: len(ports()) == 2, 'the second listener')
    port = int(ports()[1])
    with Connection(port, 'alice', 'alice-secret') as client:
        shell = client.create()
        edit(server.config, (listener('other', '127.0.0.1:0'), ''))
        reload_done(server)
        response = client.ask(GET, shell=shell)
        assert response.status == 200 and response.header('Connection') == 'close'
        assert client.socket.recv(1) == b''
    with pytest.raises(ConnectionRefusedError):
        Connection(port)
    with server.connect('alice') as client:
        client.delete(shell)


def test_a_listener_takes_other_heads_and_methods(server):
    with server.connect('alice') as client:
        large = [('X-Padding', 'x' * 8000)]
        assert client.post('', large).status != 431
        edit(server.config, ('    allow-unencrypted = true\n',
                             '    allow-unencrypted = true\n    header-limit = "4KiB"\n'))
        reload_done(server)
        with server.connect('alice') as fresh:
            assert fresh.post('', large).status == 431
        # A connection from before answers once more, by the limit it came with.
        assert client.post('', large).header('Connection') == 'close'


# Processes and files

@pytest.mark.parametrize('count', [1, 5])
def test_another_number_of_net_processes(server, count):
    with knocking(server.port) as knocker, server.connect('alice') as client:
        shell = client.create()
        edit(server.config, ('net-processes = 3', 'net-processes = %d' % count))
        reload_done(server)
        wait_until(lambda: len([row for row in server.status()['processes']
                                if row['name'] == 'winrmd-net' and row['state'] == 'serving'])
                   == count, 'as many winrmd-nets')
        knocker.wait_for_more(3)
        assert client.ask(GET, shell=shell).status == 200


def test_the_audit_file_is_opened_again(server):
    """What logrotate does: the file is moved aside, then winrmd gets SIGHUP."""
    path = server.folder / 'audit.jsonl'
    with server.connect('alice') as client:
        client.delete(client.create())
        os.rename(path, server.folder / 'audit.jsonl.1')
        reload_done(server)
        shell = client.create()
        server.wait_for_audit('shell-begin', user='alice')
        client.delete(shell)
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_users_file(server, users):
    other = server.folder / 'others'
    other.write_bytes(b''.join(line for line in users.read_bytes().splitlines(True)
                               if line.startswith(b'alice:')))
    other.chmod(0o600)
    give_to_auth(other)
    with server.connect('alice') as kept, server.connect('bob') as lost:
        shell = kept.create()
        lost.delete(lost.create())
        edit(server.config, ('file:users', 'file:others'))
        reload_done(server)
        kept.delete(shell)
        wait_until(lambda: lost.ask(GET).status == 401, 'who is out to be refused')
    with server.connect('bob') as client:
        assert client.ask(GET).status == 401


def test_reloads_that_are_asked_for_at_once(server):
    """Each is answered, and what was written before the last one was asked for holds."""
    change_application(server)
    asked = [subprocess.Popen([built('winrmctl'), '--config', server.config, 'reload'])
             for _ in range(8)]
    assert [process.wait(HANG) for process in asked] == [0] * 8
    assert 1 <= server.counters()['reloads'] <= 8
    with server.connect('alice') as client:
        client.delete(client.create())


def test_a_net_process_that_is_stopped_takes_it_when_it_goes_on(server):
    """The reload ends without it, and says so; nothing is served by the old configuration later."""
    victim = server.pids('winrmd-net')[0]
    os.kill(victim, signal.SIGSTOP)
    try:
        server.config.write_text(server.config.read_text() + SECOND)
        reload_done(server)
        server.wait_for_log('a process has not taken the new configuration')
    finally:
        os.kill(victim, signal.SIGCONT)
    # Few enough that the last has logged in before it has been idle for as long as a guest may be.
    connections = [server.connect('alice') for _ in range(12)]
    assert {one.post(envelope(GET), path='/second').status for one in connections} == {500}
    for one in connections:
        one.close()


def test_stopped_in_the_middle_of_a_reload(new_server):
    server = new_server(authorizer='gate')
    edit(server.application_folder / 'web.config', ('gate.so', 'slow_start.so'))
    os.kill(server.pid, signal.SIGHUP)
    server.wait_for_note('slow start')
    server.stop()
    assert 'the service is stopping' in server.report()


def has_asked(pid):
    return (processes().get(pid, ())[1:] == ('S', 'winrmctl')
            and any(name.startswith('socket:') for name in open_files(pid)))


def test_everybody_who_waits_is_told_when_the_service_stops(new_server):
    """Also who asked while another reload ran."""
    server = new_server(authorizer='gate')
    edit(server.application_folder / 'web.config', ('gate.so', 'slow_start.so'))
    asked = []
    for _ in range(3):
        asked.append(subprocess.Popen([built('winrmctl'), '--config', server.config, 'reload'],
                                      stderr=subprocess.PIPE, text=True))
        server.wait_for_note('slow start')
        # One that has a socket and sleeps has asked; the broker has heard it when a later question
        # is answered.
        wait_until(lambda: has_asked(asked[-1].pid), 'winrmctl to ask')
        server.status()
    server.process.terminate()
    for process in asked:
        _, said = process.communicate(timeout=HANG)
        assert process.returncode == 1 and 'the service is stopping' in said, said


# The end of the service

def test_what_was_asked_is_answered_when_the_service_stops(server):
    with server.connect('alice') as client, server.connect('alice') as idle:
        shell = client.create()
        command = client.command(shell, 'read line')
        idle.ask(GET, shell=shell)
        # The shell and the command alone: what was answered has been noted.
        wait_until(lambda: server.counters()['operations'] == 2, 'the Get to be over')
        client.send(envelope(RECEIVE, receive_body(command), shell=shell))
        wait_until(lambda: server.counters()['operations'] == 3, 'the Receive')
        server.stop()
        response = client.receive()
        assert response.header('Connection') == 'close'
        state = response.xml.find('.//rsp:CommandState', NS)
        assert response.status == 500 or state.get('State') == DONE
        assert idle.socket.recv(1) == b''
