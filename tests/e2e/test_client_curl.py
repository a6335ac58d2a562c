# SPDX-License-Identifier: ISC
"""curl with the envelopes that docs/protocol.md prints, by the script of docs/clients.md."""

import re
import subprocess

import pytest

from outside import blocks, example, run, shown
from wire import HANG, NS, Response

STEPS = ('identify', 'create', 'command', 'send', 'receive', 'signal', 'delete')


@pytest.fixture
def folder(tmp_path):
    """With each envelope in a file of the name in its first line."""
    place = tmp_path / 'envelopes'
    place.mkdir()
    for text in blocks('protocol.md', 'xml'):
        name = re.match(r'<!-- (\w+\.xml) -->\n', text)
        if name:
            (place / name[1]).write_text(text)
    assert {path.stem for path in place.iterdir()} == set(STEPS)
    return place


def test_the_script_of_the_page(server, folder):
    assert run(['sh', '-c', example('curl', 'sh', server)], cwd=folder) == shown('curl', server)
    assert server.status()['shells'] == []


def test_each_envelope(server, folder):
    """Status and type of each answer, and what is in it."""
    ids = {'SHELL-ID': '', 'COMMAND-ID': ''}

    def post(step):
        body = (folder / (step + '.xml')).read_text()
        for name, value in ids.items():
            body = body.replace(name, value)
        done = subprocess.run(
            ['curl', '--silent', '--show-error', '--noproxy', '*', '--user', 'alice:alice-secret',
             '--header', 'Content-Type: application/soap+xml;charset=UTF-8', '--data-binary', '@-',
             '--write-out', '\n%{http_code} %{content_type}', server.endpoint],
            input=body.encode(), capture_output=True, timeout=HANG, check=True)
        content, last = done.stdout.rsplit(b'\n', 1)
        assert last == b'200 application/soap+xml;charset=UTF-8', done.stdout
        response = Response(200, [], content)
        if step != 'identify':
            sent = re.search('<a:MessageID>(.*)</a:MessageID>', body)[1]
            assert response.xml.findtext('s:Header/a:RelatesTo', namespaces=NS) == sent
        return response

    assert post('identify').text('wsmid:ProductVendor') == 'winrmd'
    ids['SHELL-ID'] = post('create').text('w:Selector')
    ids['COMMAND-ID'] = post('command').text('rsp:CommandId')
    assert post('send').xml.find('s:Body/rsp:SendResponse', NS) is not None
    streams = set()
    while True:
        answer = post('receive')
        streams |= {stream.get('Name') for stream in answer.xml.iterfind('.//rsp:Stream', NS)}
        if answer.text('rsp:ExitCode'):
            break
    assert (answer.text('rsp:ExitCode'), streams) == ('3', {'stdout', 'stderr'})
    assert post('signal').xml.find('s:Body/rsp:SignalResponse', NS) is not None
    assert len(post('delete').xml.find('s:Body', NS)) == 0
    assert server.status()['shells'] == []
