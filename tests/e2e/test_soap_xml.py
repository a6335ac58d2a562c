# SPDX-License-Identifier: ISC
"""XML as clients may write it (docs/protocol.md, P-1 and P-3.1): prefixes, white space, comments,
encodings; and what no SOAP message may have."""

import re

import pytest

from server import Server
from test_wire_protocol import (ADDRESSING, NO_SHELL, STREAMS, WSMAN, as_utf16, assert_fault, get,
                                post_as)
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, GET, IDENTIFY, NS, RECEIVE, envelope

NOT_FOUND = ('s:Sender', 'w:InvalidSelectors', 'UnexpectedSelectors', 2150858843, WSMAN)
INVALID_XML = ('s:Sender', 'w:SchemaValidationError', None, 2150858819, WSMAN)
INVALID_BODY = ('s:Sender', 'w:SchemaValidationError', None, 2150858791, WSMAN)
VERSION = ('s:VersionMismatch', None, None, 2150858765, ADDRESSING)
MISSING = ('s:Sender', 'a:MessageInformationHeaderRequired', None, 2150858769, ADDRESSING)
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
PLAIN = get().replace(DECLARATION, '')
SOAP = 'application/soap+xml'


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    with Server(tmp_path_factory.mktemp('xml') / 'server', users) as server:
        yield server


@pytest.fixture(scope='module')
def client(running):
    with running.connect('alice') as connection:
        yield connection


def with_prefixes(text, names):
    """The same message with other prefixes."""
    for old, new in names.items():
        text = re.sub(r'(</?|xmlns:| )%s(:|=)' % old,
                      lambda match, new=new: match.group(1) + new + match.group(2), text)
    return text


WRITTEN = {
    # name: (the message, expected)
    'as most clients do': (PLAIN, NOT_FOUND),
    'prefixes of pypsrp': (with_prefixes(PLAIN, {'a': 'wsa', 'w': 'wsman', 'p': 'wsmv'}),
                           NOT_FOUND),
    'prefixes exchanged': (with_prefixes(PLAIN, {'a': 'TMP', 'w': 'a', 'TMP': 'w'}), NOT_FOUND),
    'prefixes of one letter, a dot, a dash and more': (with_prefixes(
        PLAIN, {'s': 'S-', 'a': '_', 'w': 'w.w', 'rsp': '\u00e4'}), NOT_FOUND),
    'xml declared': (PLAIN.replace(' xmlns:a', ' xmlns:xml="http://www.w3.org/XML/1998/namespace"'
                                   ' xmlns:a', 1), NOT_FOUND),
    'xml declared as something else': (PLAIN.replace(
        ' xmlns:a', ' xmlns:xml="urn:x" xmlns:a', 1), None),
    'redeclared': (PLAIN.replace('<a:To>', '<a:To xmlns:w="urn:other" xmlns:s="urn:x">'),
                   NOT_FOUND),
    'redeclared to another namespace': (PLAIN.replace('<a:To>', '<a:To xmlns:a="urn:other">'),
                                        MISSING),
    'declared late': (PLAIN.replace(' xmlns:a="%s"' % NS['a'], '').replace(
        '<s:Header>', '<s:Header xmlns:a="%s">' % NS['a']), NOT_FOUND),
    'not declared': (PLAIN.replace(' xmlns:a="%s"' % NS['a'], ''), INVALID_XML),
    'undeclared prefix of an attribute': (PLAIN.replace('<a:To>', '<a:To q:x="1">'), INVALID_XML),
    'single quotes': (PLAIN.replace('"', "'"), NOT_FOUND),
    'white space everywhere': (re.sub(r'(?<=>)(?=<)', ' \r\n\t', PLAIN).replace('" ', '"\n\t')
                               .replace('="', ' = "').replace('">', '" >'), NOT_FOUND),
    'declaration and white space': (DECLARATION + '\r\n\n' + PLAIN + '\r\n \n', NOT_FOUND),
    'white space before the declaration': (' ' + DECLARATION + PLAIN, None),
    'standalone': ('<?xml version="1.0" standalone="yes"?>' + PLAIN, NOT_FOUND),
    'not standalone': ('<?xml version="1.0" encoding="utf-8" standalone="no"?>' + PLAIN,
                       NOT_FOUND),
    'standalone, wrongly': ('<?xml version="1.0" standalone="maybe"?>' + PLAIN, None),
    'comments': (PLAIN.replace('><', '><!-- -a <b> -->' '<').replace(
        GET, GET[:9] + '<!--x-->' + GET[9:]), NOT_FOUND),
    'comment before': ('<!-- first -->' + PLAIN + '<!-- last -->', NOT_FOUND),
    'a wrong comment': (PLAIN.replace('<s:Header>', '<!-- a -- b --><s:Header>'), INVALID_XML),
    'CDATA': (PLAIN.replace(GET, '<![CDATA[%s]]>' % GET).replace(
        NO_SHELL, NO_SHELL[:5] + '<![CDATA[%s]]>' % NO_SHELL[5:]), NOT_FOUND),
    'CDATA that is markup': (PLAIN.replace(NO_SHELL, '<![CDATA[</w:Selector>&lt;]]>'), NOT_FOUND),
    'character references': (PLAIN.replace(GET, GET.replace('/', '&#47;').replace('G', '&#x47;')),
                             NOT_FOUND),
    'a reference to NUL': (PLAIN.replace(NO_SHELL, 'a&#0;b'), INVALID_XML),
    'a reference to half a character': (PLAIN.replace(NO_SHELL, '&#xD800;'), INVALID_XML),
    'an unknown entity': (PLAIN.replace(NO_SHELL, '&nbsp;'), INVALID_XML),
    'an instruction before': ('<?go?>' + PLAIN, INVALID_XML),
    'an instruction inside': (PLAIN.replace('<s:Header>', '<s:Header><?go on?>'), INVALID_XML),
    'an instruction behind': (PLAIN + '<?go?>', INVALID_XML),
    'a stylesheet': ('<?xml-stylesheet href="x"?>' + PLAIN, INVALID_XML),
    'a document type': ('<!DOCTYPE Envelope>' + PLAIN, INVALID_XML),
    'a document type that is elsewhere': (
        '<!DOCTYPE s:Envelope SYSTEM "http://127.0.0.1:1/x.dtd">' + PLAIN, INVALID_XML),
    'an entity': ('<!DOCTYPE x [<!ENTITY e "%s">]>' % NO_SHELL + PLAIN.replace(NO_SHELL, '&e;'),
                  INVALID_XML),
    'two roots': (PLAIN * 2, INVALID_XML),
    'text behind': (PLAIN + 'x', INVALID_XML),
    'text before': ('x' + PLAIN, None),
    'SOAP 1.1': (PLAIN.replace(NS['s'], 'http://schemas.xmlsoap.org/soap/envelope/'), VERSION),
    'another root': ('<Envelope/>', VERSION),
    'another root of SOAP': ('<s:Body xmlns:s="%s"/>' % NS['s'], VERSION),
    'no header': (re.sub(r'<s:Header>.*</s:Header>', '', PLAIN), MISSING),
    'no body': (PLAIN.replace('<s:Body></s:Body>', ''), INVALID_BODY),
    'two headers': (PLAIN.replace('<s:Header>', '<s:Header/><s:Header>'), INVALID_BODY),
    'two bodies': (PLAIN.replace('<s:Body>', '<s:Body/><s:Body>'), INVALID_BODY),
    'a body of white space': (PLAIN.replace('<s:Body>', '<s:Body> \n'), NOT_FOUND),
    'a short body': (PLAIN.replace('<s:Body></s:Body>', '<s:Body/>'), NOT_FOUND),
    'Identify with headers that nobody knows': (IDENTIFY.replace(
        '<s:Header/>', '<s:Header><x s:mustUnderstand="1"/></s:Header>'), 200),
    'Identify of two': (IDENTIFY.replace('<s:Body>', '<s:Body/><s:Body>'), INVALID_BODY),
}


