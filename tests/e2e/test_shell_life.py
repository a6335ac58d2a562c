# SPDX-License-Identifier: ISC
"""How shells and commands end: by their time, by signals, with everything that runs in them; many
at once, and beside one that stands still."""

import base64
import concurrent.futures
import os
import signal
import time

import pytest

from server import IDLE, PATIENCE, PROMISE, descendants, is_running, wait_until
from wire import CREATE, NS, SHELL, SIGNAL

TIMED_OUT = 2150858793
NO_SUCH = 2150858843
INVALID_PARAMETER = 2150858810
INVALID_OPERATION = 4317
OUT_OF_BOUNDS = 2150859250
IDLE_FOR = 'QuotaSystemWindowOperations="0" MaxShellIdleTimeoutMinutes="%dms"'
# (seconds) Longer than it takes to use a shell once.
A_WHILE = 3 * PATIENCE


def shell_body(extra=''):
    return ('<rsp:Shell>%s<rsp:InputStreams>stdin</rsp:InputStreams>'
            '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>' % extra)


def lifetime(value):
    return shell_body('<rsp:Lifetime>%s</rsp:Lifetime>' % value)


def idle(value):
    return shell_body('<rsp:IdleTimeOut>%s</rsp:IdleTimeOut>' % value)


def first_words(client, shell, command, count):
    """The first `count` words of stdout."""
    output = b''
    while len(output.split()) < count or not output.endswith(b'\n'):
        response = client.ask_receive(shell, command)
        assert response.status == 200 or response.fault.number == TIMED_OUT, response.body
        for stream in response.xml.iterfind('.//rsp:Stream', NS):
            output += base64.b64decode(stream.text or '')
    return output.split()


# Time

def test_lifetime_ends_a_shell_whatever_it_is_doing(server):
    """docs/protocol.md P-4.6.11"""
    with server.connect('alice') as client:
        begin = time.monotonic()
        shell = client.create(lifetime('PT%.1fS' % A_WHILE))
        command = client.command(shell, 'echo $$; while :; do sleep 0.01; done')
        pid, = first_words(client, shell, command, 1)
        response = client.ask_receive(shell, command)
        assert time.monotonic() - begin > A_WHILE - 0.1
        assert response.fault.number in (995, NO_SUCH)
        end, = server.wait_for_audit('shell-end', shell=shell)
        assert end['reason'] == 'its lifetime elapsed'
        wait_until(lambda: not is_running(int(pid)), 'the command to end')
        assert client.ask_receive(shell, command).fault.number == NO_SUCH
        assert (end['shells'], end['operations']) == (0, 0)


def test_a_shell_without_lifetime_and_one_that_is_deleted_in_time(server, alice):
    kept, gone = alice.create(), alice.create(lifetime('PT%.1fS' % A_WHILE))
    alice.delete(gone)
    # When this one ends the lifetime of the other one is over, too.
    short = alice.create(lifetime('PT%.1fS' % A_WHILE))
    server.wait_for_audit('shell-end', shell=short)
    assert [row['reason'] for row in server.audit('shell-end', shell=gone)] == ['deleted']
    assert alice.receive_all(kept, alice.command(kept, 'echo here')) == (b'here\n', b'', 0)


@pytest.mark.parametrize('value, number', [('soon', 2150858817), ('-PT1S', INVALID_PARAMETER)])
def test_a_lifetime_that_is_none(server, alice, value, number):
    assert alice.ask(CREATE, lifetime(value)).fault.number == number
    assert server.status()['shells'] == []


def test_idle_time_counts_from_the_last_message(new_server):
    server = new_server(operations=IDLE_FOR % IDLE)
    with server.connect('alice') as client:
        response = client.get_done(CREATE, shell_body())
        assert response.text('rsp:IdleTimeOut') == 'PT%.3fS' % (IDLE / 1000)
        shell = response.text('w:Selector')
        command = client.command(shell, 'cat >/dev/null')
        begin = last = time.monotonic()
        # All together take longer than the time-out.
        while last < begin + 1.5 * IDLE / 1000:
            last = time.monotonic()
            client.send_input(shell, command, b'x')
        end, = server.wait_for_audit('shell-end', shell=shell)
        assert time.monotonic() - last > IDLE / 1000 - 0.05
        assert end['reason'] == 'its idle time-out elapsed'


def test_a_receive_that_is_held_is_not_idle(new_server):
    """docs/protocol.md P-4.6.12"""
    server = new_server(operations=IDLE_FOR % IDLE)
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'sleep %.1f; echo late' % (2 * IDLE / 1000))
        assert client.receive_all(shell, command) == (b'late\n', b'', 0)
        server.wait_for_audit('shell-end', shell=shell, reason='its idle time-out elapsed')


