# SPDX-License-Identifier: ISC
"""docs/protocol.md on the wire: faults with all their parts, in UTF-8 and in UTF-16, and what
clients write that others would not."""

import re

import pytest

from server import Server
from wire import (ANONYMOUS, CMD, COMMAND, CREATE, GET, NS, RECEIVE, SEND, TERMINATE,
                  envelope)

NO_SHELL = '6B29FC40-CA47-1067-B31D-00DD010662DA'
DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/'
ADDRESSING = 'http://schemas.xmlsoap.org/ws/2004/08/addressing/fault'
WSMAN = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault'
COMMAND_LINE = '<rsp:CommandLine><rsp:Command>true</rsp:Command></rsp:CommandLine>'
STREAMS = '<rsp:Shell><rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>'


def get(replace='', by='', **other):
    """A good Get with one part replaced."""
    text = envelope(GET, shell=NO_SHELL, message_id='uuid:question', **other)
    assert replace in text
    return text.replace(replace, by)


def send(stream):
    return envelope(SEND, '<rsp:Send>%s</rsp:Send>' % stream, shell=NO_SHELL,
                    message_id='uuid:question')


FAULTS = {
    # name: (request, code, subcode, detail, number, action)
    'no Action': (
        get('<a:Action s:mustUnderstand="true">%s</a:Action>' % GET),
        's:Sender', 'a:MessageInformationHeaderRequired', None, 2150858769, ADDRESSING),
    'no To': (
        get('<a:To>http://windows-host:5985/wsman</a:To>'),
        's:Sender', 'a:MessageInformationHeaderRequired', None, 2150858769, ADDRESSING),
    'two Actions': (
        get(extra='<a:Action>x</a:Action>'),
        's:Sender', 'a:InvalidMessageInformationHeader', None, 2150858767, ADDRESSING),
    'OperationTimeout below zero': (
        get('PT20S', '-PT1S'),
        's:Sender', 'a:InvalidMessageInformationHeader', 'InvalidTimeout', 2150858767, ADDRESSING),
    'OperationTimeout that is a number': (
        get('PT20S', '20'),
        's:Sender', 'a:InvalidMessageInformationHeader', 'InvalidTimeout', 2150858767, ADDRESSING),
    'answers elsewhere': (
        get(ANONYMOUS, 'http://client.example/'),
        's:Sender', 'w:UnsupportedFeature', 'AddressingMode', 2150858870, WSMAN),
    'small MaxEnvelopeSize': (
        get('>153600<', '>8191<'),
        's:Sender', 'w:EncodingLimit', 'MinimumEnvelopeLimit', 2150858878, WSMAN),
    'Locale that must be understood': (
        get('<w:Locale s:mustUnderstand="false"', '<w:Locale s:mustUnderstand="1"'),
        's:Sender', 'w:UnsupportedFeature', 'Locale', 2150858887, WSMAN),
    'long resource URI': (
        get(resource='http://x/' + 'y' * 2048),
        's:Sender', 'w:EncodingLimit', 'URILimitExceeded', 2150858797, WSMAN),
    'two equal selectors': (
        get('</w:SelectorSet>', '<w:Selector Name="SHELLID">x</w:Selector></w:SelectorSet>'),
        's:Sender', 'w:InvalidSelectors', 'DuplicateSelectors', 2150858847, WSMAN),
    'a selector that is no text': (
        get(NO_SHELL, '<a:EndpointReference/>'),
        's:Sender', 'w:InvalidSelectors', 'TypeMismatch', 2150858844, WSMAN),
    '65 selectors': (
        get('</w:SelectorSet>', ''.join('<w:Selector Name="n%d"/>' % n for n in range(64))
            + '</w:SelectorSet>'),
        's:Sender', 'w:EncodingLimit', 'SelectorLimit', 2150858826, WSMAN),
    '257 options': (
        get(options=[('n%d' % n, 'x') for n in range(257)]),
        's:Sender', 'w:EncodingLimit', 'OptionLimit', 2150858827, WSMAN),
    'option without name': (
        get(options=[('', 'x')]),
        's:Sender', 'w:InvalidOptions', 'InvalidName', 2150858834, WSMAN),
    'compression': (
        get(extra='<rsp:CompressionType s:mustUnderstand="true">xpress</rsp:CompressionType>'),
        's:MustUnderstand', None, None, 2150858768, ADDRESSING),
    'compression that need not be understood': (
        get(extra='<rsp:CompressionType>xpress</rsp:CompressionType>'),
        's:MustUnderstand', None, None, 2150858768, ADDRESSING),
    'unknown header': (
        get(extra='<New xmlns="urn:n" s:mustUnderstand="1"/>'),
        's:MustUnderstand', None, None, 2150858768, ADDRESSING),
    'fragment transfer': (
        get(extra='<w:FragmentTransfer s:mustUnderstand="true">x</w:FragmentTransfer>'),
        's:Sender', 'w:UnsupportedFeature', 'FragmentLevelAccess', 2150858818, WSMAN),
    'no selector': (
        envelope(RECEIVE, '<rsp:Receive/>', message_id='uuid:question'),
        's:Sender', 'w:InvalidSelectors', 'InsufficientSelectors', 2150858842, WSMAN),
    'no shell of that name': (
        get(), 's:Sender', 'w:InvalidSelectors', 'UnexpectedSelectors', 2150858843, WSMAN),
    'another body than the action has': (
        envelope(SEND, '<rsp:Receive/>', shell=NO_SHELL, message_id='uuid:question'),
        's:Sender', 'w:SchemaValidationError', None, 2150858817, WSMAN),
    'two bodies': (
        envelope(COMMAND, COMMAND_LINE * 2, shell=NO_SHELL, message_id='uuid:question'),
        's:Sender', 'w:SchemaValidationError', None, 2150858791, WSMAN),
    'no base64': (
        send('<rsp:Stream Name="stdin">?</rsp:Stream>'),
        's:Sender', 'w:SchemaValidationError', None, 2150858817, WSMAN),
    'streams of two commands': (
        send('<rsp:Stream Name="stdin" CommandId="a"/><rsp:Stream Name="stdin" CommandId="b"/>'),
        's:Sender', 'w:InvalidParameter', None, 2150858810, WSMAN),
    'torn behind the header': (
        get('</s:Envelope>', ''), 's:Sender', 'w:SchemaValidationError', None, 2150858819, WSMAN),
    'a ShellId that is no GUID': (
        envelope(CREATE, STREAMS.replace('<rsp:Shell', '<rsp:Shell ShellId="x"'),
                 message_id='uuid:question'),
        's:Receiver', 'w:InternalError', None, 2150859221, WSMAN),
    'a CommandId that is no GUID': (
        envelope(COMMAND, COMMAND_LINE.replace('Line>', 'Line CommandId="x">', 1), shell=NO_SHELL,
                 message_id='uuid:question'),
        's:Receiver', 'w:InternalError', None, 2150859220, WSMAN),
    'IdleTimeOut of zero': (
        envelope(CREATE, STREAMS.replace('<rsp:Out', '<rsp:IdleTimeOut>PT0S</rsp:IdleTimeOut>'
                                         '<rsp:Out'), message_id='uuid:question'),
        's:Receiver', 'w:InternalError', None, 2150859250, WSMAN),
    'an action that nobody knows': (
        envelope('urn:x', shell=NO_SHELL, message_id='uuid:question'),
        's:Sender', 'a:ActionNotSupported', None, 2150858753, ADDRESSING),
    'a resource that nobody serves': (
        envelope(CREATE, STREAMS, resource='http://x/y', message_id='uuid:question'),
        's:Sender', 'a:DestinationUnreachable', 'InvalidResourceURI', 2150858811, ADDRESSING),
    'larger than MaxEnvelopeSizekb': (
        envelope(CREATE, '<rsp:Shell>%s</rsp:Shell>' % ('x' * 520000)),
        's:Sender', 'w:EncodingLimit', 'ServiceEnvelopeLimit', 2150858825, WSMAN),
}


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    with Server(tmp_path_factory.mktemp('protocol') / 'server', users) as server:
        yield server


