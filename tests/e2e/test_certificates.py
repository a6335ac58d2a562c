# SPDX-License-Identifier: ISC
"""Client certificates: docs/authentication.md, sections 3 and 4."""

import collections
import os
import re
import shutil
import ssl
import subprocess

import pytest
import requests
from winrm.exceptions import InvalidCredentialsError
from winrm.protocol import Protocol

import certificates
from client_certificates import Authority, self_signed
from oracle import calls
from pam_stack import Gate, stack  # noqa: F401 (a fixture)
from server import built, wait_until
from wire import GET, HANG, IDENTIFY, Connection, basic, envelope

MUTUAL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual'
NO_SHELL = '11111111-2222-3333-4444-555555555555'
RULES = '''\
user *           allow
operation carol  * * deny "not carol"
operation *      * * allow
'''
PAM_ACCT_EXPIRED = 13
NO_AUTHORITY = 'the certificate is of no authority of this listener'
NOT_A_CLIENT = 'the certificate is not for client authentication'

World = collections.namedtuple('World', 'trust server root other middle people')


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """Authorities, and who has a certificate of them."""
    folder = tmp_path_factory.mktemp('authorities')
    trust = certificates.Authority(folder)
    root, other = Authority(folder, 'root'), Authority(folder, 'other')
    middle = Authority(folder, 'middle', parent=root)
    past, future = ('20200101000000Z', '20210101000000Z'), ('20480101000000Z', '20490101000000Z')
    people = {
        'alice': root.issue('alice', upn='alice@example.org', subject='/C=DE/O=Ex\u00e4mple/CN=Alice'),
        'second': root.issue('second', upn='alice@example.org'),
        'host': root.issue('host', dns='web1.hosts.example.org'),
        'frank': root.issue('frank'),
        'carol': root.issue('carol'),
        'of-middle': middle.issue('of-middle', upn='bob@example.org'),
        'stranger': other.issue('stranger', upn='alice@example.org'),
        'itself': self_signed(folder, 'alice'),
        'expired': root.issue('expired', upn='alice@example.org', begins=past[0], ends=past[1]),
        'early': root.issue('early', upn='alice@example.org', begins=future[0], ends=future[1]),
        'server': root.issue('server', upn='alice@example.org', use='serverAuth'),
        'unmapped': root.issue('unmapped', upn='zoe@example.org'),
    }
    return World(trust, trust.issue('server'), root, other, middle, people)


def lines_of(world):
    root, middle = world.root.thumbprint(), world.middle.thumbprint()
    spaced = ' '.join(root[at:at + 2] for at in range(0, 40, 2)).lower()
    return ('# who is who',
            '%s alice@example.org -> alice:admins,staff' % root,
            '%s *.hosts.example.org -> machine' % spaced,
            '%s frank -> frank' % root,
            '%s carol -> carol' % root,
            '%s *@example.org -> bob' % middle)


def write_map(server, *lines):
    draft = server.map_file.with_name('map.draft')
    draft.write_text(''.join(line + '\n' for line in lines))
    draft.chmod(0o600)
    os.replace(draft, server.map_file)


@pytest.fixture
def new_tls_server(new_server, world, tmp_path):
    """One that offers certificate and basic; its map and client-ca are files of its own."""
    def make(listener='', methods=('certificate', 'basic'), passwords='file:users', **settings):
        map_file, client_ca = tmp_path / 'map', tmp_path / 'client-ca.pem'
        map_file.write_text(''.join(line + '\n' for line in lines_of(world)))
        map_file.chmod(0o600)
        shutil.copy(world.root.pem, client_ca)
        server = new_server(
            listener='%s\n    client-ca = "%s"\n    %s' % (world.server.settings, client_ca, listener),
            authentication='basic = "%s" certificate-map = "%s"' % (passwords, map_file), methods=methods,
            trust=world.trust.certificate, **dict({'rules': RULES}, **settings))
        server.map_file, server.client_ca = map_file, client_ca
        return server
    return make