@pytest.mark.parametrize('value, number', [
    ('PT59.999S', OUT_OF_BOUNDS), ('PT7200.001S', OUT_OF_BOUNDS), ('PT0S', OUT_OF_BOUNDS),
    ('PT60S', None), ('PT7200S', None), ('60', None)])
def test_bounds_of_the_idle_time(server, alice, value, number):
    response = alice.ask(CREATE, idle(value))
    if number is None:
        assert response.text('rsp:IdleTimeOut') == (
            'PT7200.000S' if value == 'PT7200S' else 'PT60.000S')
        alice.delete(response.text('w:Selector'))
    else:
        assert response.fault.number == number
        assert server.status()['shells'] == []


# Signals

@pytest.mark.parametrize('code, caught', [
    (SHELL + '/signal/ctrl_c', b'INT'), (SHELL + '/signal/Ctrl_C', b'INT'),
    (SHELL + '/signal/ctrl_break', b'QUIT'), (SHELL + '/signal/CTRL_BREAK', b'QUIT'),
    (SHELL + '/signal/Break', b'QUIT'), (SHELL + '/signal/EXIT', b'TERM'),
    ('powershell/signal/crtl_c', b'INT'), ('powershell/signal/ctrl_c', b'INT')])
def test_signals_that_reach_the_command(alice, shell, code, caught):
    """docs/protocol.md P-4.10.2 and P-4.10.3"""
    command = alice.command(shell, 'for s in INT QUIT TERM; do trap "echo $s; exit 9" $s; done; '
                                   'echo ready; while :; do sleep 0.01; done')
    assert first_words(alice, shell, command, 1) == [b'ready']
    alice.signal(shell, command, code=code)
    stdout, _, exit_code = alice.receive_all(shell, command)
    assert (stdout, exit_code) == (caught + b'\n', 9)
    # It is done, but not freed: clients signal then, too.
    alice.signal(shell, command, code=code)
    alice.signal(shell, command)
    assert alice.ask_signal(shell, command, code=code).fault.number == NO_SUCH


@pytest.mark.parametrize('code', [SHELL + '/signal/exits', SHELL + '/signal/Breaks',
                                  SHELL + '/signal/terminated', 'terminate', 'x'])
def test_other_codes(alice, shell, code):
    command = alice.command(shell, 'sleep 1000')
    fault = alice.ask_signal(shell, command, code=code).fault
    assert (fault.number, fault.subcode) == (INVALID_PARAMETER, 'w:InvalidParameter')
    alice.signal(shell, command)


def test_a_signal_to_nobody(alice, shell):
    nobody = '11111111-2222-3333-4444-555555555555'
    for code in ('terminate', 'Terminate', 'ctrl_c'):
        assert alice.ask_signal(shell, nobody, code=SHELL + '/signal/' + code).fault.number == NO_SUCH


def test_a_signal_to_the_shell(alice, shell):
    body = '<rsp:Signal><rsp:Code>%s/signal/terminate</rsp:Code></rsp:Signal>' % SHELL
    assert alice.ask(SIGNAL, body, shell=shell).fault.number == INVALID_OPERATION
    assert alice.receive_all(shell, alice.command(shell, 'echo here')) == (b'here\n', b'', 0)


# Processes that want to stay

STAYERS = ("setsid sh -c 'trap \"\" TERM HUP INT QUIT; exec >&- 2>&- <&-; echo $$ >&7; "
           "sleep 1000 & sleep 1000; :' 7>&1 & "
           "(setsid sh -c 'sh -c \"echo \\$\\$; exec sleep 1000\" &' &); "
           "sh -c 'trap \"\" TERM HUP INT QUIT; echo $$; sleep 1000; :' & ")


def start_stayers(client, shell):
    """A daemon without streams, one that was forked twice, and one that holds the streams."""
    command = client.command(shell, STAYERS + 'read x; exit 3')
    pids = [int(pid) for pid in first_words(client, shell, command, 3)]
    client.send_input(shell, command, b'end\n', end=True)
    assert client.receive_all(shell, command) == (b'', b'', 3)
    assert len(pids) == 3
    assert all(map(is_running, pids))
    return pids


def test_done_does_not_wait_for_what_stays_and_that_ends_with_the_shell(server, alice, shell):
    """docs/protocol.md P-4.10.4"""
    pids = start_stayers(alice, shell)
    host, = server.pids('winrmd-host (shell)')
    below = descendants(host)
    assert len(below) >= len(pids)
    alice.delete(shell)
    wait_until(lambda: not any(map(is_running, below)), 'the end of what stayed')