def as_utf16(client, text):
    body = b'\xff\xfe' + text.replace('encoding="UTF-8"', 'encoding="utf-16"').encode('utf-16-le')
    return post_as(client, body, 'application/soap+xml;charset=UTF-16')


def post_as(client, body, content_type):
    client.socket.sendall(('POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n'
                           'Content-Type: %s\r\nAuthorization: %s\r\n\r\n'
                           % (len(body), content_type, client.authorization)).encode() + body)
    return client.receive()


def assert_fault(response, code, subcode, detail, number, action):
    xml = response.xml
    assert response.status == 500
    fault = response.fault
    assert (fault.code, fault.subcode, fault.number) == (code, subcode, number)
    assert xml.findtext('s:Header/a:Action', namespaces=NS) == action
    found = fault.detail.findtext('w:FaultDetail', namespaces=NS)
    assert found == (DETAIL + detail if detail else None)
    assert fault.text and fault.text == fault.message
    assert fault.detail.find('f:WSManFault', NS).get('Machine')
    text = response.body.decode('utf-16' if response.body[:1] == b'\xff' else 'utf-8')
    assert re.search(r'<f:WSManFault [^>]*Code="%d"' % number, text)
    assert not re.search(r'>\s+<', text)
    assert text.startswith('<s:Envelope xml:lang="en-US" xmlns:s=')
    return text


