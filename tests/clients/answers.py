# SPDX-License-Identifier: ISC
"""Answers as replayed clients read them: the golden rules that hold for all (check_answer), a tree by
literal names for clients that know no namespaces, and readers by namespace for the others.
"""

import base64
import re
import uuid
import xml.parsers.expat

from transport import need
from wire import NS, SOAP

WINDOWS_PREFIXES = {
    **{prefix: uri for prefix, uri in NS.items() if prefix != 'wmi'},
    'e': 'http://schemas.xmlsoap.org/ws/2004/08/eventing',
    'n': 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
    'cfg': 'http://schemas.microsoft.com/wbem/wsman/1/config',
    'xsi': 'http://www.w3.org/2001/XMLSchema-instance',
}
# Elements that Windows declares in place and clients read by namespace.
IN_PLACE = ('http://schemas.microsoft.com/powershell', NS['wmi'],
            'http://schemas.microsoft.com/wbem/wsman/1/config/PluginConfiguration')
WSMAN_FAULT = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault'
ADDRESSING_FAULT = NS['a'] + '/fault'
FAULTS = (WSMAN_FAULT, ADDRESSING_FAULT, NS['x'] + '/fault',
          'http://schemas.xmlsoap.org/ws/2004/09/enumeration/fault',
          'http://schemas.xmlsoap.org/ws/2004/08/eventing/fault')
GUID = r'[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}'
STATE = NS['rsp'] + '/CommandState/'
TIMED_OUT = 2150858793


class Node:
    """An element by the name that stands in the text. Its children are nodes and texts."""

    def __init__(self, name, attributes):
        self.name, self.attributes, self.children = name, attributes, []

    @property
    def text(self):
        return ''.join(each for each in self.children if isinstance(each, str))

    @property
    def elements(self):
        return [each for each in self.children if isinstance(each, Node)]

    def named(self, *names):
        """All elements at that path."""
        found = [self]
        for name in names:
            found = [child for node in found for child in node.elements if child.name == name]
        return found

    def walk(self):
        yield self
        for child in self.elements:
            yield from child.walk()


def tree(body):
    """The root, without regard to namespaces."""
    stack = [Node('', {})]
    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True

    def start(name, attributes):
        node = Node(name, attributes)
        stack[-1].children.append(node)
        stack.append(node)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = lambda data: stack[-1].children.append(data)
    parser.Parse(body, True)
    return stack[0].elements[0]


class Answer:
    """An answer that has passed check_answer(): `root` by literal names, `xml` by namespaces."""

    def __init__(self, response):
        self.response, self.status = response, response.status
        self.root = tree(response.body)
        self.xml = response.xml
        self.action = self.xml.findtext('s:Header/a:Action', namespaces=NS)
        self.fault = response.fault

    def text(self, path):
        return self.xml.findtext(path, namespaces=NS)

    def find(self, path):
        return self.xml.find(path, NS)

    def all(self, path):
        return self.xml.findall(path, NS)


def check_answer(client, response, action, message_id, echo=(), content_type=SOAP):
    """What holds for every answer to every client; returns it as an Answer. `echo`: the texts of
    p:OperationID and p:SequenceId."""
    need(client, response.status in (200, 500), 'reads answers of status 200 and 500',
         response.status, response.headers, response.body[:400])
    need(client, response.header('Content-Type') == content_type,
         'wants this Content-Type of an envelope', response.header('Content-Type'))
    answer = Answer(response)
    _check_form(client, answer.root)
    _check_headers(client, answer, message_id, echo)
    if response.status == 200:
        need(client, answer.fault is None, 'takes status 200 for success')
        need(client, answer.action == action + 'Response', 'compares a:Action', answer.action)
    else:
        need(client, answer.fault is not None, 'looks for the fault where the status is 500',
             response.body[:400])
        _check_fault(client, answer)
    return answer


def _check_form(client, root):
    """The prefixes of Windows, no white space between elements, nothing that must be understood."""
    need(client, root.name == 's:Envelope', 'reads elements by literal names', root.name)
    # A header that was not understood is named with a prefix of its own.
    declared = {name[6:]: value for node in root.walk() for name, value in node.attributes.items()
                if name.startswith('xmlns:') and node.name != 's:NotUnderstood'}
    foreign = any(value in IN_PLACE for node in root.walk() for value in node.attributes.values())
    for prefix, uri in declared.items():
        need(client, WINDOWS_PREFIXES.get(prefix) == uri or (foreign and uri in IN_PLACE),
             'reads elements by the prefixes of Windows', prefix, uri)
    for node in root.walk():
        if node.elements and not re.match('f:(Message|ProviderFault)', node.name):
            need(client, not node.text, 'takes white space between elements for content', node.name,
                 node.text)
        for name, value in node.attributes.items():
            need(client, not name.endswith('mustUnderstand') or value in ('false', '0'),
                 'fails on headers of an answer that must be understood', node.name)


