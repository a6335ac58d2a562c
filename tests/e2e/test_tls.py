# SPDX-License-Identifier: ISC
"""Listeners with TLS, seen by clients: docs/tls.md."""

import re
import select
import socket
import ssl
import struct
import subprocess

import pytest

from certificates import EC, Authority
from oracle import seen
from server import password, wait_until
from wire import HANG, IDENTIFY, RECEIVE, basic, envelope, receive_body

GET = b'POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('authority'))


@pytest.fixture(scope='module')
def pair(authority):
    return authority.issue('server')


@pytest.fixture
def new_tls_server(new_server, authority, pair):
    """Makes a server with that certificate and further settings of its listener."""
    def make(*settings, **others):
        return new_server(listener='\n    '.join((pair.settings,) + settings),
                          trust=authority.certificate, **others)
    return make


@pytest.fixture
def tls_server(new_tls_server):
    return new_tls_server()


def client_context(server, minimum=None, maximum=None):
    context = ssl.create_default_context(cafile=server.trust)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if minimum:
        context.minimum_version = minimum
    if maximum:
        context.maximum_version = maximum
    return context


def s_client(server, *arguments, said='', still=True):
    """openssl s_client, which connects, says something, and ends when its input does."""
    done = subprocess.run(
        ['openssl', 's_client', '-connect', '127.0.0.1:%d' % server.port, '-servername',
         'localhost', '-CAfile', server.trust, *arguments], input=said, capture_output=True,
        text=True, timeout=HANG)
    output = done.stdout + done.stderr
    assert not still or 'Verify return code: 0 (ok)' in output, output
    return output


def assert_serves(server):
    """Others are served: through every winrmd-net, as far as chance lets one tell."""
    for _ in range(6):
        with server.connect('alice') as client:
            assert client.post('').status == 200


class Bare:
    """A TLS client whose bytes the test carries: `sent` has to be taken to the socket."""

    def __init__(self, server):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = client_context(server).wrap_bio(self.incoming, self.outgoing,
                                                   server_hostname='localhost')
        self.socket = socket.create_connection(('127.0.0.1', server.port), timeout=HANG)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.socket.close()

    def carry(self, piece=None):
        """Sends what TLS wants to send, in pieces of so many bytes."""
        data = self.outgoing.read()
        for at in range(0, len(data), piece or len(data) or 1):
            self.socket.sendall(data[at:at + (piece or len(data))])

    def do(self, step, *arguments, piece=None):
        """A step of the TLS object, with as much reading and writing as it needs."""
        while True:
            try:
                result = step(*arguments)
                self.carry(piece)
                return result
            except ssl.SSLWantReadError:
                self.carry(piece)
                data = self.socket.recv(65536)
                if not data:
                    raise ConnectionError('closed by the server')
                self.incoming.write(data)

    def answer(self):
        return int(self.do(self.tls.read, 65536).split(b' ')[1])


# ---- clients ----

def test_the_stock_client_validates_and_runs_a_command(tls_server):
    client = tls_server.protocol('alice')
    shell = client.open_shell()
    command = client.run_command(shell, 'echo hello')
    assert client.get_command_output(shell, command) == (b'hello\n', b'', 0)
    client.cleanup_command(shell, command)
    client.close_shell(shell)


def test_a_client_that_does_not_know_the_authority_is_not_served(tls_server, tmp_path):
    tls_server.trust = Authority(tmp_path, 'another').certificate
    with pytest.raises(Exception, match='CERTIFICATE_VERIFY_FAILED'):
        tls_server.protocol('alice').open_shell()


@pytest.mark.parametrize('arguments, version', [(['--tlsv1.2', '--tls-max', '1.2'], 'TLSv1.2'),
                                                (['--tlsv1.3'], 'TLSv1.3')])
def test_curl(tls_server, arguments, version):
    done = subprocess.run(
        ['curl', '-sSv', '--cacert', tls_server.trust, *arguments, '-u', 'alice:alice-secret',
         '-d', '', '-o', '/dev/null', '-w', '%{http_code}', tls_server.endpoint],
        capture_output=True, text=True, timeout=HANG)
    assert done.stdout == '200', done.stderr
    assert 'SSL connection using %s' % version in done.stderr
    accepted, = tls_server.audit('authentication', verdict='accepted')
    assert accepted['tls'].startswith(version + ' ')


