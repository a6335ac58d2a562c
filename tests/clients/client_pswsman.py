# SPDX-License-Identifier: ISC
"""PSWSMan 2 (jborean93/PSWSMan: PowerShell 7 on Linux and macOS): .NET's XDocument and HttpClient.

It copies the SelectorSet of the CreateResponse as it is, looks for faults by a:Action alone, and reads
with a connection of its own for each target that it receives from.
"""

import re
import xml.etree.ElementTree as ET

from answers import ADDRESSING_FAULT, GUID, WSMAN_FAULT, Output, is_guid
from envelopes import fill, guid
from negotiate import KERBEROS_SEALED
from player import Player
from psrp import (COMPLETED, OPENED, PIPELINE_OUTPUT, PIPELINE_STATE, RUNSPACEPOOL_STATE, Receiver, Sender,
                  encoded, state_of, string_of)
from transport import PARSE_AS, Negotiate, challenge_of_pswsman, need
from wire import ANONYMOUS, COMMAND, CREATE, DELETE, NS, RECEIVE, SEND, SHELL, SIGNAL

POWERSHELL = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell'
STOP = 'powershell/signal/crtl_c'
TERMINATE = SHELL + '/signal/Terminate'
LEG = 'text/plain; charset=utf-8'
# Faults that end a loop of Receives without a word.
SILENT = (995, 1223, 2150858843, 2150859204, 2150859230)
HEAD = (
    'POST {path} HTTP/1.1',
    'Host: {host}',
    'Connection: Keep-Alive',
    'User-Agent: PowerShell PSWSMan Client',
    'Accept-Encoding: identity',
    'Authorization: {authorization}',
    'Content-Type: {type}',
    'Content-Length: {length}',
)
ENVELOPE = '''
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:wsman="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:wsmv="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
 xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
 xmlns:pwsh="http://schemas.microsoft.com/powershell"
 xmlns:xml="http://www.w3.org/XML/1998/namespace"><s:Header>
<wsa:Action s:mustUnderstand="true">[action]</wsa:Action>
<wsmv:DataLocale s:mustUnderstand="false" xml:lang="en-US" />
<wsman:Locale s:mustUnderstand="false" xml:lang="en-US" />
<wsman:MaxEnvelopeSize s:mustUnderstand="true">[size]</wsman:MaxEnvelopeSize>
<wsa:MessageID>[message_id]</wsa:MessageID>
<wsman:OperationTimeout>PT180.000S</wsman:OperationTimeout>
<wsa:ReplyTo><wsa:Address s:mustUnderstand="true">[anonymous]</wsa:Address></wsa:ReplyTo>
<wsman:ResourceURI s:mustUnderstand="true">[resource]</wsman:ResourceURI>
<wsmv:SessionId s:mustUnderstand="false">uuid:[session]</wsmv:SessionId>
<wsa:To>[to]</wsa:To>[options][selectors]
</s:Header><s:Body>[body]</s:Body></s:Envelope>'''
CREATE_OPTIONS = ('<wsman:OptionSet s:mustUnderstand="true">'
                  '<wsman:Option Name="protocolversion">2.3</wsman:Option>'
                  '<wsman:Option Name="WINRS_NOPROFILE" mustComply="true">1</wsman:Option>'
                  '</wsman:OptionSet>')
COMMAND_OPTIONS = ('<wsman:OptionSet s:mustUnderstand="true"><wsman:Option Name="WINRS_SKIP_CMD_SHELL">'
                   'false</wsman:Option></wsman:OptionSet>')
RECEIVE_OPTIONS = ('<wsman:OptionSet s:mustUnderstand="true">'
                   '<wsman:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">true</wsman:Option>'
                   '</wsman:OptionSet>')


def ways(make_context, scheme='Negotiate', **settings):
    """The first request has a token already; a leg is empty and of text/plain."""
    return Negotiate(make_context, challenge_of_pswsman, PARSE_AS['pswsman'], reactive=False, tab='',
                     leg_type=LEG, scheme=scheme,
                     protocol=KERBEROS_SEALED if scheme == 'Kerberos' else
                     'application/HTTP-SPNEGO-session-encrypted', **settings)


