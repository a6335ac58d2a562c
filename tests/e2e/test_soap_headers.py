# SPDX-License-Identifier: ISC
"""Each header of docs/protocol.md, P-3, in each form that occurs, through a running service.

A request is a Get of a shell that is not there: when its headers are accepted, the answer is
2150858843 and names the message.
"""

import re
import time
from xml.sax.saxutils import escape

import pytest

from server import Server
from test_wire_protocol import (ADDRESSING, NO_SHELL, STREAMS, WSMAN, as_utf16, assert_fault, get)
from wire import ANONYMOUS, CMD, CREATE, GET, NS, RECEIVE, SHELL, envelope, receive_body

OK = ('s:Sender', 'w:InvalidSelectors', 'UnexpectedSelectors', 2150858843, WSMAN)
MISSING = ('s:Sender', 'a:MessageInformationHeaderRequired', None, 2150858769, ADDRESSING)
INVALID = ('s:Sender', 'a:InvalidMessageInformationHeader', None, 2150858767, ADDRESSING)
TIMEOUT = ('s:Sender', 'a:InvalidMessageInformationHeader', 'InvalidTimeout', 2150858767,
           ADDRESSING)
LONG_URI = ('s:Sender', 'w:EncodingLimit', 'URILimitExceeded', 2150858797, WSMAN)
ELSEWHERE = ('s:Sender', 'w:UnsupportedFeature', 'AddressingMode', 2150858870, WSMAN)
SMALL = ('s:Sender', 'w:EncodingLimit', 'MinimumEnvelopeLimit', 2150858878, WSMAN)
LOCALE = ('s:Sender', 'w:UnsupportedFeature', 'Locale', 2150858887, WSMAN)
UNKNOWN = ('s:MustUnderstand', None, None, 2150858768, ADDRESSING)
ROLE = NS['s'] + '/role/'

TO = '<a:To>http://windows-host:5985/wsman</a:To>'
REPLY_TO = '<a:ReplyTo><a:Address s:mustUnderstand="true">%s</a:Address></a:ReplyTo>' % ANONYMOUS
ACTION = '<a:Action s:mustUnderstand="true">%s</a:Action>' % GET
RESOURCE = '<w:ResourceURI s:mustUnderstand="true">%s</w:ResourceURI>' % CMD
SIZE = '<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>'
TIME = '<w:OperationTimeout>PT20S</w:OperationTimeout>'
MESSAGE_ID = '<a:MessageID>uuid:question</a:MessageID>'
LOCALES = '<w:Locale s:mustUnderstand="false" xml:lang="en-US"/>'


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    with Server(tmp_path_factory.mktemp('headers') / 'server', users) as server:
        yield server


@pytest.fixture(scope='module')
def client(running):
    with running.connect('alice') as connection:
        yield connection


def role(value):
    return 's:role="%s"' % value


