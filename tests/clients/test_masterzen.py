# SPDX-License-Identifier: ISC
"""masterzen/winrm with Encryption("ntlm"), ClientNTLM and Kerberos, played. Its ordinary way, Basic, is that
of the real one (tests/e2e) (P-6.6)."""

import pytest

from client_masterzen import CHUNK, ClientNTLM, FreshTicket, Masterzen, encryption
from negotiate import SPNEGO
from player import by_kerberos, by_ntlm
from transport import need
from wire import GET


@pytest.fixture(params=['encryption', 'encryption-tls', 'ntlm', 'kerberos'])
def masterzen(request, new_negotiating, realm, authority):
    if request.param == 'encryption':
        server, way = new_negotiating(), encryption(by_ntlm())
    elif request.param == 'encryption-tls':
        server = new_negotiating(listener=authority.issue('server').settings,
                                 trust=authority.certificate)
        way = encryption(by_ntlm(server=server))
    else:
        server = new_negotiating(listener='allow-unencrypted = true')
        way = (ClientNTLM(by_ntlm(), ('Negotiate', 'Kerberos')) if request.param == 'ntlm' else
               FreshTicket(by_kerberos(realm, SPNEGO)))
    with Masterzen(server, way) as client:
        yield client


def test_commands(masterzen):
    """CDATA, one connection for everything, and a signal that has to succeed after Done."""
    shell = masterzen.create()
    command = masterzen.begin(shell, 'echo "<a> & b"; echo oops >&2; exit 3')
    assert masterzen.finish(shell, command) == (b'<a> & b\n', b'oops\n', 3)
    masterzen.signal(shell, command)
    masterzen.close(shell)


def test_input_larger_than_its_own_envelopes(masterzen):
    """Base64 makes more of a chunk than the MaxEnvelopeSize that goes with it."""
    shell = masterzen.create()
    command = masterzen.begin(shell, 'wc -c')
    masterzen.send(shell, command, b'x' * CHUNK, False)
    masterzen.send(shell, command, b'y' * 10, True)
    assert masterzen.finish(shell, command)[0].split() == [b'%d' % (CHUNK + 10)]
    masterzen.signal(shell, command)
    masterzen.close(shell)


def test_a_fault_is_read_as_an_answer(masterzen):
    """Sealed like any answer."""
    answer = masterzen.request(GET, shell='11111111-2222-3333-4444-555555555555')
    need(masterzen.NAME, answer.fault.number == 2150858843, 'shows the body of a fault', answer.fault)
