# SPDX-License-Identifier: ISC
"""pypsrp's WinRS shell, played (P-6.1)."""

import base64

import pytest

from envelopes import guid
from negotiate import KRB5, SPNEGO
from player import by_kerberos, by_ntlm
from client_pypsrp import CTRL_C, TERMINATE, Pypsrp, ways
from server import password
from transport import Basic, need
from wire import CMD, SHELL


@pytest.fixture(params=['basic', 'ntlm', 'negotiate', 'kerberos', 'tls'])
def pypsrp(request, new_negotiating, realm, authority):
    """A pypsrp for each way in which it logs in; what it seals is what the README of pypsrp says."""
    if request.param == 'basic':
        server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
        way = Basic('alice', password('alice'))
    elif request.param == 'tls':
        server = new_negotiating(listener=authority.issue('server').settings,
                                 trust=authority.certificate)
        way = ways(by_ntlm(server=server), seals=False)
    else:
        server = new_negotiating()
        way = ways({'ntlm': by_ntlm(), 'negotiate': by_kerberos(realm, SPNEGO),
                    'kerberos': by_kerberos(realm, KRB5)}[request.param])
    with Pypsrp(server, way) as client:
        yield client


def test_winrs(pypsrp):
    """Create with everything it can say, a command with arguments, its input, Done, and the signals
    of Client.execute_cmd (ctrl_c after Done) and of Process.signal (Terminate)."""
    shell = pypsrp.open_winrs()
    need(pypsrp.NAME, shell['Name'] == 'winrs' and shell['ResourceUri'] == CMD, 'shows the shell', shell)
    command = pypsrp.begin('printf', "'%s|'", '"$GREETING"', '"$PWD"')
    output = pypsrp.finish(command)
    assert output.streams == {'stdout': b'hello & welcome|/tmp|'} and output.code == 0
    pypsrp.signal(command, CTRL_C)
    command = pypsrp.begin('cat; echo oops >&2; exit 7')
    pypsrp.send(command, base64.b64encode(b'one ').decode())
    pypsrp.send(command, base64.b64encode(b'two').decode(), end=True)
    output = pypsrp.finish(command)
    assert output.streams == {'stdout': b'one two', 'stderr': b'oops\n'} and output.code == 7
    pypsrp.signal(command, TERMINATE)
    pypsrp.close()


def test_winrs_without_a_shell_between(pypsrp):
    """WINRS_SKIP_CMD_SHELL: the program itself."""
    pypsrp.open_winrs('<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>'
                      '<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>', '65001')
    command = pypsrp.begin('/bin/echo', '$HOME', 'b', skip='True')
    assert pypsrp.finish(command).streams == {'stdout': b'$HOME b\n'}
    pypsrp.signal(command, TERMINATE)
    pypsrp.close()


def test_is_alive(pypsrp):
    """Get of the common URI of shells, with the state in it; after the end it is a fault that means no."""
    pypsrp.open_winrs()
    answer = pypsrp.get(SHELL)
    need(pypsrp.NAME, answer.status == 200, 'asks for its shell by the common URI', answer.fault)
    need(pypsrp.NAME, answer.text('s:Body/rsp:Shell/rsp:State') == 'Connected', 'reads rsp:State')
    pypsrp.close()
    answer = pypsrp.get(SHELL)
    need(pypsrp.NAME, answer.fault and answer.fault.number == 2150858843,
         'takes 2150858843 for an end, and anything else for an error', answer.fault)


def test_timeout_is_polled_again(pypsrp):
    """Its Receive waits as long as it says, and what comes later is not lost."""
    pypsrp.open_winrs()
    command = pypsrp.begin('read line; echo "got $line"')
    line = pypsrp.line
    before = pypsrp.ask('http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive',
                        '<rsp:Receive><rsp:DesiredStream CommandId="%s">stdout stderr'
                        '</rsp:DesiredStream></rsp:Receive>' % command, timeout=1, line=line)
    need(pypsrp.NAME, before.fault and before.fault.number == 2150858793, 'polls after a time-out')
    pypsrp.send(command, base64.b64encode(b'it\n').decode(), end=True)
    assert pypsrp.finish(command).streams == {'stdout': b'got it\n'}
    pypsrp.signal(command, TERMINATE)
    pypsrp.close()


def test_a_client_id_in_its_letters(pypsrp):
    """A ShellId of the client comes back as it was written: it compares texts."""
    own = guid()
    shell = pypsrp.open_winrs('<rsp:Shell ShellId="%s"><rsp:InputStreams>stdin</rsp:InputStreams>'
                              '<rsp:OutputStreams>stdout</rsp:OutputStreams></rsp:Shell>' % own)
    need(pypsrp.NAME, shell['ShellId'] == own, 'compares its own id with that of the answer', shell)
    pypsrp.close()
