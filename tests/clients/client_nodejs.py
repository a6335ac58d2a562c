# SPDX-License-Identifier: ISC
"""nodejs-winrm (shoneslab/nodejs-winrm): Basic over plain HTTP, one connection for each request, one
Receive, and answers read by literal names as xml2js and js-xml trees give them.
"""

import base64

from answers import STATE
from envelopes import fill, text
from player import Player
from transport import need
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, RECEIVE, SIGNAL, TERMINATE

HEAD = (
    'POST {path} HTTP/1.1',
    'Authorization: {authorization}',
    'Content-Type: {type}',
    'User-Agent: JS WinRM Client',
    'Content-Length: {length}',
    'Host: {host}',
    'Connection: keep-alive',
)
# Its message has the same id each time.
MESSAGE_ID = 'uuid:dff8bf57-8f24-4d2b-9e37-b2c7d2f1a9ac'
# js2xmlparser writes attributes in single quotes and each element on a line of its own.
ENVELOPE = '''<?xml version='1.0'?>
<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:wsa='http://schemas.xmlsoap.org/ws/2004/08/addressing' xmlns:wsman='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd' xmlns:p='http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd' xmlns:rsp='http://schemas.microsoft.com/wbem/wsman/1/windows/shell'>
    <s:Header>
        <wsa:To>http://windows-host:5985/wsman</wsa:To>
        <wsman:ResourceURI mustUnderstand='true'>[resource]</wsman:ResourceURI>
        <wsa:ReplyTo>
            <wsa:Address mustUnderstand='true'>[anonymous]</wsa:Address>
        </wsa:ReplyTo>
        <wsman:MaxEnvelopeSize mustUnderstand='true'>153600</wsman:MaxEnvelopeSize>
        <wsa:MessageID>[message_id]</wsa:MessageID>
        <wsman:Locale mustUnderstand='false' xml:lang='en-US'/>
        <wsman:OperationTimeout>PT60S</wsman:OperationTimeout>
        <wsa:Action mustUnderstand='true'>[action]</wsa:Action>[options][selectors]
    </s:Header>
    <s:Body>[body]</s:Body>
</s:Envelope>'''
SELECTORS = '''
        <wsman:SelectorSet>
            <wsman:Selector Name='ShellId'>%s</wsman:Selector>
        </wsman:SelectorSet>'''
OPTIONS = '''
        <wsman:OptionSet>
            <wsman:Option Name='%s'>%s</wsman:Option>
            <wsman:Option Name='%s'>%s</wsman:Option>
        </wsman:OptionSet>'''
CREATE_OPTIONS = OPTIONS % ('WINRS_NOPROFILE', 'FALSE', 'WINRS_CODEPAGE', '437')
COMMAND_OPTIONS = OPTIONS % ('WINRS_CONSOLEMODE_STDIN', 'TRUE', 'WINRS_SKIP_CMD_SHELL', 'FALSE')
SHELL_BODY = '''
        <rsp:Shell>
            <rsp:InputStreams>stdin</rsp:InputStreams>
            <rsp:OutputStreams>stderr stdout</rsp:OutputStreams>
        </rsp:Shell>
    '''
COMMAND_BODY = '''
        <rsp:CommandLine>
            <rsp:Command>%s</rsp:Command>
        </rsp:CommandLine>
    '''
RECEIVE_BODY = '''
        <rsp:Receive>
            <rsp:DesiredStream CommandId='%s'>stdout stderr</rsp:DesiredStream>
        </rsp:Receive>
    '''
SIGNAL_BODY = '''
        <rsp:Signal CommandId='%s'>
            <rsp:Code>%s</rsp:Code>
        </rsp:Signal>
    '''


class FaultShown(Exception):
    """What it rejects its promise with: the text of the subcode."""


class Nodejs(Player):
    NAME = 'nodejs-winrm'
    HEAD = HEAD

    def message_id(self):
        return MESSAGE_ID

    def envelope(self, action, message_id, body, shell=None, options=''):
        return fill(ENVELOPE, flat=False, action=action, message_id=message_id, anonymous=ANONYMOUS,
                    resource=CMD, selectors=SELECTORS % shell if shell else '', options=options,
                    body=body)

    def read(self, answer, *names):
        """result['s:Envelope']['s:Body'][0][...]: the elements by their literal names."""
        body = answer.root.named('s:Body')
        need(self.NAME, answer.root.name == 's:Envelope' and body, 'reads s:Envelope and s:Body')
        fault = body[0].named('s:Fault')
        if fault:
            subcode = fault[0].named('s:Code', 's:Subcode', 's:Value')
            need(self.NAME, subcode, 'reads s:Code, s:Subcode and s:Value unguarded')
            raise FaultShown(subcode[0].text)
        found = body[0].named(*names)
        need(self.NAME, found, 'reads ' + '/'.join(names) + ' unguarded', answer.response.body)
        return found

    def fresh(self, action, body='', **header):
        """Each request has a connection of its own."""
        line = self.new_line()
        try:
            return self.ask(action, body, line=line, **header)
        finally:
            line.close()
            self.lines.remove(line)

    def run(self, line):
        """winrm.runCommand: create, command, one Receive, Signal and Delete."""
        shell = self.create()
        begun = self.fresh(COMMAND, COMMAND_BODY % text(line), shell=shell, options=COMMAND_OPTIONS)
        command = self.read(begun, 'rsp:CommandResponse', 'rsp:CommandId')[0].text
        result = self.output(self.fresh(RECEIVE, RECEIVE_BODY % command, shell=shell))
        self.fresh(SIGNAL, SIGNAL_BODY % (command, TERMINATE), shell=shell)
        self.delete(shell)
        return result

    def create(self):
        created = self.fresh(CREATE, SHELL_BODY, options=CREATE_OPTIONS)
        return self.read(created, 'rsp:Shell', 'rsp:ShellId')[0].text

    def delete(self, shell):
        answer = self.fresh(DELETE, shell=shell)
        if answer.fault:
            self.read(answer, 's:Fault')

    def output(self, answer):
        """All streams but those with an attribute End; an exit code that is not 0 chooses stderr."""
        streams = {'stdout': b'', 'stderr': b''}
        response = self.read(answer, 'rsp:ReceiveResponse')[0]
        for stream in response.named('rsp:Stream'):
            if 'End' not in stream.attributes:
                need(self.NAME, stream.text, 'decodes the text of each stream without End',
                     stream.attributes)
                streams[stream.attributes['Name']] += base64.b64decode(stream.text, validate=True)
        state = response.named('rsp:CommandState')
        need(self.NAME, len(state) == 1, 'reads rsp:CommandState[0]')
        done = state[0].attributes['State'] == STATE + 'Done'
        code = state[0].named('rsp:ExitCode')
        return streams['stdout'], streams['stderr'], done, int(code[0].text) if code else None