@pytest.mark.parametrize('name', FAULTS)
def test_faults(running, name):
    """P-5.1, P-5.8 and P-5.10, in both encodings"""
    request, *expected = FAULTS[name]
    with running.connect('alice') as client:
        response = client.post(request)
        assert response.header('Content-Type') == 'application/soap+xml;charset=UTF-8'
        text = assert_fault(response, *expected)
        if 'uuid:question' in request and 'x' * 1000 not in request:
            assert '<a:RelatesTo>uuid:question</a:RelatesTo>' in text
        if name == 'unknown header':
            assert '<s:NotUnderstood qname="q:New" xmlns:q="urn:n"/>' in text
        if len(request) < 100000:
            response = as_utf16(client, request)
            assert response.header('Content-Type') == 'application/soap+xml;charset=UTF-16'
            assert response.body.startswith(b'\xff\xfe<\0')
            assert_fault(response, *expected)
        # The connection is as good as before.
        assert client.post(get()).fault.number == 2150858843


@pytest.mark.parametrize('body, content_type', [
    (b'<a', 'application/soap+xml'), (b'', 'application/soap+xml'),
    (b'\xff\xfe<', 'application/soap+xml;charset=UTF-16'),
    (b'\xff' * 100, 'application/soap+xml;charset=UTF-8'),
    (b'\0' * 100, 'application/soap+xml;charset=UTF-16'),
    (get()[:60].encode(), 'application/soap+xml;charset=UTF-8')])
def test_what_is_no_soap(running, body, content_type):
    with running.connect('alice') as client:
        response = post_as(client, body, content_type)
        assert response.status == (400 if body else 200)
        assert response.body == b'' and response.header('Content-Type')


@pytest.mark.parametrize('charset', ['iso-8859-1', 'windows-1252', 'utf-7', 'x' * 40])
def test_other_character_sets(running, charset):
    with running.connect('alice') as client:
        response = post_as(client, get().encode(), 'application/soap+xml;charset=' + charset)
        assert_fault(response, 's:Sender', 'w:EncodingLimit', 'CharacterSet', 2150858828, WSMAN)


@pytest.mark.parametrize('content_type, encode', [
    ('application/soap+xml; action="%s"; charset=UTF-8' % GET, 'utf-8'),
    ('Application/Soap+XML ;CHARSET="utf-8"', 'utf-8'),
    ('application/soap+xml', 'utf-8'),
    ('application/soap+xml', 'utf-16'),
    ('application/soap+xml;charset=UTF-16', 'utf-16-be-mark'),
    ('application/soap+xml;charset=UTF-16', 'utf-16-le'),
    ('application/soap+xml;charset=UTF-8', 'utf-8-sig'),
])
def test_content_types(running, content_type, encode):
    text = get().replace('<?xml version="1.0" encoding="UTF-8"?>', '')
    if encode == 'utf-16-be-mark':
        body = b'\xfe\xff' + text.encode('utf-16-be')
    else:
        body = text.encode(encode)
    with running.connect('alice') as client:
        response = post_as(client, body, content_type)
        assert response.fault.number == 2150858843
        assert response.header('Content-Type').endswith(encode[:6].upper().rstrip('-') if '16' in
                                                        encode else 'UTF-8')


