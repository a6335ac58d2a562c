# SPDX-License-Identifier: ISC
"""Ruby's WinRM and evil-winrm, played."""

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