def test_without_credentials_and_with_wrong_ones(tls_server):
    with tls_server.connect() as client:
        response = client.post('')
        assert response.status == 401
        # Offered although nobody allowed clear text.
        assert response.header('WWW-Authenticate') == 'Basic realm="WSMAN"'
        client.authorization = basic('alice', 'wrong')
        assert client.post('').status == 401
    refused, = tls_server.wait_for_audit('authentication', verdict='refused')
    assert refused['tls'].startswith('TLSv1.3 TLS_')


def test_the_audit_names_tls_only_where_there_is_some(server):
    with server.connect('alice') as client:
        assert client.post('').status == 200
    assert 'tls' not in server.audit('authentication')[0]


def test_plug_ins_see_the_url_of_tls(new_tls_server):
    server = new_tls_server(authorizer='oracle')
    with server.connect('alice') as client:
        client.delete(client.create())
    assert {note['url'] for note in seen(server, 'call')} == {server.endpoint}
    assert server.endpoint.startswith('https://')


def test_identify_names_the_profile_of_tls(tls_server):
    with tls_server.connect() as client:
        said = client.post(IDENTIFY, headers=[('WSMANIDENTIFY', 'unauthenticated')])
    assert said.body.count(b'/wsman/secprofile/') == 1
    assert b'/wsman/secprofile/https/basic<' in said.body