@pytest.mark.parametrize('name', WRITTEN)
def test_ways_to_write_a_message(client, name):
    """P-1.3, P-1.4, P-1.6, P-1.7 and P-3.1; None: HTTP 400 without a body."""
    text, expected = WRITTEN[name]
    for encoding, send in (('UTF-8', lambda: client.post(text)),
                           ('UTF-16', lambda: as_utf16(client, text))):
        response = send()
        assert response.header('Content-Type').endswith(encoding) or expected is None
        if expected is None:
            assert response.status == 400 and response.body == b''
        elif expected == 200:
            assert response.status == 200 and response.text('wsmid:ProtocolVersion')
        else:
            answer = assert_fault(response, *expected)
            if expected == VERSION:
                assert ('<s:Upgrade><s:SupportedEnvelope qname="s:Envelope"/></s:Upgrade>'
                        in answer)


def mark(order):
    return b'\xff\xfe' if order == 'le' else b'\xfe\xff'


UTF16 = [(order, bom, charset, declared)
         for order in ('le', 'be') for bom in (True, False)
         for charset in (None, 'UTF-16', 'utf-8') for declared in (None, 'UTF-16', 'UTF-8')]


@pytest.mark.parametrize('order, bom, charset, declared', UTF16)
def test_utf16(client, order, bom, charset, declared):
    """P-1.1 and P-1.2: mark, then charset, then declaration; the beginning of the markup is as
    good as a mark. The answer is little-endian with a mark."""
    text = ('<?xml version="1.0" encoding="%s"?>' % declared if declared else '') + get(
        'uuid:question', 'uuid:\u00e4\U0001F600').replace(DECLARATION, '')
    body = (mark(order) if bom else b'') + text.encode('utf-16-' + order)
    response = post_as(client, body, SOAP + (';charset=' + charset if charset else ''))
    assert response.header('Content-Type') == SOAP + ';charset=UTF-16'
    assert response.body.startswith(b'\xff\xfe<\0')
    assert '<a:RelatesTo>uuid:\u00e4\U0001F600</a:RelatesTo>' in assert_fault(response, *NOT_FOUND)


