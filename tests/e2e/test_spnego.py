# SPDX-License-Identifier: ISC
"""SPNEGO as other initiators write it than the one of MIT (RFC 4178, MS-SPNG): lists with names that are
unknown here, the other name of Kerberos, a first token for a mechanism that nobody has."""

import pytest

from negotiate import (BOTH, KRB5, NO_SHELL, NTLM, Negotiating, assert_refused, challenges, kerberos, ntlm,
                       work)
from server import password
from wire import GET, envelope

# DER of 1.3.6.1.5.5.2, of Kerberos, of the name Windows gives it, of NTLM, of NegoEx.
SPNEGO_OID = bytes.fromhex('06062b0601050502')
KERBEROS_OID = bytes.fromhex('06092a864886f712010202')
MS_KERBEROS_OID = bytes.fromhex('06092a864882f712010202')
NTLM_OID = bytes.fromhex('060a2b06010401823702020a')
NEGOEX_OID = bytes.fromhex('060a2b06010401823702021e')
UNKNOWN_OID = bytes.fromhex('06032a0304')
ACCEPT_COMPLETED, ACCEPT_INCOMPLETE, REJECT, REQUEST_MIC = range(4)


def der(tag, *parts):
    content = b''.join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, 'big')
    return bytes([tag, 128 + len(length)]) + length + content


def der_items(data):
    """[(tag, content)] of what stands side by side."""
    items = []
    while data:
        tag, size, at = data[0], data[1], 2
        if size >= 128:
            at += size - 128
            size = int.from_bytes(data[2:at], 'big')
        assert at + size <= len(data)
        items.append((tag, data[at:at + size]))
        data = data[at + size:]
    return items


def neg_token_init(mechanisms, token=None):
    fields = [der(0xa0, der(0x30, *mechanisms))]
    if token is not None:
        fields.append(der(0xa2, der(0x04, token)))
    return der(0x60, SPNEGO_OID, der(0xa0, der(0x30, *fields)))


def neg_token_resp(token, mic=None):
    fields = [der(0xa2, der(0x04, token))]
    if mic is not None:
        fields.append(der(0xa3, der(0x04, mic)))
    return der(0xa1, der(0x30, *fields))


class Answer:
    """A NegTokenResp: `state`, `mechanism` (DER), `token`, `mic`; None where there is none."""

    def __init__(self, data):
        (tag, sequence), = der_items(data)
        assert tag == 0xa1
        (tag, fields), = der_items(sequence)
        assert tag == 0x30
        found = {tag: der_items(content)[0] for tag, content in der_items(fields)}
        self.state = found[0xa0][1][0] if 0xa0 in found else None
        self.mechanism = der(*found[0xa1]) if 0xa1 in found else None
        self.token = found[0xa2][1] if 0xa2 in found else None
        self.mic = found[0xa3][1] if 0xa3 in found else None


@pytest.fixture
def server(new_negotiating):
    """Without seals: what makes them is inside of the library's own SPNEGO."""
    return new_negotiating(listener='allow-unencrypted = true')


WINDOWS = [MS_KERBEROS_OID, KERBEROS_OID, NEGOEX_OID, NTLM_OID]


@pytest.mark.parametrize('mechanisms', [
    WINDOWS, [KERBEROS_OID], [MS_KERBEROS_OID], [KERBEROS_OID, UNKNOWN_OID],
    [MS_KERBEROS_OID, KERBEROS_OID]], ids=['Windows', 'one', 'its other name', 'unknown', 'both'])
def test_kerberos_as_the_first_of_a_list(server, realm, mechanisms):
    """One leg: the token comes with the list."""
    context = kerberos(realm, 'alice', KRB5)
    with server.connect(kind=Negotiating) as client:
        response = client.leg(neg_token_init(mechanisms, context.step()))
        assert response.status == 200
        answer = Answer(client.token_of(response))
        assert (answer.state, answer.mechanism) == (ACCEPT_COMPLETED, mechanisms[0])
        context.step(answer.token)
        assert context.complete
        assert work(client) == b'hello\n'
    line, = server.audit('authentication', verdict='accepted')
    assert (line['mechanism'], line['principal']) == ('Kerberos', 'alice@EXAMPLE.TEST')


@pytest.mark.parametrize('mechanisms, first', [
    ([NEGOEX_OID, NTLM_OID], b'NEGOEXTS' + bytes(40)), ([UNKNOWN_OID, NTLM_OID], b'?'),
    ([NEGOEX_OID, NTLM_OID], None)], ids=['NegoEx', 'unknown', 'no token'])
def test_the_second_of_a_list_when_nobody_has_the_first(server, mechanisms, first):
    """The first token is for another mechanism and is not looked at; that the list is the client's is
    proved in the end by signatures on both sides (RFC 4178, 5)."""
    context = ntlm('LAB\\alice', password('alice'))
    with server.connect(kind=Negotiating) as client:
        answer = Answer(client.token_of(client.leg(neg_token_init(mechanisms, first))))
        assert answer.state in (ACCEPT_INCOMPLETE, REQUEST_MIC)
        assert (answer.mechanism, answer.token) == (NTLM_OID, None)
        answer = Answer(client.token_of(client.leg(neg_token_resp(context.step()))))
        assert answer.state == ACCEPT_INCOMPLETE
        last = context.step(answer.token)
        mic = context.get_signature(der(0x30, *mechanisms))
        response = client.leg(neg_token_resp(last, mic))
        assert response.status == 200
        answer = Answer(client.token_of(response))
        assert answer.state == ACCEPT_COMPLETED and answer.mic
        assert client.ask(GET, shell=NO_SHELL).status == 500
    line, = server.audit('authentication', verdict='accepted')
    assert (line['mechanism'], line['account']) == ('NTLM', 'alice')


def test_a_signature_of_another_list(server):
    """Somebody has taken something out of it on the way."""
    context = ntlm('LAB\\alice', password('alice'))
    mechanisms = [NEGOEX_OID, NTLM_OID]
    with server.connect(kind=Negotiating) as client:
        client.token_of(client.leg(neg_token_init(mechanisms)))
        answer = Answer(client.token_of(client.leg(neg_token_resp(context.step()))))
        last = context.step(answer.token)
        mic = context.get_signature(der(0x30, MS_KERBEROS_OID, *mechanisms))
        assert_refused(server, client.leg(neg_token_resp(last, mic)))
        assert client.post(envelope(GET, shell=NO_SHELL)).status == 401
    assert server.counters()['user_calls'] == 0


@pytest.mark.parametrize('token', [
    neg_token_init([NEGOEX_OID, UNKNOWN_OID], b'x'), neg_token_init([]), neg_token_init([KERBEROS_OID], b''),
    neg_token_init([KERBEROS_OID] * 1000, b'x'), neg_token_init([KERBEROS_OID], b'x')[:-1],
    neg_token_resp(b'NTLMSSP\0'), der(0x60, SPNEGO_OID), der(0x60, SPNEGO_OID, der(0xa0, b'0\x80'))],
    ids=['nothing known', 'an empty list', 'an empty token', 'a long list', 'cut', 'an answer first',
         'nothing', 'no end'])
def test_what_cannot_be_negotiated(server, token):
    with server.connect(kind=Negotiating) as client:
        response = client.leg(token)
        assert (response.status, response.body) == (401, b'')
        if challenges(response) != BOTH:
            # The library may say REJECT in its own words; then that is the end of it.
            assert Answer(client.token_of(response)).state in (REJECT, REQUEST_MIC, ACCEPT_INCOMPLETE)
        assert client.login(ntlm('LAB\\alice', password('alice'), NTLM)).status == 200
