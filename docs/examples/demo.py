#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The clients of ./demo: what winrmd does for five users, seen through python3-winrm.

    demo.py FOLDER PORT        FOLDER holds audit.jsonl; every password is NAME-secret
"""

import base64
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import xmltodict
from winrm.exceptions import WinRMError
from winrm.protocol import Protocol

CMD = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd'
SEND = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send'

folder, port = Path(sys.argv[1]), int(sys.argv[2])
endpoint = 'http://127.0.0.1:%d/wsman' % port


def title(text):
    print('\n' + text)


def show(label, text):
    """One or more lines behind a label, at most 100 columns wide."""
    if isinstance(text, bytes):
        text = text.decode(errors='replace')
    lines = []
    for line in text.splitlines() or ['(nothing)']:
        lines += textwrap.wrap(line, 83, break_long_words=True) or ['']
    for line in lines:
        print('  %-12s %s' % (label, line))
        label = ''


def connect(user):
    return Protocol(endpoint=endpoint, transport='basic', username=user,
                    password=user + '-secret')


def run(client, shell, line, stdin=None):
    """Runs one command as pywinrm's Session does, with something for its standard input."""
    show('$', line)
    command = client.run_command(shell, line, console_mode_stdin=stdin is None)
    if stdin is not None:
        send(client, shell, command, stdin)
        show('stdin', stdin)
    stdout, stderr, code = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    show('stdout', stdout)
    if stderr:
        show('stderr', stderr)
    show('exit code', str(code))


def send(client, shell, command, data):
    """pywinrm has no method for standard input, but its send_message takes any envelope."""
    message = {'env:Envelope': client._get_soap_header(
        resource_uri=CMD, action=SEND, shell_id=shell)}
    message['env:Envelope']['env:Body'] = {'rsp:Send': {'rsp:Stream': {
        '@Name': 'stdin', '@CommandId': command, '@End': 'true',
        '#text': base64.b64encode(data).decode()}}}
    client.send_message(xmltodict.unparse(message))


def refusal(client):
    """What the client shows when it may not open a shell."""
    try:
        client.open_shell()
    except WinRMError as error:
        text, data = str(error).split(' (extended fault data: ', 1)
        show('refused', text)
        # Text in the client of Debian 12, a number in that of Debian 13.
        show('fault', re.search(r"'wsmanfault_code': '?(\d+)", data).group(1) + '  '
             + re.search(r"'fault_subcode': '([^']+)'", data).group(1))
        return text
    raise SystemExit('a shell was opened that should have been refused')


def audit(**members):
    lines = map(json.loads, (folder / 'audit.jsonl').read_text().rstrip('\n').split('\n'))
    return [line for line in lines
            if all(line.get(name) == value for name, value in members.items())]


def alice_may():
    title('alice may: commands, their streams, their exit codes')
    client = connect('alice')
    shell = client.open_shell(working_directory='/', env_vars={'GREETING': 'hello from winrmd'})
    run(client, shell, 'echo "$GREETING, uid $(id -u) in $(pwd)"; echo "a word on stderr" >&2; '
                       'exit 7')
    run(client, shell, 'tr a-z A-Z', stdin=b'this went in through send_message')
    client.close_shell(shell)


def carol_may_not():
    title('carol may not: she is told a decision id, the audit knows the reason')
    text = refusal(connect('carol'))
    line = audit(event='verdict', user='carol')[0]
    assert line['decision'] in text
    show('the audit', 'decision %s: %s' % (line['decision'], line['reason']))


def dave_is_limited():
    title('dave is limited: one shell at a time')
    client = connect('dave')
    shell = client.open_shell()
    show('shell 1', 'opened')
    refusal(client)
    client.close_shell(shell)
    show('shell 1', 'closed: its slot is free at once')
    client.close_shell(client.open_shell())
    show('shell 2', 'opened and closed')


def erin_is_sent_elsewhere():
    title('erin is sent to another server')
    body = ('<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
            'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><s:Header>'
            '<a:MessageID>uuid:11111111-2222-3333-4444-555555555555</a:MessageID>'
            '<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous'
            '</a:Address></a:ReplyTo><a:To>%s</a:To>'
            '<a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action>'
            '<w:ResourceURI>%s</w:ResourceURI></s:Header><s:Body/></s:Envelope>' % (endpoint, CMD))
    show('$', 'curl -i -u erin:erin-secret -d @get.xml %s' % endpoint)
    answer = subprocess.run(
        ['curl', '-sS', '-i', '--noproxy', '*', '-u', 'erin:erin-secret', '-H',
         'Content-Type: application/soap+xml;charset=UTF-8', '--data-binary', '@-', endpoint],
        input=body, capture_output=True, text=True, timeout=60, check=True).stdout
    head = answer.replace('\r', '').split('\n\n', 1)[0]
    assert ' 302 ' in head.splitlines()[0], head
    for line in head.splitlines():
        if line.startswith('HTTP/') or line.lower().startswith('location:'):
            show('', line)


def the_trail():
    title('The audit trail of just that')
    columns = '  %-12s %-6s %-14s %-11s %-9s %s'
    print(columns % ('time', 'user', 'event', 'verdict', 'operation', 'what else it says'))
    for line in audit():
        notes = []
        if 'run-as' in line and line['event'] == 'shell-begin':
            notes.append('runs as %s, uid %d' % (line['run-as'], line['uid']))
        if line['event'] == 'verdict' and line['verdict'] == 'allowed':
            notes.append('%d us, shells %d, operations %d' % (
                line['latency-us'], line['shells'], line['operations']))
        if line.get('reason'):
            notes.append(line['reason'])
        text = textwrap.shorten('; '.join(notes), 41, placeholder='...')
        print((columns % (line['time'][11:23], line.get('user', ''), line['event'],
                          line.get('verdict', ''), line.get('operation', ''), text)).rstrip())
    print('  (audit.jsonl has more in each line: %s)' % ', '.join(
        name for name in ('decision', 'message-id', 'address', 'mechanism', 'resource', 'plugin')
        if name in audit(event='verdict')[0]))


for scene in (alice_may, carol_may_not, dave_is_limited, erin_is_sent_elsewhere, the_trail):
    scene()
