# SPDX-License-Identifier: ISC
"""Kerberos, raw and through SPNEGO (RFC 4559, RFC 4178): who gets in, as whom, and for how long.

The realm is of the test (tests/realm). Messages are sealed unless a test says otherwise.
"""

import time

import pytest

from negotiate import (BOTH, KERBEROS_SEALED, KRB5, NO_SHELL, NTLM, SPNEGO, Negotiating, assert_refused,
                       challenges, frame_of, kerberos, ntlm, refused, sealed, work)
from server import PATIENCE, password, wait_until
from wire import GET, envelope

CLEAR = 'allow-unencrypted = true'


def accepted(server):
    return server.audit('authentication', verdict='accepted')


# Ways in


@pytest.mark.parametrize('service', ['HTTP', 'host', 'WSMAN'])
@pytest.mark.parametrize('scheme, mechanism', [('Negotiate', SPNEGO), ('Negotiate', KRB5),
                                               ('Kerberos', KRB5)],
                         ids=['SPNEGO', 'raw', 'Kerberos'])
def test_a_login_in_each_way(negotiating, realm, scheme, mechanism, service):
    context = kerberos(realm, 'alice', mechanism, service=service)
    with sealed(negotiating, context, scheme) as client:
        assert client.legs == 1
        assert work(client) == b'hello\n'
    line, = accepted(negotiating)
    assert (line['mechanism'], line['account'], line['principal'], line['address']) == (
        'Kerberos', 'alice', 'alice@EXAMPLE.TEST', '127.0.0.1')
    assert negotiating.counters()['authentications'] == 1


def test_the_schemes_that_are_offered(new_negotiating, realm):
    """One line each, bare, in this order; NTLM is never named."""
    server = new_negotiating(methods=('basic', 'negotiate'), listener=CLEAR)
    with server.connect() as client:
        response = client.post('')
        assert (response.status, response.body) == (401, b'')
        assert challenges(response) == BOTH + ['Basic realm="WSMAN"']
        assert client.post(envelope(GET)).status == 401


@pytest.mark.parametrize('scheme', ['negotiate', 'NEGOTIATE', 'kerberos'])
def test_a_scheme_is_spelled_in_any_way_and_answered_in_one(negotiating, realm, scheme):
    context = kerberos(realm, 'alice', KRB5)
    with negotiating.connect(kind=Negotiating) as client:
        client.scheme = scheme
        response = client.leg(context.step())
        assert response.status == 200
        client.scheme = scheme.capitalize()
        context.step(client.token_of(response))
        assert context.complete


@pytest.mark.parametrize('make', [lambda realm: kerberos(realm, 'alice', SPNEGO),
                                  lambda realm: ntlm('LAB\\alice', password('alice'), NTLM)],
                         ids=['SPNEGO', 'NTLM'])
def test_the_scheme_kerberos_takes_nothing_else(negotiating, realm, make):
    assert_refused(negotiating, refused(negotiating, make(realm), scheme='Kerberos'))


def test_the_scheme_kerberos_has_a_protocol_of_its_own(negotiating, realm):
    """And what the client says is what it hears: some say the other one."""
    with sealed(negotiating, kerberos(realm, 'alice', KRB5), 'Kerberos') as client:
        assert client.protocol == KERBEROS_SEALED
        client.ask(GET, shell=NO_SHELL)
        client.protocol = client.protocol.replace('Kerberos', 'SPNEGO')
        assert client.ask(GET, shell=NO_SHELL).fault


# Names


@pytest.mark.parametrize('principal, account', [('alice', 'alice'), ('ALICE', 'alice'), ('Bob', 'bob')])
def test_names_are_folded(negotiating, realm, principal, account):
    with sealed(negotiating, kerberos(realm, principal)) as client:
        assert work(client) == b'hello\n'
    line, = accepted(negotiating)
    assert (line['account'], line['principal']) == (account, principal + '@EXAMPLE.TEST')


@pytest.mark.parametrize('principal', ['nobody', 'alice/admin', 'alice:x', 'J\u00f6rg'])
def test_principals_that_are_nobodys_account(negotiating, realm, principal):
    line = assert_refused(negotiating, refused(negotiating, kerberos(realm, principal)))
    assert line['mechanism'] == 'Kerberos'
    assert accepted(negotiating) == []
    assert negotiating.counters()['user_calls'] == 0


def test_another_realm_is_let_in_only_when_it_is_named(new_negotiating, realm):
    cache = realm.login('alice', realm=realm.foreign)
    server = new_negotiating()
    assert_refused(server, refused(server, kerberos(realm, cache=cache)), 'realm')
    server = new_negotiating(more='realms = {"%s"}' % realm.foreign)
    with sealed(server, kerberos(realm, cache=cache)) as client:
        assert work(client) == b'hello\n'
    assert accepted(server)[0]['principal'] == 'alice@' + realm.foreign
    # Then the realm of the keytab is another one.
    assert_refused(server, refused(server, kerberos(realm, 'alice')), 'realm')


