# SPDX-License-Identifier: ISC
"""Windows PowerShell, PowerShell with OMI, winrs and Test-WSMan, played (P-6.7)."""

import base64

import pytest

from client_windows import (IDENTIFY, IDENTIFY_HEAD, STOP, Omi, Windows, WinrmCommand, Winrs, ways)
from negotiate import KRB5, SPNEGO
from player import by_kerberos, by_ntlm
from psrp import STOPPED
from transport import Line, need
from wire import GET, SHELL, SOAP, DELETE


@pytest.fixture(params=['negotiate', 'kerberos', 'ntlm', 'ssl'])
def way(request, new_negotiating, realm, authority):
    """(server, way): in a domain, with -Authentication Kerberos, outside of a domain, with -UseSSL."""
    if request.param == 'ssl':
        server = new_negotiating(listener=authority.issue('server').settings,
                                 trust=authority.certificate)
        return server, ways(by_ntlm(server=server), seals=False)
    context, scheme = {'negotiate': (by_kerberos(realm, SPNEGO), 'Negotiate'),
                       'kerberos': (by_kerberos(realm, KRB5), 'Kerberos'),
                       'ntlm': (by_ntlm(), 'Negotiate')}[request.param]
    return new_negotiating(), ways(context, scheme)


@pytest.fixture(params=[Windows, Omi], ids=['windows', 'omi'])
def powershell(request, way):
    with request.param(*way) as client:
        client.open_pool()
        yield client
        client.close()


def test_pipelines(powershell):
    """A Receive for the pool first, then commands, each with its own loop and its terminate."""
    assert powershell.run_script('echo hello') == ['hello']
    assert powershell.run_script('echo ' + 'u' * 100000) == ['u' * 100000]
    # Three times as much as other clients take at a time.
    assert powershell.run_script('large 1000000') == ['x' * 1000000]


def test_ctrl_c(powershell):
    """In the spelling that PowerShell has."""
    pipeline = powershell.begin_script('wait')
    powershell.signal(pipeline, STOP)
    assert powershell.end_script(pipeline) == ([], STOPPED)


@pytest.fixture
def winrs(way):
    with Winrs(*way) as client:
        yield client


def test_winrs(winrs):
    winrs.open('<rsp:Lifetime>PT3600.000S</rsp:Lifetime><rsp:IdleTimeOut>PT60.000S</rsp:IdleTimeOut>')
    command = winrs.begin('printf %s "$A"; pwd >&2; exit 9')
    assert winrs.finish(command) == (b'b', b'/tmp\n', 9)
    winrs.close()


def test_winrs_console(winrs):
    """Lines as they are typed, then Ctrl-C."""
    winrs.open()
    command = winrs.begin('while read line; do echo "<$line>"; done')
    for line in b'one\n', b'two\n':
        winrs.send(command, base64.b64encode(line).decode())
        collected = b''
        while not collected.endswith(b'>\n'):
            collected += b''.join(data for _, data in winrs.receive(command, 'stdout stderr').pieces)
        assert collected == b'<%s>\n' % line.strip()
    winrs.signal(command, SHELL + '/signal/ctrl_c')
    out, err, code = winrs.finish(command)
    need(winrs.NAME, (out, code != 0) == (b'', True), 'ends with the code of the signal', out, err, code)
    winrs.close()


def test_faults_have_the_ids_of_their_operation(winrs):
    winrs.shell = '11111111-2222-3333-4444-555555555555'
    answer = winrs.ask(DELETE)
    need(winrs.NAME, answer.fault.number == 2150858843, 'says that there is no such shell')


def test_a_message_in_utf_16(way):
    """The automation interface writes UTF-16 and reads what comes in the same."""
    with WinrmCommand(*way) as client:
        client.resource = 'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd'
        answer = client.ask(GET, selectors='<w:Selector Name="ShellId">none</w:Selector>')
        need(client.NAME, answer.response.body.startswith(b'\xff\xfe'), 'looks at the byte order mark')
        need(client.NAME, answer.fault.number == 2150858843, 'says that there is no such shell',
             answer.fault)


@pytest.mark.parametrize('path', ['/wsman', '/wsman-anon/identify'])
def test_wsman_test(negotiating, path):
    """Test-WSMan without -Authentication: the version is what says which protocol to speak."""
    line = Line('Test-WSMan', negotiating, IDENTIFY_HEAD, path)
    response = line.exchange(IDENTIFY, type=SOAP)
    need('Test-WSMan', response.status == 200, 'asks without credentials', response.status)
    need('Test-WSMan', not response.named('WWW-Authenticate'), 'is not asked for any')
    text = response.body.decode()
    for part in ('<wsmid:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'
                 '</wsmid:ProtocolVersion>', 'OS: 0.0.0 SP: 0.0 Stack: 3.0',
                 '<s:Header/>', '<wsmid:SecurityProfileName>http://schemas.dmtf.org/wbem/wsman/1/wsman/'
                 'secprofile/http/spnego-kerberos</wsmid:SecurityProfileName>'):
        need('Test-WSMan', part in text, 'shows', part, text)
    line.close()