ADDRESSES = {
    # name: (what is replaced, by what, expected)
    'To of somebody else': (TO, '<a:To>https://other.example:1/x?y</a:To>', OK),
    'To that is no address': (TO, '<a:To>nowhere</a:To>', OK),
    'To with blanks and mustUnderstand': (TO, '<a:To s:mustUnderstand="1">\n x </a:To>', OK),
    'To of 2048': (TO, '<a:To>%s</a:To>' % ('x' * 2048), OK),
    'To of 2049': (TO, '<a:To>%s</a:To>' % ('x' * 2049), LONG_URI),
    'empty To': (TO, '<a:To/>', INVALID),
    'no To': (TO, '', MISSING),
    'two To': (TO, TO * 2, INVALID),
    'no ReplyTo': (REPLY_TO, '', OK),
    'two ReplyTo': (REPLY_TO, REPLY_TO * 2, INVALID),
    'ReplyTo with blanks': (ANONYMOUS, '\n %s\t' % ANONYMOUS, OK),
    'ReplyTo elsewhere': (ANONYMOUS, 'http://client.example/', ELSEWHERE),
    'ReplyTo in another case': (ANONYMOUS, ANONYMOUS.upper(), ELSEWHERE),
    'ReplyTo nobody': (ANONYMOUS, ANONYMOUS.replace('anonymous', 'none'), ELSEWHERE),
    'empty ReplyTo': (REPLY_TO, '<a:ReplyTo/>', ELSEWHERE),
    'ReplyTo with a text': (REPLY_TO, '<a:ReplyTo>%s</a:ReplyTo>' % ANONYMOUS, ELSEWHERE),
    'FaultTo here': (REPLY_TO, REPLY_TO.replace('ReplyTo', 'FaultTo'), OK),
    'FaultTo elsewhere': (REPLY_TO, '<a:FaultTo><a:Address>urn:x</a:Address></a:FaultTo>',
                          ELSEWHERE),
    'no Action': (ACTION, '', MISSING),
    'empty Action': (ACTION, '<a:Action> </a:Action>', INVALID),
    'two Actions': (ACTION, ACTION * 2, INVALID),
    'Action with blanks, and no mustUnderstand': (ACTION, '<a:Action>\n%s\t</a:Action>' % GET, OK),
    'Action of 2049': (GET, 'u' * 2049, LONG_URI),
    'no ResourceURI': (RESOURCE, '', MISSING),
    'empty ResourceURI': (RESOURCE, '<w:ResourceURI/>', INVALID),
    'two ResourceURIs': (RESOURCE, RESOURCE * 2, INVALID),
    'ResourceURI with blanks': (CMD, '\n%s ' % CMD, OK),
    'ResourceURI of 2049': (CMD, 'u' * 2049, LONG_URI),
    'Action in another namespace': (ACTION, ACTION.replace('a:Action', 'w:Action').replace(
        's:must', 'must'), MISSING),
}
TIMES = {
    **{'time ' + text: (TIME, TIME.replace('PT20S', text), OK) for text in (
        'PT60S', 'PT60.000S', 'PT20.5S', 'PT1M10S', 'P1D', 'P1DT2H', 'P1Y', 'P1M', 'P1W2DT3H',
        'P0W0DT0H1M10S', '\n PT20S\t', 'PT999999999999999999999999S')},
    **{'time ' + text: (TIME, TIME.replace('PT20S', text), TIMEOUT) for text in (
        'PT-1S', '-PT1S', '+PT1S', '', ' ', '20', '20S', 'P', 'PT', 'P1S', 'PT1H2H', 'PT2M1H',
        'PT.5S', 'PT1.S', 'PT1.5M', 'pt1s', 'P1DT', 'PT1S;', 'soon', 'PT1S PT1S', '&#x661;')},
    'no time': (TIME, '', OK),
    'two times': (TIME, TIME * 2, INVALID),
}
SIZES = {
    'no size': (SIZE, '', OK),
    'two sizes': (SIZE, SIZE * 2, INVALID),
    'size and policy': ('<w:MaxEnvelopeSize ', '<w:MaxEnvelopeSize Policy="Skip" ', OK),
    **{'size ' + text: ('>153600<', '>%s<' % text, OK) for text in (
        '8192', '512000', '99999999999999999999999999', ' 8192\n', '0008192')},
    **{'size ' + text: ('>153600<', '>%s<' % text, SMALL) for text in ('8191', '0', '00')},
    **{'size ' + text: ('>153600<', '>%s<' % text, INVALID) for text in (
        '', '-1', '1e6', '0x8000', '8192.5', '8 192', 'large')},
}


def added(cases):
    """Rows of headers that are added: (nothing is replaced, the header, expected)."""
    return {name: ('', header, expected) for name, (header, expected) in cases.items()}


def one(element, text, expected, attributes=''):
    return '<%s%s>%s</%s>' % (element, attributes, text, element), expected


