# SPDX-License-Identifier: ISC
"""Plug-ins that misbehave (tests/hostile): nobody is let in by it and nobody else is hurt."""

import threading

import pytest

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
                        application='authorization-timeout = "300ms"')
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
        assert line['latency-us'] >= 300000
        # And again: a lost call is not a verdict that is kept.
        assert client.ask(CREATE, STREAMS).fault.number == 2150858793
    assert server.counters()['late_calls'] == 2
    assert server.status()['shells'] == []


def test_never_completes_an_operation_call(new_server):
    server = new_server(authorizer='never_completes',
                        application='authorization-timeout = "300ms"')
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
                        application='authorization-timeout = "300ms"')
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
    server = new_server(authorizer='completes_late',
                        application='authorization-timeout = "200ms"',
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
        server.wait_for_note('late 87')
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
    assert 'policy.rules' in server.report()
