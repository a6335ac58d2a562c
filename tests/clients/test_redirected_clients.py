# SPDX-License-Identifier: ISC
"""Clients that are sent elsewhere, played: status 302 with an address, in clear also where the request was
sealed, because what is below the client's messages follows it (P-6.10, P-5.9)."""

import pytest

from client_pypsrp import Pypsrp
from client_pypsrp import ways as reactive
from client_ruby import Ruby, preemptive_ntlm
from client_windows import Omi, Windows
from client_windows import ways as windows
from player import by_ntlm
from transport import need
from wire import CREATE, NS

ELSEWHERE = 'https://other.example:5986/wsman'


@pytest.mark.parametrize('kind, make_way', [(Windows, windows), (Omi, windows), (Ruby, preemptive_ntlm),
                                            (Pypsrp, reactive)],
                         ids=['windows', 'omi', 'ruby', 'pypsrp'])
def test_sealed(negotiating, kind, make_way):
    way = make_way(by_ntlm('erin'))
    with kind(negotiating, way) as client:
        client.operation = 'uuid:11111111-2222-3333-4444-555555555555'
        way.login(client.line)
        body = '<rsp:Shell xmlns:rsp="%s"/>' % NS['rsp']
        message = client.envelope(CREATE, client.message_id(), body)
        kind_of_body, sealed = way.sealed(client.line.context, message)
        response = client.line.exchange(sealed, type=kind_of_body)
        need(client.NAME, response.status == 302, 'follows nothing but 302', response.status)
        need(client.NAME, response.named('Location') == [ELSEWHERE], 'reads one Location',
             response.headers)
        need(client.NAME, response.fault.number == 2150859161 and ELSEWHERE in response.fault.message,
             'shows the fault where it does not follow', response.body)