LANGUAGES = {
    'no Locale': (LOCALES, '', OK),
    'Locale without language': (LOCALES, '<w:Locale/>', OK),
    'empty language': (LOCALES, '<w:Locale xml:lang=""/>', OK),
    'two Locales': (LOCALES, LOCALES * 2, INVALID),
    'long language': (LOCALES, '<w:Locale xml:lang="%s"/>' % ('x' * 129), INVALID),
    **{'Locale that must be understood, ' + value: (
        's:mustUnderstand="false" xml', 's:mustUnderstand="%s" xml' % value, expected)
       for value, expected in (('true', LOCALE), ('1', LOCALE), (' true ', LOCALE), ('0', OK))},
    'Locale, unqualified': ('s:mustUnderstand="false" xml', 'mustUnderstand="true" xml', OK),
    **added({'DataLocale': ('<p:DataLocale s:mustUnderstand="false" xml:lang="de-DE"/>', OK),
             'two DataLocales': ('<p:DataLocale xml:lang="de"/>' * 2, INVALID)}),
}
IDS = {
    'no MessageID': (MESSAGE_ID, '', MISSING),
    'empty MessageID': ('uuid:question', ' ', INVALID),
    'MessageID of 128': ('uuid:question', 'x' * 128, OK),
    'MessageID of 129': ('uuid:question', 'x' * 129, INVALID),
    'two MessageIDs': (MESSAGE_ID, MESSAGE_ID * 2, INVALID),
    **added({
        'SessionId': one('p:SessionId', 'uuid:S', OK, ' s:mustUnderstand="true"'),
        'empty SessionId': one('p:SessionId', '', INVALID),
        'SessionId of 129': one('p:SessionId', 'x' * 129, INVALID),
        'empty OperationID': one('p:OperationID', '', INVALID),
        'OperationID of 129': one('p:OperationID', 'x' * 129, INVALID),
        'two OperationIDs': ('<p:OperationID>x</p:OperationID>' * 2, INVALID),
        'SequenceId': one('p:SequenceId', '18446744073709551615', OK),
        **{'SequenceId ' + text: one('p:SequenceId', text, INVALID) for text in (
            '', '-1', '1.0', '18446744073709551616', '0x1', '1 1')},
        'ActivityId': one('p:ActivityId', '\U0001F600' * 2048, OK, ' s:mustUnderstand="1"'),
        'empty ActivityId': one('p:ActivityId', '', OK),
        'ActivityId of 2049': one('p:ActivityId', '\U0001F600' * 2049, INVALID),
    }),
}
UNUSUAL = added({
    'CompressionType': one('rsp:CompressionType', 'xpress', UNKNOWN, ' s:mustUnderstand="true"'),
    'CompressionType, please': one('rsp:CompressionType', 'xpress', UNKNOWN),
    'FragmentTransfer': one('w:FragmentTransfer', 'a', (
        's:Sender', 'w:UnsupportedFeature', 'FragmentLevelAccess', 2150858818, WSMAN)),
    **{name + demand: one(name, '', expected, demand) for name in (
        'w:RequestEPR', 'w:RequestTotalItemsCountEstimate', 'a:From', 'a:RelatesTo', 'x:Unknown',
        'Unknown') for demand, expected in (
            ('', OK), (' s:mustUnderstand="false"', OK), (' mustUnderstand="true"', OK),
            (' s:mustUnderstand="true"', UNKNOWN))},
    **{uri.rsplit('/', 1)[1] + demand: ('<u:%s xmlns:u="%s"%s>x</u:%s>' % (
        name, uri, demand, name), expected) for uri, name in (
            ('http://schemas.microsoft.com/wbem/wsman/1/machineid', 'MachineID'),
            ('http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd', 'PolymorphismMode'))
       for demand, expected in (('', OK), (' s:mustUnderstand="1"', UNKNOWN))},
    **{'must be understood, ' + value: one('Unknown', '', expected,
                                           ' s:mustUnderstand="%s"' % value)
       for value, expected in (('true', UNKNOWN), ('1', UNKNOWN), (' true ', UNKNOWN),
                               ('\n1\t', UNKNOWN), ('0', OK), ('false', OK), (' false ', OK))},
    'unknown twice': ('<Unknown/>' * 2, OK),
    'for another node': one('Unknown', '', OK, ' s:mustUnderstand="1" ' + role('urn:other')),
    'for no node': one('Unknown', '', OK, ' s:mustUnderstand="1" ' + role(ROLE + 'none')),
    'relayed': one('Unknown', '', OK, ' s:mustUnderstand="1" s:relay="1" ' + role('urn:other')),
    'for the next node': one('Unknown', '', UNKNOWN,
                             ' s:mustUnderstand="1" ' + role(ROLE + 'next')),
    'for the last node': one('Unknown', '', UNKNOWN,
                             ' s:mustUnderstand="1" ' + role(ROLE + 'ultimateReceiver')),
    'for anybody': one('Unknown', '', UNKNOWN, ' s:mustUnderstand="1" ' + role('')),
    'a second Action for another node': one('a:Action', 'x', OK, ' ' + role('urn:other')),
    'compression for another node': one('rsp:CompressionType', 'xpress', OK,
                                        ' s:mustUnderstand="1" ' + role('urn:other')),
})


