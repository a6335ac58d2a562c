# SPDX-License-Identifier: ISC
"""winrm4j 0.12 (cloudsoft/winrm4j): Apache CXF. Headers with a default namespace each, bodies by JAXB, and
answers unmarshalled into objects of the schema's types.
"""

import base64
import re
import uuid

from answers import Node, TIMED_OUT
from envelopes import fill, text
from player import Player
from transport import PARSE_AS, Negotiate, challenge_of_requests_ntlm, need
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, NS, RECEIVE, SEND, SIGNAL, TERMINATE

FILLER = b'AWAITING_ENCRYPTION_KEYS'
HEAD = (
    'POST {path} HTTP/1.1',
    'Content-Type: {type}',
    'Accept: */*',
    'Authorization: {authorization}',
    'User-Agent: Apache-CXF/3.3.1',
    'Cache-Control: no-cache',
    'Pragma: no-cache',
    'Host: {host}',
    'Connection: keep-alive',
    'Content-Length: {length}',
    'Transfer-Encoding: {coding}',
)
A = 'xmlns="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
W = 'xmlns:ns2="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"'
# JAXB declares every namespace of the package on the first element of the body.
BODY = ('xmlns:ns2="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:ns3='
        '"http://schemas.microsoft.com/wbem/wsman/1/windows/shell"')
ENVELOPE = '''<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Header>
<Action [a]>[action]</Action>
<MessageID [a]>[message_id]</MessageID>
<To [a]>[to]</To>
<ReplyTo [a]><Address>[anonymous]</Address></ReplyTo>
<ns2:ResourceURI [w]>[resource]</ns2:ResourceURI>
<ns2:MaxEnvelopeSize [w]>153600</ns2:MaxEnvelopeSize>
<ns2:OperationTimeout [w]>PT60.000S</ns2:OperationTimeout>
<ns2:Locale [w] xml:lang="en-US"/>
[options][selectors]
</soap:Header><soap:Body>[body]</soap:Body></soap:Envelope>'''
OPTIONS = ('<ns2:OptionSet ' + W + '><ns2:Option Name="%s">%s</ns2:Option>'
           '<ns2:Option Name="%s">%s</ns2:Option></ns2:OptionSet>')
SELECTORS = ('<ns2:SelectorSet ' + W + '><ns2:Selector Name="ShellId">%s</ns2:Selector>'
             '</ns2:SelectorSet>')


def ntlm_way(make_context, **settings):
    """Asks without credentials, then sends type 1, both with a filler; type 3 comes with the message."""
    return Negotiate(make_context, challenge_of_requests_ntlm, PARSE_AS['exactly'], reactive=True,
                     filler=FILLER, **settings)


