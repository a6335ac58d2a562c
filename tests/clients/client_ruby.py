# SPDX-License-Identifier: ISC
"""WinRb/WinRM 2.3 (Ruby) and evil-winrm: envelopes written by Builder, answers read by REXML expressions
over local names, and sealed answers taken apart by a regular expression.
"""

import base64
import re

from answers import STATE, TIMED_OUT
from envelopes import fill, guid, text
from negotiate import KERBEROS_SEALED
from player import Player
from psrp import (COMPLETED, OPENED, PIPELINE_OUTPUT, PIPELINE_STATE, RUNSPACEPOOL_STATE, Receiver, Sender,
                  encoded, state_of, string_of)
from transport import PARSE_AS, Negotiate, challenge_of_ruby, need
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, GET, RECEIVE, SEND, SIGNAL, TERMINATE

POWERSHELL = 'http://schemas.microsoft.com/powershell/Microsoft.PowerShell'
CONFIG = 'http://schemas.microsoft.com/wbem/wsman/1/config'
HEAD = (
    'POST {path} HTTP/1.1',
    'Content-Type: {type}',
    'User-Agent: Ruby WinRM Client (2.8.3, ruby 3.1.2 (2022-04-12))',
    'Accept: */*',
    'Date: Sun, 22 Nov 2026 02:00:00 GMT',
    'Content-Length: {length}',
    'Authorization: {authorization}',
    'Host: {host}',
)
EVIL_HEAD = tuple('User-Agent: Microsoft WinRM Client (2.8.3, ruby 3.1.2 (2022-04-12))'
                  if line.startswith('User-Agent') else line for line in HEAD)
ENVELOPE = '''<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:env="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"
 xmlns:b="http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"
 xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration"
 xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"
 xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
 xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
 xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
 xmlns:cfg="http://schemas.microsoft.com/wbem/wsman/1/config"><env:Header>
<a:To>[to]</a:To>
<a:ReplyTo><a:Address mustUnderstand="true">[anonymous]</a:Address></a:ReplyTo>
<w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>
<a:MessageID>[message_id]</a:MessageID>
<p:SessionId mustUnderstand="false">uuid:[session]</p:SessionId>
<w:Locale xml:lang="en-US" mustUnderstand="false"></w:Locale>
<p:DataLocale xml:lang="en-US" mustUnderstand="false"></p:DataLocale>
<w:OperationTimeout>[timeout]</w:OperationTimeout>
<w:ResourceURI mustUnderstand="true">[resource]</w:ResourceURI>
<a:Action mustUnderstand="true">[action]</a:Action>
[selectors][options]
</env:Header><env:Body>[body]</env:Body></env:Envelope>'''
CREATE_OPTIONS = ('<w:OptionSet><w:Option Name="WINRS_NOPROFILE">FALSE</w:Option>'
                  '<w:Option Name="WINRS_CODEPAGE">65001</w:Option></w:OptionSet>')
COMMAND_OPTIONS = ('<w:OptionSet><w:Option Name="WINRS_CONSOLEMODE_STDIN">TRUE</w:Option>'
                   '<w:Option Name="WINRS_SKIP_CMD_SHELL">FALSE</w:Option></w:OptionSet>')
POOL_OPTIONS = ('<w:OptionSet env:mustUnderstand="true"><w:Option Name="protocolversion" '
                'MustComply="true">2.3</w:Option></w:OptionSet>')
KEEPALIVE = ('<w:OptionSet><w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">TRUE</w:Option>'
             '</w:OptionSet>')
RESET = (2150858843, 2147943418, 2150859174)
DEFAULT_BLOB = 32768