@pytest.fixture
def server(new_tls_server):
    return new_tls_server()


def context(world, person=None, version=None):
    """What a client encrypts with: with the chain of that person."""
    made = ssl.create_default_context(cafile=world.trust.certificate)
    if person:
        made.load_cert_chain(world.people[person].chain, world.people[person].key)
    if version:
        made.minimum_version = made.maximum_version = version
    return made


def connect(server, world, person=None, authorization=MUTUAL, version=None):
    client = Connection(server.port, tls=context(world, person, version))
    client.authorization = authorization
    return client


class Limited(requests.adapters.HTTPAdapter):
    """Of requests: speaks that version of TLS only."""

    def __init__(self, version):
        self.version = version
        super().__init__()

    def init_poolmanager(self, *arguments, **settings):
        made = ssl.create_default_context()
        made.check_hostname = False  # urllib3 does that itself
        made.minimum_version = made.maximum_version = self.version
        super().init_poolmanager(*arguments, ssl_context=made, **settings)


def protocol(server, world, person, version=None):
    """The stock client, transport `certificate`."""
    certificate = world.people[person]
    client = Protocol(endpoint=server.endpoint, transport='certificate',
                      cert_pem=str(certificate.chain), cert_key_pem=str(certificate.key),
                      ca_trust_path=str(server.trust))
    if version:
        client.transport.build_session()
        client.transport.session.mount('https://', Limited(version))
    return client


def run(client, line='echo hello'):
    shell = client.open_shell()
    command = client.run_command(shell, line)
    output = client.get_command_output(shell, command)
    client.cleanup_command(shell, command)
    client.close_shell(shell)
    return output


def ask(client):
    """Whether the client is let in: 200, or the status of the refusal."""
    return client.post('').status


# Who gets in