@pytest.mark.parametrize('bom, charset, declared, number', [
    (True, None, None, 2150858843), (True, 'utf-16', None, 2150858843),
    (True, 'iso-8859-1', 'iso-8859-1', 2150858843),
    (False, 'UTF8', 'UTF-16', 2150858843), (False, 'us-ascii', 'iso-8859-1', 2150858843),
    (False, None, 'utf-8', 2150858843), (False, None, 'US-ASCII', 2150858843),
    (False, None, 'iso-8859-1', 2150858828), (False, None, 'x' * 30, 2150858828),
    (False, 'koi8-r', 'utf-8', 2150858828), (False, '', None, 2150858843)])
def test_utf8_and_others(client, bom, charset, declared, number):
    """P-1.1: a declaration that contradicts the mark or the charset is not heeded."""
    text = ('<?xml version="1.0" encoding="%s"?>' % declared if declared else '') + PLAIN
    body = (b'\xef\xbb\xbf' if bom else b'') + text.encode()
    response = post_as(client, body, SOAP + (';charset=' + charset if charset is not None else ''))
    assert response.fault.number == number
    assert response.header('Content-Type') == SOAP + ';charset=UTF-8'


BROKEN = {
    'half a unit': PLAIN.encode('utf-16')[:-1],
    'half a pair': b'\xff\xfe' + PLAIN.encode('utf-16-le').replace(b'u\0u\0i\0d\0', b'\0\xd8' * 4),
    'UTF-32': PLAIN.encode('utf-32'),
    'Latin-1': PLAIN.replace('uuid:', '\u00e4').encode('latin-1'),
    'an overlong character': PLAIN.encode().replace(b'uuid:', b'\xc0\xaf'),
    'a surrogate in UTF-8': PLAIN.encode().replace(b'uuid:', b'\xed\xa0\x80'),
    'NUL': PLAIN.encode().replace(b'uuid:', b'\0'),
    'a control character': PLAIN.encode().replace(b'uuid:', b'\x0b'),
    'a mark of UTF-8 before UTF-16': b'\xef\xbb\xbf' + PLAIN.encode('utf-16'),
    'a mark alone': b'\xff\xfe',
    'half a mark': b'\xef\xbb',
}


@pytest.mark.parametrize('name', BROKEN)
def test_broken_encodings(client, name):
    """P-1.4: never accepted, never repaired; the fault names the message when that was read."""
    response = post_as(client, BROKEN[name], SOAP)
    if response.status == 400:
        assert response.body == b''
    else:
        assert_fault(response, *INVALID_XML)
    assert client.post(PLAIN).fault.number == 2150858843


def test_responses_have_no_white_space_and_the_usual_prefixes(client):
    """P-3.1, whatever the request looked like."""
    def spaced(text):
        text = with_prefixes(text, {'s': 'env', 'a': 'wsa', 'w': 'wsman', 'rsp': 'shell'})
        return re.sub(r'(?<=>)(?=<(?!/))', '\n  ', text)

    responses = []

    def ask(action, body='', shell=None):
        response = client.post(spaced(envelope(action, body, shell=shell)))
        responses.append(response)
        return response
    shell = ask(CREATE, STREAMS).text('w:Selector')
    command = ask(COMMAND, '<rsp:CommandLine><rsp:Command>printf "a b"</rsp:Command>'
                  '</rsp:CommandLine>', shell).text('rsp:CommandId')
    ask(RECEIVE, '<rsp:Receive><rsp:DesiredStream CommandId="%s">\n stdout\n\n'
        '</rsp:DesiredStream></rsp:Receive>' % command, shell)
    ask(GET, shell=shell)
    ask(DELETE, shell=shell)
    ask(GET, shell=shell)
    for response in responses:
        text = response.body.decode()
        assert not re.search(r'>\s+<', text) and not text.endswith('\n')
        assert set(re.findall(r'</?([\w]+):', text)) <= set('sawpxf') | {'rsp'}
        assert not re.search(r'mustUnderstand="(true|1)"', text)
    assert [response.status for response in responses] == [200] * 5 + [500]


def test_the_creation_xml_keeps_its_namespaces(client):
    """P-4.6.5: prefixes declared far outside, nearer, and on the element itself."""
    root = ''.join(' xmlns:%s="urn:%d"' % ('a' * length, length) for length in range(2, 50))
    body = ('<rsp:Shell><rsp:OutputStreams>stdout</rsp:OutputStreams><aaa:x aa:y="aaaaa:z">%s'
            '</aaa:x></rsp:Shell>' % ('a' * 300000))
    text = envelope(CREATE, body).replace('<s:Envelope', '<s:Envelope' + root)
    response = client.post(text)
    assert response.status == 200
    client.delete(response.text('w:Selector'))
    assert ANONYMOUS in response.body.decode() and CMD in response.body.decode()
