# SPDX-License-Identifier: ISC
"""Ruby's WinRM and evil-winrm, played (P-6.2)."""

import pytest

from client_ruby import EvilWinRM, Ruby, WSManFault, kerberos_way, preemptive_ntlm
from conftest import POWERSHELL
from negotiate import KRB5
from player import by_kerberos, by_ntlm
from server import password
from transport import Basic, need
from wire import DELETE


@pytest.fixture(params=['negotiate', 'kerberos', 'plaintext'])
def ruby(request, new_negotiating, realm):
    if request.param == 'plaintext':
        server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
        way = Basic('alice', password('alice'))
    else:
        server = new_negotiating()
        way = (preemptive_ntlm(by_ntlm()) if request.param == 'negotiate' else
               kerberos_way(by_kerberos(realm, KRB5)))
    with Ruby(server, way) as client:
        yield client


def test_cmd(ruby):
    """Commands in double quotes, whose single quotes are as they are, input with line breaks in its base64,
    its own ids, and an answer without output in between."""
    shell = ruby.open_cmd('<rsp:WorkingDirectory>/tmp</rsp:WorkingDirectory>'
                          '<rsp:IdleTimeOut>PT2M0S</rsp:IdleTimeOut>'
                          '<rsp:Environment><rsp:Variable Name="A">b</rsp:Variable></rsp:Environment>')
    command = ruby.begin(shell, 'cat; printf %s "$A"; pwd >&2; exit 5')
    data = bytes(range(32, 127)) * 3
    ruby.write(shell, command, data)
    body = '<rsp:Send><rsp:Stream Name="stdin" CommandId="%s" End="true"></rsp:Stream></rsp:Send>'
    ruby.request('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send', body % command,
                 shell=shell)
    out, err, code = ruby.finish(shell, command)
    assert (out, err, code) == (data.decode() + 'b', '/tmp\n', 5)
    ruby.clean_up(shell, command)
    ruby.clean_up(shell, command)  # a second one is 2150858843, which it forgives
    ruby.close(shell)


# Characters in two pieces each; ends with 1 when the second one was not there at once (C-2.4).
IN_PIECES = '''\
import os, sys, time
slow = False
for _ in range(40):
    begun = time.monotonic()
    os.write(1, b'\\303')
    os.write(1, b'\\251')
    slow = slow or time.monotonic() - begun > 0.05
sys.exit(slow)
'''


def test_output_of_each_stream_element_is_whole_characters(ruby, tmp_path):
    """A machine that is busy may hold the program up at times."""
    program = tmp_path / 'in-pieces.py'
    program.write_text(IN_PIECES)
    shell = ruby.open_cmd()
    slow, tries = 1, 0
    while slow and tries < 50:
        command = ruby.begin(shell, '/usr/bin/python3 %s' % program)
        pieces, done, tries = [], False, tries + 1
        while not done:
            more, done, slow = ruby.receive(shell, command)
            pieces += more
        ruby.clean_up(shell, command)
    assert (slow, ''.join(data.decode() for _, data in pieces)) == (0, '\u00e9' * 40)
    ruby.close(shell)


def test_a_shell_that_is_gone_is_opened_again(ruby):
    """2150858843 means that: once, and the work is done in the new one."""
    gone = []

    def work(shell):
        if not gone:
            gone.append(shell)
            ruby.close(shell)
        command = ruby.begin(shell, 'echo again')
        return ruby.finish(shell, command)

    shell, result = ruby.retried(work)
    need(ruby.NAME, shell != gone[0] and result == ('again\n', '', 0), 'opens its shell again', result)
    ruby.close(shell)


def test_closing_what_is_closed(ruby):
    """An error that it forgives by its number."""
    with pytest.raises(WSManFault, match='2150858843'):
        ruby.request(DELETE, shell='11111111-2222-3333-4444-555555555555')


def test_powershell(ruby):
    """The configuration first, then the pool, and pipelines one behind the other."""
    shell = ruby.open_pool()
    assert ruby.run_script(shell, 'echo one') == ['one']
    assert ruby.run_script(shell, 'echo %s' % ('y' * 100000)) == ['y' * 100000]
    letters = ruby.run_script(shell, 'large 500000')
    assert letters == ['x' * 500000]
    ruby.close(shell, POWERSHELL)


def test_the_largest_message_it_makes(ruby):
    """A pipeline of several fragments, each as large as the configuration lets it be."""
    shell = ruby.open_pool()
    script = 'z' * (2 * ruby.blob + 1000)
    assert ruby.run_script(shell, 'echo ' + script) == [script]
    ruby.close(shell, POWERSHELL)


@pytest.fixture(params=['http', 'https', 'kerberos'])
def evil(request, new_negotiating, realm, authority):
    """evil-winrm: plain, with -S and with -r; sealed in all three."""
    if request.param == 'https':
        server = new_negotiating(listener=authority.issue('server').settings,
                                 trust=authority.certificate)
        way = preemptive_ntlm(by_ntlm(server=server))
    else:
        server = new_negotiating()
        way = (preemptive_ntlm(by_ntlm()) if request.param == 'http' else
               kerberos_way(by_kerberos(realm, KRB5)))
    with EvilWinRM(server, way) as client:
        yield client


def test_evil_winrm(evil):
    """Many pipelines in one session: its prompt is one, and so is each chunk of a file."""
    shell = evil.open_pool()
    for number in range(40):
        assert evil.run_script(shell, 'echo %d' % number) == [str(number)]
    evil.close(shell, POWERSHELL)


def test_evil_winrm_authenticates_again(evil):
    """A 401 in the middle means one login more on the same connection, and no other answer."""
    shell = evil.open_pool()
    for line in evil.lines:
        line.context = None
    assert evil.run_script(shell, 'echo again') == ['again']
    evil.close(shell, POWERSHELL)