def selectors(inner, expected, shell=NO_SHELL):
    inner = inner.replace('SHELL', '<w:Selector Name="ShellId">%s</w:Selector>' % shell)
    return ('<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>' % NO_SHELL,
            '<w:SelectorSet>%s</w:SelectorSet>' % inner, expected)


def refused(detail, number):
    return 's:Sender', 'w:InvalidSelectors', detail, number, WSMAN


EPR = ('<w:Selector Name="n"><a:EndpointReference><a:Address>x</a:Address></a:EndpointReference>'
       '</w:Selector>')
SELECTORS = {
    'with others': selectors('<w:Selector Name="a">b</w:Selector>SHELL', OK),
    'with a foreign element': selectors('<Other/>SHELL', OK),
    'with blanks': selectors('\n SHELL\n', OK, shell='\n %s ' % NO_SHELL),
    'in another case': selectors('<w:Selector Name="sHELLiD">%s</w:Selector>' % NO_SHELL, OK),
    '64': selectors('SHELL' + ''.join('<w:Selector Name="%d"/>' % n for n in range(63)), OK),
    '65': selectors('SHELL' + ''.join('<w:Selector Name="%d"/>' % n for n in range(64)), (
        's:Sender', 'w:EncodingLimit', 'SelectorLimit', 2150858826, WSMAN)),
    'a value of 1024': selectors('SHELL<w:Selector Name="n">%s</w:Selector>' % ('x' * 1024), OK),
    'a value of 1025': selectors('SHELL<w:Selector Name="n">%s</w:Selector>' % ('x' * 1025),
                                 refused('InvalidValue', 2150858845)),
    'a name of 512': selectors('SHELL<w:Selector Name="%s"/>' % ('x' * 512), OK),
    'a name of 513': selectors('SHELL<w:Selector Name="%s"/>' % ('x' * 513),
                               refused(None, 2150858813)),
    'no name': selectors('SHELL<w:Selector>x</w:Selector>', refused(None, 2150858813)),
    'empty name': selectors('SHELL<w:Selector Name="">x</w:Selector>', refused(None, 2150858813)),
    'qualified name': selectors('SHELL<w:Selector w:Name="n">x</w:Selector>',
                                refused(None, 2150858813)),
    'twice': selectors('SHELLSHELL', refused('DuplicateSelectors', 2150858847)),
    'twice, of 64': selectors(
        '<w:Selector Name="N62"/>SHELL' + ''.join('<w:Selector Name="n%d"/>' % n for n in range(
            1, 63)), refused('DuplicateSelectors', 2150858847)),
    'a reference': selectors('SHELL' + EPR, refused('TypeMismatch', 2150858844)),
    'a long ShellId': selectors('SHELL', refused('UnexpectedSelectors', 2150858843), 'x' * 129),
    'two sets': (SIZE, '<w:SelectorSet/>', INVALID),
}


def options(inner, expected):
    return '', '<w:OptionSet>%s</w:OptionSet>' % inner, expected


