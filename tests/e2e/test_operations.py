# SPDX-License-Identifier: ISC
"""Operations across connections and processes, whose shell it is, and the faults of wrong ones."""

import re

import pytest

from server import IDLE, wait_until
from wire import (ANONYMOUS, CMD, COMMAND, CREATE, DELETE, GET, NS, RECEIVE, SHELL, TRANSFER,
                  envelope, receive_body)

NO_SHELL = '11111111-2222-3333-4444-555555555555'
STREAMS = ('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
           '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>')


def connections_to_every_net(server, user):
    """One connection to each winrmd-net: {pid: connection}."""
    wanted = set(server.pids('winrmd-net'))
    assert len(wanted) == 3
    found, others = {}, []
    # The kernel spreads connections among the processes; held open, they spread over all of them.
    for _ in range(100):
        if set(found) == wanted:
            break
        # Several at once: who is quick does not get all of them.
        some = [server.connect(user) for _ in range(5)]
        for connection in some:
            connection.send('')
        for connection in some:
            assert connection.receive().status == 200
            if found.setdefault(server.net_of(connection), connection) is not connection:
                others.append(connection)
    for connection in others:
        connection.close()
    assert set(found) == wanted
    return found


def test_a_shell_belongs_to_no_connection_and_no_process(traceable_server):
    server = traceable_server
    first, second, third = connections_to_every_net(server, 'alice').values()
    shell = first.create()
    command = second.command(shell, 'read x; echo $x; read y; echo $y')
    third.send_input(shell, command, b'one\n')
    assert first.ask_receive(shell, command).text('rsp:Stream') == 'b25lCg=='
    first.send_input(shell, command, b'two\n')
    assert second.receive_all(shell, command) == (b'two\n', b'', 0)
    third.signal(shell, command)
    assert third.get_done(GET, shell=shell).text('rsp:ShellId') == shell
    third.delete(shell)
    for connection in (first, second, third):
        assert connection.ask(GET, shell=shell).fault.number == 2150858843
        connection.close()
    assert server.counters()['user_calls'] == 1


def test_input_on_one_connection_while_another_waits_for_output(server):
    with server.connect('alice') as reader, server.connect('alice') as writer:
        shell = writer.create()
        command = writer.command(shell, 'cat')
        reader.send(envelope(RECEIVE, receive_body(command), shell=shell))
        writer.send_input(shell, command, b'hello')
        assert reader.receive().text('rsp:Stream') == 'aGVsbG8='
        writer.delete(shell)


def test_get_describes_the_shell(server):
    with server.connect('alice') as client:
        shell = client.create()
        response = client.get_done(GET, shell=shell)
        assert response.text('rsp:ShellId') == shell
        assert response.text('rsp:ResourceUri') == CMD
        assert response.text('rsp:Owner') == 'alice'
        assert response.text('rsp:ClientIP') == '127.0.0.1'
        assert response.text('rsp:State') == 'Connected'
        assert int(response.text('rsp:ProcessId')) in server.pids('winrmd-host (shell)')
        assert re.match(r'^PT\d+\.\d{3}S$', response.text('rsp:IdleTimeOut'))
        # The generic URI of shells names the same thing.
        assert client.get_done(GET, shell=shell, resource=SHELL).text('rsp:ShellId') == shell
        client.delete(shell)


def test_an_administrator_sees_and_deletes_shells_of_others_a_stranger_does_not(server):
    with server.connect('alice') as alice, server.connect('bob') as bob, \
            server.connect('frank') as frank:
        shell = bob.create()
        command = bob.command(shell, 'sleep 1000')
        assert alice.get_done(GET, shell=shell).text('rsp:Owner') == 'bob'
        for action in (GET, DELETE, COMMAND, RECEIVE):
            body = {COMMAND: '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>',
                    RECEIVE: '<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout'
                             '</rsp:DesiredStream></rsp:Receive>' % command}.get(action, '')
            fault = frank.ask(action, body, shell=shell).fault
            assert (fault.subcode, fault.number) == ('w:InvalidSelectors', 2150858843), action
        # The answers do not tell that the shell exists; the audit does.
        denied = server.wait_for_audit('verdict', 4, user='frank', verdict='denied')
        assert {(line['operation'], line['reason']) for line in denied} == {
            (name, 'the shell belongs to another user')
            for name in ('Get', 'Delete', 'Command', 'Receive')}
        never_was = 'ffffffff-2222-3333-4444-555555555555'
        assert frank.ask(RECEIVE, '<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout'
                         '</rsp:DesiredStream></rsp:Receive>' % command,
                         shell=never_was).fault.message == fault.message
        # Looking and deleting is all that an administrator may do with a foreign shell.
        assert alice.ask(COMMAND, '<rsp:CommandLine><rsp:Command>id</rsp:Command>'
                         '</rsp:CommandLine>', shell=shell).fault.number == 2150858843
        assert alice.ask_signal(shell, command).fault.number == 2150858843
        alice.delete(shell)
        assert bob.ask(GET, shell=shell).fault.number == 2150858843


