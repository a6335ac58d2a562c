# SPDX-License-Identifier: ISC
"""pypsrp 0.8 (jborean93/pypsrp, and Ansible's connection psrp): how it writes and what it reads.

Its envelopes come out of Python's ElementTree with its own prefixes, so they are written by that here,
too: it declares what is used, in the order of the prefixes, and puts a blank into empty elements.
"""

import re
import xml.etree.ElementTree as ET

from answers import TIMED_OUT, Output, expect
from envelopes import fill, text
from player import Player
from transport import PARSE_AS, Negotiate, challenge_of_pypsrp, need
from wire import ANONYMOUS, CMD, CREATE, DELETE, GET, NS, RECEIVE, SEND, COMMAND, SHELL, SIGNAL

PREFIXES = {
    'cfg': 'http://schemas.microsoft.com/wbem/wsman/1/config',
    'pwsh': 'http://schemas.microsoft.com/powershell',
    'rsp': NS['rsp'],
    's': NS['s'],
    'wsa': NS['a'],
    'wsen': 'http://schemas.xmlsoap.org/ws/2004/09/enumeration',
    'wsman': NS['w'],
    'wsmanfault': NS['f'],
    'wsmv': NS['p'],
    'wst': NS['x'],
}
POWERSHELL = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell'
TERMINATE = SHELL + '/signal/Terminate'
CTRL_C = SHELL + '/signal/ctrl_c'
STOP = 'powershell/signal/ctrl_c'
ENUMERATE = PREFIXES['wsen'] + '/Enumerate'

HEAD = (
    'POST {path} HTTP/1.1',
    'Host: {host}',
    'User-Agent: Python PSRP Client',
    'Accept-Encoding: identity',
    'Accept: */*',
    'Connection: Keep-Alive',
    'Content-Type: {type}',
    'Authorization: {authorization}',
    'Content-Length: {length}',
)
ENVELOPE = '''
<s:Envelope [namespaces]><s:Header>
<wsa:Action s:mustUnderstand="true">[action]</wsa:Action>
<wsmv:DataLocale s:mustUnderstand="false" xml:lang="en-US" />
<wsman:Locale s:mustUnderstand="false" xml:lang="en-US" />
<wsman:MaxEnvelopeSize s:mustUnderstand="true">153600</wsman:MaxEnvelopeSize>
<wsa:MessageID>[message_id]</wsa:MessageID>
<wsman:OperationTimeout>PT[timeout]S</wsman:OperationTimeout>
<wsa:ReplyTo><wsa:Address s:mustUnderstand="true">[anonymous]</wsa:Address></wsa:ReplyTo>
<wsman:ResourceURI s:mustUnderstand="true">[resource]</wsman:ResourceURI>
<wsmv:SessionId s:mustUnderstand="false">uuid:[session]</wsmv:SessionId>
<wsa:To>[to]</wsa:To>
[options][selectors]
</s:Header><s:Body>[body]</s:Body></s:Envelope>'''
OPTION_SET = '<wsman:OptionSet s:mustUnderstand="true">%s</wsman:OptionSet>'
OPTION = '<wsman:Option%s Name="%s">%s</wsman:Option>'
WINRS_SHELL = '''
<rsp:Shell>
<rsp:Environment><rsp:Variable Name="GREETING">hello &amp; welcome</rsp:Variable></rsp:Environment>
<rsp:IdleTimeOut>PT120S</rsp:IdleTimeOut>
<rsp:InputStreams>stdin</rsp:InputStreams>
<rsp:Lifetime>PT3600S</rsp:Lifetime>
<rsp:Name>winrs</rsp:Name>
<rsp:OutputStreams>stdout stderr</rsp:OutputStreams>
<rsp:WorkingDirectory>/tmp</rsp:WorkingDirectory>
</rsp:Shell>'''


def ways(make_context, scheme='Negotiate', **settings):
    """How it logs in: after a request without credentials that is answered 401."""
    return Negotiate(make_context, challenge_of_pypsrp, PARSE_AS['pywinrm'], reactive=True,
                     scheme=scheme, **settings)


def protocolversion():
    return [OPTION % (' MustComply="true"', 'protocolversion', '2.3')]


