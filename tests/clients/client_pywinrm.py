# SPDX-License-Identifier: ISC
"""pywinrm 0.5 (diyan/pywinrm) and Ansible's connection winrm on it, where they differ from the 0.3 that Debian
has: messages sealed with NTLM and Kerberos, faults taken apart, and what Ansible does to fetch and copy.
"""

import base64
import re
import uuid
import xml.etree.ElementTree as ET

from envelopes import fill, lower_id, text
from player import Player
from transport import PARSE_AS, Negotiate, challenge_of_requests_ntlm, need
from wire import ANONYMOUS, CMD, COMMAND, CREATE, DELETE, NS, RECEIVE, SEND, SIGNAL, TERMINATE

HEAD = (
    'POST {path} HTTP/1.1',
    'Host: {host}',
    'User-Agent: Python WinRM client',
    'Accept-Encoding: gzip, deflate',
    'Accept: */*',
    'Connection: Keep-Alive',
    'Content-Type: {type}',
    'Content-Length: {length}',
    'Authorization: {authorization}',
)
ENVELOPE = '''<?xml version="1.0" encoding="utf-8"?>
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
<a:To>http://windows-host:5985/wsman</a:To>
<a:ReplyTo><a:Address mustUnderstand="true">[anonymous]</a:Address></a:ReplyTo>
<w:MaxEnvelopeSize mustUnderstand="true">153600</w:MaxEnvelopeSize>
<a:MessageID>[message_id]</a:MessageID>
<w:Locale mustUnderstand="false" xml:lang="en-US"></w:Locale>
<p:DataLocale mustUnderstand="false" xml:lang="en-US"></p:DataLocale>
<w:OperationTimeout>PT20S</w:OperationTimeout>
<w:ResourceURI mustUnderstand="true">[resource]</w:ResourceURI>
<a:Action mustUnderstand="true">[action]</a:Action>
[selectors][options]
</env:Header><env:Body>[body]</env:Body></env:Envelope>'''
SELECTORS = '<w:SelectorSet><w:Selector Name="ShellId">%s</w:Selector></w:SelectorSet>'
OPTIONS = ('<w:OptionSet><w:Option Name="%s">%s</w:Option><w:Option Name="%s">%s</w:Option>'
           '</w:OptionSet>')
SPACES = {'soapenv': NS['s'], 'f': NS['f'], 'wmi': NS['wmi']}


def challenge_of_requests_kerberos(client, response):
    """A regular expression over the headers joined by commas, on the 200, too: mutual authentication."""
    joined = ', '.join(response.named('WWW-Authenticate'))
    found = re.search(r'(?:.*,)*\s*Negotiate\s*([^,]*),?', joined)
    need(client, found and found[1], 'raises MutualAuthenticationError without a token', response.status,
         joined)
    return base64.b64decode(found[1], validate=True)


def ntlm_way(make_context, **settings):
    return Negotiate(make_context, challenge_of_requests_ntlm, PARSE_AS['pywinrm'], reactive=True,
                     **settings)


def kerberos_way(make_context, **settings):
    return Negotiate(make_context, challenge_of_requests_kerberos, PARSE_AS['pywinrm'], reactive=False,
                     **settings)


class WSManFaultError(Exception):
    def __init__(self, code, wmi_code):
        super().__init__(code)
        self.code, self.wmi_code = code, wmi_code


