# SPDX-License-Identifier: ISC
"""Windows: PowerShell's remoting, winrs and the command winrm, by way of WinHTTP and WSMan's client library;
and PowerShell on Linux through OMI, which writes much the same.

They count the messages of an operation, whose ids come back, say which version asks in the address, and
offer compression, which they do without when it is refused.
"""

from answers import Output
from envelopes import fill, guid, text, upper_id
from negotiate import KERBEROS_SEALED, SPNEGO_SEALED
from player import Player
from psrp import (COMPLETED, OPENED, PIPELINE_OUTPUT, PIPELINE_STATE, RUNSPACEPOOL_STATE, Receiver, Sender,
                  encoded, state_of, string_of)
from transport import PARSE_AS, Negotiate, challenge_of_pswsman, need
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, NS, RECEIVE, SEND, SHELL, SIGNAL

POWERSHELL = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell'
CONFIG = 'http://schemas.microsoft.com/wbem/wsman/1/config'
STOP = 'powershell/signal/crtl_c'
UTF16 = 'application/soap+xml;charset=UTF-16'
MUST_UNDERSTAND = 2150858768
HEAD = (
    'POST {path} HTTP/1.1',
    'Connection: Keep-Alive',
    'Content-Type: {type}',
    'Authorization: {authorization}',
    'User-Agent: Microsoft WinRM Client',
    'Content-Length: {length}',
    'Host: {host}',
)
OMI_HEAD = (
    'POST {path} HTTP/1.1',
    'Host: {host}',
    'Content-Type: {type}',
    'Authorization: {authorization}',
    'User-Agent: Microsoft WinRM Client',
    'Connection: Keep-Alive',
    'Content-Length: {length}',
)
IDENTIFY_HEAD = HEAD + ('WSMANIDENTIFY: unauthenticated',)
ENVELOPE = '''<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header>
<a:To>[to]</a:To>
<w:ResourceURI s:mustUnderstand="true">[resource]</w:ResourceURI>
<a:ReplyTo><a:Address s:mustUnderstand="true">[anonymous]</a:Address></a:ReplyTo>
<a:Action s:mustUnderstand="true">[action]</a:Action>
<w:MaxEnvelopeSize s:mustUnderstand="true">[size]</w:MaxEnvelopeSize>
<a:MessageID>[message_id]</a:MessageID>
<w:Locale xml:lang="en-US" s:mustUnderstand="false"/>
<p:DataLocale xml:lang="en-US" s:mustUnderstand="false"/>
<p:SessionId s:mustUnderstand="false">uuid:[session]</p:SessionId>
<p:OperationID s:mustUnderstand="false">[operation]</p:OperationID>
<p:SequenceId s:mustUnderstand="false">[sequence]</p:SequenceId>
[selectors][options]
<w:OperationTimeout>[timeout]</w:OperationTimeout>
[more]
</s:Header><s:Body>[body]</s:Body></s:Envelope>'''
RSP = 'xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"'
COMPRESSION = '<rsp:CompressionType %s s:mustUnderstand="true">xpress</rsp:CompressionType>' % RSP
SELECTORS = '<w:SelectorSet>%s</w:SelectorSet>'
SELECTOR = '<w:Selector Name="%s">%s</w:Selector>'
OPTION_SET = ('<w:OptionSet xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
              's:mustUnderstand="true">%s</w:OptionSet>')
IDENTIFY = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsmid='
            '"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body>'
            '<wsmid:Identify/></s:Body></s:Envelope>')


def ways(make_context, scheme='Negotiate', **settings):
    """The first request has a token already and no body."""
    protocol = KERBEROS_SEALED if scheme == 'Kerberos' else SPNEGO_SEALED
    return Negotiate(make_context, challenge_of_pswsman, PARSE_AS['exactly'], reactive=False,
                     scheme=scheme, protocol=protocol, **settings)


