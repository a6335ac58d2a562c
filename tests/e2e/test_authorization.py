# SPDX-License-Identifier: ISC
"""Who gets in, how often the plug-in is asked, and that everything it gave comes back."""

import os
import re

import pytest
import winrm.exceptions

from server import IDLE, wait_until
from wire import CREATE, GET, envelope

DECISION = re.compile(r'\b[0-9A-HJKMNP-TV-Z]{12}\b')
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>'


def contexts_are_back(server):
    counters = server.counters()
    return counters['contexts_reported'] == (
        counters['contexts_released'] + counters['contexts_lost'])


def test_a_refused_user_is_told_a_decision_and_the_audit_the_reason(server):
    with server.connect('carol') as client:
        response = client.ask(CREATE, STREAMS)
    assert response.status == 500
    fault = response.fault
    assert (fault.code, fault.subcode, fault.number) == ('s:Sender', 'w:AccessDenied', 5)
    line, = server.audit('verdict', user='carol')
    assert DECISION.fullmatch(line['decision'])
    assert line['decision'] in fault.text
    assert line['decision'] in fault.message
    assert (line['verdict'], line['code']) == ('denied', 5)
    assert 'carol left the company' in line['reason']
    # Why is nobody's business but the administrator's.
    assert b'company' not in response.body
    assert server.status()['shells'] == []
    assert server.status()['records'] == []


def test_the_stock_client_shows_the_decision(server):
    with pytest.raises(winrm.exceptions.WinRMError) as error:
        server.protocol('carol').open_shell()
    assert re.search(r"'wsmanfault_code': '?5\b", str(error.value))
    assert server.audit('verdict', user='carol')[0]['decision'] in str(error.value)


def test_a_user_without_a_rule_is_refused(server):
    with server.connect('mallory') as client:
        assert client.ask(CREATE, STREAMS).fault.number == 5


def test_a_refused_operation_names_the_plug_in_and_shows_its_reason(new_server):
    server = new_server(rules='user * allow\n'
                              'operation bob command * deny "bob may look only"\n'
                              'operation * * * allow\n')
    with server.connect('bob') as client:
        shell = client.create()
        response = client.ask('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command',
                              '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>',
                              shell=shell)
        assert response.status == 500
        fault = response.fault
        assert (fault.subcode, fault.number) == ('w:AccessDenied', 5)
        assert 'bob may look only' in fault.message
        line, = server.audit('verdict', verdict='denied')
        assert line['decision'] in fault.text and line['decision'] in fault.message
        assert (line['user'], line['operation'], line['shell']) == ('bob', 'Command', shell)
        assert 'bob may look only' in line['reason']
        client.delete(shell)


def test_redirect(server):
    with server.connect('erin') as client:
        for _ in range(2):
            response = client.ask(CREATE, STREAMS)
            assert response.status == 302
            assert response.header('Location') == 'https://other.example:5986/wsman'
            assert response.fault.number == 2150859161
            assert 'https://other.example:5986/wsman' in response.fault.message
    assert len(server.audit('verdict', verdict='redirected', user='erin')) == 2
    # No record is made: the second message asked again.
    assert server.counters()['user_calls'] == 2
    assert server.counters()['redirects'] == 2
    assert server.status()['records'] == []


def test_one_user_call_for_all_connections(server):
    for _ in range(5):
        with server.connect('bob') as client:
            client.delete(client.create())
    counters = server.counters()
    assert (counters['authentications'], counters['user_calls'], counters['quota_calls']) == (
        5, 1, 1)
    assert counters['operation_calls'] == 10


def test_single_flight(new_server):
    """Ten first requests at the same moment are one question."""
    server = new_server(authorizer='gate', application='authorization-timeout = "120s"')
    clients = [server.connect('bob') for _ in range(10)]
    for client in clients:
        client.send(envelope(GET, shell='11111111-2222-3333-4444-555555555555'))
    server.wait_for_counter('authentications', 10)
    server.wait_for_note('user')
    (server.application_folder / 'gate').touch()
    for client in clients:
        assert client.receive().fault.number == 2150858843
        client.close()
    assert server.noted().count('user') == 1
    assert server.noted().count('operation 1') == 10
    assert server.counters()['user_calls'] == 1


def test_answers_from_other_threads(new_server):
    server = new_server(authorizer='gate')
    (server.application_folder / 'gate').touch()
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'echo hello')
        assert client.receive_all(shell, command) == (b'hello\n', b'', 0)
        client.delete(shell)
    assert [line for line in server.noted() if line.startswith('operation')] == [
        'operation 7', 'operation 8', 'operation 4']


def test_an_idle_record_goes_and_the_next_message_asks_again(new_server):
    server = new_server(application='record-idle-timeout = "100ms"')
    with server.connect('alice') as client:
        for calls in (1, 2, 3):
            client.delete(client.create())
            assert server.counters()['user_calls'] == calls
            wait_until(lambda: server.status()['records'] == [], 'the record to go')
        assert server.counters()['authentications'] == 1


def test_a_record_stays_while_its_user_has_a_shell(new_server):
    server = new_server(application='record-idle-timeout = "1ms"')
    with server.connect('alice') as client, server.connect('bob') as other:
        shell = client.create()
        for _ in range(20):
            other.delete(other.create())
        assert [row['user'] for row in server.status()['records'] if row['user'] == 'alice']
        client.delete(shell)
    wait_until(lambda: server.status()['records'] == [], 'the records to go')


def test_with_an_interval_of_zero_every_message_asks_again(new_server):
    server = new_server(operations='QuotaSystemWindowOperations="0" '
                                   'QuotaRefreshIntervalSeconds="0"')
    with server.connect('alice') as client:
        shell = client.create()
        for _ in range(10):
            client.get_done(GET, shell=shell)
        client.delete(shell)
    assert server.counters()['user_calls'] >= 11
    assert server.counters()['authentications'] == 1


@pytest.mark.parametrize('end', ['delete', 'host', 'leave'])
def test_every_context_comes_back(new_server, end):
    """Whatever way the things end that the contexts were reported for."""
    server = new_server(authorizer='gate', application='record-idle-timeout = "100ms"',
                        operations='QuotaSystemWindowOperations="0" '
                                   'MaxShellIdleTimeoutMinutes="%dms"'
                                   % (IDLE if end == 'leave' else 3600000))
    (server.application_folder / 'gate').touch()
    with server.connect('bob') as client, server.connect('frank') as other:
        shell = client.create()
        client.command(shell, 'sleep 1000')
        client.get_done(GET, shell=shell)
        assert other.ask(GET, shell=shell).fault.number == 2150858843
        if end == 'delete':
            client.delete(shell)
        elif end == 'host':
            host, = server.pids('winrmd-host (shell)')
            os.kill(host, 9)
    server.wait_for_counter('shells_ended', 1)
    wait_until(lambda: server.status()['records'] == [], 'the records to go')
    wait_until(lambda: contexts_are_back(server), 'the contexts to come back')
    counters = server.counters()
    assert counters['contexts_lost'] == 0
    # Two users, a shell, a command and two Gets at least.
    assert counters['contexts_reported'] >= 6
    wait_until(lambda: server.noted().count('release') == counters['contexts_reported'],
               'the plug-in to be given every context')


def test_contexts_come_back_at_the_end(new_server):
    server = new_server(authorizer='gate')
    (server.application_folder / 'gate').touch()
    with server.connect('bob') as client:
        client.create()
        reported = server.counters()['contexts_reported']
    server.stop()
    assert server.noted().count('release') == reported == 2