class Pypsrp(Player):
    NAME = 'pypsrp'
    HEAD = HEAD
    PATH = '/wsman'

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.selectors = ''

    def envelope(self, action, message_id, body, resource=CMD, options='', timeout=20, selectors=None):
        document = fill(
            ENVELOPE, namespaces=' '.join('xmlns:%s="%s"' % pair for pair in PREFIXES.items()),
            action=action, message_id=message_id, timeout=timeout, anonymous=ANONYMOUS,
            resource=resource, session=self.session, to=self.endpoint,
            options=OPTION_SET % ''.join(options) if options else '',
            selectors=self.selectors if selectors is None else selectors, body=fill(body))
        for prefix, uri in PREFIXES.items():
            ET.register_namespace(prefix, uri)
        written = ET.tostring(ET.fromstring(document), encoding='utf-8', method='xml').decode()
        # It makes these elements without a prefix, with an attribute that is called xmlns.
        uri = PREFIXES['pwsh']
        written = written.replace(' xmlns:pwsh="%s"' % uri, '')
        return re.sub('<(/?)pwsh:(\\w+)>', lambda tag: '</%s>' % tag[2] if tag[1] else '<%s xmlns="%s">'
                      % (tag[2], uri), written)

    # What it reads

    def take_shell(self, answer):
        """WinRS._parse_shell_create and RunspacePool.open: the selectors are copied."""
        expect(self.NAME, answer)
        body = answer.find('s:Body')
        need(self.NAME, body is not None, 'reads s:Body')
        selectors = body.find('x:ResourceCreated/a:ReferenceParameters/w:SelectorSet', NS)
        need(self.NAME, selectors is not None, 'copies wst:ResourceCreated/wsa:ReferenceParameters/'
             'wsman:SelectorSet into its later requests')
        named = {each.get('Name'): each.text for each in selectors.findall('w:Selector', NS)}
        self.selectors = '<wsman:SelectorSet>%s</wsman:SelectorSet>' % ''.join(
            '<wsman:Selector Name="%s">%s</wsman:Selector>' % pair for pair in named.items())
        shell = {each.tag.split('}')[1]: each.text for each in body.find('rsp:Shell', NS)}
        for name in ('ShellId', 'ResourceUri', 'Owner', 'ClientIP', 'IdleTimeOut', 'OutputStreams',
                     'ShellRunTime', 'ShellInactivity'):
            need(self.NAME, shell.get(name), 'shows rsp:' + name, shell)
        need(self.NAME, named == {'ShellId': shell['ShellId']}, 'has one id for a shell', named)
        return shell

    # WinRS

    def open_winrs(self, body=WINRS_SHELL, codepage=None):
        options = [OPTION % (' MustComply="true"', 'WINRS_NOPROFILE', 'TRUE')]
        if codepage:
            options.append(OPTION % (' MustComply="true"', 'WINRS_CODEPAGE', codepage))
        return self.take_shell(self.ask(CREATE, body, options=options))

    def begin(self, executable, *arguments, skip='False'):
        """Process.begin_invoke"""
        body = '<rsp:CommandLine><rsp:Command>%s</rsp:Command>%s</rsp:CommandLine>' % (
            text(executable), ''.join('<rsp:Arguments>%s</rsp:Arguments>' % text(each)
                                      for each in arguments))
        answer = expect(self.NAME, self.ask(
            COMMAND, body, options=[OPTION % ('', 'WINRS_SKIP_CMD_SHELL', skip)]))
        command = answer.text('s:Body/rsp:CommandResponse/rsp:CommandId')
        need(self.NAME, command, 'reads rsp:CommandResponse/rsp:CommandId')
        return command

    def poll(self, command=None, resource=CMD, line=None, timeout=20, streams='stdout stderr'):
        """One Receive, again after a time-out."""
        attribute = ' CommandId="%s"' % command if command else ''
        body = '<rsp:Receive><rsp:DesiredStream%s>%s</rsp:DesiredStream></rsp:Receive>' % (
            attribute, streams)
        while True:
            answer = self.ask(RECEIVE, body, line=line, resource=resource, timeout=timeout,
                              options=[OPTION % ('', 'WSMAN_CMDSHELL_OPTION_KEEPALIVE', 'True')])
            if answer.fault is None or answer.fault.number != TIMED_OUT:
                return expect(self.NAME, answer)
            need(self.NAME, command, 'takes a time-out for the end while its pool opens')

    def finish(self, command):
        """Process.end_invoke"""
        output = Output()
        while not output.done:
            output.add(self.NAME, self.poll(command), command)
        return output

    def send(self, command, data, end=False, resource=CMD, stream='stdin', line=None):
        attributes = ' CommandId="%s"' % command if command else ''
        if end:
            attributes += ' End="True"'
        body = '<rsp:Send><rsp:Stream%s Name="%s">%s</rsp:Stream></rsp:Send>' % (
            attributes, stream, data)
        return expect(self.NAME, self.ask(SEND, body, resource=resource, line=line))

    def signal(self, command, code, resource=CMD, line=None):
        body = '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>' % (command, code)
        return expect(self.NAME, self.ask(SIGNAL, body, resource=resource, line=line))

    def close(self, resource=CMD):
        answer = expect(self.NAME, self.ask(DELETE, resource=resource))
        need(self.NAME, len(answer.find('s:Body')) == 0, 'gets an empty body')

    def get(self, resource=SHELL):
        """What RunspacePool.is_alive and the look-up of the envelope size ask."""
        return self.ask(GET, resource=resource)