def test_namespaces_declared_elsewhere(running):
    """No prefix at all: each element says where it belongs (P-3.1); children of the shell in any
    order, also one that nobody knows (P-4.6.7)."""
    def element(namespace, name, inner, **attributes):
        return '<%s xmlns="%s"%s>%s</%s>' % (name, NS[namespace], ''.join(
            ' %s="%s"' % pair for pair in attributes.items()), inner, name)
    header = (element('a', 'To', 'http://x/') + element('a', 'Action', CREATE)
              + element('a', 'MessageID', '\n  uuid:1  \n') + element('w', 'ResourceURI', CMD)
              + element('a', 'ReplyTo', '\n<Address>\n%s\n</Address>\n' % ANONYMOUS)
              + element('w', 'OptionSet', '<Option Name="WINRS_CODEPAGE">65001</Option>'))
    body = element('rsp', 'Shell', '<!-- a comment --><OutputStreams>\n stdout\n\tstderr '
                   '</OutputStreams><Lifetime>PT1H</Lifetime><Future a="b"/>'
                   '<InputStreams>stdin</InputStreams>')
    with running.connect('alice') as client:
        response = client.post('<Envelope xmlns="%s">\n<Header>%s</Header>\n<Body>\n%s\n</Body>\n'
                               '</Envelope>' % (NS['s'], header, body))
        assert response.status == 200, response.body
        assert response.xml.findtext('s:Header/a:RelatesTo', namespaces=NS) == 'uuid:1'
        assert response.text('rsp:OutputStreams') == 'stdout stderr'
        client.delete(response.text('w:Selector'))


def test_the_spellings_of_clients(running):
    """Ruby, masterzen, nodejs-winrm, pypsrp and PSWSMan in one shell."""
    with running.connect('alice') as client:
        constant = 'uuid:C8BEDD93-D8D2-4D4E-8F2E-6E5E2B0A1B0F'
        shell = client.create(message_id=constant, extra=(
            '<p:SessionId mustUnderstand="true">uuid:1</p:SessionId>'
            '<x:Unknown mustUnderstand="true"/>'
            '<w:OptionSet><w:Option Name="WINRS_NOPROFILE" mustComply="true">1</w:Option>'
            '<w:Option Name="WINRS_CODEPAGE" MustComply="True">65001</w:Option></w:OptionSet>'))
        response = client.ask(COMMAND, '<rsp:CommandLine><rsp:Command><![CDATA[cat && echo "<&>"]]>'
                              '</rsp:Command></rsp:CommandLine>', shell=shell, timeout='PT1M10S',
                              message_id=constant)
        command = response.text('rsp:CommandId')
        for data, end in (('YWJj\r\nZGVm\r\n', 'False'), (' Z2hp ', 'False'), ('', 'True')):
            assert client.ask(SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s" End="%s">%s'
                              '</rsp:Stream></rsp:Send>' % (command, end, data),
                              shell=shell.lower(), message_id=constant).status == 200
        assert client.receive_all(shell, command)[0] == b'abcdefghi<&>\n'
        client.signal(shell, command, TERMINATE.replace('terminate', 'Terminate'))
        client.delete(shell)


def test_an_option_that_nobody_understands(running):
    with running.connect('alice') as client:
        for name in ('MustComply', 'mustComply'):
            response = client.ask(CREATE, STREAMS, extra=(
                '<w:OptionSet s:mustUnderstand="true"><w:Option Name="NO_SUCH" %s="true">1'
                '</w:Option></w:OptionSet>' % name))
            assert response.status == 500
            assert response.fault.subcode == 'w:InvalidOptions'
        # Without the demand it is ignored.
        client.delete(client.create(options=[('NO_SUCH', '1')]))


def test_the_provider_s_words_are_shown_to_every_client(running):
    """Some clients show s:Text alone."""
    with running.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        fault = client.ask_signal(shell, command, 'http://example.com/no-such-signal').fault
        assert fault.text == fault.message
        client.delete(shell)


def test_quota_and_time_out_faults(running):
    with running.connect('dave') as client:
        shell = client.create()
        fault = client.ask(CREATE, STREAMS).fault
        first, second = list(fault.detail)
        assert first.tag == '{%s}WSManFault' % NS['f']
        assert second.tag == '{%s}MSFT_WmiError' % NS['wmi']
        assert second.findtext('wmi:error_Code', namespaces=NS) == str(fault.number)
        assert fault.text == fault.message == second.findtext('wmi:Message', namespaces=NS)
        command = client.command(shell, 'cat')
        response = client.ask_receive(shell, command, timeout='PT0.2S')
        assert_fault(response, 's:Receiver', 'w:TimedOut', None, 2150858793, WSMAN)
        assert 'OperationTimeout' in response.fault.text
        client.delete(shell)