@pytest.mark.parametrize('version', [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_the_stock_client(server, world, version):
    """U-3.1, U-3.11"""
    assert run(protocol(server, world, 'alice', version)) == (b'hello\n', b'', 0)
    alice = world.people['alice']
    line, = server.audit('authentication', verdict='accepted')
    assert line['mechanism'] == 'ClientCertificate'
    assert line['user'] == alice.name() and line['account'] == 'alice'
    assert line['certificate'] == alice.thumbprint('sha256')
    assert line['tls'].startswith('TLSv1.2 ' if version == ssl.TLSVersion.TLSv1_2 else 'TLSv1.3 ')
    verdicts = server.audit('verdict', verdict='allowed')
    assert {(each['user'], each['certificate']) for each in verdicts} == {
        (alice.name(), alice.thumbprint('sha256'))}


def test_curl(server, world, tmp_path):
    """U-3.1"""
    alice = world.people['alice']
    body = tmp_path / 'identify.xml'
    body.write_text(IDENTIFY)

    def curl(*arguments):
        done = subprocess.run(
            ['curl', '--silent', '--show-error', '--cacert', world.trust.certificate, '--output',
             tmp_path / 'answer', '--write-out', '%{http_code}', '--data-binary', '@%s' % body,
             '--header', 'Content-Type: application/soap+xml;charset=UTF-8', *arguments,
             server.endpoint.replace('127.0.0.1', 'localhost')],
            capture_output=True, text=True, timeout=HANG)
        assert done.returncode == 0, done.stderr
        return done.stdout

    shown = ('--cert', alice.pem, '--key', alice.key)
    header = ('--header', 'Authorization: ' + MUTUAL)
    assert curl(*shown, *header) == '200'
    assert 'IdentifyResponse' in (tmp_path / 'answer').read_text()
    assert curl(*shown, *header, '--tls-max', '1.2') == '200'
    assert curl(*shown) == '401'
    assert curl(*header) == '401'


def test_an_authority_in_between(server, world):
    """U-3.4: the chain that the client sends leads to client-ca; the thumbprint is the issuer's."""
    assert run(protocol(server, world, 'of-middle')) == (b'hello\n', b'', 0)
    assert server.audit('authentication', verdict='accepted')[0]['account'] == 'bob'
    lonely = ssl.create_default_context(cafile=world.trust.certificate)
    lonely.load_cert_chain(world.people['of-middle'].pem, world.people['of-middle'].key)
    with Connection(server.port, tls=lonely) as client:
        client.authorization = MUTUAL
        assert ask(client) == 401
    assert server.wait_for_audit('authentication', verdict='refused')[0]['reason'] == NO_AUTHORITY


@pytest.mark.parametrize('person, account', [('host', 'machine'), ('frank', 'frank'),
                                             ('of-middle', 'bob')])
def test_patterns(server, world, person, account):
    """U-3.8"""
    with connect(server, world, person) as client:
        assert ask(client) == 200
    assert server.audit('authentication', verdict='accepted')[0]['account'] == account


@pytest.mark.parametrize('person, reason', [
    ('stranger', NO_AUTHORITY), ('itself', 'the certificate is signed by itself'),
    ('expired', 'the certificate has expired'), ('early', 'the certificate is not valid yet'),
    ('server', NOT_A_CLIENT), ('unmapped', 'the certificate is mapped to no account')])
def test_who_is_refused(server, world, person, reason):
    """U-3.5, U-3.9: with one answer for every reason, which the audit alone tells."""
    with pytest.raises(InvalidCredentialsError):
        protocol(server, world, person).open_shell()
    line, = server.wait_for_audit('authentication', verdict='refused')
    shown = world.people[person]
    assert (line['reason'], line['mechanism']) == (reason, 'ClientCertificate')
    assert (line['user'], line['certificate']) == (shown.name(), shown.thumbprint('sha256'))
    assert line['tls'].startswith('TLSv1.3 ')
    with connect(server, world, person) as client:
        response = client.post(envelope(GET, shell=NO_SHELL))
        assert (response.status, response.body) == (401, b'')
        assert response.header('WWW-Authenticate') == 'Basic realm="WSMAN"'
        # The connection lives, and another method is not closed to it.
        client.authorization = basic('alice', 'alice-secret')
        assert ask(client) == 200
    assert not server.audit('verdict')


def test_a_locked_account(server, world):
    """U-3.10: and its sessions end when it is locked while they are open."""
    users = server.folder / 'users'

    def replace(text):
        draft = users.with_name('users.draft')
        draft.write_text(text)
        draft.chmod(0o600)
        os.replace(draft, users)

    before = users.read_text()
    with connect(server, world, 'alice') as client, connect(server, world, 'host') as host:
        assert ask(client) == 200
        assert ask(host) == 200
        replace(before.replace('alice:', 'alice:!'))
        server.wait_for_counter('sessions_revoked', 1)
        wait_until(lambda: ask(client) == 401, 'the locked account to be refused')
        line, *_ = server.wait_for_audit('authentication', verdict='refused')
        assert line['reason'] == 'locked account'
        # An account that is in no users file can not be locked there.
        assert ask(host) == 200
        replace(before)
        wait_until(lambda: ask(client) == 200, 'the account to be unlocked')


# The header

def test_a_header_without_certificate(server, world):
    """U-3.2"""
    with connect(server, world) as client:
        assert ask(client) == 401
        assert client.post(envelope(GET, shell=NO_SHELL)).status == 401
    assert not server.audit('verdict') and not server.audit('authentication', verdict='accepted')


def test_a_certificate_without_header(server, world):
    """U-3.2: it may be shown by a client that means another method."""
    with connect(server, world, 'alice', authorization=None) as client:
        assert ask(client) == 401
        client.authorization = basic('bob', 'bob-secret')
        assert ask(client) == 200
        client.authorization = MUTUAL + '/basic'
        assert ask(client) == 401
        client.authorization = 'Basic ' + MUTUAL
        assert ask(client) == 401
    assert [line['user'] for line in server.audit('authentication', verdict='accepted')] == ['bob']


def test_the_session_stays(server, world):
    """U-3.3: the header comes with each request; one check serves them all."""
    with connect(server, world, 'alice') as client:
        shell = client.create()
        for _ in range(5):
            assert client.ask(GET, shell=shell).status == 200
        client.delete(shell)
        assert len(server.audit('authentication')) == 1
        # Another header makes another session, and back.
        client.authorization = basic('bob', 'bob-secret')
        assert ask(client) == 200
        client.authorization = MUTUAL
        assert ask(client) == 200
    assert [line['account'] for line in server.audit('authentication')] == ['alice', 'bob', 'alice']
    assert server.wait_for_counter('authentications', 3)


def test_only_where_it_is_offered(new_tls_server, world):
    """U-3.2: and a listener that offers nothing else offers nothing by name."""
    server = new_tls_server(methods=('basic',))
    with connect(server, world, 'alice') as client:
        assert ask(client) == 401
    server = new_tls_server(methods=('certificate',))
    with connect(server, world, 'alice', authorization=basic('alice', 'alice-secret')) as client:
        response = client.post('')
        assert (response.status, response.header('WWW-Authenticate')) == (401, None)
        client.authorization = MUTUAL
        assert ask(client) == 200
        said = client.post(IDENTIFY, headers=[('WSMANIDENTIFY', 'unauthenticated')]).body
        assert said.count(b'/wsman/secprofile/') == 1 and (MUTUAL + '<').encode() in said


# Accounts that PAM knows

@pytest.fixture
def pam_server(new_tls_server, stack):
    """Asks PAM whether an account may be used; carol is denied by its account modules."""
    stack.service('account required %s\naccount required pam_permit.so\n'
                  % stack.says('only=carol return=%d' % PAM_ACCT_EXPIRED))
    return new_tls_server(passwords='pam', winrmd=stack.programs())


def test_pam_says_whether_an_account_may_be_used(pam_server, world):
    """U-3.10: without a password, and the machine says which uid and groups it has."""
    assert run(protocol(pam_server, world, 'alice')) == (b'hello\n', b'', 0)
    line, = pam_server.audit('authentication')
    assert (line['account'], line['account-uid']) == ('alice', 7001)
    for person, reason in (('carol', 'the account has expired'),
                           ('frank', 'PAM accepts it, but this machine knows no such account')):
        with connect(pam_server, world, person) as client:
            assert ask(client) == 401
        refused = pam_server.wait_for_audit('authentication', verdict='refused', reason=reason)
        assert refused[0]['certificate'] == world.people[person].thumbprint('sha256')


def test_pam_as_another_service(pam_server, world):
    """U-3.10: a reload that names one has everybody asked again; `other` denies all."""
    with connect(pam_server, world, 'alice') as client:
        assert ask(client) == 200
        pam_server.config.write_text(pam_server.config.read_text().replace(
            'basic = "pam"', 'basic = "pam" pam-service = "other"'))
        assert reload(pam_server).returncode == 0
        assert ask(client) == 401


def test_a_client_that_leaves_while_pam_is_asked(new_tls_server, stack, world):
    """U-3.10: there is no session for it, and the others are served."""
    gate = Gate(stack.folder / 'gate')
    stack.service('account required %s\n' % stack.says(
        'only=alice pid=%s wait=%s' % (stack.folder / 'pid', gate.path)))
    server = new_tls_server(passwords='pam', winrmd=stack.programs())
    with connect(server, world, 'alice') as client:
        client.send('')
        gate.reached()
    gate.open()
    with connect(server, world, 'of-middle') as other:
        assert ask(other) == 200
    wait_until(lambda: server.counters()['sessions'] == 0, 'the end of all sessions')


# What plug-ins see

def test_the_plug_in_sees_the_certificate(new_tls_server, world):
    """U-3.12: in each of the three calls, and with other methods nothing."""
    server = new_tls_server(authorizer='oracle')
    alice = world.people['alice']
    with connect(server, world, 'alice') as client:
        client.delete(client.create())
        client.authorization = basic('bob', 'bob-secret')
        assert client.ask(GET, shell=NO_SHELL).fault
    for call in ('user', 'quota', 'operation'):
        seen = calls(server, call, mechanism='ClientCertificate')
        assert seen
        for note in seen:
            assert note['name'] == alice.name() and note['token'] == 'alice'
            assert note['certificate'] == {
                'subject': alice.name(), 'issuer': alice.name('issuer'),
                'thumbprint': world.root.thumbprint(), 'subject_name': 'alice@example.org'}
        assert [note['certificate'] for note in calls(server, call, mechanism='Basic')] == [None]


def test_a_record_for_each_certificate(new_tls_server, world):
    """U-3.13: of one account; its quota is one."""
    server = new_tls_server(authorizer='oracle')
    for person in ('alice', 'second', 'alice'):
        with connect(server, world, person) as client:
            client.delete(client.create())
    records = server.status()['records']
    assert sorted(record['user'] for record in records) == sorted(
        world.people[person].name() for person in ('alice', 'second'))
    assert {record['account'] for record in records} == {'alice'}
    assert len(calls(server, 'user')) == 2


def test_policy_rules_name_the_mechanism(new_tls_server, world):
    server = new_tls_server(rules='user * mechanism clientcertificate allow\nuser * deny\n'
                                  'operation * * * allow\n')
    with connect(server, world, 'alice') as client:
        assert client.ask(GET, shell=NO_SHELL).fault.number != 5
        client.authorization = basic('alice', 'alice-secret')
        assert client.ask(GET, shell=NO_SHELL).fault.number == 5


# Changes

def test_the_map_changes(server, world):
    """U-3.14: who is in is asked again, at once, and nobody else."""
    lines = lines_of(world)
    with connect(server, world, 'alice') as alice, connect(server, world, 'frank') as frank, \
            connect(server, world, 'unmapped') as zoe:
        assert (ask(alice), ask(frank), ask(zoe)) == (200, 200, 401)
        write_map(server, *[line for line in lines if 'alice' not in line],
                  '%s zoe@example.org -> zoe' % world.root.thumbprint())
        server.wait_for_counter('sessions_revoked', 1)
        wait_until(lambda: ask(alice) == 401, 'alice to be refused')
        assert (ask(alice), ask(frank), ask(zoe)) == (401, 200, 200)
        # One with an error changes nothing, and the log says where it is.
        write_map(server, *lines, 'nonsense')
        server.wait_for_log('certificate map %s:7: it does not begin with the thumbprint of an '
                            'authority' % server.map_file)
        assert (ask(alice), ask(frank), ask(zoe)) == (401, 200, 200)
        # Others may read it: nor does that.
        write_map(server, *lines)
        wait_until(lambda: ask(alice) == 200, 'the map to be read')
        os.chmod(server.map_file, 0o644)
        server.wait_for_log('others may read or write it; chmod it to 0600')
        assert (ask(alice), ask(frank)) == (200, 200)
    accepted = [line['account'] for line in server.audit('authentication', verdict='accepted')]
    assert accepted.count('frank') == 1


def test_another_account(server, world):
    """U-3.14: a certificate that is another's now is that one's with the next request."""
    with connect(server, world, 'alice') as client:
        shell = client.create()
        write_map(server, '%s alice@example.org -> dave' % world.root.thumbprint())
        server.wait_for_counter('sessions_revoked', 1)
        wait_until(lambda: client.ask(GET, shell=shell).fault, 'the other account')
        assert server.audit('authentication')[-1]['account'] == 'dave'


def reload(server):
    return subprocess.run([built('winrmctl'), '--config', server.config, 'reload'],
                          capture_output=True, text=True, timeout=HANG)


def test_another_client_ca(server, world):
    """U-3.15: at a reload; those whose authority is gone are out, also on connections they have."""
    write_map(server, *lines_of(world), '%s alice@example.org -> erin' % world.other.thumbprint())
    with connect(server, world, 'alice') as alice, connect(server, world, 'frank') as frank:
        wait_until(lambda: 'certificate map' in server.report(), 'the map')
        assert (ask(alice), ask(frank)) == (200, 200)
        shutil.copy(world.other.pem, server.client_ca)
        assert ask(alice) == 200
        done = reload(server)
        assert done.returncode == 0, done.stderr
        assert (ask(alice), ask(frank)) == (401, 401)
        with connect(server, world, 'stranger') as stranger:
            assert ask(stranger) == 200
        with connect(server, world, 'alice') as again:
            assert ask(again) == 401
        shutil.copy(world.root.pem, server.client_ca)
        assert reload(server).returncode == 0
        assert (ask(alice), ask(frank)) == (200, 200)


def test_a_method_that_is_taken_away(server, world):
    """A reload takes it from the listener, and from the connections that there are."""
    with connect(server, world, 'alice') as alice, \
            connect(server, world, authorization=basic('alice', 'alice-secret')) as other:
        assert (ask(alice), ask(other)) == (200, 200)
        for left, expected in (('"basic"', (401, 200)), ('"certificate"', (200, 401))):
            text = server.config.read_text()
            server.config.write_text(re.sub(r'authentication = {[^}]*}',
                                            'authentication = {%s}' % left, text))
            done = reload(server)
            assert done.returncode == 0, done.stderr
            assert (ask(alice), ask(other)) == expected


def test_it_survives_a_restart_of_winrmd_auth(server, world):
    with connect(server, world, 'alice') as client:
        assert ask(client) == 200
        first, = server.pids('winrmd-auth')
        os.kill(first, 9)
        wait_until(lambda: server.pids('winrmd-auth') not in ([], [first]), 'another winrmd-auth')
        with connect(server, world, 'frank') as other:
            assert ask(other) == 200
        assert ask(client) == 200
    assert server.status()['listeners'][0]['channel_binding']


def test_many_refusals_are_few_lines(server, world):
    """U-3.16"""
    with connect(server, world, 'itself') as client:
        for _ in range(200):
            assert ask(client) == 401
    wait_until(lambda: server.counters()['authentication_failures'] >= 200, '200 refusals')
    lines = server.audit('authentication', verdict='refused')
    assert sum(line.get('times', 1) for line in lines) == 200
    assert len(lines) < 100


# Channel binding

def binding(server):
    return server.status()['listeners'][0]['channel_binding']


def test_the_channel_binding_value(server, world, tmp_path):
    """U-4.1, U-4.2: of the certificate that clients see, also after a reload has brought another."""
    def digest(pair, kind):
        der = ssl.PEM_cert_to_DER_cert(pair.certificate.read_text())
        return subprocess.run(['openssl', 'dgst', '-' + kind, '-r'], input=der, capture_output=True,
                              check=True).stdout.split()[0].decode()

    def use(pair):
        text = server.config.read_text()
        for old, new in ((current.certificate, pair.certificate), (current.key, pair.key)):
            text = text.replace('"%s"' % old, '"%s"' % new)
        server.config.write_text(text)
        done = reload(server)
        assert done.returncode == 0, done.stderr
        return pair

    wait_until(lambda: binding(server), 'the value')
    current = world.server
    assert binding(server) == digest(current, 'sha256')
    for name, kind, arguments, key in (
            ('p384', 'sha384', ('-sha384',), ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1')),
            ('pss', 'sha512', ('-sha512', '-sigopt', 'rsa_padding_mode:pss'), certificates.RSA),
            ('rsa', 'sha256', (), certificates.RSA)):
        current = use(certificates.self_signed(tmp_path, name, *arguments, key=key))
        wait_until(lambda: binding(server) == digest(current, kind), 'the value of %s' % name)
        shown = ssl.get_server_certificate(('127.0.0.1', server.port))
        assert ssl.PEM_cert_to_DER_cert(shown) == ssl.PEM_cert_to_DER_cert(
            current.certificate.read_text())


def test_no_value_without_tls(new_server):
    """U-4.3"""
    assert binding(new_server()) == ''
