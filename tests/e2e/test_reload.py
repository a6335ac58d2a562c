# SPDX-License-Identifier: ISC
"""Reload: checked aside, swapped whole, nobody is disconnected (docs/configuration.md, Reload)."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

from server import (ACCOUNT, HANG, IDLE, RULES, built, give_to_auth, is_running, open_files,
                    processes, wait_until)
from wire import CREATE, DONE, GET, NS, RECEIVE, Connection, envelope, receive_body
from work import Work

SECOND = '''
application "/second" {
    directory = "wsman"
    %s
}
''' % ACCOUNT


def reload(server):
    """winrmctl reload: (exit status, what it printed)."""
    done = subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)
    return done.returncode, done.stdout + done.stderr


def reload_done(server):
    status, said = reload(server)
    assert status == 0, said


def edit(path, *changes):
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def change_application(server):
    """Something of the application that nobody notices but a reload."""
    edit(server.config, ('    directory = "wsman"\n',
                         '    directory = "wsman"\n    record-idle-timeout = "899s"\n'))


def authorization_host(server):
    """The only one there is, when what a reload has replaced has ended."""
    def pids():
        return server.pids('winrmd-host (authorization)')

    wait_until(lambda: len(pids()) == 1, 'one authorization host')
    return pids()[0]


def host_that_is_asked(server):
    rows = [row for row in server.status()['processes']
            if row['name'] == 'winrmd-host (authorization)' and row['state'] == 'serving']
    return rows[-1]['process']


def other_port():
    """A port that nobody listens on, held until it is closed."""
    holder = socket.socket()
    holder.bind(('127.0.0.1', 0))
    return holder, holder.getsockname()[1]


def contexts_balance(server):
    """Every context is back but that of each user record."""
    counters = server.counters()
    kept = len(server.status()['records'])
    return (counters['contexts_reported'] == counters['contexts_released'] + kept and
            counters['contexts_lost'] == 0)


@contextlib.contextmanager
def knocking(port):
    """Meanwhile somebody makes one connection after the other, each with one request."""
    def knock():
        with Connection(port, 'alice', 'alice-secret') as client:
            response = client.ask(GET, shell='00000000-0000-0000-0000-000000000000')
            assert response.status == 500, response.body

    work = Work(knock)
    try:
        work.wait_for_more(3)
        yield work
    finally:
        work.stop()
    assert not work.failures


# What is the same stays

def test_a_reload_that_changes_nothing(server):
    with server.connect('alice') as client:
        shell = client.create()
        before, host = server.counters(), authorization_host(server)
        reload_done(server)
        client.delete(shell)
        after = server.counters()
        assert after['user_calls'] == before['user_calls'] == 1
        assert after['reloads'] == 1 and after['reload_failures'] == 0
        assert authorization_host(server) == host
    assert server.audit('reload', verdict='done')


def test_sighup_reloads(server):
    change_application(server)
    os.kill(server.pid, signal.SIGHUP)
    server.wait_for_log('the configuration was reloaded: 0 applications added, 1 changed, 0 removed')


# A configuration with a problem changes nothing

def wrong_setting(server):
    edit(server.config, ('net-processes = 3', 'net-processes = 3000'))
    return 'winrmd.conf:8: '


def wrong_web_config(server):
    edit(server.application_folder / 'web.config', ('SDKVersion="1"', 'SDKVersion="7"'))
    return 'web.config:5: '


def missing_plugin(server):
    edit(server.application_folder / 'web.config', ('policy.so', 'missing.so'))
    return 'web.config: the plug-in "policy"'


def missing_shell_plugin(server):
    edit(server.application_folder / 'web.config', ('cmd.so', 'missing.so'))
    return 'web.config: the plug-in "cmd"'


def plugin_that_refuses_to_start(server):
    (server.application_folder / 'policy.rules').write_text('user bob perhaps\n')
    change_application(server)
    return 'web.config: the plug-in "policy"'


def address_of_another_machine(server):
    edit(server.config, ('127.0.0.1:0', '192.0.2.1:5985'))
    return 'cannot listen on 192.0.2.1 port 5985'


def audit_in_no_folder(server):
    edit(server.config, ('audit.jsonl', 'no-such-folder/audit.jsonl'))
    return 'the audit file'


def another_control_socket(server):
    # winrmctl must find the old one: the file under its old name says what it always said.
    other = server.config.with_name('other.conf')
    other.write_text(server.config.read_text())
    edit(server.config, ('"winrmd.sock"', '"other.sock"'))
    server.control_config = other
    return 'the control socket can not be another one'


def no_file(server):
    os.rename(server.config, server.config.with_name('away.conf'))
    server.control_config = server.config.with_name('away.conf')
    return 'it cannot be opened'


@pytest.mark.parametrize('break_it', [
    wrong_setting, wrong_web_config, missing_plugin, missing_shell_plugin,
    plugin_that_refuses_to_start, address_of_another_machine, audit_in_no_folder,
    another_control_socket, no_file])
def test_a_wrong_configuration_changes_nothing(server, break_it):
    server.control_config = server.config
    with server.connect('alice') as client:
        shell = client.create()
        host = authorization_host(server)
        cause = break_it(server)
        done = subprocess.run([built('winrmctl'), '--config', server.control_config, 'reload'],
                              capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 1
        assert cause in done.stderr, done.stderr
        assert 'othing' in done.stderr and 'changed' in done.stderr
        server.config = server.control_config
        assert server.counters()['user_calls'] == 1
        assert server.counters()['reload_failures'] == 1
        assert authorization_host(server) == host
        client.delete(shell)
    with server.connect('bob') as client:
        client.delete(client.create())
    assert server.audit('reload', verdict='refused')
    server.wait_for_log(cause)


def test_a_plug_in_that_blocks_in_its_start_up_holds_up_nobody(new_server):
    """The reload waits for it; requests do not."""
    server = new_server(authorizer='gate')
    (server.application_folder / 'gate').write_text('')
    edit(server.application_folder / 'web.config', ('gate.so', 'slow_start.so'))
    asked = subprocess.Popen([built('winrmctl'), '--config', server.config, 'reload'],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    server.wait_for_note('slow start')
    with server.connect('alice') as client:
        client.delete(client.create())
    (server.application_folder / 'go').write_text('')
    said = asked.communicate(timeout=HANG)
    assert asked.returncode == 0, said


# An application that changed

def test_users_of_a_changed_application_are_authorized_again(server):
    with server.connect('alice') as client:
        client.delete(client.create())
        change_application(server)
        (server.application_folder / 'policy.rules').write_text(
            RULES.replace('user alice   allow administrator', 'user alice deny "no more"'))
        reload_done(server)
        response = client.ask(GET)
        assert response.status == 500 and response.fault.number == 5
        assert server.counters()['user_calls'] == 2
    wait_until(lambda: contexts_balance(server), 'the contexts')


def test_a_shell_lives_through_a_reload_of_its_application(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'echo one; read line; echo $line')
        while b'one' not in client.ask_receive(shell, command).body.replace(b'b25lCg==', b'one'):
            pass
        old = authorization_host(server)
        change_application(server)
        reload_done(server)
        # The old host keeps the contexts of the shell and the command; the new one is asked.
        assert is_running(old)
        assert host_that_is_asked(server) != old
        client.send_input(shell, command, b'two\n', end=True)
        assert client.receive_all(shell, command)[0] == b'two\n'
        client.signal(shell, command)
        assert is_running(old)
        client.delete(shell)
        assert server.counters()['user_calls'] == 2
        wait_until(lambda: not is_running(old), 'the end of the old authorization host')
    assert not server.audit('host-lost')
    assert server.counters()['host_crashes'] == 0


def test_a_held_receive_lives_through_a_reload(server):
    with server.connect('alice') as client, server.connect('alice') as other:
        shell = client.create()
        command = client.command(shell, 'read line; echo $line')
        client.send(envelope(RECEIVE, receive_body(command), shell=shell))
        wait_until(lambda: server.counters()['operations'] >= 3, 'the Receive')
        change_application(server)
        reload_done(server)
        other.send_input(shell, command, b'still here\n', end=True)
        assert b'c3RpbGwgaGVyZQo=' in client.receive().body
        other.delete(shell)


def test_shells_of_a_user_who_is_refused_now_end(server):
    edit(server.config, ('    directory = "wsman"\n',
                         '    directory = "wsman"\n    authorization-timeout = "%dms"\n' % IDLE))
    reload_done(server)
    with server.connect('alice') as client, server.connect('bob') as other:
        client.create()
        kept = other.create()
        (server.application_folder / 'policy.rules').write_text(
            RULES.replace('user alice   allow administrator', 'user alice deny "no more"'))
        change_application(server)
        reload_done(server)
        assert client.ask(GET).status == 500
        server.wait_for_audit('shell-end', user='alice',
                              reason="the user's authorization was withdrawn")
        other.delete(kept)
    assert len(server.audit('shell-end')) == 2


def test_who_waits_for_the_old_plug_in_is_judged_by_the_new_one(new_server):
    server = new_server(authorizer='gate')
    with server.connect('alice') as client:
        client.send(envelope(GET))
        server.wait_for_note('user')
        old = authorization_host(server)
        edit(server.application_folder / 'web.config', (str(built('gate.so')), str(built('policy.so'))),
             ('SupportsQuota="true">', 'SupportsQuota="true"><InitializationParameters>'
              '<Param Name="Rules" Value="policy.rules"/></InitializationParameters>'))
        (server.application_folder / 'policy.rules').write_text('user * deny "by the new one"\n')
        reload_done(server)
        assert client.receive().fault.number == 5
        line, = server.audit('verdict', user='alice')
        assert 'by the new one' in line['reason']
        # The old one answers at last; its context goes back to it, and it ends.
        (server.application_folder / 'gate').write_text('')
        wait_until(lambda: not is_running(old), 'the end of the old host')
        assert 'release' in server.noted()


def test_an_old_host_that_is_killed_costs_nobody_anything(server):
    with server.connect('alice') as client:
        shell = client.create()
        old = authorization_host(server)
        change_application(server)
        reload_done(server)
        os.kill(old, signal.SIGKILL)
        server.wait_for_audit('host-lost')
        assert client.ask(GET, shell=shell).status == 200
        client.delete(shell)

        def balanced():
            counters = server.counters()
            return counters['contexts_reported'] == (counters['contexts_released'] +
                                                     counters['contexts_lost'] + 1)
        # Those of the shell and of the command's user are lost with the host they came from.
        assert server.counters()['contexts_lost'] >= 1
        wait_until(balanced, 'the other contexts')


def test_a_plug_in_that_failed_at_the_start_is_tried_again(new_server):
    server = new_server(rules='user alice perhaps\n')
    with server.connect('alice') as client:
        response = client.ask(GET)
        assert (response.status, response.body) == (500, b'')
        (server.application_folder / 'policy.rules').write_text(RULES)
        reload_done(server)
        client.delete(client.create())


def test_quotas_count_across_a_reload(server):
    """dave may have one shell; the one from before the reload counts."""
    with server.connect('dave') as client:
        shell = client.create()
        change_application(server)
        reload_done(server)
        refused = client.ask(CREATE, '<rsp:Shell/>')
        assert refused.fault.number == 2150859173
        client.delete(shell)
        client.delete(client.create())


def test_a_plug_in_that_was_built_anew_is_loaded(server):
    """The configuration is the same, the file is another."""
    copy = server.application_folder / 'policy.so'
    shutil.copy(built('policy.so'), copy)
    edit(server.application_folder / 'web.config', (str(built('policy.so')), str(copy)))
    reload_done(server)
    first = authorization_host(server)
    reload_done(server)
    assert authorization_host(server) == first
    shutil.copy(built('policy.so'), copy.with_name('fresh'))
    os.rename(copy.with_name('fresh'), copy)
    reload_done(server)
    wait_until(lambda: not is_running(first), 'the end of the old host')
    with server.connect('alice') as client:
        client.delete(client.create())


# Applications come and go

def test_an_application_is_added_and_removed(server):
    with server.connect('alice') as client:
        assert client.post('', path='/second').status == 404
        server.config.write_text(server.config.read_text() + SECOND)
        reload_done(server)
        server.wait_for_log('winrmd: ready on http://127.0.0.1:%d/second' % server.port)
        client.path = '/second'
        shell = client.create()
        edit(server.config, (SECOND, ''))
        reload_done(server)
        assert client.ask(GET, shell=shell).status == 404
        server.wait_for_audit('shell-end', application='/second',
                              reason='the application was removed from the configuration')
        wait_until(lambda: len(server.pids('winrmd-host')) == 1, 'the end of its hosts')
        client.path = '/wsman'
        client.delete(client.create())
        # And back again.
        server.config.write_text(server.config.read_text() + SECOND)
        reload_done(server)
        client.path = '/second'
        client.delete(client.create())
    wait_until(lambda: contexts_balance(server), 'the contexts')


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