class Windows(Player):
    NAME = 'Windows PowerShell'
    HEAD = HEAD
    PATH = '/wsman?PSVersion=5.1.19041.1'
    SIZE, TIMEOUT = 512000, 'PT180.000S'

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.resource, self.shell = POWERSHELL, None
        self.sequence = 0

    def envelope(self, action, message_id, body, options='', selectors=None, more='', resource=None):
        if selectors is None:
            selectors = SELECTOR % ('ShellId', self.shell) if self.shell else ''
        return fill(ENVELOPE, to=self.endpoint, resource=resource or self.resource, anonymous=ANONYMOUS,
                    action=action, size=self.SIZE, message_id=message_id, session=self.session,
                    operation=self.operation, sequence=self.sequence, timeout=self.TIMEOUT,
                    selectors=SELECTORS % selectors if selectors else '',
                    options=OPTION_SET % options if options else '', more=more, body=body)

    def ask(self, action, body='', operation=None, sequence=1, **header):
        """`operation`: the id of the operation that this message goes on with."""
        self.operation, self.sequence = operation or upper_id(), sequence
        return super().ask(action, body, echo=(self.operation, str(sequence)), **header)

    def request(self, action, body='', **header):
        answer = self.ask(action, body, **header)
        need(self.NAME, answer.status == 200, 'goes on after 200', answer.fault)
        return answer

    def take_shell(self, answer):
        shell = answer.find('s:Body/rsp:Shell')
        need(self.NAME, shell is not None, 'reads rsp:Shell')
        self.shell = shell.findtext('rsp:ShellId', namespaces=NS)
        resource = shell.findtext('rsp:ResourceUri', namespaces=NS)
        need(self.NAME, self.shell and resource, 'fails without rsp:ShellId and rsp:ResourceUri',
             answer.response.body)
        self.resource = resource

    # Shells of any kind

    def receive(self, command=None, streams='stdout', operation=None, sequence=1):
        attribute = ' CommandId="%s"' % command if command else ''
        answer = self.request(
            RECEIVE, '<rsp:Receive %s SequenceId="%d"><rsp:DesiredStream%s>%s</rsp:DesiredStream>'
            '</rsp:Receive>' % (RSP, sequence - 1, attribute, streams), operation=operation,
            sequence=sequence,
            options='<w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">TRUE</w:Option>')
        output = Output()
        output.add(self.NAME, answer, command)
        return output

    def loop(self, command, streams='stdout'):
        """The Receives of a command, which are the messages of one operation: [(name, data)], code."""
        operation, sequence, pieces = upper_id(), 0, []
        while True:
            sequence += 1
            output = self.receive(command, streams, operation, sequence)
            pieces += output.pieces
            if output.done:
                return pieces, output.code

    def send(self, command, data, stream='stdin', end=False):
        attributes = ' CommandId="%s"' % command if command else ''
        self.request(SEND, '<rsp:Send %s><rsp:Stream%s Name="%s"%s>%s</rsp:Stream></rsp:Send>' % (
            RSP, attributes, stream, ' End="true"' if end else '', data))

    def signal(self, command, code):
        self.request(SIGNAL, '<rsp:Signal %s CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
                     % (RSP, command, code))

    def close(self):
        self.request(DELETE)

    # PowerShell

    def open_pool(self):
        pool = guid()
        self.sender, self.receiver = Sender(pool), Receiver(self.NAME, pool)
        body = ('<rsp:Shell %s Name="WinRM1" ShellId="%s"><rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut>'
                '<rsp:InputStreams>stdin pr</rsp:InputStreams><rsp:OutputStreams>stdout'
                '</rsp:OutputStreams><creationXml xmlns="http://schemas.microsoft.com/powershell">%s'
                '</creationXml></rsp:Shell>' % (RSP, pool, encoded(self.sender.opening())))
        options = ('<w:Option Name="protocolversion" MustComply="true">2.3</w:Option>'
                   '<w:Option Name="WINRS_NOPROFILE">1</w:Option>')
        refused = self.ask(CREATE, body, options=options, more=COMPRESSION)
        self.check_refused_compression(refused)
        self.take_shell(self.request(CREATE, body, options=options))
        need(self.NAME, self.shell == pool, 'goes on with its own ShellId', self.shell)
        state = None
        while state != OPENED:
            for _, data in self.receive().pieces:
                for kind, message in self.receiver.take(data):
                    state = state_of(message) if kind == RUNSPACEPOOL_STATE else state

    def check_refused_compression(self, answer):
        """To ignore the header would corrupt data; the fault names it."""
        need(self.NAME, answer.fault and answer.fault.number == MUST_UNDERSTAND and
             answer.fault.code == 's:MustUnderstand', 'is told that it may not compress', answer.fault)
        named = [each.attributes.get('qname') for header in answer.root.named('s:Header')
                 for each in header.named('s:NotUnderstood')]
        need(self.NAME, len(named) == 1 and named[0].endswith(':CompressionType'),
             'is told which header was not understood', named)

    def begin_script(self, script):
        pipeline = guid()
        first, *rest = self.sender.script(script, pipeline)
        answer = self.request(COMMAND, '<rsp:CommandLine %s CommandId="%s"><rsp:Command></rsp:Command>'
                              '<rsp:Arguments>%s</rsp:Arguments></rsp:CommandLine>'
                              % (RSP, pipeline, encoded(first)))
        need(self.NAME, answer.text('s:Body/rsp:CommandResponse/rsp:CommandId') == pipeline,
             'goes on with its own CommandId')
        for fragment in rest:
            self.send(pipeline, encoded(fragment))
        return pipeline

    def end_script(self, pipeline):
        pieces, code = self.loop(pipeline)
        receiver = Receiver(self.NAME, str(self.sender.pool))
        strings, state = [], None
        for _, data in pieces:
            for kind, message in receiver.take(data, pipeline):
                if kind == PIPELINE_OUTPUT:
                    strings.append(string_of(message))
                state = state_of(message) if kind == PIPELINE_STATE else state
        self.signal(pipeline, SHELL + '/signal/terminate')
        return strings, state

    def run_script(self, script):
        strings, state = self.end_script(self.begin_script(script))
        need(self.NAME, state == COMPLETED, 'reads PIPELINE_STATE', state)
        return strings


