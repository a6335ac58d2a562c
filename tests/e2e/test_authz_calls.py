# SPDX-License-Identifier: ISC
"""What a plug-in sees in its calls (WSMAN_SENDER_DETAILS, WSManPluginAuthzOperation; rules A-4
and W-4 of our docs/), and which messages it is asked about."""

import pytest

from oracle import NO_SHELL, STREAMS, calls, say, seen
from wire import (CMD, COMMAND, CREATE, DELETE, GET, IDENTIFY, RECEIVE, SEND, SIGNAL, TRANSFER,
                  Connection, envelope, receive_body)

ENUMERATION = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration'
EVENTING = 'http://schemas.xmlsoap.org/ws/2004/08/eventing'
NOBODY_S = 'http://example.org/nobody/serves/this'
PUT, ENUMERATE, SUBSCRIBE = TRANSFER + '/Put', ENUMERATION + '/Enumerate', EVENTING + '/Subscribe'
# name: number, action, body, what the client hears when it is allowed
UNSERVED = {
    'Get': (1, GET, '', 2150858811),
    'Put': (2, PUT, '<p xmlns="urn:x"/>', 2150858811),
    'Create': (3, CREATE, '<p xmlns="urn:x"/>', 2150858811),
    'Delete': (4, DELETE, '', 2150858811),
    'Enumerate': (5, ENUMERATE, '<n:Enumerate xmlns:n="%s"/>' % ENUMERATION, 2150858811),
    'Subscribe': (6, SUBSCRIBE, '<e:Subscribe xmlns:e="%s"><e:Delivery/></e:Subscribe>' % EVENTING,
                  2150858811),
    'Invoke': (9, NOBODY_S + '/Do', '<Do xmlns="urn:x"/>', 2150858811),
}


@pytest.fixture
def server(new_server):
    return new_server(authorizer='oracle')


def test_who_sends(server):
    """The same details in each of the three calls, and flags of zero."""
    with Connection(server.port, 'bob', 'bob-secret', path='/wsman?PSVersion=7.4&x=%20y') as client:
        client.delete(client.create())
    notes = seen(server, 'call')
    assert [note['call'] for note in notes] == ['user', 'quota', 'operation', 'operation']
    for note in notes:
        assert note['name'] == 'bob' and note['token'] == 'bob'
        assert note['mechanism'] == 'Basic'
        assert note['certificate'] is None
        assert note['url'] == 'http://127.0.0.1:%d/wsman?PSVersion=7.4&x=%%20y' % server.port
        assert note['address'] == '127.0.0.1'
        assert note['flags'] == 0 and note['mine']


def test_the_address_is_that_of_the_message(server):
    """Also on a connection that rides on the record of another one."""
    for source in ('127.0.0.2', '127.0.0.3'):
        with Connection(server.port, 'bob', 'bob-secret', source=source) as client:
            client.ask(GET, shell=NO_SHELL)
    assert [note['address'] for note in calls(server, 'operation')] == ['127.0.0.2', '127.0.0.3']
    assert [note['address'] for note in calls(server, 'user')] == ['127.0.0.2']


@pytest.mark.parametrize('asked, spoken', [
    ('de-DE', 'de-DE'), ('zh-Hant-HK-x-private', 'zh-Hant-HK-x-private'), ('x' * 8, 'x' * 8),
    # The last one is what a Windows plug-in's buffer would be too small for.
    (None, 'en-US'), ('', 'en-US'), ('de_DE', 'en-US'), ('de-', 'en-US'), ('\u00e9n', 'en-US'),
    ('abcdefghi', 'en-US'), ('a-' * 42 + 'b', 'en-US')])
def test_the_language_of_the_thread_is_that_of_the_message(server, asked, spoken):
    """In each of the calls that the message leads to (rule W-3.8 of our docs/)."""
    with server.connect('bob') as client:
        client.ask(GET, shell=NO_SHELL, locale=asked)
    assert [(note['call'], note['language']) for note in seen(server, 'call')] == [
        (call, spoken) for call in ('user', 'quota', 'operation')]