def test_a_locked_account(negotiating, realm):
    """The users file says who may come in, whatever Kerberos says of who it is."""
    users = negotiating.folder / 'users'
    with sealed(negotiating, kerberos(realm, 'alice')) as client:
        shell = client.create()
        lines = [line if not line.startswith('alice:') else 'alice:!:admins\n'
                 for line in users.read_text().splitlines(keepends=True)]
        users.write_text(''.join(lines))
        # She is out on her connection too, and nothing is sealed that says so.
        wait_until(lambda: client.ask(GET, shell=shell).status == 401, 'alice to be refused')
    assert_refused(negotiating, refused(negotiating, kerberos(realm, 'alice')))
    with sealed(negotiating, kerberos(realm, 'bob')) as client:
        assert work(client) == b'hello\n'


# Tickets


def test_a_token_is_taken_once(negotiating, realm):
    context = kerberos(realm, 'alice', KRB5)
    token = context.step()
    with negotiating.connect(kind=Negotiating) as client:
        assert client.leg(token).status == 200
    with negotiating.connect(kind=Negotiating) as client:
        assert_refused(negotiating, client.leg(token))
        # The connection is as good as new.
        client.login(kerberos(realm, 'alice'))
        assert work(client) == b'hello\n'


def test_a_ticket_for_another_key(negotiating, realm):
    realm.administer('addprinc -randkey HTTP/elsewhere.test')
    context = kerberos(realm, 'alice', KRB5, host='elsewhere.test')
    line = assert_refused(negotiating, refused(negotiating, context))
    assert 'alice' not in str(line)


def test_a_ticket_ends(new_negotiating, realm):
    """The session with it, at the next request; what the user has stays for the next login."""
    skew = int(5 * PATIENCE)
    realm.configure('skew.conf', clockskew=skew)
    server = new_negotiating(environment=realm.environment_with('skew.conf'))
    begun = time.monotonic()
    cache = realm.login('alice', lifetime='%ds' % (3 * PATIENCE))
    with sealed(server, kerberos(realm, cache=cache)) as client:
        shell = client.create()
        wait_until(lambda: client.ask(GET, shell=shell).status == 401, 'the end of the ticket',
                   pause=0.1)
        assert time.monotonic() - begun > 2
        response = client.ask(GET, shell=shell)
        assert challenges(response) == BOTH and response.body == b''
        client.login(kerberos(realm, 'alice'))
        client.delete(shell)
    assert len(accepted(server)) == 2


def test_a_login_lasts_as_long_as_the_administrator_says(new_negotiating, realm):
    server = new_negotiating(more='negotiate-lifetime = "%dms"' % (2000 * PATIENCE))
    begun = time.monotonic()
    with sealed(server, kerberos(realm, 'alice')) as client:
        assert client.ask(GET, shell=NO_SHELL).status == 500
        wait_until(lambda: client.ask(GET, shell=NO_SHELL).status == 401, 'the end of the login')
        assert time.monotonic() - begun >= 2 * PATIENCE
        client.login(kerberos(realm, 'alice'))
        assert client.ask(GET, shell=NO_SHELL).status == 500


# Keytabs


def test_a_keytab_with_one_key(new_negotiating, realm, tmp_path):
    keytab = tmp_path / 'keytab'
    realm.administer('ktadd -q -k %s -norandkey WSMAN/localhost' % keytab)
    server = new_negotiating(keytab=keytab)
    with sealed(server, kerberos(realm, 'alice', service='WSMAN')) as client:
        assert work(client) == b'hello\n'
    assert_refused(server, refused(server, kerberos(realm, 'alice', service='HTTP')))


def test_without_a_keytab_there_is_no_kerberos(new_negotiating, realm):
    server = new_negotiating(keytab=None)
    with server.connect() as client:
        assert challenges(client.post('')) == ['Negotiate']
    for mechanism in KRB5, SPNEGO:
        response = refused(server, kerberos(realm, 'alice', mechanism))
        assert challenges(response) == ['Negotiate']
    assert accepted(server) == []


@pytest.mark.parametrize('encryption, header', [('aes128-cts', 60), ('aes128-sha2', 64),
                                                ('aes256-sha2', 72)])
def test_other_encryption_types(new_negotiating, realm, tmp_path, encryption, header):
    """The header of a sealed message is as long as the library says (RFC 4121, RFC 8009)."""
    service = 'HTTP/%s.test' % encryption
    keytab = tmp_path / 'keytab'
    realm.administer('addprinc -randkey -e %s:normal %s' % (encryption, service),
                     'setstr %s session_enctypes %s' % (service, encryption),
                     'ktadd -q -k %s -norandkey %s' % (keytab, service))
    realm.configure('one-type.conf', more='permitted_enctypes = %s' % encryption)
    server = new_negotiating(keytab=keytab, environment=realm.environment_with('one-type.conf'))
    with sealed(server, kerberos(realm, 'alice', host=service.split('/')[1])) as client:
        assert work(client) == b'hello\n'
        client.ask(GET, shell=NO_SHELL)
        assert len(frame_of(client.raw)[1]) == header
