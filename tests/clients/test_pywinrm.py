# SPDX-License-Identifier: ISC
"""pywinrm 0.5 and Ansible's winrm, played, where Debian's 0.3 (tests/e2e) is not the same (P-6.8)."""

import base64

import pytest

from client_pywinrm import Ansible, Pywinrm, WSManFaultError, kerberos_way, ntlm_way
from negotiate import KRB5, TAIL
from player import by_kerberos, by_ntlm
from server import RULES
from transport import challenge_of_requests_ntlm, check_first_challenge, need
from wire import CREATE


@pytest.fixture(params=['ntlm', 'kerberos', 'ntlm-tls'])
def way(request, new_negotiating, realm, authority):
    """(server, way): sealed over HTTP, and in clear over TLS. Its Kerberos has no SPNEGO around it."""
    if request.param == 'ntlm-tls':
        server = new_negotiating(listener=authority.issue('server').settings,
                                 trust=authority.certificate)
        return server, ntlm_way(by_ntlm(server=server), seals=False)
    return new_negotiating(), (ntlm_way(by_ntlm()) if request.param == 'ntlm' else
                               kerberos_way(by_kerberos(realm, KRB5)))


def test_commands(way):
    with Pywinrm(*way) as client:
        shell = client.open_shell('<rsp:WorkingDirectory>/tmp</rsp:WorkingDirectory>'
                                  '<rsp:IdleTimeOut>120</rsp:IdleTimeOut>'
                                  '<rsp:Environment><rsp:Variable Name="A">b c</rsp:Variable>'
                                  '</rsp:Environment>')
        command = client.run_command(shell, 'echo', '"$A"', '$PWD', '>&2; exit 6')
        assert client.get_command_output(shell, command) == (b'', b'b c /tmp\n', 6)
        client.cleanup_command(shell, command)
        with pytest.raises(WSManFaultError, match='2150858843'):
            client.cleanup_command(shell, command)  # it does not forgive that
        client.close_shell(shell)


def test_ansible_copies_a_file(way):
    """Its two sizes of chunks; the envelopes are three times as large as the MaxEnvelopeSize in them."""
    with Ansible(*way) as client:
        shell = client.open_shell()
        command = client.run_command(shell, 'wc -c')
        client.send_input(shell, command, b'm' * 200000)
        client.send_input(shell, command, base64.b64encode(b'f' * 250000) + b'\r\n')
        client.send_input(shell, command, b'', end=True)
        out, _, code = client.get_command_output(shell, command)
        assert (int(out), code) == (200000 + len(base64.b64encode(b'f' * 250000)) + 2, 0)
        client.cleanup_command(shell, command)
        client.close_shell(shell)


def test_a_connection_that_was_lost(negotiating):
    """requests opens another one and sends again what was sealed for the old: 401, and when it has logged in
    with that very body, 400. Ansible ignores a 400 in its cleanup."""
    way = ntlm_way(by_ntlm())
    with Pywinrm(negotiating, way) as client:
        shell = client.open_shell()
        message = client.envelope(CREATE, client.message_id(), '', shell=shell)
        kind, body = way.sealed(client.line.context, message)
        client.line.close()
        line = client.new_line()
        check_first_challenge(client.NAME, line.exchange(body, type=kind), way.offered)
        context = way.make_context()
        first = line.exchange(body, type=kind, authorization=way.authorization(context.step()))
        need(client.NAME, first.status == 401 and first.body == b'', 'goes on with its login', first.status)
        token = context.step(challenge_of_requests_ntlm(client.NAME, first))
        last = line.exchange(body, type=kind, authorization=way.authorization(token))
        need(client.NAME, (last.status, last.body) == (400, b''), 'meets 400 for what it can not have sealed',
             last.status)
        assert body.endswith(TAIL)
        client.line = client.new_line()
        client.close_shell(shell)


def test_a_quota_is_in_both_elements(new_negotiating):
    """Ansible makes a new shell when MSFT_WmiError says so."""
    server = new_negotiating(rules=RULES.replace(
        'user bob     allow', 'user bob     allow quota shells=1 operations=unlimited rate=unlimited'))
    with Ansible(server, ntlm_way(by_ntlm('bob'))) as client:
        shell = client.open_shell()
        with pytest.raises(WSManFaultError) as raised:
            client.open_shell()
        need(client.NAME, raised.value.code == raised.value.wmi_code == 2150859173,
             'reads the code of a quota in MSFT_WmiError', raised.value.code, raised.value.wmi_code)
        client.close_shell(shell)
