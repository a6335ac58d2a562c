# SPDX-License-Identifier: ISC
"""The rows of docs/protocol.md, P-5.8, that take more than a wrong envelope, and requests and
responses that are too large (P-1.5). Wrong envelopes are in test_wire_protocol.py."""

import re

import pytest

from server import Server
from test_wire_protocol import (ADDRESSING, COMMAND_LINE, NO_SHELL, STREAMS, WSMAN, as_utf16,
                                assert_fault, get)
from wire import (CMD, COMMAND, CREATE, DELETE, GET, NS, RECEIVE, SEND, SIGNAL, TRANSFER,
                  Connection, envelope, receive_body)

ENUMERATION = 'http://schemas.xmlsoap.org/ws/2004/09/enumeration/'
NOT_SUPPORTED = ('s:Sender', 'a:ActionNotSupported', None, 2150858771, ADDRESSING)
NO_COMMAND = '6B29FC40-CA47-1067-B31D-00DD010662DB'
LARGEST = 500 * 1024  # MaxEnvelopeSizeKB as it is without a setting


def sender(subcode, detail, number, action=WSMAN):
    return 's:Sender', subcode, detail, number, action


def receiver(number):
    return 's:Receiver', 'w:InternalError', None, number, WSMAN


def not_found():
    return sender('w:InvalidSelectors', 'UnexpectedSelectors', 2150858843)


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    """With a resource that takes no options, one that is no shell, and one whose plug-in is not
    there."""
    server = Server(tmp_path_factory.mktemp('faults') / 'server', users)
    config = server.application_folder / 'web.config'
    text = config.read_text()
    begin, end = text.split('</Resources>')
    config.write_text(begin + (
        '<Resource ResourceUri="http://example.com/plain"><Capability Type="Shell"/></Resource>'
        '<Resource ResourceUri="http://example.com/data"><Capability Type="Get"/></Resource>'
        '</Resources></Plugin><Plugin Name="gone" Filename="/nonexistent/gone.so" SDKVersion="1">'
        '<Resources><Resource ResourceUri="http://example.com/gone"><Capability Type="Shell"/>'
        '</Resource></Resources>') + end)
    with server:
        yield server


@pytest.fixture(scope='module')
def client(running):
    with running.connect('alice') as connection:
        yield connection


def stream(name, command):
    return '<rsp:Send><rsp:Stream Name="%s" CommandId="%s">eA==</rsp:Stream></rsp:Send>' % (
        name, command)