def test_what_stays_ends_with_an_idle_shell(new_server):
    server = new_server(operations=IDLE_FOR % IDLE)
    with server.connect('alice') as client:
        shell = client.create()
        pids = start_stayers(client, shell)
        server.wait_for_audit('shell-end', shell=shell)
        wait_until(lambda: not any(map(is_running, pids)), 'the end of what stayed')


def test_what_stays_ends_with_a_killed_host(server, alice, shell):
    pids = start_stayers(alice, shell)
    host, = server.pids('winrmd-host (shell)')
    os.kill(host, signal.SIGKILL)
    server.wait_for_audit('shell-end', shell=shell)
    wait_until(lambda: not any(map(is_running, pids)), 'the end of what stayed')


def test_what_stays_ends_with_the_service(server, alice, shell):
    pids = start_stayers(alice, shell)
    server.stop()
    assert not any(map(is_running, pids))


# Many

def test_a_hundred_shells_of_five_commands(new_server):
    shells, commands = (100, 5) if PATIENCE <= 1 else (20, 3)
    server = new_server(rules='user alice allow quota shells=unlimited operations=unlimited '
                              'rate=unlimited\noperation * * * allow\n')

    def use(number):
        with server.connect('alice') as client:
            shell = client.create()
            made = [client.command(shell, 'read x; echo %d $x; seq 1 200; exit %d'
                                   % (number, index)) for index in range(commands)]
            for index, command in enumerate(made):
                client.send_input(shell, command, b'word %d\n' % index, end=True)
            for index, command in reversed(list(enumerate(made))):
                stdout, stderr, code = client.receive_all(shell, command)
                assert stdout == b'%d word %d\n' % (number, index) + b''.join(
                    b'%d\n' % line for line in range(1, 201))
                assert (stderr, code) == (b'', index)
            return shell

    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        made = list(pool.map(use, range(shells)))
        assert len(set(made)) == shells
        assert len(server.status()['shells']) == shells
        assert len(server.pids('winrmd-host (shell)')) == shells

        def end(shell):
            with server.connect('alice') as client:
                client.delete(shell)

        list(pool.map(end, made))
    status = server.status()
    assert status['shells'] == []
    assert [(row['shells'], row['operations']) for row in status['records']] == [(0, 0)]
    wait_until(lambda: not server.pids('winrmd-host (shell)'), 'the hosts to end')


# A host that stands still

def test_a_host_that_stands_still(server, alice, shell):
    """Others do not notice; who asks it hears of the time-out; what it had is not lost."""
    command = alice.command(shell, 'for i in $(seq 2000); do echo $i; done; read x; echo end')
    pid, = server.pids('winrmd-host (shell)')
    first = first_words(alice, shell, command, 1)
    os.kill(pid, signal.SIGSTOP)
    try:
        with server.connect('alice') as other:
            times = []
            # A machine that is busy may be slow once.
            while len(times) < 3 and min(times, default=PROMISE) >= PROMISE:
                beside = other.create()
                begin = time.monotonic()
                assert other.receive_all(beside, other.command(beside, 'echo beside')) == (
                    b'beside\n', b'', 0)
                other.delete(beside)
                times.append(time.monotonic() - begin)
            assert min(times) < PROMISE, times
        begin = time.monotonic()
        assert alice.ask_receive(shell, command, timeout='PT0.5S').fault.number == TIMED_OUT
        # Its own time, and what winrmd-net waits beyond that for a host to say it.
        assert time.monotonic() - begin < 5.5 + PROMISE
    finally:
        os.kill(pid, signal.SIGCONT)
    alice.send_input(shell, command, b'', end=True)
    stdout, _, code = alice.receive_all(shell, command)
    assert b'\n'.join(first) + b'\n' + stdout == b''.join(
        b'%d\n' % i for i in range(1, 2001)) + b'end\n'
    assert code == 0


def test_delete_of_a_shell_whose_host_stands_still(server, alice, shell):
    command = alice.command(shell, 'echo $$; sleep 1000')
    child, = first_words(alice, shell, command, 1)
    pid, = server.pids('winrmd-host (shell)')
    os.kill(pid, signal.SIGSTOP)
    begin = time.monotonic()
    alice.delete(shell)
    assert time.monotonic() - begin < 8 + PROMISE
    wait_until(lambda: not is_running(pid) and not is_running(int(child)), 'the processes to end')
    assert server.status()['shells'] == []
