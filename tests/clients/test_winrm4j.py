# SPDX-License-Identifier: ISC
"""winrm4j, played (P-6.3)."""

import pytest

from client_winrm4j import Winrm4j, ntlm_way
from negotiate import SPNEGO
from player import by_kerberos, by_ntlm
from server import password
from transport import PARSE_AS, Basic, Negotiate, challenge_of_requests_ntlm, need
from wire import CREATE


class InClear(Basic):
    """Basic, with chunked bodies."""

    def ask(self, line, message, content_type, **fields):
        line.send_chunked(message, 700, type=content_type, authorization=self.value, **fields)
        return line.receive()


@pytest.fixture(params=['ntlm', 'ntlm-tls', 'basic', 'basic-chunked', 'spnego'])
def winrm4j(request, new_negotiating, realm, authority):
    """Its AuthSchemes; only NTLM is sealed."""
    clear = dict(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
    if request.param == 'ntlm':
        server, way = new_negotiating(), ntlm_way(by_ntlm())
    elif request.param == 'ntlm-tls':
        server = new_negotiating(listener=authority.issue('server').settings,
                                 trust=authority.certificate)
        way = ntlm_way(by_ntlm(server=server))
    elif request.param == 'spnego':
        server = new_negotiating(**clear)
        way = Negotiate(by_kerberos(realm, SPNEGO), challenge_of_requests_ntlm, PARSE_AS['exactly'],
                        reactive=True, seals=False,
                        offered=('Negotiate', 'Kerberos', 'Basic realm="WSMAN"'))
    else:
        server = new_negotiating(**clear)
        kind = InClear if request.param == 'basic-chunked' else Basic
        way = kind('alice', password('alice'))
    with Winrm4j(server, way) as client:
        yield client


def test_commands(winrm4j):
    shell = winrm4j.create()
    command = winrm4j.begin(shell, 'echo hello; echo oops >&2; exit 4')
    assert winrm4j.finish(shell, command) == ('hello\n', 'oops\n', 4)
    winrm4j.clean_up(shell, command)
    winrm4j.clean_up(shell, command)
    command = winrm4j.begin(shell, 'cat')
    winrm4j.send(shell, command, b'one <two> & three\n')
    assert winrm4j.finish(shell, command) == ('one <two> & three\n', '', 0)
    winrm4j.clean_up(shell, command)
    winrm4j.close(shell)


def test_a_message_that_is_too_early(winrm4j):
    """A fault in the form that does not end its loop of Receives."""
    shell = winrm4j.create()
    command = winrm4j.begin(shell, 'sleep 1000')
    answer = winrm4j.ask(
        'http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive',
        '<ns3:Receive xmlns:ns3="http://schemas.microsoft.com/wbem/wsman/1/windows/shell">'
        '<ns3:DesiredStream CommandId="%s">nosuch</ns3:DesiredStream></ns3:Receive>' % command,
        shell=shell)
    winrm4j.check_detail(answer)
    assert answer.fault.number == 2150859149
    winrm4j.close(shell)


def test_a_new_connection_in_the_middle(negotiating):
    """Its pool may take another connection for any request: fillers again, and the message with the last
    leg, whose answer is sealed with the new keys from the first number on."""
    with Winrm4j(negotiating, ntlm_way(by_ntlm())) as client:
        shell = client.create()
        command = client.begin(shell, 'echo there')
        client.line = client.new_line()
        assert client.finish(shell, command)[0] == 'there\n'
        need(client.NAME, client.way.legs == 2, 'needs two legs for a login', client.way.legs)
        client.close(shell)


def test_a_filler_is_never_read_as_a_message(negotiating):
    """Not even with the leg that completes the login: a client that stops there has done nothing."""
    way = ntlm_way(by_ntlm())
    with Winrm4j(negotiating, way) as client:
        client.fields(CREATE)
        context = way.make_context()
        first = client.line.exchange(way.filler, type=way.leg_type,
                                     authorization=way.authorization(context.step()))
        need(client.NAME, first.status == 401, 'goes on with its login', first.status)
        token = context.step(challenge_of_requests_ntlm(client.NAME, first))
        last = client.line.exchange(way.filler, type=way.leg_type,
                                    authorization=way.authorization(token))
        assert (last.status, last.body) == (500, b'')  # not sealed where it has to be
        assert negotiating.counters()['user_calls'] == 0