# name: (action, body, other headers, expected); SHELL and COMMAND stand for live ones.
WITHOUT_A_SHELL = {
    'options where none are taken': (CREATE, STREAMS, {
        'resource': 'http://example.com/plain', 'options': [('a', 'b')]},
        sender('w:InvalidOptions', 'NotSupported', 2150858833)),
    'a shell of what is none': (CREATE, STREAMS, {'resource': 'http://example.com/data'},
                                sender('a:DestinationUnreachable', 'InvalidResourceURI', 2150859099,
                                       ADDRESSING)),
    'a plug-in that is not there': (CREATE, STREAMS, {'resource': 'http://example.com/gone'},
                                    receiver(2150858906)),
    'a resource that nobody serves': (CREATE, STREAMS, {'resource': 'urn:x'},
                                      sender('a:DestinationUnreachable', 'InvalidResourceURI',
                                             2150858811, ADDRESSING)),
    'Put': (TRANSFER + '/Put', '<x/>', {}, NOT_SUPPORTED),
    'Create of no shell': (CREATE, '<x/>', {}, NOT_SUPPORTED),
    'Enumerate of what can not be': (
        ENUMERATION + 'Enumerate', '<n:Enumerate xmlns:n="%s"/>' % ENUMERATION[:-1],
        {'resource': 'http://example.com/data'}, NOT_SUPPORTED),
    'Invoke': (CMD + '/Method', '<x/>', {}, NOT_SUPPORTED),
    'Subscribe': ('http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe', '<x/>', {},
                  NOT_SUPPORTED),
    'a code page': (CREATE, STREAMS, {'options': [('WINRS_CODEPAGE', '850')]},
                    receiver(2150859072)),
    'an option that must be obeyed': (CREATE, STREAMS, {'extra': (
        '<w:OptionSet s:mustUnderstand="true"><w:Option Name="NO_SUCH" MustComply="true">1'
        '</w:Option></w:OptionSet>')}, sender('w:InvalidOptions', None, 2150858809)),
    'IdleTimeOut below a minute': (CREATE, STREAMS.replace(
        '<rsp:Out', '<rsp:IdleTimeOut>PT59.999S</rsp:IdleTimeOut><rsp:Out'), {},
        receiver(2150859250)),
    'IdleTimeOut above the most': (CREATE, STREAMS.replace(
        '<rsp:Out', '<rsp:IdleTimeOut>PT2H0.001S</rsp:IdleTimeOut><rsp:Out'), {},
        receiver(2150859250)),
    'IdleTimeOut that is none': (CREATE, STREAMS.replace(
        '<rsp:Out', '<rsp:IdleTimeOut>soon</rsp:IdleTimeOut><rsp:Out'), {},
        sender('w:SchemaValidationError', None, 2150858817)),
    'Lifetime of nothing': (CREATE, STREAMS.replace(
        '<rsp:Out', '<rsp:Lifetime>PT0S</rsp:Lifetime><rsp:Out'), {},
        sender('w:InvalidParameter', None, 2150858810)),
    'Lifetime that is none': (CREATE, STREAMS.replace(
        '<rsp:Out', '<rsp:Lifetime>PT</rsp:Lifetime><rsp:Out'), {},
        sender('w:SchemaValidationError', None, 2150858817)),
    'a long name': (CREATE, STREAMS.replace('<rsp:Shell', '<rsp:Shell Name="%s"' % ('n' * 256)), {},
                    receiver(2150859202)),
    'Get of no shell': (GET, '', {'shell': NO_SHELL}, not_found()),
    'Delete of no shell': (DELETE, '', {'shell': NO_SHELL}, not_found()),
    'Command in no shell': (COMMAND, COMMAND_LINE, {'shell': NO_SHELL}, not_found()),
    'Receive from no shell': (RECEIVE, receive_body(NO_COMMAND), {'shell': NO_SHELL}, not_found()),
}
IN_A_SHELL = {
    'Receive of no command': (RECEIVE, receive_body(NO_COMMAND), not_found()),
    'Send to no command': (SEND, stream('stdin', NO_COMMAND), not_found()),
    'Signal of no command': (SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>x</rsp:Code>'
                             '</rsp:Signal>' % NO_COMMAND, not_found()),
    'Receive with a long CommandId': (RECEIVE, receive_body('x' * 129), not_found()),
    'Send to a stream that is none': (SEND, stream('nothing', 'COMMAND'), receiver(2150859147)),
    'Signal without Code': (SIGNAL, '<rsp:Signal CommandId="COMMAND"/>', sender(
        'w:SchemaValidationError', None, 2150858817)),
    'a CommandId that is taken': (COMMAND, COMMAND_LINE.replace(
        'Line>', 'Line CommandId="COMMAND">', 1), receiver(2150859222)),
    'a ShellId that is taken': (CREATE, STREAMS.replace('<rsp:Shell', '<rsp:Shell ShellId="THIS"'),
                                receiver(2150859223)),
    'a CommandLine without Command': (COMMAND, '<rsp:CommandLine/>', sender(
        'w:SchemaValidationError', None, 2150858817)),
    'a Send without Stream': (SEND, '<rsp:Send/>', sender(
        'w:SchemaValidationError', None, 2150858817)),
    'a Receive without DesiredStream': (RECEIVE, '<rsp:Receive/>', sender(
        'w:SchemaValidationError', None, 2150858817)),
}


@pytest.mark.parametrize('name', WITHOUT_A_SHELL)
def test_faults(client, name):
    """P-5.1, P-5.3 and P-5.8, of P-4.1.1, P-4.1.2, P-4.2.1, P-4.6.2, P-4.6.3, P-4.6.10"""
    action, body, headers, expected = WITHOUT_A_SHELL[name]
    assert_fault(client.ask(action, body, **headers), *expected)


def test_faults_in_a_shell(client):
    """P-5.8: what is wrong with a command or a stream (P-4.2.1, P-4.2.2, P-4.6.1, P-4.7.1, P-4.7.2,
    P-4.8.4, P-4.9.7 and P-4.9.8); the shell goes on."""
    shell = client.create()
    command = client.command(shell, 'cat')
    for name, (action, body, expected) in IN_A_SHELL.items():
        body = body.replace('COMMAND', command).replace('THIS', shell)
        print(name)
        assert_fault(client.ask(action, body, shell=shell), *expected)
    client.send_input(shell, command, b'on', end=True)
    assert client.receive_all(shell, command)[0] == b'on'
    command = client.command(shell, 'cat')
    with Connection(client.socket.getpeername()[1], 'alice', 'alice-secret') as waiting:
        waiting.send(envelope(RECEIVE, receive_body(command), shell=shell))
        # The first of the two that reaches the host waits, the other is told so.
        response = client.ask_receive(shell, command, timeout='PT5S')
        if response.fault.number == 2150859047:
            assert_fault(response, *receiver(2150859047))
            client.delete(shell)
            assert_fault(waiting.receive(), *receiver(995))
        else:
            assert_fault(waiting.receive(), *receiver(2150859047))
            client.delete(shell)