class WSManFault(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


def preemptive_ntlm(make_context):
    """A type 1 message with an empty body before anything else; the status of the answer to type 3 is
    not looked at."""
    return Negotiate(make_context, challenge_of_ruby, PARSE_AS['ruby'], reactive=False, tab='')


def kerberos_way(make_context):
    return Negotiate(make_context, challenge_of_ruby, PARSE_AS['ruby'], reactive=False, tab='',
                     scheme='Kerberos', protocol=KERBEROS_SEALED)


class Ruby(Player):
    NAME = "Ruby's WinRM"
    HEAD = HEAD
    TIMEOUT = 'PT60S'

    def envelope(self, action, message_id, body, resource=CMD, shell=None, options=''):
        selectors = ('<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>' % shell
                     if shell else '')
        return fill(ENVELOPE, to=self.endpoint, anonymous=ANONYMOUS, message_id=message_id,
                    session=self.session, timeout=self.TIMEOUT, resource=resource, action=action,
                    selectors=selectors, options=options, body=body)

    def request(self, action, body='', **header):
        """transport.send_request: status 200, or an exception with the code as a text."""
        answer = self.ask(action, body, **header)
        if answer.status == 200:
            return answer
        fault = [each for each in answer.xml.iter() if each.tag.endswith('}WSManFault')]
        need(self.NAME, fault, 'looks for //*[local-name()=WSManFault]')
        raise WSManFault(fault[0].get('Code'))

    def first(self, answer, name):
        """//*[local-name() = name]"""
        found = [each for each in answer.xml.iter() if each.tag.split('}')[1] == name]
        need(self.NAME, found and found[0].text, 'reads the first ' + name, answer.response.body)
        return found[0].text

    def take_shell_id(self, answer):
        """//*[@Name='ShellId']"""
        found = [each for each in answer.xml.iter() if each.get('Name') == 'ShellId']
        need(self.NAME, found and found[0].text, "reads //*[@Name='ShellId']")
        return found[0].text

    # The shell cmd

    def open_cmd(self, more=''):
        body = ('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
                '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams>%s</rsp:Shell>' % more)
        return self.take_shell_id(self.request(CREATE, body, options=CREATE_OPTIONS))

    def begin(self, shell, line, *arguments):
        command = guid()
        body = '<rsp:CommandLine CommandId="%s"><rsp:Command>"%s"</rsp:Command>%s</rsp:CommandLine>' % (
            command, text(line), ''.join('<rsp:Arguments>%s</rsp:Arguments>' % text(each)
                                         for each in arguments))
        answer = self.request(COMMAND, body, shell=shell, options=COMMAND_OPTIONS)
        need(self.NAME, self.first(answer, 'CommandId') == command, 'goes on with its own CommandId')
        return command

    def receive(self, shell, command=None, streams='stdout stderr', resource=CMD):
        """One Receive: [(name, bytes)], whether it is done, the exit code."""
        attribute = ' CommandId="%s"' % command if command else ''
        body = '<rsp:Receive><rsp:DesiredStream%s>%s</rsp:DesiredStream></rsp:Receive>' % (
            attribute, streams)
        while True:
            try:
                answer = self.request(RECEIVE, body, shell=shell, options=KEEPALIVE, resource=resource)
                break
            except WSManFault as fault:
                if fault.code != str(TIMED_OUT):
                    raise
        pieces = []
        for stream in answer.xml.findall('./{*}Body/{*}ReceiveResponse/{*}Stream'):
            if stream.text:
                pieces.append((stream.get('Name'), base64.b64decode(stream.text, validate=True)))
                need(self.NAME, stream.get('CommandId') == command, 'reads whose output it is')
        done = [each for each in answer.xml.iter() if each.get('State') == STATE + 'Done']
        need(self.NAME, bool(command) or not done, 'takes no state of a shell')
        return pieces, bool(done), int(self.first(answer, 'ExitCode')) if done else None

    def finish(self, shell, command):
        """Each piece is decoded by itself, so it has to be whole characters."""
        output = {'stdout': '', 'stderr': ''}
        done = False
        while not done:
            pieces, done, code = self.receive(shell, command)
            for name, data in pieces:
                output[name] += data.decode()
        return output['stdout'], output['stderr'], code

    def write(self, shell, command, data):
        """Base64 with a line break behind each sixty characters."""
        coded = re.sub('(.{1,60})', r'\1\n', base64.b64encode(data).decode())
        body = '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">%s</rsp:Stream></rsp:Send>' % (
            command, coded)
        self.request(SEND, body, shell=shell)

    def clean_up(self, shell, command, resource=CMD):
        body = '<rsp:Signal CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>' % (command, TERMINATE)
        try:
            self.request(SIGNAL, body, shell=shell, resource=resource)
        except WSManFault as fault:
            if fault.code not in ('995', '2150858843'):
                raise

    def close(self, shell, resource=CMD):
        self.request(DELETE, shell=shell, resource=resource)

    # PowerShell

    def blob_size(self):
        """What it may put into one message: reckoned from the service's configuration, or a default where
        that is not shown to this user."""
        try:
            answer = self.request(GET, resource=CONFIG)
        except WSManFault as fault:
            need(self.NAME, fault.code == '5', 'goes on without the configuration on code 5 alone',
                 fault.code)
            return DEFAULT_BLOB
        size = int(self.first(answer, 'MaxEnvelopeSizekb'))
        empty = self.envelope(COMMAND, self.message_id(), self.pipeline_body(guid(), ''),
                              resource=POWERSHELL, shell=guid())
        return (size * 1024 - len(empty)) // 4 * 3 - 21

    def pipeline_body(self, command, arguments):
        return ('<rsp:CommandLine CommandId="%s"><rsp:Command>Invoke-Expression</rsp:Command>'
                '<rsp:Arguments>%s</rsp:Arguments></rsp:CommandLine>' % (command, arguments))

    def open_pool(self):
        """Its id, and the halves of the protocol."""
        self.blob = self.blob_size()
        pool = guid()
        self.sender, self.receiver = Sender(pool), Receiver(self.NAME, pool)
        self.pipelines = {}
        body = ('<rsp:Shell ShellId="%s" Name="Runspace"><rsp:InputStreams>stdin pr</rsp:InputStreams>'
                '<rsp:OutputStreams>stdout</rsp:OutputStreams><creationXml '
                'xmlns="http://schemas.microsoft.com/powershell">%s</creationXml></rsp:Shell>'
                % (pool, encoded(self.sender.opening())))
        shell = self.take_shell_id(self.request(CREATE, body, resource=POWERSHELL,
                                                options=POOL_OPTIONS))
        state = None
        while state != OPENED:
            pieces, _, _ = self.receive(shell, streams='stdout', resource=POWERSHELL)
            for _, data in pieces:
                for kind, message in self.receiver.take(data, single=True):
                    if kind == RUNSPACEPOOL_STATE:
                        state = state_of(message)
        return shell

    def run_script(self, shell, script):
        """One pipeline to its Done: the strings that it put out."""
        command = guid()
        fragments = self.sender.script(script, command, self.blob, expression=True)
        answer = self.request(COMMAND, self.pipeline_body(command, encoded(fragments[0])), shell=shell,
                              resource=POWERSHELL)
        command = self.first(answer, 'CommandId')
        for fragment in fragments[1:]:
            self.request(SEND, '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s">%s</rsp:Stream>'
                         '</rsp:Send>' % (command, encoded(fragment)), shell=shell,
                         resource=POWERSHELL)
        receiver = Receiver(self.NAME, str(self.sender.pool))
        strings, done, state = [], False, None
        while not done:
            pieces, done, code = self.receive(shell, command, 'stdout', POWERSHELL)
            for _, data in pieces:
                for kind, message in receiver.take(data, command, single=True):
                    if kind == PIPELINE_OUTPUT:
                        strings.append(string_of(message))
                    elif kind == PIPELINE_STATE:
                        state = state_of(message)
        need(self.NAME, state == COMPLETED and code == 0, 'waits for Done of a pipeline', state, code)
        self.clean_up(shell, command, POWERSHELL)
        return strings

    def retried(self, work):
        """Work in a shell that is opened again once, when it is gone or full."""
        shell = self.open_cmd()
        try:
            return shell, work(shell)
        except WSManFault as fault:
            if int(fault.code) not in RESET:
                raise
            shell = self.open_cmd()
            return shell, work(shell)


class EvilWinRM(Ruby):
    """Ruby's library under another name, for PowerShell alone."""

    NAME = 'evil-winrm'
    HEAD = EVIL_HEAD