OPTIONS = {
    'none': options('', OK),
    '256': options(''.join('<w:Option Name="n%d">v</w:Option>' % n for n in range(256)), OK),
    '257': options(''.join('<w:Option Name="n%d">v</w:Option>' % n for n in range(257)), (
        's:Sender', 'w:EncodingLimit', 'OptionLimit', 2150858827, WSMAN)),
    'two sets': ('', '<w:OptionSet/>' * 2, INVALID),
    'set that must be understood': ('', '<w:OptionSet s:mustUnderstand="true"/>', OK),
    **{'no name' + name: options('<w:Option%s>x</w:Option>' % name, (
        's:Sender', 'w:InvalidOptions', 'InvalidName', 2150858834, WSMAN))
       for name in ('', ' Name=""', ' w:Name="x"', ' Name="%s"' % ('x' * 513))},
    **{'%s="%s"' % (name, value): options('<w:Option Name="n" %s="%s"/>' % (name, value), expected)
       for name in ('MustComply', 'mustComply') for value, expected in (
           ('true', OK), ('TRUE', OK), ('True', OK), ('1', OK), (' false ', OK), ('FALSE', OK),
           ('False', OK), ('0', OK), *[(wrong, (
               's:Sender', 'w:InvalidOptions', 'InvalidValue', 2150858835, WSMAN))
               for wrong in ('', 'yes', '2', 'tru')])},
}

GROUPS = {'P-3.2.1 P-3.2.11 P-3.2.15': IDS, 'P-3.2.2 P-3.2.3 P-3.2.4 P-3.2.5': ADDRESSES,
          'P-3.2.6': SIZES, 'P-3.2.7': TIMES, 'P-3.2.8': LANGUAGES, 'P-3.2.9': SELECTORS,
          'P-3.2.10': OPTIONS, 'P-3.2.12 P-3.2.13 P-3.2.14 P-3.2.16': UNUSUAL}


@pytest.mark.parametrize('group', GROUPS)
def test_headers(client, group):
    wrong = []
    for name, (part, by, expected) in GROUPS[group].items():
        request = get(part, by) if part else get(extra=by)
        response = client.post(request)
        try:
            text = assert_fault(response, *expected)
            if '<a:MessageID>uuid:question</a:MessageID>' in request:
                assert '<a:RelatesTo>uuid:question</a:RelatesTo>' in text
        except AssertionError:
            wrong.append((name, expected, response.fault))
    assert not wrong, '\n'.join('%s: expected %s, found %s' % row for row in wrong)


def test_the_order_of_headers_is_free(client):
    """P-3.2"""
    text = get()
    begin, rest = text.split('<s:Header>')
    header, end = rest.split('</s:Header>')
    parts = [match.group(0) for match in re.finditer(
        r'<a:ReplyTo>.*?</a:ReplyTo>|<w:SelectorSet>.*?</w:SelectorSet>|<\w+:\w+[^>]*/>|'
        r'<(\w+:\w+)[^>]*>[^<]*</\1>', header)]
    assert ''.join(parts) == header and len(parts) == 9
    for turn in range(len(parts)):
        turned = parts[turn:] + parts[:turn]
        for order in (turned, turned[::-1]):
            response = client.post('%s<s:Header>%s</s:Header>%s' % (begin, ''.join(order), end))
            assert '<a:RelatesTo>uuid:question</a:RelatesTo>' in assert_fault(response, *OK)


@pytest.mark.parametrize('message_id', [
    'uuid:6B29FC40-CA47-1067-B31D-00DD010662DA', 'uuid:6b29fc40-ca47-1067-b31d-00dd010662da',
    'urn:uuid:6b29fc40-ca47-1067-b31d-00dd010662da', 'no uuid at all', 'a & <b> "c" \'d\'',
    '\u00e4\U0001F600', 'two  blanks\tand\ntwo lines', '{}%s%n\\'])
def test_a_message_id_comes_back_byte_for_byte(client, message_id):
    """P-3.2.1 and P-3.3, in both encodings, and again and again (nodejs-winrm has one for all)."""
    request = get('uuid:question', '\n\t %s  \n' % escape(message_id))
    for response in (client.post(request), client.post(request), as_utf16(client, request)):
        assert response.fault.number == 2150858843
        assert response.xml.findtext('s:Header/a:RelatesTo', namespaces=NS) == message_id


HEADER = ('<s:Envelope xml:lang="en-US" xmlns:s="%(s)s" xmlns:a="%(a)s" xmlns:x="%(x)s" '
          'xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing" '
          'xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="%(w)s" '
          'xmlns:p="%(p)s" xmlns:rsp="%(rsp)s"><s:Header>' % NS)