def test_the_client_chooses_the_ids(server):
    shell, command = 'AAAAAAAA-2222-3333-4444-555555555555', 'bbbbbbbb-2222-3333-4444-555555555555'
    with server.connect('alice') as client:
        body = STREAMS.replace('<rsp:Shell>', '<rsp:Shell ShellId="%s">' % shell)
        assert client.create(body) == shell
        assert client.ask(CREATE, body).fault.number == 2150859223
        body = ('<rsp:CommandLine CommandId="%s"><rsp:Command>true</rsp:Command>'
                '</rsp:CommandLine>' % command)
        assert client.get_done(COMMAND, body, shell=shell).text('rsp:CommandId') == command
        # Some clients write the id in the other case later.
        assert client.receive_all(shell, command.upper()) == (b'', b'', 0)
        assert client.ask(COMMAND, body, shell=shell).fault.number == 2150859222
        body = body.replace(command, command.upper())
        assert client.ask(COMMAND, body, shell=shell).fault.number == 2150859222
        client.delete(shell)
        # The id is free again.
        assert client.create(body=STREAMS.replace(
            '<rsp:Shell>', '<rsp:Shell ShellId="%s">' % shell)) == shell
        client.delete(shell)


def test_a_shell_that_nobody_uses_is_closed(new_server):
    server = new_server(
        operations='QuotaSystemWindowOperations="0" MaxShellIdleTimeoutMinutes="%dms"' % IDLE)
    with server.connect('alice') as client:
        shell = client.create()
        client.command(shell, 'sleep 1000')
        server.wait_for_counter('shells_ended', 1)
        assert client.ask(GET, shell=shell).fault.number == 2150858843
    assert server.status()['shells'] == []
    assert server.wait_for_audit('shell-end')[0]['reason']


def test_the_answer_is_about_the_question(server):
    with server.connect('alice') as client:
        for message_id in ('uuid:aBcDeF00-2222-3333-4444-555555555555', 'urn:uuid:x', 'x y'):
            response = client.ask(GET, shell=NO_SHELL, message_id=message_id)
            assert response.xml.findtext('s:Header/a:RelatesTo', namespaces=NS) == message_id
        assert re.match(r'^uuid:[0-9A-F-]{36}$',
                        response.xml.findtext('s:Header/a:MessageID', namespaces=NS))
        assert response.xml.findtext('s:Header/a:To', namespaces=NS) == ANONYMOUS
        shell = client.create()
        response = client.get_done(GET, shell=shell, extra=(
            '<p:OperationID>uuid:12345678-2222-3333-4444-555555555555</p:OperationID>'
            '<p:SequenceId>7</p:SequenceId>'))
        assert response.xml.findtext('s:Header/a:Action', namespaces=NS) == GET + 'Response'
        assert response.xml.findtext('s:Header/p:OperationID', namespaces=NS) == (
            'uuid:12345678-2222-3333-4444-555555555555')
        assert response.xml.findtext('s:Header/p:SequenceId', namespaces=NS) == '7'
        assert not re.search(rb'>\s+<', response.body)
        client.delete(shell)


