# SPDX-License-Identifier: ISC
"""What a client sees of each answer of a plug-in: redirects, identities, the administrator flag,
errors (docs/authorization.md, "What a client sees" and "Identity and administrators")."""

import re

import pytest

from oracle import (NO_SHELL, NO_THROTTLE, STREAMS, calls, is_empty, say, seen)
from server import wait_until
from wire import COMMAND, CREATE, DELETE, GET, NS, RECEIVE, SEND, SIGNAL, TERMINATE, receive_body

LET_IN = 2150858843
REDIRECT, MISSING, ELSEWHERE = 2150859161, 2150859178, 2150859189
TOO_LONG, INVALID = 2150859190, 2150859191
DECISION = re.compile(r'\b[0-9A-HJKMNP-TV-Z]{12}\b')


@pytest.fixture
def server(new_server):
    return new_server(authorizer='oracle', application='may-map-to = {"svc", "other"}')


def get(client):
    return client.ask(GET, shell=NO_SHELL).fault.number


# Redirects


@pytest.mark.parametrize('location', [
    'http://redirected.example/wsman', 'https://[::1]:5986/wsman?x=%20', 'HTTPS://A',
    'https://a/' + 'x' * 2038])
def test_a_redirect(server, location):
    say(server, 'user bob code=%d text=%s' % (REDIRECT, location))
    with server.connect('bob') as client:
        for count in (1, 2):
            response = client.ask(CREATE, STREAMS)
            assert (response.status, response.header('Location')) == (302, location)
            assert response.fault.number == REDIRECT and location in response.fault.message
            # No record: on the same connection, asked again. No question about the quota.
            assert len(calls(server, 'user')) == count
        say(server)
        client.delete(client.create())
    assert len(calls(server, 'quota')) == 1
    assert [line['verdict'] for line in server.audit('verdict')] == ['redirected'] * 2 + [
        'allowed'] * 2


@pytest.mark.parametrize('location, code', [
    ('', MISSING), ('/wsman', INVALID), ('other.example/wsman', INVALID), ('//other', INVALID),
    ('ftp://other.example/', INVALID), ('javascript:alert(1)', INVALID), ('https://', INVALID),
    ('https:///wsman', INVALID), ('http://?', INVALID), ('http:other.example', INVALID),
    ('https://other.example/\tx', INVALID), ('https://other.example/\rSet-Cookie: x=y', INVALID),
    ('https://other.example/a b', INVALID), ('https://other.example/\x7f', INVALID),
    ('https://other.example/\xe4', INVALID), ('https://a/' + 'x' * 2039, TOO_LONG)])
def test_a_redirect_to_what_is_no_address(server, location, code):
    say(server, 'user bob code=%d text=%s' % (REDIRECT, location))
    with server.connect('bob') as client:
        response = client.ask(CREATE, STREAMS)
        assert (response.status, response.fault.number) == (500, code)
        assert response.header('Location') is None and response.header('Set-Cookie') is None
    line, = server.audit('verdict')
    assert (line['verdict'], line['code']) == ('denied', code)
    assert server.counters()['redirects'] == 0


def test_a_redirect_without_an_address(server):
    say(server, 'user bob code=%d' % REDIRECT)
    with server.connect('bob') as client:
        response = client.ask(CREATE, STREAMS)
        assert (response.status, response.fault.number) == (500, MISSING)


@pytest.mark.parametrize('call', ['operation', 'quota'])
def test_only_authzuser_may_redirect(server, call):
    say(server, '%s bob code=%d text=https://other.example/wsman' % (call, REDIRECT))
    with server.connect('bob') as client:
        response = client.ask(CREATE, STREAMS)
        assert (response.status, response.fault.number) == (500, ELSEWHERE)
        assert response.header('Location') is None
        assert b'other.example' not in response.body


# Identities


@pytest.mark.parametrize('choice, account', [('', 'bob'), ('token=none', 'winrm-svc'),
                                             ('token=svc', 'svc'), ('token=other', 'other')])
def test_runs_as(new_server, choice, account):
    server = new_server(authorizer='oracle', application='may-map-to = {"svc", "other"}\n'
                                                         'account = "winrm-svc"')
    say(server, 'user bob ' + choice)
    with server.connect('bob') as client, server.connect('frank') as other:
        shell = client.create()
        client.command(shell, 'true')
        row, = server.status()['shells']
        assert (row['owner'], row['account']) == ('bob', account)
        for line in server.audit('verdict', user='bob'):
            assert (line['account'], line['run-as']) == ('bob', account)
        # Whatever it runs as, it is bob's: frank runs under the same uid.
        assert other.ask(GET, shell=shell).fault.number == LET_IN
        client.delete(shell)