class Pywinrm(Player):
    NAME = 'pywinrm 0.5'
    HEAD = HEAD
    CODEPAGE, CONSOLE = '437', 'TRUE'

    def message_id(self):
        return lower_id()

    def envelope(self, action, message_id, body, shell=None, options=''):
        return fill(ENVELOPE, anonymous=ANONYMOUS, message_id=message_id, resource=CMD, action=action,
                    selectors=SELECTORS % shell if shell else '', options=options, body=body)

    def send_message(self, action, body='', **header):
        """Protocol.send_message: anything but 200 is a fault, which it takes apart."""
        answer = self.ask(action, body, **header)
        if answer.status == 200:
            return answer
        root = ET.fromstring(answer.response.body.decode('utf-8'))
        fault = root.find('soapenv:Body/soapenv:Fault', SPACES)
        need(self.NAME, fault is not None, 'looks for the fault')
        for path in ('soapenv:Code/soapenv:Value', 'soapenv:Code/soapenv:Subcode/soapenv:Value',
                     'soapenv:Reason/soapenv:Text'):
            need(self.NAME, fault.findtext(path, namespaces=SPACES), 'reads ' + path)
        code = fault.find('soapenv:Detail/f:WSManFault', SPACES).get('Code')
        wmi = fault.findtext('soapenv:Detail/wmi:MSFT_WmiError/wmi:error_Code', namespaces=SPACES)
        raise WSManFaultError(int(code), int(wmi) if wmi else None)

    def open_shell(self, more=''):
        root = self.send_message(CREATE, '<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
                                 '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams>%s</rsp:Shell>'
                                 % more, options=OPTIONS % ('WINRS_NOPROFILE', 'FALSE', 'WINRS_CODEPAGE',
                                                            self.CODEPAGE)).xml
        return next(node for node in root.findall('.//*') if node.get('Name') == 'ShellId').text

    def run_command(self, shell, command, *arguments):
        """All arguments in one element, joined by blanks."""
        body = '<rsp:CommandLine><rsp:Command>%s</rsp:Command>%s</rsp:CommandLine>' % (
            text(command), '<rsp:Arguments>%s</rsp:Arguments>' % text(' '.join(arguments))
            if arguments else '')
        root = self.send_message(COMMAND, body, shell=shell, options=OPTIONS % (
            'WINRS_CONSOLEMODE_STDIN', self.CONSOLE, 'WINRS_SKIP_CMD_SHELL', 'FALSE')).xml
        return next(node for node in root.findall('.//*') if node.tag.endswith('CommandId')).text

    def get_command_output_raw(self, shell, command):
        body = ('<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout stderr</rsp:DesiredStream>'
                '</rsp:Receive>' % command)
        root = self.send_message(RECEIVE, body, shell=shell).xml
        streams = {'stdout': b'', 'stderr': b''}
        for node in root.findall('.//*'):
            if node.tag.endswith('Stream') and node.text:
                streams[node.get('Name')] += base64.b64decode(node.text.encode('ascii'), validate=True)
        done = len([node for node in root.findall('.//*')
                    if node.get('State', '').endswith('CommandState/Done')]) == 1
        code = None
        if done:
            code = int(next(node for node in root.findall('.//*')
                            if node.tag.endswith('ExitCode')).text)
        return streams['stdout'], streams['stderr'], code, done

    def get_command_output(self, shell, command):
        out, err, done = b'', b'', False
        while not done:
            try:
                more_out, more_err, code, done = self.get_command_output_raw(shell, command)
            except WSManFaultError as fault:
                if fault.code != 2150858793:
                    raise
                continue
            out, err = out + more_out, err + more_err
        return out, err, code

    def send_input(self, shell, command, data, end=None):
        """Ansible leaves End out unless it is the end."""
        attribute = '' if end is None else ' End="%s"' % str(end).lower()
        body = ('<rsp:Send><rsp:Stream xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" '
                'Name="stdin" CommandId="%s"%s>%s</rsp:Stream></rsp:Send>'
                % (command, attribute, base64.b64encode(data).decode()))
        self.send_message(SEND, body, shell=shell)

    def related(self, answer, message_id):
        """It compares GUIDs."""
        relates = next(node for node in answer.xml.findall('.//*') if node.tag.endswith('RelatesTo')).text
        need(self.NAME, uuid.UUID(relates.replace('uuid:', '')) == uuid.UUID(
            message_id.replace('uuid:', '')), 'asserts RelatesTo of Signal and Delete')

    def _asserted(self, action, body, shell):
        made, sent = [], self.message_id

        def remembered():
            made.append(sent())
            return made[-1]
        self.message_id = remembered
        try:
            self.related(self.send_message(action, body, shell=shell), made[-1])
        finally:
            del self.message_id

    def cleanup_command(self, shell, command):
        self._asserted(SIGNAL, '<rsp:Signal xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/'
                       'shell" CommandId="%s"><rsp:Code>%s</rsp:Code></rsp:Signal>'
                       % (command, TERMINATE), shell)

    def close_shell(self, shell):
        self._asserted(DELETE, '', shell)


class Ansible(Pywinrm):
    NAME = "Ansible's winrm"
    CODEPAGE, CONSOLE = '65001', 'FALSE'