class Omi(Windows):
    """PowerShell 7 with libpsrpclient and OMI: the same, with another HTTP below."""

    NAME = 'PowerShell with OMI'
    HEAD = OMI_HEAD
    PATH = '/wsman?PSVersion=7.4.6'


class Winrs(Windows):
    """winrs.exe: the text shell."""

    NAME = 'winrs'
    PATH = '/wsman'
    SIZE, TIMEOUT = 153600, 'PT60.000S'

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.resource = CMD

    def open(self, more=''):
        body = ('<rsp:Shell %s><rsp:Environment><rsp:Variable Name="A">b</rsp:Variable></rsp:Environment>'
                '<rsp:WorkingDirectory>/tmp</rsp:WorkingDirectory>%s'
                '<rsp:InputStreams>stdin</rsp:InputStreams>'
                '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>' % (RSP, more))
        self.take_shell(self.request(
            CREATE, body, options='<w:Option Name="WINRS_NOPROFILE">FALSE</w:Option>'
            '<w:Option Name="WINRS_CODEPAGE">437</w:Option>'))

    def begin(self, line):
        answer = self.request(
            COMMAND, '<rsp:CommandLine %s><rsp:Command>%s</rsp:Command></rsp:CommandLine>' % (
                RSP, text(line)),
            options='<w:Option Name="WINRS_CONSOLEMODE_STDIN">TRUE</w:Option>')
        return answer.text('s:Body/rsp:CommandResponse/rsp:CommandId')

    def finish(self, command):
        pieces, code = self.loop(command, 'stdout stderr')
        joined = {name: b''.join(data for stream, data in pieces if stream == name)
                  for name in ('stdout', 'stderr')}
        self.signal(command, SHELL + '/signal/terminate')
        return joined['stdout'], joined['stderr'], code


class WinrmCommand(Windows):
    """winrm.vbs by WSMan's automation: everything in UTF-16."""

    NAME = 'winrm get/enumerate'
    PATH = '/wsman'
    SIZE, TIMEOUT = 153600, 'PT60.000S'
    CONTENT_TYPE = UTF16

    def envelope(self, *arguments, **header):
        return b'\xff\xfe' + super().envelope(*arguments, **header).encode('utf-16-le')

    def answer_type(self):
        return UTF16