def test_without_a_service_account_the_invoking_user_s(server):
    say(server, 'user bob token=none')
    with server.connect('bob') as client:
        get(client)
    record, = server.status()['records']
    line, = server.audit('verdict')
    assert record['account'] == line['run-as'] == 'uid %d' % line['uid']


@pytest.mark.parametrize('name', ['root', 'bob', 'svc2', 'SVC', 'sv'])
def test_an_account_the_application_may_not_map_to(server, name):
    say(server, 'user bob token=' + name)
    with server.connect('bob') as client:
        assert get(client) == LET_IN
    # Not made: the plug-in took the client's own token then.
    assert [note['said'] for note in seen(server, 'said', to='create-token')] == [5]
    assert server.status()['records'][0]['account'] == 'bob'


def test_a_shell_keeps_the_identity_it_was_made_with(new_server):
    server = new_server(authorizer='oracle', application='may-map-to = {"svc"}\n'
                                                         'record-idle-timeout = "50ms"')
    say(server, 'user bob token=svc')
    with server.connect('bob') as client:
        shell = client.create()
        assert server.status()['records'][0]['account'] == 'svc'
        client.get_done(GET, shell=shell)
        assert server.status()['shells'][0]['account'] == 'svc'
        client.delete(shell)
        wait_until(lambda: server.status()['records'] == [], 'the record to go')
        say(server)
        client.delete(client.create())
        assert server.audit('verdict', user='bob')[-1]['run-as'] == 'bob'


def test_tokens_are_given_back(new_server):
    server = new_server(authorizer='oracle', application='may-map-to = {"svc"}\n'
                                                         'record-idle-timeout = "50ms"',
                        operations=NO_THROTTLE + ' QuotaRefreshIntervalSeconds="0"')
    for choice in ('', 'token=none', 'token=svc', 'code=5', 'token=svc code=5'):
        say(server, 'user * ' + choice)
        for user in ('alice', 'bob') * 5:
            with server.connect(user) as client:
                response = client.ask(CREATE, STREAMS)
                if response.status == 200:
                    client.ask(DELETE, shell=response.text('w:Selector'))
        wait_until(lambda: is_empty(server), 'the records to go')
    wait_until(lambda: server.counters()['sessions'] == 0, 'the sessions to end')
    assert server.counters()['tokens'] == 0


# The administrator


def follow_on(command):
    return {
        'Command': (COMMAND, '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'),
        'Send': (SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">eA==</rsp:Stream>'
                       '</rsp:Send>' % command),
        'Receive': (RECEIVE, receive_body(command)),
        'Signal': (SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
                   % (command, TERMINATE)),
        'Delete of nothing': (DELETE, ''), 'Get': (GET, '')}


def test_an_administrator_may_view_and_delete_and_nothing_else(server):
    say(server, 'user alice admin')
    with server.connect('bob') as client, server.connect('alice') as administrator:
        shell = client.create()
        command = client.command(shell, 'cat')
        for name in ('Command', 'Send', 'Receive', 'Signal'):
            action, body = follow_on(command)[name]
            assert administrator.ask(action, body, shell=shell).fault.number == LET_IN, name
        administrator.get_done(GET, shell=shell)
        # It is no right to operations: those are AuthzOperation's.
        say(server, 'operation alice code=5')
        for action in (GET, DELETE):
            assert administrator.ask(action, shell=shell).fault.number == 5
        say(server)
        client.send_input(shell, command, b'mine', end=True)
        assert client.receive_all(shell, command) == (b'mine', b'', 0)
        administrator.delete(shell)
        assert client.ask(GET, shell=shell).fault.number == LET_IN