def test_no_message_speaks_the_language_of_the_one_before(server):
    """On one connection and on others, whichever of the host's threads the calls get."""
    languages = ['de-DE', None, 'fr-CA', None, 'ja', 'de-DE', None] * 3
    with server.connect('bob') as client, server.connect('bob') as other:
        for place, language in enumerate(languages):
            (other if place % 2 else client).ask(GET, shell=NO_SHELL, locale=language)
    assert [note['language'] for note in calls(server, 'operation')] == [
        language or 'en-US' for language in languages]


@pytest.mark.parametrize('name', UNSERVED)
def test_operations_on_what_nobody_serves(server, name):
    """The plug-in is asked first; only who is allowed learns that there is no such thing."""
    number, action, body, code = UNSERVED[name]
    say(server, 'operation carol code=5')
    with server.connect('bob') as client, server.connect('carol') as other:
        assert client.ask(action, body, resource=NOBODY_S).fault.number == code
        fault = other.ask(action, body, resource=NOBODY_S).fault
        assert (fault.subcode, fault.number) == ('w:AccessDenied', 5)
    notes = calls(server, 'operation')
    assert [note['name'] for note in notes] == ['bob', 'carol']
    for note in notes:
        assert (note['operation'], note['action'], note['uri']) == (number, action, NOBODY_S)


@pytest.mark.parametrize('name', [name for name in UNSERVED if name not in ('Get', 'Delete', 'Enumerate')])
def test_operations_that_the_shell_resource_has_not(server, name):
    number, action, body, _ = UNSERVED[name]
    action = action.replace(NOBODY_S, CMD)
    with server.connect('bob') as client:
        assert client.ask(action, body, resource=CMD).fault.subcode == 'a:ActionNotSupported'
    note, = calls(server, 'operation')
    assert (note['operation'], note['action'], note['uri']) == (number, action, CMD)


def test_a_shell_and_its_commands(server):
    with server.connect('bob') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        client.get_done(GET, shell=shell)
        # None of these is a question: they belong to an operation that has been allowed.
        client.send_input(shell, command, b'x', end=True)
        assert client.receive_all(shell, command) == (b'x', b'', 0)
        client.signal(shell, command)
        client.delete(shell)
    assert [(note['operation'], note['action'], note['uri'])
            for note in calls(server, 'operation')] == [
        (7, CREATE, CMD), (8, COMMAND, CMD), (1, GET, CMD), (4, DELETE, CMD)]


@pytest.mark.parametrize('action', [ENUMERATION + '/Pull', ENUMERATION + '/Release',
                                    EVENTING + '/Renew', EVENTING + '/Unsubscribe', RECEIVE, SEND,
                                    SIGNAL])
def test_follow_on_messages_are_no_question(server, action):
    """Whatever they are about, and whether or not it exists."""
    body = {RECEIVE: receive_body(NO_SHELL),
            SEND: '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s"/></rsp:Send>' % NO_SHELL,
            SIGNAL: '<rsp:Signal CommandId="%s"><rsp:Code>x</rsp:Code></rsp:Signal>' % NO_SHELL,
            }.get(action, '<n:Pull xmlns:n="%s"><n:EnumerationContext>1</n:EnumerationContext>'
                          '</n:Pull>' % ENUMERATION)
    with server.connect('bob') as client:
        assert client.ask(action, body, shell=NO_SHELL).status == 500
    assert calls(server, 'operation') == []


def test_identify_is_no_question(server):
    with server.connect('bob') as client:
        assert client.post(IDENTIFY).status == 200
    with server.connect() as client:
        client.post(IDENTIFY, path='/wsman-anon/identify')
    assert seen(server, 'call') == []
    assert server.status()['records'] == []


def test_a_command_in_a_foreign_shell_is_no_question(server):
    """The owner is looked at first; to a stranger there is no such shell."""
    with server.connect('bob') as client, server.connect('frank') as other:
        shell = client.create()
        before = len(calls(server, 'operation'))
        body = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'
        assert other.ask(COMMAND, body, shell=shell).fault.number == 2150858843
        assert len(calls(server, 'operation')) == before
        client.delete(shell)


def test_without_an_authorized_user_no_operation_is_asked_for(server):
    say(server, 'user carol code=5')
    with server.connect('carol') as client:
        assert client.post(envelope(CREATE, STREAMS)).fault.number == 5
    assert [note['call'] for note in seen(server, 'call')] == ['user']
