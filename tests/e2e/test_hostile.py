# SPDX-License-Identifier: ISC
"""Plug-ins that misbehave (tests/hostile): nobody is let in by it and nobody else is hurt."""

import os
import signal
import threading

import pytest

from server import DEADLINE, HANG, IMPATIENT, Server, is_running, wait_until
from wire import CREATE, GET, envelope

STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'
NO_SHELL = '11111111-2222-3333-4444-555555555555'
NO_THROTTLE = 'QuotaSystemWindowOperations="0"'


def others_are_served(server):
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'echo fine')
        assert client.receive_all(shell, command) == (b'fine\n', b'', 0)
        client.delete(shell)


def test_never_completes_a_user_call(new_server):
    server = new_server(authorizer='never_completes',
                        application=IMPATIENT)
    with server.connect('mallory') as client:
        client.send(envelope(CREATE, STREAMS))
        others_are_served(server)
        response = client.receive()
        assert response.status == 500
        fault = response.fault
        assert (fault.code, fault.subcode, fault.number) == (
            's:Receiver', 'w:TimedOut', 2150858793)
        line, = server.audit('verdict', user='mallory')
        assert (line['verdict'], line['code']) == ('denied', 2150858793)
        assert 'in time' in line['reason']
        assert line['latency-us'] >= DEADLINE * 1000
        # And again: a lost call is not a verdict that is kept.
        assert client.ask(CREATE, STREAMS).fault.number == 2150858793
    assert server.counters()['late_calls'] == 2
    assert server.status()['shells'] == []


def test_never_completes_an_operation_call(new_server):
    server = new_server(authorizer='never_completes',
                        application=IMPATIENT)
    with server.connect('trent') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 2150858793
        line, = server.audit('verdict', user='trent')
        assert line['verdict'] == 'denied' and 'AuthzOperation' in line['reason']
        record, = server.status()['records']
        assert (record['shells'], record['operations']) == (0, 0)
    others_are_served(server)


def test_the_client_s_own_timeout_counts_too(new_server):
    server = new_server(authorizer='never_completes',
                        application='authorization-timeout = "600s"')
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS, timeout='PT0.3S').fault.number == 2150858793


def test_a_client_that_leaves_does_not_keep_the_call(new_server):
    server = new_server(authorizer='never_completes',
                        application=IMPATIENT)
    for _ in range(5):
        with server.connect('trent') as client:
            client.send(envelope(CREATE, STREAMS))
            server.wait_for_counter('operation_calls', 1)
    server.wait_for_counter('late_calls', 1)
    others_are_served(server)


def test_completes_twice(new_server):
    server = new_server(authorizer='completes_twice')
    others_are_served(server)
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 5
        assert client.ask(CREATE, STREAMS).fault.number == 5
    with server.connect('trent') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 5
    for note in ('user second 87', 'user third 87', 'operation second 87', 'operation third 87'):
        server.wait_for_note(note)
    assert {line.split()[-1] for line in server.noted()} == {'87'}
    assert server.status()['shells'] == []
    for function in ('WSManPluginAuthzUserComplete', 'WSManPluginAuthzOperationComplete'):
        assert server.wait_for_audit('stray-completion', function=function)[0]['reason']
    server.wait_for_counter('stray_completions', 2)


def test_completes_a_call_long_after_its_deadline(new_server):
    """When ten thousand other calls have been made, the address still answers nobody."""
    # None of them may be late, also on a busy machine.
    server = new_server(authorizer='completes_late',
                        application='authorization-timeout = "%dms"' % (10 * DEADLINE),
                        operations=NO_THROTTLE + ' QuotaRefreshIntervalSeconds="0"')
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 2150858793
        server.wait_for_note('kept')
    stop = threading.Event()
    wrong = []

    def ask_on():
        with server.connect('bob') as other:
            while not stop.is_set():
                number = other.ask(GET, shell=NO_SHELL).fault.number
                if number != 2150858843:
                    wrong.append(number)

    threads = [threading.Thread(target=ask_on) for _ in range(6)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: 'late 87' in server.noted(), 'ten thousand calls', limit=5 * HANG)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 2150858793
    assert server.wait_for_audit('stray-completion')
    assert server.audit('verdict', user='mallory', verdict='allowed') == []
    assert [row for row in server.status()['records'] if row['user'] == 'mallory'] == []


def test_completes_what_is_no_call(new_server):
    server = new_server(authorizer='completes_wrongly')
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 5
    assert server.noted() == ['try %d said 87' % number for number in range(6)]
    others_are_served(server)


def test_wants_somebody_else_s_identity(new_server):
    server = new_server(authorizer='foreign_token')
    others_are_served(server)
    with server.connect('mallory') as client:
        for _ in range(2):
            assert client.ask(CREATE, STREAMS).status == 500
    with server.connect('trent') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 5
    assert server.noted()[-1] == 'trent 5 nothing'
    assert server.audit('verdict', user='mallory', verdict='allowed') == []
    assert server.counters()['shells_started'] == 1