def test_a_user_who_is_refused(running):
    """P-5.8: access denied, and P-5.4: under which decision."""
    with running.connect('carol') as client:
        response = client.ask(GET, shell=NO_SHELL)
        text = assert_fault(response, 's:Sender', 'w:AccessDenied', None, 5, WSMAN)
        decision, = re.findall(r'decision ([^ .<]+)', response.fault.text)
        assert text.count(decision) == 2


def test_a_redirect(running):
    """P-5.8 and P-5.9: HTTP 302 with the fault as its body."""
    with running.connect('erin') as client:
        response = client.ask(GET, shell=NO_SHELL)
        assert response.status == 302
        response.status = 500
        assert_fault(response, *receiver(2150859161))


def padded(text, size):
    """The message with white space behind it, of that many bytes."""
    return text.encode() + b' ' * (size - len(text.encode()))


def test_requests_that_are_too_large(running):
    """P-1.5: up to the limit, a byte above it, up to what HTTP takes, and above that."""
    too_large = sender('w:EncodingLimit', 'ServiceEnvelopeLimit', 2150858825)
    with running.connect('alice') as client:
        assert_fault(client.post(padded(get(), LARGEST)), *not_found())
        assert_fault(client.post(padded(get(), LARGEST + 1)), *too_large)
        assert_fault(client.post(padded('no XML', 1089536)), *too_large)
        assert client.post(get()).fault.number == 2150858843
        response = client.post(padded(get(), 1089537))
        assert response.status == 413 and response.body == b''
        assert response.header('Content-Type')
    with running.connect('alice') as client:
        body = padded(get(), 1089537)
        client.socket.sendall(
            ('POST /wsman HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n'
             'Content-Type: application/soap+xml\r\nAuthorization: %s\r\n\r\n'
             % client.authorization).encode()
            + b''.join(b'%x\r\n%s\r\n' % (len(body[at:at + 60000]), body[at:at + 60000])
                       for at in range(0, len(body), 60000)))
        assert client.receive().status == 413


def test_responses_that_would_be_too_large(running):
    """P-1.5: the limit is that of the message as it is sent, in UTF-16 two bytes a character."""
    def small(text):
        return text.replace('>153600<', '>8192<')
    body = ('<rsp:Shell Name="%s"><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>'
            % ('&quot;' * 255))
    wordy = '&quot;' * 128
    with running.connect('alice') as client:
        shell = client.post(envelope(CREATE, body)).text('w:Selector')
        request = small(envelope(GET, shell=shell, message_id=wordy, extra=(
            '<p:OperationID>%s</p:OperationID>' % wordy)))
        assert 4096 < len(client.post(request).body) < 8192
        response = as_utf16(client, request)
        text = assert_fault(response, *sender('w:EncodingLimit', 'MaxEnvelopeSizeExceeded',
                                              2150858824))
        assert '<a:RelatesTo>%s</a:RelatesTo>' % wordy in text
        # Who allows more gets it.
        assert as_utf16(client, request.replace('>8192<', '>16384<')).status == 200
        client.delete(shell)


def test_unknown_headers_are_named(client):
    """P-5.7"""
    for header, name in (('<Lone s:mustUnderstand="1"/>', 'qname="Lone"/>'),
                         ('<q:In xmlns:q="urn:&lt;&amp;" s:mustUnderstand="1"/>',
                          'qname="q:In" xmlns:q="urn:&lt;&amp;"/>'),
                         ('<rsp:CompressionType>xpress</rsp:CompressionType>',
                          'qname="q:CompressionType" xmlns:q="%s"/>' % NS['rsp'])):
        response = client.post(get(extra=header))
        text = assert_fault(response, 's:MustUnderstand', None, None, 2150858768, ADDRESSING)
        assert '<s:NotUnderstood ' + name in text.split('</s:Header>')[0]
        assert text.count('s:NotUnderstood') == 1
    many = ''.join('<n%d s:mustUnderstand="%d"/>' % (n, n % 2) for n in range(30))
    text = client.post(get(extra=many)).body.decode()
    assert re.findall('<s:NotUnderstood qname="(n[0-9]+)"/>', text) == [
        'n%d' % n for n in range(1, 16, 2)]
