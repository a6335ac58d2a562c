# SPDX-License-Identifier: ISC
"""NTLM, raw and through SPNEGO (MS-NLMP, MS-SPNG): names, passwords, and logins that go astray."""

import subprocess
import time

import pytest

from negotiate import (BOTH, NTLM, SPNEGO, Negotiating, assert_refused, challenges, kerberos, ntlm,
                       refused, sealed, work)
from server import HANG, built, password
from wire import CREATE, envelope

BOTH_WAYS = pytest.mark.parametrize('mechanism', [NTLM, SPNEGO], ids=['raw', 'SPNEGO'])
SHELL = '<rsp:Shell/>'
# What winrm4j sends on the legs before it has keys.
FILLER = 'AWAITING_ENCRYPTION_KEYS'


def alice(mechanism=NTLM, **settings):
    return ntlm('LAB\\alice', password('alice'), mechanism, **settings)


# Ways in


@BOTH_WAYS
def test_a_login(negotiating, mechanism):
    with sealed(negotiating, alice(mechanism)) as client:
        assert client.legs == 2
        assert work(client) == b'hello\n'
    line, = negotiating.audit('authentication', verdict='accepted')
    assert (line['mechanism'], line['account'], line['address']) == ('NTLM', 'alice', '127.0.0.1')
    assert line['principal'] == 'LAB\\alice'


@BOTH_WAYS
def test_it_is_off_unless_there_are_users(new_negotiating, realm, mechanism):
    server = new_negotiating(ntlm=None)
    response = refused(server, alice(mechanism))
    assert challenges(response) == BOTH
    with sealed(server, kerberos(realm, 'alice')) as client:
        assert work(client) == b'hello\n'
    assert [line['mechanism'] for line in server.audit('authentication', verdict='accepted')] == [
        'Kerberos']


@BOTH_WAYS
def test_it_goes_without_kerberos(new_negotiating, mechanism):
    server = new_negotiating(keytab=None)
    with server.connect() as client:
        assert challenges(client.post('')) == ['Negotiate']
    with sealed(server, alice(mechanism)) as client:
        assert work(client) == b'hello\n'


# Names and passwords


@BOTH_WAYS
@pytest.mark.parametrize('user, account', [
    ('LAB\\alice', 'alice'), ('alice', 'alice'), ('LAB\\ALICE', 'alice'), ('ALICE', 'alice'),
    ('alice@LAB', 'alice'), ('lab\\alice', None), ('OTHER\\alice', None), ('alice@OTHER', None),
    ('LAB\\nobody', None), ('nobody', None), ('LAB\\alic', None), ('LAB\\alice ', None)])
def test_spellings(negotiating, mechanism, user, account):
    """Whatever a client calls the user, it is the account of that name in our domain or nobody. An
    initiator that writes a domain in small letters does not prove the password for the same domain
    (MS-NLMP 3.3.2: it is part of the key)."""
    context = ntlm(user, password('alice'), mechanism)
    if account is None:
        assert_refused(negotiating, refused(negotiating, context))
        return
    with sealed(negotiating, context) as client:
        assert work(client) == b'hello\n'
    line, = negotiating.audit('authentication', verdict='accepted')
    assert line['account'] == account


@BOTH_WAYS
@pytest.mark.parametrize('user, secret', [
    ('LAB\\alice', 'wrong'), ('LAB\\alice', 'alice-secret '), ('LAB\\alice', 'x' * 200),
    ('LAB\\nobody', 'alice-secret'), ('OTHER\\alice', 'alice-secret')])
def test_refusals_look_the_same(negotiating, mechanism, user, secret):
    """And come no sooner than others: by time nobody learns what was wrong."""
    begun = time.monotonic()
    assert_refused(negotiating, refused(negotiating, ntlm(user, secret, mechanism)))
    assert time.monotonic() - begun > 0.2
    assert negotiating.counters()['authentication_failures'] == 1
    assert negotiating.counters()['user_calls'] == 0


def test_a_refusal_leaves_the_connection(negotiating):
    with negotiating.connect(kind=Negotiating) as client:
        for _ in range(2):
            context = ntlm('LAB\\alice', 'wrong')
            token = client.token_of(client.leg(context.step()))
            assert_refused(negotiating, client.leg(context.step(token)))
        assert client.login(alice()).status == 200
        assert work(client) == b'hello\n'


def test_a_locked_account(negotiating):
    users = negotiating.folder / 'users'
    users.write_text(''.join('alice:!:\n' if line.startswith('alice:') else line
                             for line in users.read_text().splitlines(keepends=True)))
    assert_refused(negotiating, refused(negotiating, alice()))