@pytest.mark.parametrize('key', [EC, ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'),
                                 ('-newkey', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048')])
def test_other_kinds_of_keys(new_server, authority, key):
    server = new_server(listener=authority.issue('other', key=key).settings,
                        trust=authority.certificate)
    assert_serves(server)


def test_a_chain_is_sent_whole(new_server, authority, tmp_path):
    middle = authority.issue('middle', 'basicConstraints=critical,CA:TRUE',
                             'keyUsage=critical,keyCertSign', key=EC)
    below = Authority.__new__(Authority)
    below.folder, below.pair, below.certificate = tmp_path, middle, middle.certificate
    leaf = below.issue('leaf')
    whole = tmp_path / 'whole.pem'
    # The key may stand in the same file.
    whole.write_bytes(leaf.certificate.read_bytes() + middle.certificate.read_bytes() +
                      leaf.key.read_bytes())
    whole.chmod(0o600)
    assert_serves(new_server(listener='certificate = "%s"' % whole, trust=authority.certificate))


# ---- versions, ciphers, and what is off ----

def test_older_versions_are_refused(tls_server):
    for version in ('-tls1', '-tls1_1'):
        said = s_client(tls_server, version, '-cipher', 'ALL:@SECLEVEL=0', still=False)
        assert 'alert protocol version' in said
        assert 'Cipher is (NONE)' in said
    assert_serves(tls_server)


def test_the_oldest_version_is_a_setting(new_tls_server):
    server = new_tls_server('tls-minimum = "1.3"')
    assert 'alert protocol version' in s_client(server, '-tls1_2', still=False)
    assert 'TLSv1.3' in s_client(server)


def test_ciphers_without_forward_secrecy_or_authentication_are_off(tls_server):
    for cipher in ('AES256-GCM-SHA384', 'ECDHE-RSA-AES128-SHA256', 'AES128-SHA', 'NULL', 'aNULL'):
        said = s_client(tls_server, '-tls1_2', '-cipher', cipher + ':@SECLEVEL=0', still=False)
        assert 'Cipher is (NONE)' in said, cipher
    said = s_client(tls_server, '-tls1_2')
    assert re.search(r'Cipher is ECDHE-RSA-(AES\d+-GCM|CHACHA20)', said)


def test_ciphers_are_settings(new_tls_server):
    server = new_tls_server('ciphers = "ECDHE-RSA-AES128-GCM-SHA256"',
                            'ciphersuites = "TLS_CHACHA20_POLY1305_SHA256"')
    assert 'Cipher is ECDHE-RSA-AES128-GCM-SHA256' in s_client(server, '-tls1_2')
    assert 'Cipher is TLS_CHACHA20_POLY1305_SHA256' in s_client(server)
    assert 'handshake failure' in s_client(server, '-tls1_2', '-cipher',
                                           'ECDHE-RSA-AES256-GCM-SHA384', still=False)


def test_no_renegotiation_and_no_compression(tls_server):
    said = s_client(tls_server, '-tls1_2', said='R\n')
    assert 'no renegotiation' in said
    assert 'Compression: NONE' in said
    assert_serves(tls_server)


def test_nothing_is_resumed(tls_server):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = client_context(tls_server, version, version)
        with tls_server.connect('alice', tls=context) as first:
            assert first.post('').status == 200
            assert not first.socket.session.has_ticket
            session = first.socket.session
        raw = socket.create_connection(('127.0.0.1', tls_server.port), timeout=HANG)
        with context.wrap_socket(raw, server_hostname='localhost', session=session) as second:
            assert not second.session_reused


# ---- bytes ----

def test_a_byte_at_a_time(tls_server):
    with Bare(tls_server) as client:
        client.do(client.tls.do_handshake, piece=1)
        client.do(client.tls.write, GET, piece=1)
        assert client.answer() == 401


def test_a_request_in_many_records_and_many_requests_in_one(tls_server):
    with Bare(tls_server) as client:
        client.do(client.tls.do_handshake)
        for byte in GET:
            client.do(client.tls.write, bytes([byte]))
        assert client.answer() == 401
        # More than one read of the server, and no event for what stands behind it.
        count = 15000 // len(GET)
        client.do(client.tls.write, GET * count)
        came = b''
        while came.count(b'HTTP/1.1 401 ') < count or not came.endswith(b'\r\n\r\n'):
            came += client.do(client.tls.read, 65536)
        assert came.count(b'HTTP/1.1 401 ') == count


def test_the_request_comes_with_the_end_of_the_handshake(tls_server):
    with Bare(tls_server) as client:
        with pytest.raises(ssl.SSLWantReadError):
            client.tls.do_handshake()
        client.carry()
        while True:
            client.incoming.write(client.socket.recv(65536))
            try:
                client.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
        client.tls.write(GET)
        client.carry()
        assert client.answer() == 401


def test_large_bodies_both_ways(tls_server):
    with tls_server.connect('alice') as client:
        shell = client.create()
        data = bytes(range(256)) * 500
        command = client.command(shell, 'cat')
        client.send_input(shell, command, data, end=True)
        assert client.receive_all(shell, command) == (data, b'', 0)
        client.delete(shell)


def test_answers_that_nobody_takes_at_once(tls_server):
    """The socket does not take them, and takes them a little at a time: of somebody who has logged
    in, for a guest has not as long as that may take."""
    request = ('POST /wsman HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: '
               'application/soap+xml\r\nContent-Length: %d\r\n\r\n%s'
               % (basic('alice', password('alice')), len(IDENTIFY), IDENTIFY)).encode()
    count = 20000
    with tls_server.connect() as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.socket.setblocking(False)
        left, answers, tail = request * count, 0, b''
        while answers < count:
            try:
                if left:
                    left = left[client.socket.send(left[:65536]):]
                    continue
            except ssl.SSLWantWriteError:
                pass  # the server has stopped to read
            try:
                came = tail + client.socket.recv(16384)
                assert came != tail, 'the server has closed the connection'
                answers += came.count(b'</s:Envelope>') - tail.count(b'</s:Envelope>')
                tail = came[-12:]
            except ssl.SSLWantReadError:
                select.select([client.socket], [], [], 0.1)
    assert answers == count


# ---- what is no TLS ----

def test_plain_http_is_told_so(tls_server):
    with socket.create_connection(('127.0.0.1', tls_server.port), timeout=HANG) as client:
        client.sendall(GET)
        came = b''
        while piece := client.recv(4096):
            came += piece
    assert came.startswith(b'HTTP/1.1 400 Bad Request\r\n') and b'\r\nConnection: close\r\n' in came
    assert tls_server.counters()['sessions'] == 0


@pytest.mark.parametrize('garbage', [b'\0' * 4096, b'\x16\x03\x01\xff\xff' + b'x' * 4096,
                                     b'\x16\x03\x01\x00\x04\x01\x00\x00\x00', b'garbage\r\n' * 100,
                                     b'\x15\x03\x03\x00\x02\x02\x28'])
def test_garbage_instead_of_a_handshake(tls_server, garbage):
    with socket.create_connection(('127.0.0.1', tls_server.port), timeout=HANG) as client:
        client.sendall(garbage)
        try:
            while client.recv(4096):
                pass
        except ConnectionResetError:
            pass
    assert_serves(tls_server)


# ---- clients that leave ----

@pytest.mark.parametrize('how', ['FIN', 'RST', 'close_notify'])
def test_leaving_is_harmless_at_any_time(tls_server, how):
    def leave(client):
        if how == 'close_notify':
            with pytest.raises(ssl.SSLError):
                client.tls.unwrap()
            client.carry()
            # The server ends the connection, in order.
            while client.socket.recv(65536):
                pass
            return
        if how == 'RST':
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        client.socket.close()

    for stage in range(4):
        with Bare(tls_server) as client:
            if stage > 0 or how == 'close_notify':
                client.do(client.tls.do_handshake)
            if stage > 1:
                client.do(client.tls.write, GET[:20 if stage == 2 else len(GET)])
            if stage == 3:
                assert client.answer() == 401
            leave(client)
    assert_serves(tls_server)
    wait_until(lambda: tls_server.counters()['sessions'] == 0, 'the sessions to end')


@pytest.mark.parametrize('how', ['FIN', 'close_notify'])
def test_a_client_that_leaves_while_its_request_waits(tls_server, how):
    with tls_server.connect('alice') as alice:
        shell = alice.create()
        command = alice.command(shell, 'cat')
        body = envelope(RECEIVE, receive_body(command), shell=shell).encode()
        before = tls_server.counters()['operations']
        with Bare(tls_server) as client:
            client.do(client.tls.do_handshake)
            client.do(client.tls.write, (
                'POST /wsman HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: '
                'application/soap+xml;charset=UTF-8\r\nContent-Length: %d\r\n\r\n'
                % (basic('alice', password('alice')), len(body))).encode() + body)
            wait_until(lambda: tls_server.counters()['operations'] > before, 'the Receive to wait')
            if how == 'FIN':
                client.socket.shutdown(socket.SHUT_WR)
            else:
                with pytest.raises(ssl.SSLError):
                    client.tls.unwrap()
                client.carry()
            wait_until(lambda: tls_server.counters()['operations'] == before, 'the Receive to end')
            # Nobody has taken the output.
            alice.send_input(shell, command, b'here', end=True)
            assert alice.receive_all(shell, command, after_another=True) == (b'here', b'', 0)
        alice.delete(shell)


# ---- certificates of clients ----

def test_no_certificate_is_asked_for(tls_server):
    assert 'No client certificate CA names sent' in s_client(tls_server)


@pytest.mark.parametrize('version', ['-tls1_2', '-tls1_3'])
def test_clients_are_asked_and_need_not_show_one(new_tls_server, authority, tmp_path, version):
    server = new_tls_server('client-ca = "%s"' % authority.certificate)
    said = s_client(server, version)
    assert re.search(r'Acceptable client certificate CA names\nCN ?= ?authority\n', said)
    mine = authority.issue('anna', 'extendedKeyUsage=clientAuth')
    other = Authority(tmp_path, 'stranger').issue('eve')
    for shown in (mine, other):
        assert 'Verify return code: 0 (ok)' in s_client(
            server, version, '-cert', shown.certificate, '-key', shown.key)
        context = client_context(server)
        context.load_cert_chain(shown.certificate, shown.key)
        with server.connect('alice', tls=context) as client:
            assert client.post('').status == 200
    assert_serves(server)
