# SPDX-License-Identifier: ISC
"""What an administrator does with winrmctl while winrmd runs: who is there, ending what they have,
giving back what they have used up, logging more (docs/operating.md, O-1 to O-11)."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import threading

import pytest

from server import HANG, PATIENCE, built, is_running, wait_until
from test_winrmctl import section, winrmctl
from wire import CREATE, GET, envelope

RULES = 'user * allow quota shells=%s operations=unlimited rate=%s\noperation * * * allow\n'
IDENTIFY = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid='
            '"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/>'
            '<s:Body><wsmid:Identify/></s:Body></s:Envelope>')
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
# The plug-in of a test may take as long as the test does.
PATIENT = 'authorization-timeout = "300s"'
DAEMON = 'setsid sleep 100000 > /dev/null 2>&1 & echo $!'


@pytest.fixture
def open_server(new_server):
    return new_server(rules=RULES % (5, 'unlimited'))


def done(server, *arguments):
    """The parsed JSON of a command that succeeds."""
    code, output, error = winrmctl(server, *arguments, '--json')
    assert (code, error) == (0, ''), arguments
    return json.loads(output)


def refused(server, *arguments):
    """Why a command is not done."""
    code, output, error = winrmctl(server, *arguments)
    assert (code, output) == (1, '') and error.startswith('winrmctl: ')
    return error


def daemon(client, shell):
    """The pid of a process that has left its command, and its session, behind."""
    return int(client.receive_all(shell, client.command(shell, DAEMON))[0])


# users


def test_users_shows_who_is_there(open_server):
    """O-1"""
    server = open_server
    with server.connect('alice') as alice, server.connect('alice') as again, \
            server.connect('bob') as bob:
        shell = alice.create()
        assert again.ask(GET, shell=shell).status == 200
        # An Identify makes no user record.
        assert bob.post(IDENTIFY).status == 200
        rows = {row['user']: row for row in done(server, 'users')['users']}
        assert set(rows) == {'alice', 'bob'}
        assert rows['alice'] == {
            'application': '/wsman', 'user': 'alice', 'mechanism': 'Basic', 'account': 'alice',
            'runs_as': 'alice', 'uid': str(os.getuid()), 'state': 'active', 'sessions': 2,
            'shells': 1, 'operations': 1, 'slot_messages': rows['alice']['slot_messages'],
            'throttled': 0}
        assert rows['bob']['application'] is None and rows['bob']['runs_as'] is None
        assert (rows['bob']['state'], rows['bob']['sessions'], rows['bob']['shells']) == (
            'logged in', 1, 0)
        code, text, error = winrmctl(server, 'users')
        assert (code, error) == (0, '')
        heading, shown = section(text, 'users')
        assert heading == 'users: 2'
        assert {row[1] for row in shown[1:]} == {'alice', 'bob'}
        alice.delete(shell)
    wait_until(lambda: not any(row['sessions'] for row in done(server, 'users')['users']),
               'the sessions to end')


# kill


def test_kill_ends_the_shell_that_is_meant(new_server):
    """O-2: its slots are back when winrmctl has answered, and what it ran ends."""
    server = new_server(rules=RULES % (1, 'unlimited'))
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shells = {name: client.create() for name, client in (('alice', alice), ('bob', bob))}
        running = daemon(alice, shells['alice'])
        assert is_running(running)
        beginning = next(shells['alice'][:length] for length in range(1, 37)
                         if not shells['bob'].startswith(shells['alice'][:length]))
        assert done(server, 'kill', beginning.lower())['shells'] == [
            {'application': '/wsman', 'shell_id': shells['alice'], 'user': 'alice',
             'account': 'alice'}]
        # One shell is all that alice may have.
        again = alice.create()
        wait_until(lambda: not is_running(running), 'what it ran to end')
        assert alice.ask(GET, shell=shells['alice']).status == 500
        assert bob.ask(GET, shell=shells['bob']).status == 200
        code, text, error = winrmctl(server, 'kill', again)
        assert (code, error) == (0, '') and text.startswith('ended shells: 1\n') and again in text
        bob.delete(shells['bob'])
    line, other = server.audit('kill')
    assert (line['by-uid'], line['shell'], line['user']) == (os.getuid(), shells['alice'], 'alice')
    assert line['by-pid'] != other['by-pid']
    end, = server.audit('shell-end', shell=shells['alice'])
    assert end['reason'] == 'an administrator ended it'


def test_kill_says_what_it_does_not_find(open_server):
    """O-2"""
    server = open_server
    assert 'there is no shell whose id is or begins with ABC' in refused(server, 'kill', 'ABC')
    assert 'there is no application /other' in refused(
        server, 'kill', 'ABC', '--application', '/other')
    assert 'alice has no shells' in refused(server, 'kill', '--all', '--user', 'alice')
    with server.connect('alice') as alice:
        ids = ['AAAAAAAA-0000-4000-8000-00000000000%d' % number for number in range(3)]
        for each in ids:
            assert alice.ask(CREATE, STREAMS.replace('<rsp:Shell>', '<rsp:Shell ShellId="%s">' % each)
                             ).status == 200
        error = refused(server, 'kill', 'aaaaaaaa-')
        assert '3 shells are meant by aaaaaaaa-: ' in error and all(each in error for each in ids)
        assert len(server.status()['shells']) == 3
        assert 'bob has no shells' in refused(server, 'kill', '--all', '--user', 'bob')
        assert len(done(server, 'kill', ids[1])['shells']) == 1
    assert len(server.audit('kill')) == 1


def test_kill_all_of_a_user(open_server):
    """O-3"""
    server = open_server
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shells = {alice.create() for _ in range(3)}
        kept = bob.create()
        ended = done(server, 'kill', '--all', '--user', 'alice')['shells']
        assert {row['shell_id'] for row in ended} == shells
        assert [row['shell_id'] for row in server.status()['shells']] == [kept]
        record = next(row for row in server.status()['records'] if row['user'] == 'alice')
        assert (record['shells'], record['operations']) == (0, 0)
        # She may go on.
        alice.delete(alice.create())
        bob.delete(kept)


def test_kill_ends_a_shell_whose_host_is_stopped(open_server):
    """O-3: the host has its time, and is killed."""
    with open_server.connect('alice') as alice:
        shell = alice.create()
        row, = open_server.status()['shells']
        os.kill(row['process'], signal.SIGSTOP)
        assert len(done(open_server, 'kill', shell)['shells']) == 1
        assert not is_running(row['process'])
        alice.delete(alice.create())


# revoke


def test_revoke_lets_nothing_go_on(new_server):
    """O-6: the next message has to authenticate, and the plug-in is asked anew."""
    server = new_server(rules=RULES % (5, 'unlimited'),
                        authentication='basic = "file:users"\nbasic-cache = "10m"')
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shell, kept = alice.create(), bob.create()
        running = daemon(alice, shell)
        with server.connect('alice') as again:
            assert again.ask(GET, shell=shell).status == 200
            before = server.counters()
            assert before['cached_logins'] >= 1
            answer = done(server, 'revoke', 'alice')
            assert (answer['sessions'], answer['records']) == (2, 1)
            assert [row['shell_id'] for row in answer['shells']] == [shell]
            wait_until(lambda: not is_running(running), 'what the shell ran to end')
            # Her password is checked again, for she sends it with each request.
            assert again.ask(GET, shell=shell).fault is not None
            after = server.counters()
            assert after['authentications'] == before['authentications'] + 1
            assert after['cached_logins'] == before['cached_logins']
            assert after['user_calls'] == before['user_calls'] + 1
        assert bob.ask(GET, shell=kept).status == 200
        assert server.counters()['authentications'] == after['authentications']
        bob.delete(kept)
    line, = server.audit('revoke')
    assert (line['by-uid'], line['user'], line['sessions'], line['records'], line['shells']) == (
        os.getuid(), 'alice', 2, 1, 1)
    end, = server.audit('shell-end', shell=shell)
    assert end['reason'] == 'an administrator revoked its user'


def test_revoke_says_whom_it_does_not_find(open_server):
    """O-6"""
    assert 'frank is not logged in and has neither a user record nor a shell' in refused(
        open_server, 'revoke', 'frank')
    assert 'there is no application /x' in refused(
        open_server, 'revoke', 'frank', '--application', '/x')


@pytest.mark.parametrize('user, call', [('mallory', 'AuthzUser'), ('trent', 'AuthzOperation')])
def test_revoke_refuses_what_is_being_authorized(new_server, user, call):
    """O-6: also when the plug-in would let it in a moment later."""
    server = new_server(authorizer='blocks', application=PATIENT)
    with server.connect(user) as client:
        client.send(envelope(CREATE, STREAMS, timeout='PT300S'))
        name = 'user_calls' if user == 'mallory' else 'operation_calls'
        server.wait_for_counter(name, 1)
        assert done(server, 'revoke', user)['records'] == 1
        (server.application_folder / 'unblock').write_text('')
        response = client.receive()
        assert (response.status, response.fault.number) == (500, 5)
    line, = server.wait_for_audit('verdict', user=user, verdict='denied')
    assert line['reason'] == 'an administrator revoked the user'
    assert server.status()['shells'] == [] and server.counters()['shells_started'] == 0


# unthrottle


def test_unthrottle_gives_a_time_slot_back(new_server):
    """O-7"""
    server = new_server(rules=RULES % (5, '2/1h'))
    with server.connect('alice') as alice, server.connect('bob') as bob:
        shell = alice.create()
        assert alice.ask(GET, shell=shell).status == 200
        assert alice.ask(GET, shell=shell).fault.number == 2150859175
        bob.create()
        rows = {row['user']: row for row in done(server, 'users')['users']}
        assert 0 < rows['alice']['throttled'] <= 3600000 and rows['bob']['throttled'] == 0
        assert done(server, 'unthrottle', 'alice') == {'windows': 1, 'failures': 0}
        rows = {row['user']: row for row in done(server, 'users')['users']}
        assert (rows['alice']['throttled'], rows['alice']['slot_messages']) == (0, 0)
        assert rows['bob']['slot_messages'] == 1
        assert alice.ask(GET, shell=shell).status == 200
        assert 'there is nothing to give back to frank' in refused(server, 'unthrottle', 'frank')
    assert {line['user'] for line in server.audit('unthrottle', **{'by-uid': os.getuid()})} == {
        'alice', 'frank'}


# log-level


def debug_lines(server):
    return [line for line in server.log if line and ': request ' in line]


def logged_so_far(server, count):
    """What is in the log before a line that the broker writes now, for the `count`th time."""
    assert winrmctl(server, 'reload')[0] == 0
    wait_until(lambda: len([line for line in server.log if line and 'was reloaded' in line]) >= count,
               'the line of the reload')
    return debug_lines(server)


def test_log_level_goes_up_and_back(new_server):
    """O-8"""
    server = new_server(rules=RULES % (5, 'unlimited'), net_processes=1)
    with server.connect('alice') as alice:
        shell = alice.create()
        assert not debug_lines(server)
        told = done(server, 'log-level', 'debug')['processes']
        assert told == len([row for row in server.status()['processes'] if row['state'] == 'serving'])
        assert alice.ask(GET, shell=shell).status == 200
        server.wait_for_log(': request ')
        # One that starts later logs as much.
        net, = server.pids('winrmd-net')
        os.kill(net, signal.SIGKILL)
        wait_until(lambda: server.pids('winrmd-net') not in ([], [net]), 'another winrmd-net')
    new, = server.pids('winrmd-net')
    with server.connect('alice') as alice:
        assert alice.ask(GET, shell=shell).status == 200
        server.wait_for_log('winrmd-net[%d]: request ' % new)
        assert done(server, 'log-level', 'default', str(new)) == {'processes': 1}
        # winrmd-net has heard it before it hears what this asks of the broker.
        assert alice.ask(GET, shell=shell).status == 200
        begun = logged_so_far(server, 1)
        assert alice.ask(GET, shell=shell).status == 200
        assert logged_so_far(server, 2) == begun
        alice.delete(shell)
    # Its host is told as long as it is there, which a Delete does not wait for.
    wait_until(lambda: not server.pids('winrmd-host (shell)'), 'the end of the host')
    assert done(server, 'log-level', 'error') == {'processes': told - 1}
    assert done(server, 'log-level', 'default', 'winrmd-host')['processes'] == 1
    assert done(server, 'log-level', 'default', 'winrmd')['processes'] == 1
    assert 'there is no process winrmd-nothing' in refused(
        server, 'log-level', 'default', 'winrmd-nothing')
    assert [(line['level'], line.get('process')) for line in server.audit('log-level')] == [
        ('debug', None), ('info', str(new)), ('error', None), ('info', 'winrmd-host'),
        ('info', 'winrmd')]


# What cannot keep an administrator from it


@contextlib.contextmanager
def full_audit(server):
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (server.audit_file.stat().st_size, hard))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (soft, hard))


def everything_is_done(server, user):
    """Whoever has one shell loses it, one way or the other."""
    shell, = [row['shell_id'] for row in server.status()['shells'] if row['owner'] == user]
    code, _, error = winrmctl(server, 'shells')
    assert (code, error) == (0, '')
    assert any(row['user'] == user for row in done(server, 'users')['users'])
    assert [row['shell_id'] for row in done(server, 'kill', shell)['shells']] == [shell]
    assert done(server, 'revoke', user)['records'] == 1
    assert done(server, 'log-level', 'default')['processes'] > 2
    code, _, error = winrmctl(server, 'reload')
    assert (code, error) == (0, '')


def test_done_although_the_audit_cannot_be_written(open_server):
    """O-9"""
    with open_server.connect('alice') as alice:
        alice.create()
        with full_audit(open_server):
            everything_is_done(open_server, 'alice')
    with open_server.connect('alice') as alice:
        alice.delete(alice.create())
    assert open_server.audit('audit-gap')


def test_the_audit_says_who_had_it_read_again(open_server):
    """O-9: a reload too; a signal says nothing of its sender."""
    with subprocess.Popen([built('winrmctl'), '--config', open_server.config, 'reload']) as asking:
        assert asking.wait(HANG) == 0
    line, = open_server.wait_for_audit('reload', verdict='done')
    assert (line['by-uid'], line['by-pid']) == (os.getuid(), asking.pid)
    os.kill(open_server.pid, signal.SIGHUP)
    signalled = open_server.wait_for_audit('reload', 2)[1]
    assert 'by-uid' not in signalled and 'by-pid' not in signalled


def test_done_when_all_requests_are_taken(new_server):
    """O-10: limits { requests }, and operations that hang in the plug-in."""
    server = new_server(authorizer='blocks', application=PATIENT,
                        more='limits { requests = 2 }\n')
    with server.connect('alice') as alice, server.connect('mallory') as mallory, \
            server.connect('trent') as trent:
        alice.create()
        wait_until(lambda: server.counters()['requests'] == 0, 'her request to be over')
        mallory.send(envelope(CREATE, STREAMS, timeout='PT300S'))
        trent.send(envelope(CREATE, STREAMS, timeout='PT300S'))
        wait_until(lambda: server.counters()['requests'] == 2, 'the requests')
        assert alice.ask(CREATE, STREAMS).status == 503
        everything_is_done(server, 'alice')
        (server.application_folder / 'unblock').write_text('')
        for client in (mallory, trent):
            client.receive()


def test_done_when_the_plug_in_hangs(new_server):
    """O-10"""
    server = new_server(authorizer='blocks', application=PATIENT)
    with server.connect('alice') as alice, server.connect('mallory') as mallory:
        alice.create()
        mallory.send(envelope(CREATE, STREAMS, timeout='PT300S'))
        server.wait_for_counter('user_calls', 2)
        everything_is_done(server, 'alice')
        (server.application_folder / 'unblock').write_text('')
        mallory.receive()


def test_done_when_the_application_is_throttled(new_server):
    """O-10: the system throttle takes no more messages."""
    server = new_server(rules=RULES % (5, 'unlimited'), operations=(
        'QuotaSystemWindowOperations="2" QuotaSystemWindowSeconds="600"'))
    with server.connect('alice') as alice:
        shell = alice.create()
        assert alice.ask(GET, shell=shell).status == 200
        assert alice.ask(GET, shell=shell).fault is not None
        everything_is_done(server, 'alice')


def test_done_when_winrmd_nets_are_stopped(open_server):
    """O-10: a reload gives them 5 s, and goes on without them."""
    server = open_server
    with server.connect('alice') as alice:
        alice.create()
        nets = server.pids('winrmd-net')
        for pid in nets:
            os.kill(pid, signal.SIGSTOP)
        try:
            everything_is_done(server, 'alice')
        finally:
            for pid in nets:
                os.kill(pid, signal.SIGCONT)
        server.wait_for_log('a process has not taken the new configuration')
    with server.connect('alice') as alice:
        alice.delete(alice.create())


def test_unthrottle_does_not_wait_for_a_stopped_winrmd_auth(open_server):
    """O-10"""
    auth, = open_server.pids('winrmd-auth')
    os.kill(auth, signal.SIGSTOP)
    try:
        assert 'winrmd-auth does not answer' in refused(open_server, 'unthrottle', 'alice')
    finally:
        os.kill(auth, signal.SIGCONT)
    assert 'nothing to give back' in refused(open_server, 'unthrottle', 'alice')


MOST = 32  # connections of one uid


def test_connections_of_a_uid_are_counted(server):
    """O-11: who is one too many is turned away, and a place is free again when one ends."""
    def connect():
        control = socket.socket(socket.AF_UNIX)
        control.settimeout(HANG)
        control.connect(str(server.folder / 'winrmd.sock'))
        return control
    crowd = [connect() for _ in range(MOST)]
    surplus = [connect() for _ in range(3)]
    assert all(one.recv(1) == b'' for one in surplus)
    code, output, error = winrmctl(server, 'status')
    assert (code, output) == (3, '') and 'does it serve as many winrmctl of this user' in error
    crowd.pop().close()
    wait_until(lambda: winrmctl(server, 'status')[0] == 0, 'a place')
    # Nonsense is no way to keep one.
    crowd[0].send(b'\xff' * 64)
    assert crowd[0].recv(1) == b''
    for one in crowd + surplus:
        one.close()
    assert winrmctl(server, 'kill', 'ABC')[0] == 1


def test_many_ask_for_the_same_at_once(open_server):
    """O-3: whoever asks is told when it has ended; nobody is told twice."""
    with open_server.connect('alice') as alice:
        shell = alice.create()
        results = []
        threads = [threading.Thread(
            target=lambda: results.append(winrmctl(open_server, 'kill', shell)[0]))
            for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join(HANG * PATIENCE)
        assert set(results) <= {0, 1} and 0 in results and len(results) == 6
    assert len(open_server.audit('shell-end', shell=shell)) == 1