class WSManFault(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class PSWSMan(Player):
    NAME = 'PSWSMan'
    HEAD = HEAD

    def __init__(self, server, make_way, **settings):
        """`make_way`: each connection logs in by itself."""
        self.make_way = make_way
        super().__init__(server, make_way(), **settings)
        self.selectors = ''
        self.resource = POWERSHELL

    def envelope(self, action, message_id, body, options=''):
        return fill(ENVELOPE, action=action, size=153600, message_id=message_id, anonymous=ANONYMOUS,
                    resource=self.resource, session=self.session, to=self.endpoint, options=options,
                    selectors=self.selectors, body=body)

    def request(self, action, body='', line=None, options=''):
        """WSManClient.Receive...: the checks of every answer."""
        answer = self.ask(action, body, line=line, options=options)
        for name in ('MessageID', 'RelatesTo'):
            value = answer.text('s:Header/a:' + name)
            need(self.NAME, value[:5] == 'uuid:' and is_guid(value[5:]),
                 'parses the GUID behind five characters of a:' + name, value)
        if answer.action in (WSMAN_FAULT, ADDRESSING_FAULT):
            code = answer.find('s:Body/s:Fault/s:Detail/f:WSManFault').get('Code')
            need(self.NAME, code.isdecimal() and int(code) < 1 << 32, 'parses the code as a uint', code)
            raise WSManFault(int(code))
        need(self.NAME, answer.status == 200, 'knows faults by two actions', answer.action)
        return answer

    # What its connection pool does: a Receive loop has a connection of its own.

    def loop_line(self):
        line = self.new_line()
        return line

    def open_pool(self):
        self.pool = guid()
        self.sender, self.receiver = Sender(self.pool), Receiver(self.NAME, self.pool)
        body = ('<rsp:Shell ShellId="%s"><rsp:InputStreams>stdin pr</rsp:InputStreams>'
                '<rsp:OutputStreams>stdout</rsp:OutputStreams><pwsh:creationXml>%s</pwsh:creationXml>'
                '</rsp:Shell>' % (self.pool, encoded(self.sender.opening())))
        answer = self.request(CREATE, body, options=CREATE_OPTIONS)
        selectors = answer.find('s:Body/x:ResourceCreated/a:ReferenceParameters/w:SelectorSet')
        need(self.NAME, selectors is not None, 'copies the SelectorSet of the answer')
        shell = answer.find('s:Body/rsp:Shell')
        need(self.NAME, is_guid(shell.findtext('rsp:ShellId', namespaces=NS)), 'parses rsp:ShellId')
        need(self.NAME, shell.findtext('rsp:ShellId', namespaces=NS) == self.pool, 'has chosen the id')
        self.resource = shell.findtext('rsp:ResourceUri', namespaces=NS)
        need(self.NAME, self.resource, 'cannot do without rsp:ResourceUri')
        self.selectors = ET.tostring(selectors, encoding='unicode')
        self.line_of_pool = self.loop_line()
        state = None
        while state != OPENED:
            for data in self.receive(None, self.line_of_pool).pieces:
                for kind, text in self.receiver.take(data[1]):
                    state = state_of(text) if kind == RUNSPACEPOOL_STATE else state

    def receive(self, command, line):
        attribute = ' CommandId="%s"' % command if command else ''
        answer = self.request(RECEIVE, '<rsp:Receive><rsp:DesiredStream%s>stdout</rsp:DesiredStream>'
                              '</rsp:Receive>' % attribute, line=line, options=RECEIVE_OPTIONS)
        output = Output()
        output.add(self.NAME, answer, command)
        return output

    def begin_script(self, script):
        pipeline = guid()
        first, *rest = self.sender.script(script, pipeline)
        answer = self.request(COMMAND, '<rsp:CommandLine CommandId="%s"><rsp:Command />'
                              '<rsp:Arguments>%s</rsp:Arguments></rsp:CommandLine>'
                              % (pipeline, encoded(first)), options=COMMAND_OPTIONS)
        found = answer.text('s:Body/rsp:CommandResponse/rsp:CommandId')
        need(self.NAME, re.fullmatch(GUID, found or ''), 'parses rsp:CommandId', found)
        need(self.NAME, found == pipeline, 'has chosen the id of its pipeline', found)
        for fragment in rest:
            self.send(pipeline, fragment)
        return pipeline

    def send(self, pipeline, fragment, stream='stdin'):
        self.request(SEND, '<rsp:Send><rsp:Stream Name="%s" CommandId="%s">%s</rsp:Stream></rsp:Send>'
                     % (stream, pipeline, encoded(fragment)))

    def loop(self, pipeline, line):
        """The Receives for a pipeline, on their connection, until State is Done; then Terminate."""
        receiver = Receiver(self.NAME, self.pool)
        strings, state, done = [], None, False
        while not done:
            output = self.receive(pipeline, line)
            done = output.done
            for _, data in output.pieces:
                for kind, text in receiver.take(data, pipeline):
                    if kind == PIPELINE_OUTPUT:
                        strings.append(string_of(text))
                    state = state_of(text) if kind == PIPELINE_STATE else state
        need(self.NAME, output.code == 0, 'reads ExitCode', output.code)
        self.signal(pipeline, TERMINATE)
        return strings, state

    def run_script(self, script):
        pipeline = self.begin_script(script)
        strings, state = self.loop(pipeline, self.loop_line())
        need(self.NAME, state == COMPLETED, 'reads PIPELINE_STATE', state)
        return strings

    def signal(self, pipeline, code):
        self.request(SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
                     % (pipeline, code))

    def close(self):
        self.request(DELETE)