@pytest.mark.parametrize('name', follow_on(''))
def test_to_others_a_foreign_shell_does_not_exist(server, name):
    """The answer is that of a shell that never was, word for word."""
    with server.connect('bob') as client, server.connect('frank') as other:
        shell = client.create()
        command = client.command(shell, 'cat')
        action, body = follow_on(command)[name]
        answers = []
        for asked in (shell, NO_SHELL):
            fault = other.ask(action, body, shell=asked).fault
            assert (fault.subcode, fault.number) == ('w:InvalidSelectors', LET_IN)
            answers.append(DECISION.sub('', fault.text + fault.message).replace(asked, ''))
        assert answers[0] == answers[1]
        # Who tried is told to the administrator.
        assert any('another user' in line['reason']
                   for line in server.audit('verdict', user='frank', verdict='denied'))
        client.send_input(shell, command, b'x', end=True)
        assert client.receive_all(shell, command) == (b'x', b'', 0)
        client.delete(shell)


# Errors


@pytest.mark.parametrize('code, subcode', [(5, 'w:AccessDenied'), (1, 'w:InternalError'),
                                           (1326, 'w:InternalError'),
                                           (0xffffffff, 'w:InternalError')])
def test_a_refused_user_hears_no_reason(server, code, subcode):
    say(server, 'user bob code=%d text=<why>because</why>' % code)
    with server.connect('bob') as client:
        response = client.ask(CREATE, STREAMS)
    fault = response.fault
    assert response.status == 500
    assert (fault.code, fault.subcode, fault.number) == (
        's:Sender' if code == 5 else 's:Receiver', subcode, code)
    assert b'because' not in response.body and b'ProviderFault' not in response.body
    line, = server.audit('verdict')
    assert (line['code'], line['reason']) == (code, '<why>because</why>')
    assert line['decision'] in fault.text and line['decision'] in fault.message
    assert server.status()['records'] == []


@pytest.mark.parametrize('call', ['operation', 'quota'])
@pytest.mark.parametrize('code', [5, 1234, 2150858843])
def test_a_refused_operation_hears_code_and_text(server, call, code):
    say(server, '%s bob code=%d text=not on <Sundays> & "holidays"' % (call, code))
    with server.connect('bob') as client:
        response = client.ask(CREATE, STREAMS)
        assert response.status == 500
        assert response.fault.number == code
        provider = response.fault.detail.find('.//f:ProviderFault', NS)
        assert provider.get('provider') == 'oracle' and 'oracle.so' in provider.get('path')
        assert ''.join(provider.itertext()) == 'not on <Sundays> & "holidays"'
        record, = server.status()['records']
        assert (record['shells'], record['operations']) == (0, 0)
        # The record stays; a quota that failed is asked for again.
        say(server)
        client.delete(client.create())
    assert len(calls(server, 'user')) == 1
    assert len(calls(server, 'quota')) == (2 if call == 'quota' else 1)


@pytest.mark.parametrize('text, children', [
    ('<w xmlns="urn:why" a="1"><b>x</b> y</w>', 1), ('  <w/>', 1), ('<?xml version="1.0"?><w/>', 1),
    ('<w>', 0), ('<w/><w/>', 0), ('x <w/>', 0), ('<p:w/>', 0), ('<w a=1/>', 0), ('&lt;', 0),
    ('<!DOCTYPE w [<!ENTITY e "x">]><w>&e;</w>', 0), ('</f:Message>', 0), ('<w/> x', 0),
    (']]>', 0), ('<f:WSManFault Code="0"/>', 0)])
def test_extended_information_is_embedded_or_escaped(server, text, children):
    """As XML when it is one well-formed element by itself, else as text; never in between."""
    say(server, 'operation bob code=1234 text=' + text)
    with server.connect('bob') as client:
        response = client.ask(CREATE, STREAMS)
    provider = response.fault.detail.find('.//f:ProviderFault', NS)
    assert response.fault.number == 1234
    assert len(provider) == children
    if not children:
        assert provider.text == text
    assert len(response.xml.findall('.//f:WSManFault', NS)) == 1


def test_a_library_that_is_missing(new_server, tmp_path):
    server = new_server(authorizer=str(tmp_path / 'nowhere'))
    with server.connect('bob') as client:
        for _ in range(2):
            response = client.ask(CREATE, STREAMS)
            assert (response.status, response.body) == (500, b'')
    server.wait_for_log(str(tmp_path / 'nowhere.so'))
    assert {line['verdict'] for line in server.audit('verdict')} == {'denied'}


def test_a_lost_host(new_server):
    server = new_server(authorizer='crashes')
    with server.connect('mallory') as client:
        fault = client.ask(CREATE, STREAMS).fault
        assert (fault.code, fault.subcode, fault.number) == (
            's:Receiver', 'w:InternalError', 2150858755)