class Winrm4j(Player):
    NAME = 'winrm4j'
    HEAD = HEAD
    CHUNKED = False

    def message_id(self):
        return 'urn:uuid:%s' % uuid.uuid4()

    def fields(self, action):
        # The fillers go out under the type of the message that they stand for.
        self.way.leg_type = self.CONTENT_TYPE = (
            'application/soap+xml; action="%s"; charset=UTF-8' % action)
        return {}

    def ask(self, action, body='', **header):
        self.fields(action)
        return super().ask(action, body, **header)

    def envelope(self, action, message_id, body, shell=None, options=''):
        return fill(ENVELOPE, a=A, w=W, action=action, message_id=message_id, to=self.endpoint,
                    anonymous=ANONYMOUS, resource=CMD, options=options,
                    selectors=SELECTORS % shell if shell else '', body=body)

    def unmarshalled(self, answer, name, fields):
        """The first child of the body as an object of that type: known elements in any order."""
        need(self.NAME, answer.status == 200, 'throws SOAPFaultException', answer.fault)
        children = list(answer.find('s:Body'))
        need(self.NAME, children and children[0].tag == '{%s}%s' % (NS[name.split(':')[0]],
                                                                   name.split(':')[1]),
             'unmarshals the first child of the body as ' + name, answer.response.body)
        known = {'{%s}%s' % (NS[field.split(':')[0]], field.split(':')[1]) for field in fields}
        for child in children[0]:
            need(self.NAME, child.tag in known, 'has no such element in its schema', child.tag)
        return children[0]

    def create(self):
        body = ('<ns3:Shell %s><ns3:InputStreams>stdin</ns3:InputStreams><ns3:OutputStreams>stdout stderr'
                '</ns3:OutputStreams></ns3:Shell>' % BODY)
        answer = self.ask(CREATE, body, options=OPTIONS % ('WINRS_NOPROFILE', 'FALSE', 'WINRS_CODEPAGE',
                                                          '437'))
        created = self.unmarshalled(answer, 'x:ResourceCreated', ('a:Address', 'a:ReferenceParameters'))
        selectors = [each for each in created.iter() if each.tag.endswith('}Selector')
                     and each.get('Name') == 'ShellId']
        need(self.NAME, len(selectors) == 1, 'looks for Selector by its local name and @Name')
        # A handler takes the second child away, because a body has one.
        need(self.NAME, [each.tag for each in answer.find('s:Body')][1:] == ['{%s}Shell' % NS['rsp']],
             'removes rsp:Shell, and expects nothing else behind x:ResourceCreated')
        return selectors[0].text

    def begin(self, shell, line, *arguments):
        body = '<ns3:CommandLine %s><ns3:Command>%s</ns3:Command>%s</ns3:CommandLine>' % (
            BODY, text(line), ''.join('<ns3:Arguments>%s</ns3:Arguments>' % text(each)
                                      for each in arguments))
        answer = self.ask(COMMAND, body, shell=shell, options=OPTIONS % (
            'WINRS_CONSOLEMODE_STDIN', 'TRUE', 'WINRS_SKIP_CMD_SHELL', 'FALSE'))
        response = self.unmarshalled(answer, 'rsp:CommandResponse', ('rsp:CommandId',))
        return response.findtext('rsp:CommandId', namespaces=NS)

    def receive(self, shell, command):
        """One Receive; None when there was no output in time."""
        body = ('<ns3:Receive %s><ns3:DesiredStream CommandId="%s">stdout stderr</ns3:DesiredStream>'
                '</ns3:Receive>' % (BODY, command))
        answer = self.ask(RECEIVE, body, shell=shell)
        if answer.fault:
            self.check_detail(answer)
            need(self.NAME, answer.fault.number == TIMED_OUT, 'polls again on a time-out', answer.fault)
            return None
        response = self.unmarshalled(answer, 'rsp:ReceiveResponse', ('rsp:Stream', 'rsp:CommandState'))
        state = response.find('rsp:CommandState', NS)
        need(self.NAME, state is not None, 'reads CommandState of every ReceiveResponse unguarded',
             answer.response.body)
        return response

    def check_detail(self, answer):
        """It walks the children of s:Detail and casts each to an element."""
        detail = answer.root.named('s:Body', 's:Fault', 's:Detail')[0]
        for child in detail.children:
            need(self.NAME, isinstance(child, Node), 'casts each child of s:Detail to an element', child)
            if child.name == 'f:WSManFault':
                need(self.NAME, re.fullmatch('[0-9]+', child.attributes['Code']),
                     'reads the code of f:WSManFault')

    def finish(self, shell, command):
        """Each piece of output is decoded by itself."""
        streams, code = {'stdout': '', 'stderr': ''}, None
        while code is None:
            response = self.receive(shell, command)
            if response is None:
                continue
            for stream in response.iterfind('rsp:Stream', NS):
                streams[stream.get('Name')] += base64.b64decode(stream.text or '').decode()
            state = response.find('rsp:CommandState', NS)
            if state.get('State').endswith('/Done'):
                code = state.findtext('rsp:ExitCode', namespaces=NS)
                need(self.NAME, code is not None, 'unboxes ExitCode at Done')
        return streams['stdout'], streams['stderr'], int(code)

    def send(self, shell, command, data, end=True):
        body = ('<ns3:Send %s><ns3:Stream Name="stdin" CommandId="%s" End="%s">%s</ns3:Stream></ns3:Send>'
                % (BODY, command, str(end).lower(), base64.b64encode(data).decode()))
        self.unmarshalled(self.ask(SEND, body, shell=shell), 'rsp:SendResponse', ('rsp:DesiredStream',))

    def clean_up(self, shell, command):
        """2150858843 is ignored here."""
        body = '<ns3:Signal %s CommandId="%s"><ns3:Code>%s</ns3:Code></ns3:Signal>' % (
            BODY, command, TERMINATE)
        answer = self.ask(SIGNAL, body, shell=shell)
        if answer.fault:
            self.check_detail(answer)
            need(self.NAME, answer.fault.number == 2150858843, 'ignores one code in its cleanup',
                 answer.fault)

    def close(self, shell):
        answer = self.ask(DELETE, shell=shell)
        need(self.NAME, answer.status == 200 and len(answer.find('s:Body')) == 0, 'gets an empty body')