WRONG = {
    'unknown action': (
        dict(action='urn:no-such-action', shell=NO_SHELL),
        's:Sender', 'a:ActionNotSupported', 2150858753),
    'action the resource does not support': (
        dict(action=TRANSFER + '/Put', shell=NO_SHELL),
        's:Sender', 'a:ActionNotSupported', 2150858771),
    'unknown resource': (
        dict(action=CREATE, body=STREAMS, resource='http://example.com/none'),
        's:Sender', 'a:DestinationUnreachable', 2150858811),
    'unknown shell': (
        dict(action=GET, shell=NO_SHELL), 's:Sender', 'w:InvalidSelectors', 2150858843),
    'unknown shell for a command': (
        dict(action=COMMAND, shell=NO_SHELL, body='<rsp:CommandLine><rsp:Command>true'
             '</rsp:Command></rsp:CommandLine>'), 's:Sender', 'w:InvalidSelectors', 2150858843),
    'no selector': (
        dict(action=COMMAND, body='<rsp:CommandLine><rsp:Command>true</rsp:Command>'
             '</rsp:CommandLine>'), 's:Sender', 'w:InvalidSelectors', 2150858842),
    'no resource': (
        dict(action=GET, shell=NO_SHELL, resource=None),
        's:Sender', 'a:MessageInformationHeaderRequired', 2150858769),
    'unknown header that must be understood': (
        dict(action=GET, shell=NO_SHELL, extra='<n:New xmlns:n="urn:n" s:mustUnderstand="true"/>'),
        's:MustUnderstand', None, 2150858768),
    'timeout that is none': (
        dict(action=GET, shell=NO_SHELL, timeout='PT-1S'),
        's:Sender', 'a:InvalidMessageInformationHeader', 2150858767),
}


@pytest.mark.parametrize('case', WRONG)
def test_faults(server, case):
    question, code, subcode, number = WRONG[case]
    with server.connect('alice') as client:
        response = client.ask(**question)
        assert response.status == 500
        assert response.header('Content-Type') == 'application/soap+xml;charset=UTF-8'
        fault = response.fault
        assert (fault.code, fault.subcode, fault.number) == (code, subcode, number)
        assert fault.text and fault.message
        family = 'addressing' if (subcode or 'a:').startswith('a:') else 'wsman'
        assert response.xml.findtext('s:Header/a:Action', namespaces=NS) in {
            'addressing': 'http://schemas.xmlsoap.org/ws/2004/08/addressing/fault',
            'wsman': 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault'}[family]
        # The connection is as good as before.
        client.delete(client.create())


def test_unknown_command(server):
    with server.connect('alice') as client:
        shell = client.create()
        for response in (client.ask_receive(shell, NO_SHELL), client.ask_signal(shell, NO_SHELL)):
            assert response.status == 500
            assert (response.fault.subcode, response.fault.number) == (
                'w:InvalidSelectors', 2150858843)
        client.delete(shell)


@pytest.mark.parametrize('body, codes', [
    ('<not-closed>', (2150858819,)), ('<a/>', (2150858765, 2150858791, 2150858819)),
    ('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
     (2150858765,)),
    ('<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', (2150858819,))])
def test_bodies_that_are_no_envelope(server, body, codes):
    with server.connect('alice') as client:
        response = client.post(body)
        assert response.status in (400, 500)
        if response.status == 500:
            assert response.fault.number in codes
        assert b'root:' not in response.body
        assert server.counters()['user_calls'] == 0


def test_a_stream_that_is_none(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        response = client.ask(SHELL + '/Send', '<rsp:Send><rsp:Stream Name="stdup" CommandId="%s">'
                              'eA==</rsp:Stream></rsp:Send>' % command, shell=shell)
        assert response.fault.number == 2150859147
        client.delete(shell)


def test_a_receive_that_was_lost_with_its_connection_loses_no_output(server):
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        with server.connect('alice') as lost:
            lost.send(envelope(RECEIVE, receive_body(command), shell=shell))
        client.send_input(shell, command, b'kept', end=True)
        assert client.receive_all(shell, command, after_another=True) == (b'kept', b'', 0)
        client.delete(shell)


def test_many_users_and_shells_at_once(server):
    """Each user's output is his own."""
    connections = [server.connect(user) for user in ('alice', 'bob', 'frank') for _ in range(4)]
    shells = [connection.create() for connection in connections]
    commands = [connection.command(shell, 'echo %s; seq 1 2000' % shell)
                for connection, shell in zip(connections, shells)]
    for connection, shell, command in zip(connections, shells, commands):
        stdout, _, code = connection.receive_all(shell, command)
        assert stdout.startswith(shell.encode() + b'\n1\n') and stdout.endswith(b'\n2000\n')
        assert code == 0
    assert len(server.status()['shells']) == len(shells)
    for connection, shell in zip(connections, shells):
        connection.delete(shell)
        connection.close()
    assert server.status()['shells'] == []
    wait_until(lambda: not server.pids('winrmd-host (shell)'), 'the shell hosts to end')