@pytest.mark.parametrize('user, call', [('mallory', 'AuthzUser'), ('trent', 'AuthzOperation')])
def test_crashes(new_server, user, call):
    server = new_server(authorizer='crashes')
    host, = server.pids('winrmd-host (authorization)')
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        with server.connect(user) as crasher:
            response = crasher.ask(CREATE, STREAMS)
            assert response.status == 500
            assert (response.fault.code, response.fault.number) == ('s:Receiver', 2150858755)
        line, = server.audit('verdict', user=user)
        assert line['verdict'] == 'denied' and call in line['reason']
        assert 'crashed' in server.wait_for_audit('host-lost')[0]['reason']
        # What was running runs on, and the next request works: it is authorized afresh.
        client.send_input(shell, command, b'still', end=True)
        assert client.receive_all(shell, command) == (b'still', b'', 0)
        client.delete(shell)
    others_are_served(server)
    assert server.pids('winrmd-host (authorization)') != [host]
    counters = server.counters()
    assert counters['host_crashes'] == 1
    assert counters['contexts_lost'] > 0


def test_crashes_again_and_again(new_server):
    server = new_server(authorizer='crashes')
    for _ in range(3):
        with server.connect('mallory') as client:
            assert client.ask(CREATE, STREAMS).status == 500
    assert server.status()['shells'] == []


def test_a_plug_in_that_is_not_there_lets_nobody_in(new_server):
    """Its rules are missing: it does not start, and no answer is not a yes."""
    server = new_server(rules='this is no rule\n')
    with server.connect('alice') as client:
        response = client.ask(CREATE, STREAMS)
        assert response.status == 500
        assert response.body == b''
    line, = server.audit('verdict', user='alice')
    assert line['verdict'] == 'denied'
    server.wait_for_log('policy.rules')


def host_of(server):
    rows = [row['process'] for row in server.status()['processes']
            if row['name'] == 'winrmd-host (authorization)' and row['state'] == 'serving']
    return rows[0] if rows else None


def tell(server, when, how):
    for name, text in (('how', how), ('when', when)):
        (server.application_folder / name).write_text(text)


@pytest.mark.parametrize('user, call', [('mallory', 'AuthzUser'), ('carol', 'AuthzUser'),
                                        ('trent', 'AuthzOperation')])
def test_blocks_or_spins(new_server, user, call):
    """It is refused at its deadline while others are served; what it says later is not heard."""
    server = new_server(authorizer='blocks', application=IMPATIENT)
    # On a busy machine the time may be over before the plug-in was asked.
    for tries in range(1, 20):
        with server.connect(user) as client:
            client.send(envelope(CREATE, STREAMS))
            others_are_served(server)
            assert client.receive().fault.number == 2150858793
        if 'held' in server.noted():
            break
    line = server.audit('verdict', user=user)[-1]
    assert line['verdict'] == 'denied' and call in line['reason']
    (server.application_folder / 'unblock').touch()
    assert 'deadline' in server.wait_for_audit('stray-completion')[0]['reason']
    assert server.counters()['shells_started'] == tries


def test_holds_every_thread(new_server):
    """When the plug-in holds all threads in calls that were refused, its host is ended and started
    again: otherwise nobody would be let in any more."""
    server = new_server(authorizer='blocks', application=IMPATIENT)
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        host = host_of(server)
        for _ in range(30):
            if server.audit('host-lost'):
                break
            crowd = [server.connect('trent') for _ in range(16)]
            for one in crowd:
                one.send(envelope(CREATE, STREAMS))
            for one in crowd:
                assert one.receive().fault.number in (2150858793, 2150858755)
                one.close()
        line, = server.audit('host-lost')
        assert 'held all threads' in line['reason']
        assert '64 threads' in server.wait_for_log('64 threads')
        wait_until(lambda: host_of(server) not in (None, host), 'another host')
        # What was running runs on.
        client.send_input(shell, command, b'still', end=True)
        assert client.receive_all(shell, command) == (b'still', b'', 0)
        client.delete(shell)
    others_are_served(server)
    assert server.audit('verdict', user='trent', verdict='allowed') == []


@pytest.mark.parametrize('how', ['abort', 'exit', 'quit', 'segv', 'memory', 'close'])
@pytest.mark.parametrize('when', ['user', 'quota', 'operation'])
def test_takes_its_process_down(new_server, when, how):
    # Taking a gigabyte takes longer than a question may take by default, on a busy machine.
    server = new_server(authorizer='takes_down', application='authorization-timeout = "100s"',
                        operations=NO_THROTTLE + ' MaxOperationTimeoutSeconds="100"')
    host = host_of(server)
    with server.connect('bob') as client, server.connect('mallory') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        tell(server, when, how)
        response = other.ask(CREATE, STREAMS, timeout='PT100S')
        assert response.status == 500
        assert (response.fault.code, response.fault.number) == ('s:Receiver', 2150858755)
        line, = server.audit('verdict', user='mallory')
        assert line['verdict'] == 'denied' and 'lost' in line['reason']
        assert 'crashed' in server.wait_for_audit('host-lost')[0]['reason']
        (server.application_folder / 'when').unlink()
        client.send_input(shell, command, b'still', end=True)
        assert client.receive_all(shell, command) == (b'still', b'', 0)
        client.delete(shell)
        other.delete(other.create())
    assert host_of(server) != host
    assert server.counters()['host_crashes'] == 1