def test_the_password_file_changes(new_negotiating, ntlm_users, tmp_path):
    own = tmp_path / 'ntlm'
    own.write_bytes(ntlm_users.read_bytes())
    own.chmod(0o600)
    server = new_negotiating(ntlm=own)

    def change(*arguments, said=''):
        subprocess.run([built('winrmctl'), 'ntlm-passwd', *arguments, own, 'alice'], input=said,
                       text=True, check=True, timeout=HANG)

    change('--domain', 'LAB', said='another\n')
    assert_refused(server, refused(server, alice()))
    with sealed(server, ntlm('LAB\\alice', 'another')) as client:
        assert work(client) == b'hello\n'
    change('--domain', 'LAB', '--delete')
    assert_refused(server, refused(server, ntlm('LAB\\alice', 'another')))
    with sealed(server, ntlm('LAB\\bob', password('bob'))) as client:
        assert work(client) == b'hello\n'


# Legs


def last_token(client, context, body=''):
    """The legs before the last one; its token."""
    return context.step(client.token_of(client.leg(context.step(), body)))


def test_a_body_is_carried_out_once_on_the_last_leg(new_negotiating):
    """Clients that do not seal send the request with every leg."""
    server = new_negotiating(listener='allow-unencrypted = true')
    with server.connect(kind=Negotiating) as client:
        response = client.login(alice(), envelope(CREATE, SHELL), seals=False)
        assert response.status == 200
        assert client.legs == 2
        shell = response.text('w:Selector')
        assert [row['shell_id'] for row in server.status()['shells']] == [shell]
        client.delete(shell)


def test_the_last_leg_may_be_sealed_already(negotiating):
    """winrm4j: a filler that is no XML, then the request under the keys of that very login."""
    with negotiating.connect(kind=Negotiating) as client:
        context = alice()
        token = last_token(client, context, FILLER)
        assert context.complete
        client.context = context
        content_type, body = client.sealed_body(envelope(CREATE, SHELL))
        response = client.opened(client.leg(token, body, content_type=content_type))
        assert response.status == 200
        client.seals = True
        client.delete(response.text('w:Selector'))


def test_the_last_token_of_another_login(negotiating):
    """It fits the challenge of its own connection only."""
    with negotiating.connect(kind=Negotiating) as one, \
            negotiating.connect(kind=Negotiating) as two:
        first, second = alice(), alice()
        stolen = last_token(one, first)
        last_token(two, second)
        assert_refused(negotiating, two.leg(stolen))
        # Where it belongs it is still good.
        assert one.leg(stolen).status == 200
    # But not twice, and not without a beginning.
    with negotiating.connect(kind=Negotiating) as three:
        assert_refused(negotiating, three.leg(stolen))


def test_a_login_that_begins_anew(negotiating):
    with negotiating.connect(kind=Negotiating) as client:
        given_up = last_token(client, alice())
        context = alice()
        token = last_token(client, context)
        assert_refused(negotiating, client.leg(given_up))
        assert_refused(negotiating, client.leg(token))
        assert client.login(alice(SPNEGO)).status == 200
        assert work(client) == b'hello\n'


def test_a_client_that_leaves_between_the_legs(negotiating):
    for _ in range(100):
        with negotiating.connect(kind=Negotiating) as client:
            assert client.leg(alice().step()).status == 401
    with sealed(negotiating, alice()) as client:
        assert work(client) == b'hello\n'
    assert negotiating.counters()['authentication_failures'] == 0


TOKENS = {
    'nothing': b'', 'a name': b'NTLMSSP\0', 'a last token': b'NTLMSSP\0\3\0\0\0' + bytes(60),
    'a challenge': b'NTLMSSP\0\2\0\0\0' + bytes(60), 'half a token': b'\x60\x82', 'letters': b'x' * 3000,
    'zeros': bytes(40000)}


@pytest.mark.parametrize('case', TOKENS)
def test_tokens_that_are_none(negotiating, case):
    with negotiating.connect(kind=Negotiating) as client:
        response = client.leg(TOKENS[case])
        assert (response.status, challenges(response), response.body) == (401, BOTH, b'')
        assert client.login(alice()).status == 200
        assert work(client) == b'hello\n'


@pytest.mark.parametrize('value', ['Negotiate', 'Negotiate ', 'Negotiate !', 'Negotiate YQ', 'NTLM YQ==',
                                   'Negotiate YQ== YQ==', 'Kerberos', 'Negotiate\tYQ=='])
def test_headers_that_are_none(negotiating, value):
    with negotiating.connect(kind=Negotiating) as client:
        client.authorization = value
        response = client.post('')
        assert (response.status, challenges(response), response.body) == (401, BOTH, b'')
        assert client.login(alice()).status == 200