def _check_headers(client, answer, message_id, echo):
    header = answer.root.named('s:Header')
    need(client, len(header) == 1 and len(answer.root.named('s:Body')) == 1, 'wants s:Header and s:Body')
    own = header[0].named('a:MessageID')
    need(client, len(own) == 1 and re.fullmatch('uuid:' + GUID, own[0].text),
         'parses a GUID behind the first five characters of a:MessageID', own and own[0].text)
    related = header[0].named('a:RelatesTo')
    need(client, len(related) == 1 and related[0].text == message_id,
         'compares a:RelatesTo with the a:MessageID that it sent', related and related[0].text,
         message_id)
    need(client, header[0].named('a:To')[0].text ==
         'http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous', 'is addressed as anonymous')
    echoed = [node.text for name in ('p:OperationID', 'p:SequenceId')
              for node in header[0].named(name)]
    need(client, echoed == list(echo), 'gets its ids back, and none that it did not send', echoed)


def _check_fault(client, answer):
    """All that any client reads of a fault."""
    need(client, answer.action in FAULTS, 'knows a fault by its a:Action', answer.action)
    fault = answer.root.named('s:Body', 's:Fault')[0]
    value = fault.named('s:Code', 's:Value')
    need(client, len(value) == 1 and value[0].text.startswith('s:'), 'shows s:Value')
    if value[0].text in ('s:Sender', 's:Receiver'):
        need(client, len(fault.named('s:Code', 's:Subcode', 's:Value')) == 1,
             'reads s:Subcode without looking whether it is there')
    text = fault.named('s:Reason', 's:Text')
    need(client, text and text[0].text and text[0].attributes.get('xml:lang'), 'shows s:Reason')
    wsman = fault.named('s:Detail', 'f:WSManFault')
    need(client, len(wsman) == 1, 'reads f:WSManFault of every fault')
    code = wsman[0].attributes.get('Code', '')
    need(client, re.fullmatch('[0-9]{1,10}', code) and int(code) < 1 << 32,
         'reads the code as an unsigned decimal number', code)
    need(client, wsman[0].attributes.get('Machine'), 'has a schema that demands f:WSManFault/@Machine')
    message = wsman[0].named('f:Message')
    need(client, message and ''.join(each.text for each in message[0].walk()),
         'prefers f:Message over s:Reason')
    if int(code) == TIMED_OUT:
        need(client, b'OperationTimeout' in answer.response.body,
             'knows a time-out by the word OperationTimeout')
        need(client, (value[0].text, answer.text('.//s:Subcode/s:Value')) == (
            's:Receiver', 'w:TimedOut'), 'polls again after w:TimedOut')
    need(client, all(isinstance(child, Node) for child in fault.named('s:Detail')[0].children),
         'walks the children of s:Detail, which may be elements only')


def expect(client, answer, status=200, fault=None):
    """An answer that the client goes on with."""
    need(client, answer.status == status and (fault is None or answer.fault.number == fault),
         'expects status %d%s' % (status, '' if fault is None else ', fault %d' % fault),
         answer.status, answer.fault)
    return answer


def is_guid(text):
    """As System.Guid parses it: nothing but the GUID."""
    return bool(text and re.fullmatch(GUID, text) and uuid.UUID(text))


class Output:
    """What a sequence of ReceiveResponses has brought: `streams` joined, `pieces` (name, bytes) one for
    each rsp:Stream, `states`, `code`."""

    def __init__(self):
        self.streams, self.pieces, self.states, self.code = {}, [], [], None
        self.ended = []
        self.done = False

    def add(self, client, answer, command=None):
        """Reads one; `command` is None for the shell's own. Returns whether it was the last."""
        response = answer.find('s:Body/rsp:ReceiveResponse')
        need(client, response is not None, 'reads s:Body/rsp:ReceiveResponse')
        for stream in response.findall('rsp:Stream', NS):
            need(client, stream.get('CommandId') == command,
                 'knows by CommandId whose output it is', stream.attrib, command)
            data = base64.b64decode(stream.text or '', validate=True)
            end = stream.get('End')
            need(client, end in (None, 'true'), 'reads End', end)
            need(client, bool(data) != bool(end),
                 'drops data beside End, and fails on an empty stream without it', stream.attrib)
            if end:
                self.ended.append(stream.get('Name'))
            else:
                self.streams[stream.get('Name')] = self.streams.get(stream.get('Name'), b'') + data
                self.pieces.append((stream.get('Name'), data))
        states = response.findall('rsp:CommandState', NS)
        need(client, len(states) <= 1 and (command or not states),
             'takes one CommandState, and none of a shell', len(states))
        for state in states:
            self._add_state(client, state, command)
        return self.done

    def _add_state(self, client, state, command):
        need(client, state.get('CommandId') == command, 'reads whose state it is', state.attrib)
        need(client, state.get('State') in (STATE + 'Running', STATE + 'Done', STATE + 'Pending'),
             'compares the whole state', state.get('State'))
        self.states.append(state.get('State')[len(STATE):])
        code = state.findtext('rsp:ExitCode', namespaces=NS)
        if self.states[-1] == 'Done':
            need(client, not self.done, 'is told Done once')
            need(client, code is not None and re.fullmatch('[0-9]+', code),
                 'reads rsp:ExitCode beside Done', code)
            self.done, self.code = True, int(code)