@pytest.mark.parametrize('how', ['abort', 'exit', 'quit'])
def test_takes_its_process_down_when_it_is_given_a_context(new_server, how):
    server = new_server(authorizer='takes_down')
    with server.connect('bob') as client:
        shell = client.create()
        tell(server, 'release', how)
        client.get_done(GET, shell=shell)
        server.wait_for_audit('host-lost')
        (server.application_folder / 'when').unlink()
        client.delete(shell)
    others_are_served(server)


@pytest.mark.parametrize('how', ['abort', 'exit', 'quit'])
def test_takes_its_process_down_at_the_end(new_server, how):
    """The service stops all the same, with success and in time."""
    server = new_server(authorizer='takes_down')
    others_are_served(server)
    tell(server, 'shutdown', how)
    server.stop()


@pytest.mark.parametrize('how', ['abort', 'exit', 'quit'])
def test_takes_its_process_down_at_the_start(tmp_path, users, how):
    """No plug-in is not a yes."""
    server = Server(tmp_path / 'server', users, authorizer='takes_down')
    tell(server, 'startup', how)
    with server:
        with server.connect('bob') as client:
            response = client.ask(CREATE, STREAMS)
            assert (response.status, response.body) == (500, b'')
        server.wait_for_log('takes_down.so')
        assert server.status()['applications'][0]['state'] == 'failed'


def test_keeps_crashing(new_server):
    """It is left alone for a growing pause, in which everything is refused at once."""
    server = new_server(authorizer='takes_down')
    tell(server, 'user', 'abort')

    def application():
        return server.status()['applications'][0]

    def refusal():
        """Of somebody who does not wait for the end of the pause; None when it was over first."""
        while application()['state'] != 'quarantined':
            with server.connect('mallory') as client:
                assert client.ask(CREATE, STREAMS).fault.number == 2150858755
        with server.connect('bob') as client:
            response = client.ask(CREATE, STREAMS)
            if response.status == 200:
                client.delete(response.text('w:Selector'))
            return response.fault

    fault = wait_until(refusal, 'a pause that is long enough')
    assert (fault.code, fault.number) == ('s:Receiver', 2150858755)
    assert application()['plugin'] == 'takes_down'
    assert 'times in a row' in server.wait_for_log('times in a row')
    crashes = server.counters()['host_crashes']
    assert crashes >= 5
    tell(server, 'never', 'abort')
    wait_until(lambda: application()['state'] == 'serving', 'the end of the pause')
    others_are_served(server)
    assert server.counters()['host_crashes'] == crashes


@pytest.mark.parametrize('when', ['user', 'operation'])
def test_leaves_a_child_behind(new_server, when):
    """It ends with the host, though it holds a copy of everything this had."""
    server = new_server(authorizer='takes_down')
    tell(server, when, 'fork')
    with server.connect('mallory') as client:
        client.delete(client.create())
    child = int(server.noted()[0].split()[1])
    assert is_running(child)
    os.kill(host_of(server), signal.SIGABRT)
    server.wait_for_audit('host-lost')
    wait_until(lambda: not is_running(child), 'the child to end')
    tell(server, 'never', 'fork')
    others_are_served(server)


def test_leaves_a_child_behind_at_the_stop(new_server):
    server = new_server(authorizer='takes_down')
    tell(server, 'user', 'fork')
    with server.connect('mallory') as client:
        client.delete(client.create())
    server.stop()


def test_throws(new_server):
    server = new_server(authorizer='throws')
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 2150858755
    assert 'crashed' in server.wait_for_audit('host-lost')[0]['reason']
    others_are_served(server)
    assert server.audit('verdict', user='mallory', verdict='allowed') == []


def test_completes_from_inside_a_release(new_server):
    """A thread like any other: the open call is answered, once; what is closed stays closed."""
    server = new_server(authorizer='completes_in_release',
                        application='authorization-timeout = "120s"')
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 5
    with server.connect('trent') as client:
        client.send(envelope(GET, shell=NO_SHELL))
        server.wait_for_note('open')
        with server.connect('bob') as other:
            other.ask(GET, shell=NO_SHELL)
        assert client.receive().fault.number == 2150858843
    server.wait_for_note('user said 87')
    assert server.noted() == ['open', 'operation 1 said 0', 'operation 2 said 87', 'user said 87']
    assert len(server.wait_for_audit('stray-completion', 2)) == 2
    assert [row['user'] for row in server.status()['records'] if row['user'] == 'mallory'] == []
