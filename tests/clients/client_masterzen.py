# SPDX-License-Identifier: ISC
"""masterzen/winrm for Go, by the three ways in which it does not simply send a password: Encryption("ntlm")
of bodgit/ntlmssp, which logs in anew before every message; ClientNTLM of go-ntlmssp, which sends the whole
message with each leg; and gokrb5, which shows a new ticket with each request.
"""

import base64

from answers import STATE
from envelopes import fill, lower_id
from player import Player
from transport import PARSE_AS, Negotiate, challenge_of_go, check_first_challenge, need
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, RECEIVE, SEND, SHELL, SIGNAL, TERMINATE

HEAD = (
    'POST {path} HTTP/1.1',
    'Host: {host}',
    'User-Agent: Go-http-client/1.1',
    'Content-Length: {length}',
    'Authorization: {authorization}',
    'Content-Type: {type}',
    'Accept-Encoding: gzip',
)
ENVELOPE = '''<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
 xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><env:Header>
<a:To>[to]</a:To>
<a:ReplyTo><a:Address mustUnderstand="true">[anonymous]</a:Address></a:ReplyTo>
<w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>
<w:OperationTimeout>PT60S</w:OperationTimeout>
<a:MessageID>[message_id]</a:MessageID>
<w:Locale mustUnderstand="false" xml:lang="en-US"/>
<p:DataLocale mustUnderstand="false" xml:lang="en-US"/>
<a:Action mustUnderstand="true">[action]</a:Action>
[selectors]
<w:ResourceURI mustUnderstand="true">[resource]</w:ResourceURI>
[options]
</env:Header><env:Body>[body]</env:Body></env:Envelope>'''
OPTIONS = ('<w:OptionSet><w:Option Name="%s">%s</w:Option><w:Option Name="%s">%s</w:Option>'
           '</w:OptionSet>')
SELECTORS = '<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>'
# What it puts into one Send, before base64.
CHUNK = 153600 - 1000


def encryption(make_context):
    """An empty POST without credentials before every message: without a 401 it would have no keys."""
    return Negotiate(make_context, challenge_of_go, PARSE_AS['pywinrm'], reactive=True, always_anew=True)


class ClientNTLM:
    """The message without credentials, which is enough on a connection that has logged in, else again with
    type 1 and with type 3; the last answer is for it."""

    def __init__(self, make_context, offered):
        self.make_context, self.offered = make_context, offered

    def ask(self, line, message, content_type, **fields):
        context = self.make_context()
        response = line.exchange(message, type=content_type)
        if response.status != 401:
            return response
        check_first_challenge(line.client, response, self.offered)
        token = context.step()
        while True:
            response = line.exchange(message, type=content_type, authorization='Negotiate '
                                     + base64.b64encode(token).decode())
            if response.status != 401:
                need(line.client, not response.named('WWW-Authenticate'),
                     'gets no token behind raw NTLM', response.headers)
                return response
            need(line.client, response.body == b'', 'does not drain the body of a 401')
            token = context.step(challenge_of_go(line.client, response))


class FreshTicket:
    """gokrb5: each request with a ticket of its own; the answer's token is not looked at."""

    def __init__(self, make_context):
        self.make_context = make_context

    def ask(self, line, message, content_type, **fields):
        token = self.make_context().step()
        return line.exchange(message, type=content_type, authorization='Negotiate '
                             + base64.b64encode(token).decode())


class Masterzen(Player):
    NAME = 'masterzen/winrm'
    HEAD = HEAD

    def message_id(self):
        return lower_id()

    def envelope(self, action, message_id, body, shell=None, options=''):
        return fill(ENVELOPE, to=self.endpoint, anonymous=ANONYMOUS, message_id=message_id,
                    action=action, resource=CMD, options=options,
                    selectors=SELECTORS % shell if shell else '', body=body)

    def request(self, action, body='', **header):
        """A fault is read as an answer, so what is missing in it is what fails."""
        answer = self.ask(action, body, **header)
        need(self.NAME, 'application/soap+xml' in answer.response.header('Content-Type'),
             'says "invalid content type" otherwise')
        return answer

    def first(self, answer, path, what):
        found = answer.find('.//' + path)
        need(self.NAME, found is not None and found.text, 'reads //' + what, answer.response.body)
        return found.text

    def create(self):
        answer = self.request(
            CREATE, '<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>'
            'stdout stderr</rsp:OutputStreams></rsp:Shell>',
            options=OPTIONS % ('WINRS_NOPROFILE', 'FALSE', 'WINRS_CODEPAGE', '65001'))
        return self.first(answer, "w:Selector[@Name='ShellId']", "w:Selector[@Name='ShellId']")

    def begin(self, shell, line, *arguments):
        answer = self.request(
            COMMAND, '<rsp:CommandLine><rsp:Command><![CDATA[%s]]></rsp:Command>%s</rsp:CommandLine>'
            % (line, ''.join('<rsp:Arguments><![CDATA[%s]]></rsp:Arguments>' % each
                             for each in arguments)), shell=shell,
            options=OPTIONS % ('WINRS_CONSOLEMODE_STDIN', 'TRUE', 'WINRS_SKIP_CMD_SHELL', 'FALSE'))
        need(self.NAME, self.first(answer, 'a:Action', 'a:Action') == SHELL + '/CommandResponse',
             'compares a:Action with that of a CommandResponse')
        return self.first(answer, 'rsp:CommandId', 'rsp:CommandId')

    def finish(self, shell, command):
        streams = {'stdout': b'', 'stderr': b''}
        while True:
            answer = self.request(
                RECEIVE, '<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout stderr'
                '</rsp:DesiredStream></rsp:Receive>' % command, shell=shell)
            if answer.fault:
                need(self.NAME, b'OperationTimeout' in answer.response.body,
                     'polls again when the text has the word OperationTimeout', answer.fault)
                continue
            for name in streams:
                for stream in answer.all(".//rsp:Stream[@Name='%s']" % name):
                    streams[name] += base64.b64decode(stream.text or '', validate=True)
            if [each for each in answer.xml.iter() if each.get('State') == STATE + 'Done']:
                code = self.first(answer, 'rsp:ExitCode', 'rsp:ExitCode')
                return streams['stdout'], streams['stderr'], int(code)

    def send(self, shell, command, data, end):
        answer = self.request(SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s" End="%s">%s'
                              '</rsp:Stream></rsp:Send>' % (command, str(end).lower(),
                                                            base64.b64encode(data).decode()),
                              shell=shell)
        need(self.NAME, answer.status == 200, 'sends more than its own MaxEnvelopeSize', answer.fault)

    def signal(self, shell, command):
        answer = self.request(SIGNAL, '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
                              % (command, TERMINATE), shell=shell)
        need(self.NAME, answer.status == 200, 'does not forgive a terminate that fails', answer.fault)

    def close(self, shell):
        need(self.NAME, self.request(DELETE, shell=shell).status == 200, 'closes its shell')