@pytest.mark.parametrize('sent, echoed', [
    ('', ''),
    ('<p:SequenceId> 7 </p:SequenceId>', '<p:SequenceId>7</p:SequenceId>'),
    ('<p:OperationID s:mustUnderstand="true">\nuuid:O&lt;&#xe4;</p:OperationID>'
     '<p:SequenceId>18446744073709551615</p:SequenceId><p:SessionId>uuid:S</p:SessionId>'
     '<p:ActivityId>a</p:ActivityId>',
     '<p:OperationID s:mustUnderstand="false">uuid:O&lt;\u00e4</p:OperationID>'
     '<p:SequenceId>18446744073709551615</p:SequenceId>')])
def test_headers_of_responses(client, sent, echoed):
    """P-3.3: byte for byte, of a response and of a fault; P-4.11.1 and P-4.12.1."""
    tail = '%s<a:To>%s</a:To><a:RelatesTo>uuid:question</a:RelatesTo></s:Header><s:Body>' % (
        echoed, ANONYMOUS)
    made = client.post(envelope(CREATE, STREAMS, message_id='uuid:question', extra=sent))
    shell = made.text('w:Selector')
    answers = [(made, CREATE + 'Response')]
    for action, body in ((GET, ''), (SHELL + '/Command',
                                     '<rsp:CommandLine><rsp:Command>cat</rsp:Command>'
                                     '</rsp:CommandLine>'),
                         (GET.replace('Get', 'Delete'), '')):
        answers.append((client.post(envelope(action, body, shell=shell, extra=sent,
                                             message_id='uuid:question')), action + 'Response'))
    answers.append((client.post(get(extra=sent)), WSMAN))
    for response, action in answers:
        head, rest = response.body.decode().split('<a:MessageID>')
        assert head == HEADER + '<a:Action>%s</a:Action>' % action
        assert re.match(r'uuid:[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}</a:MessageID>', rest)
        assert rest.split('</a:MessageID>')[1].startswith(tail)
        assert response.status == (500 if action == WSMAN else 200)
    get_answer, delete_answer = answers[1][0], answers[3][0]
    assert get_answer.text('rsp:ShellId') == shell
    assert b'<s:Body></s:Body>' in delete_answer.body
    ids = {response.xml.findtext('s:Header/a:MessageID', namespaces=NS) for response, _ in answers}
    assert len(ids) == len(answers)


@pytest.mark.parametrize('name', ['MustComply', 'mustComply'])
@pytest.mark.parametrize('value, refused_', [
    ('true', True), ('TRUE', True), ('True', True), ('1', True), (' true ', True),
    ('false', False), ('FALSE', False), ('False', False), ('0', False)])
def test_an_option_that_must_be_complied_with(client, name, value, refused_):
    """P-3.2.10: the plug-in is told in each spelling; this one knows no such option."""
    response = client.ask(CREATE, STREAMS, extra=(
        '<w:OptionSet><w:Option Name="NO_SUCH" %s="%s">x</w:Option></w:OptionSet>' % (name, value)))
    if refused_:
        assert response.fault.number == 2150858809
    else:
        client.delete(response.text('w:Selector'))


def test_no_time_at_all_is_no_mistake_and_a_millisecond(client):
    """P-3.2.7: what takes longer is not done in time; a Receive always does."""
    shell = client.create()
    command = client.command(shell, 'cat')
    begin = time.monotonic()
    for nothing in ('PT0S', 'P0D'):
        request = envelope(RECEIVE, receive_body(command), shell=shell, timeout=nothing)
        assert client.post(request).fault.number == 2150858793
    # The longest time is a minute.
    assert time.monotonic() - begin < 60
    client.delete(shell)


def test_a_time_that_is_absent_or_too_long_is_the_longest(new_server):
    """P-3.2.7: a Receive that waits in vain is answered after the application's second."""
    server = new_server(operations='QuotaSystemWindowOperations="0" MaxOperationTimeoutSeconds="1"')
    with server.connect('alice') as client:
        shell = client.create()
        command = client.command(shell, 'cat')
        for asked in (None, 'PT1H', 'P1Y', 'PT99999999999999999999S'):
            request = envelope(RECEIVE, receive_body(command), shell=shell, timeout=asked)
            assert client.post(request).fault.number == 2150858793
        client.delete(shell)
