# SPDX-License-Identifier: ISC
"""Clients that there are: python3-winrm with Kerberos and NTLM, in clear and sealed, and curl."""

import subprocess

import pytest

from certificates import Authority
from negotiate import login_by, sealed, work
from server import HANG, password
from stock_client import run_stock, with_md4
from wire import GET, IDENTIFY, envelope

CLEAR = 'allow-unencrypted = true'


def localhost(server):
    """A ticket is for a name."""
    return server.endpoint.replace('127.0.0.1', 'localhost')


def with_kerberos(realm, server, user='alice', **settings):
    environment = dict(realm.environment, KRB5CCNAME=realm.login(user))
    return run_stock(environment, localhost(server), transport='kerberos', **settings)


def with_ntlm(server, folder, user='alice', secret=None, **settings):
    return run_stock(with_md4(folder), localhost(server), transport='ntlm', username=user,
                     password=secret or password('alice'), **settings)


@pytest.fixture
def tls_server(new_negotiating, tmp_path):
    authority = Authority(tmp_path)
    return new_negotiating(listener=authority.issue('server').settings,
                           trust=authority.certificate)


# python3-winrm with Kerberos: it does not seal, and wants the server to prove itself too


def test_kerberos_in_clear(new_negotiating, realm):
    server = new_negotiating(listener=CLEAR)
    assert with_kerberos(realm, server, lines=['echo hello', 'echo again; exit 3']) == [
        [0, 'hello\n', ''], [3, 'again\n', '']]
    line = server.audit('authentication', verdict='accepted')[0]
    assert (line['mechanism'], line['principal']) == ('Kerberos', 'alice@EXAMPLE.TEST')


def test_kerberos_in_clear_where_messages_have_to_be_sealed(negotiating, realm):
    """The client says that the server answered 500, and has done nothing."""
    result = with_kerberos(realm, negotiating)
    assert result['error'] == 'WinRMTransportError'
    assert '500' in result['text']
    assert negotiating.counters()['user_calls'] == 0


def test_kerberos_over_tls(tls_server, realm):
    assert with_kerberos(realm, tls_server, ca_trust_path=str(tls_server.trust)) == [
        [0, 'hello\n', '']]


# python3-winrm with NTLM: it seals where there is no TLS, and elsewhere when it is told to


@pytest.mark.parametrize('user', ['alice', 'LAB\\alice', 'lab\\alice'])
@pytest.mark.parametrize('encryption', ['auto', 'always'])
def test_ntlm_sealed(negotiating, tmp_path, user, encryption):
    """It writes domains in capitals itself."""
    assert with_ntlm(negotiating, tmp_path, user, message_encryption=encryption,
                     lines=['echo hello', 'echo again; exit 3']) == [
        [0, 'hello\n', ''], [3, 'again\n', '']]
    accepted = negotiating.audit('authentication', verdict='accepted')
    assert {(line['mechanism'], line['account']) for line in accepted} == {('NTLM', 'alice')}


def test_ntlm_in_clear(new_negotiating, tmp_path):
    server = new_negotiating(listener=CLEAR)
    assert with_ntlm(server, tmp_path, message_encryption='never') == [[0, 'hello\n', '']]


def test_ntlm_in_clear_where_messages_have_to_be_sealed(negotiating, tmp_path):
    result = with_ntlm(negotiating, tmp_path, message_encryption='never')
    assert (result['error'], '500' in result['text']) == ('WinRMTransportError', True)


@pytest.mark.parametrize('encryption', ['auto', 'always'])
def test_ntlm_over_tls(tls_server, tmp_path, encryption):
    """It says what channel it is bound to."""
    assert with_ntlm(tls_server, tmp_path, message_encryption=encryption,
                     ca_trust_path=str(tls_server.trust)) == [[0, 'hello\n', '']]
    line = tls_server.audit('authentication', verdict='accepted')[0]
    assert line['channel-binding'] is True


@pytest.mark.parametrize('user, secret', [('alice', 'wrong'), ('nobody', 'wrong'),
                                          ('OTHER\\alice', 'alice-secret')])
def test_ntlm_refused(negotiating, tmp_path, user, secret):
    result = with_ntlm(negotiating, tmp_path, user, secret)
    assert result['error'] == 'InvalidCredentialsError'
    assert negotiating.counters()['authentication_failures'] == 1


@pytest.mark.parametrize('user, code', [('carol', 'Access is denied'), ('erin', '302')])
def test_what_the_policy_says_arrives(negotiating, tmp_path, user, code):
    """A fault is sealed and is read; who is redirected is told so in clear."""
    result = with_ntlm(negotiating, tmp_path, 'LAB\\' + user, password(user))
    assert result['error'] and result['text']


# curl


def curl(realm, server, *arguments, user='alice'):
    done = subprocess.run(
        ['curl', '--silent', '--show-error', '--negotiate', '--user', ':', '--noproxy', '*',
         '--header', 'Content-Type: application/soap+xml;charset=UTF-8', '--write-out', '\n%{http_code}',
         *map(str, arguments), localhost(server)], capture_output=True, text=True, timeout=HANG,
        env=dict(realm.environment, KRB5CCNAME=realm.login(user), PATH='/usr/bin:/bin'))
    assert done.returncode == 0, done.stderr
    body, status = done.stdout.rsplit('\n', 1)
    return int(status), body


def test_curl(new_negotiating, realm):
    server = new_negotiating(listener=CLEAR)
    status, body = curl(realm, server, '--data-binary', IDENTIFY)
    assert (status, 'IdentifyResponse' in body) == (200, True)
    status, body = curl(realm, server, '--data-binary', envelope(GET, shell='x'), user='bob')
    assert (status, '2150858843' in body) == (500, True)
    accounts = [line['account'] for line in server.audit('authentication', verdict='accepted')]
    assert accounts == ['alice', 'bob']


def test_curl_over_tls(tls_server, realm):
    """It binds its login to the channel, or says nothing of it, as it was built."""
    status, body = curl(realm, tls_server, '--cacert', tls_server.trust, '--data-binary', IDENTIFY)
    assert (status, 'IdentifyResponse' in body) == (200, True)


# What plug-ins make of it


@pytest.mark.parametrize('way, mechanism', [('Kerberos', 'kerberos'), ('Kerberos by SPNEGO', 'kerberos'),
                                            ('NTLM', 'ntlm'), ('NTLM by SPNEGO', 'ntlm')])
def test_policy_rules_name_the_mechanism(new_negotiating, realm, way, mechanism):
    """It is the one that was used in the end, never SPNEGO."""
    other = {'kerberos': 'ntlm', 'ntlm': 'kerberos'}[mechanism]
    server = new_negotiating(rules='user * mechanism %s allow\nuser * mechanism %s,negotiate,basic deny\n'
                                   'operation * * * allow\n' % (mechanism, other))
    with sealed(server, login_by(realm, way)) as client:
        assert work(client) == b'hello\n'


def test_groups_come_from_the_users_file(new_negotiating, realm):
    server = new_negotiating(rules='user group:admins allow\nuser * deny\noperation * * * allow\n')
    for way in 'Kerberos', 'NTLM':
        with sealed(server, login_by(realm, way)) as client:
            assert work(client) == b'hello\n'
        with sealed(server, login_by(realm, way, 'bob')) as client:
            assert client.ask(GET, shell='x').fault.number == 5
