# SPDX-License-Identifier: ISC
"""Certificates and keys as an administrator meets them: what is said about wrong ones, the one that
winrmd makes, and their replacement without a disconnected client. docs/tls.md."""

import os
import re
import signal
import ssl
import stat
import subprocess

import pytest

from certificates import LOOPBACK, Authority, Pair, openssl, self_signed
from reloading import edit, reload, reload_done
from server import HANG, Server, built, stand_in, wait_until
from wire import GET, Connection
from work import Work


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('authority'))


@pytest.fixture(scope='module')
def pairs(authority):
    return [authority.issue(name) for name in ('first', 'second')]


@pytest.fixture
def pair(pairs, tmp_path):
    """The first pair, in files of this test's own."""
    own = Pair(tmp_path / 'server.pem', tmp_path / 'server.key')
    own.replace(pairs[0])
    return own


@pytest.fixture
def tls_server(new_server, authority, pair):
    return new_server(listener=pair.settings, trust=authority.certificate)


@pytest.fixture
def configured(tmp_path, users):
    """Makes a server that is not started: its listener has these settings."""
    def make(*settings):
        return Server(tmp_path / 'configured', users, listener='\n    '.join(settings))
    return make


def winrmd(server, *arguments):
    return subprocess.run([built('winrmd'), '--config', server.config, *arguments],
                          capture_output=True, text=True, timeout=HANG)


def shown_certificate(server):
    """The SHA-256 fingerprint of what a new connection is shown."""
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(('127.0.0.1', server.port)))
    return openssl('x509', '-inform', 'PEM', '-noout', '-fingerprint', '-sha256',
                   input=ssl.DER_cert_to_PEM_cert(der)).strip().split('=')[1]


# ---- what is wrong with them ----

def refused_pairs(folder, authority):
    """{case: (settings of the listener, what is said, the setting it is said of)}"""
    good, other = authority.issue('good'), authority.issue('other')
    locked, text = folder / 'locked.key', folder / 'text.pem'
    openssl('pkey', '-in', good.key, '-aes256', '-passout', 'pass:x', '-out', locked)
    text.write_text('this is no certificate\n')
    cut = folder / 'cut.pem'
    cut.write_text(good.certificate.read_text() + good.certificate.read_text()[:400])
    unreadable = folder / 'unreadable.key'
    unreadable.write_bytes(good.key.read_bytes())
    unreadable.chmod(0)
    both = 'certificate = "%s"\n    key = "%s"'
    return {
        'a key of another certificate': (
            both % (good.certificate, other.key), 'does not belong to the certificate', 'key'),
        'no key': ('certificate = "%s"' % good.certificate, 'holds no private key', 'certificate'),
        'a key with a passphrase': (
            both % (good.certificate, locked), 'without a passphrase', 'key'),
        'a key that winrmd may not read': (
            both % (good.certificate, unreadable), 'Permission denied', 'key'),
        'a file that there is not': (
            both % (folder / 'nowhere.pem', good.key), 'No such file', 'certificate'),
        'a folder': (both % (folder, good.key), 'Is a directory', 'certificate'),
        'no certificate': (both % (text, good.key), 'holds no certificate', 'certificate'),
        'a chain that is cut off': (both % (cut, good.key), 'holds no certificate', 'certificate'),
        'Ed25519': (self_signed(folder, 'ed25519', key=('-newkey', 'ed25519')).settings,
                    'ED25519', 'certificate'),
        'Ed448': (self_signed(folder, 'ed448', key=('-newkey', 'ed448')).settings, 'ED448',
                  'certificate'),
        'a weak RSA key': (self_signed(folder, 'weak', key=('-newkey', 'rsa:1024')).settings,
                           'RSA key of 1024 bits', 'certificate'),
        'a weak curve': (
            self_signed(folder, 'curve', key=('-newkey', 'ec', '-pkeyopt',
                                              'ec_paramgen_curve:secp224r1')).settings,
            '224 bits', 'certificate'),
        'unknown ciphers': (good.settings + '\n    ciphers = "ROT13"', 'without any cipher',
                            'ciphers'),
        'unknown suites': (good.settings + '\n    ciphersuites = "TLS_ROT13"', 'cipher suite',
                           'ciphersuites'),
        'no authorities': (good.settings + '\n    client-ca = "%s"' % text,
                           'holds no certificate', 'client-ca'),
    }


@pytest.fixture(scope='module')
def refused(tmp_path_factory, authority):
    return refused_pairs(tmp_path_factory.mktemp('refused'), authority)


@pytest.mark.parametrize('case', [
    'a key of another certificate', 'no key', 'a key with a passphrase',
    'a key that winrmd may not read', 'a file that there is not', 'a folder', 'no certificate',
    'a chain that is cut off', 'Ed25519', 'Ed448', 'a weak RSA key', 'a weak curve',
    'unknown ciphers', 'unknown suites', 'no authorities'])
def test_what_is_wrong_is_said_with_its_line(configured, refused, case):
    settings, says, name = refused[case]
    server = configured(settings)
    line = 1 + server.config.read_text().split('\n').index(
        next(line for line in server.config.read_text().split('\n')
             if re.match(r'\s*%s = ' % re.escape(name), line)))
    for arguments in (['--check'], []):
        done = winrmd(server, *arguments)
        assert done.returncode == 1
        said, = re.findall(r'^%s:%d: .*' % (re.escape(str(server.config)), line), done.stderr,
                           re.M)
        assert says in said and 'listener "http"' in said
        assert '; ' in said, 'no remedy'


def warned_pair(folder, authority, kind):
    """(settings, what the warning says)"""
    if kind == 'expired':
        pair = authority.issue('expired', days=-1)
        return pair, 'expired on '
    if kind == 'expires soon':
        return authority.issue('soon', days=10), 'expires on '
    if kind == 'not for servers':
        return authority.issue('client', LOOPBACK, 'extendedKeyUsage=clientAuth'), 'servers'
    if kind == 'wrong order':
        pair = authority.issue('order')
        pair.certificate.write_text(pair.certificate.read_text() +
                                    self_signed(folder, 'stranger').certificate.read_text())
        return pair, 'has not issued the one before it'
    pair = authority.issue('open')
    pair.key.chmod(0o644)
    return pair, 'can be read by everybody'


@pytest.mark.parametrize('kind', ['expired', 'expires soon', 'not for servers', 'wrong order',
                                  'open to everybody'])
def test_what_should_be_mended_is_a_warning(configured, new_server, authority, tmp_path, kind):
    pair, says = warned_pair(tmp_path, authority, kind)
    server = configured(pair.settings)
    done = winrmd(server, '--check')
    assert done.returncode == 0
    warning, = [line for line in done.stderr.split('\n') if 'warning: ' in line]
    assert says in warning and '; ' in warning
    assert re.match(r'%s:[3-5]: ' % re.escape(str(server.config)), warning)
    # It is served, for clients that mind less.
    server = new_server(listener=pair.settings, trust=authority.certificate)
    assert says in server.report()
    with server.connect('alice', tls=ssl._create_unverified_context()) as client:
        assert client.post('').status == 200


# ---- the one that winrmd makes ----

def test_a_certificate_is_made_when_there_is_none(new_server, configured):
    checked = configured('tls = true')
    done = winrmd(checked, '--check')
    assert done.returncode == 0
    assert 'self-signed.pem: there is none yet; winrmd makes it when it starts' in done.stdout
    assert not (checked.folder / 'self-signed.pem').exists()

    server = new_server(listener='tls = true')
    path = server.folder / 'self-signed.pem'
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = server.wait_for_log('made %s (mode 0600)' % path)
    mark = shown_certificate(server)
    assert mark in made
    text = openssl('x509', '-in', path, '-noout', '-text')
    assert 'NIST CURVE: P-256' in text and 'ecdsa-with-SHA256' in text
    names = re.search(r'Subject Alternative Name: *\n *(.*)', text)[1].split(', ')
    assert names == ['DNS:' + os.uname().nodename, 'DNS:localhost', 'IP Address:127.0.0.1',
                     'IP Address:0:0:0:0:0:0:0:1']
    server.trust = path
    client = server.protocol('alice')
    client.close_shell(client.open_shell())
    strict = ssl.create_default_context(cafile=path)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    with server.connect('alice', tls=strict) as connection:
        assert connection.post('').status == 200
    # And it is the same one at the next start.
    server.stop()
    server.start()
    assert shown_certificate(server) == mark
    assert 'made ' not in server.report()
    # Without the file, a reload makes another one.
    path.unlink()
    reload_done(server)
    assert shown_certificate(server) != mark
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_listeners_share_the_one_that_is_made(new_server, tmp_path, users):
    server = Server(tmp_path / 'two', users, listener='tls = true')
    text = server.config.read_text()
    server.config.write_text(text + text[:text.index('\n}\n') + 3].replace('"http"', '"other"'))
    with server:
        wait_until(lambda: server.report().count('ready on https://') == 2, 'both listeners')
        marks = set()
        for port in re.findall(r'ready on https://127\.0\.0\.1:(\d+)/', server.report()):
            server.port = int(port)
            marks.add(shown_certificate(server))
        assert len(marks) == 1


# Stands in for winrmd-config: one that makes another file of what it was asked for.
MAKES_ANOTHER = '''\
#!/usr/bin/python3
import select, socket, subprocess

broker = socket.socket(fileno=3)
inner, outer = socket.socketpair()
real = subprocess.Popen(['sh', '-c', 'exec "$0" 3<&0', __file__ + '.real'], stdin=inner)
inner.close()
ends = {broker: outer, outer: broker}
for end in ends:
    end.setblocking(True)
while True:
    for end in select.select(list(ends), [], [])[0]:
        text, files, _, _ = socket.recv_fds(end, 65536, 4)
        if not text:
            raise SystemExit
        socket.send_fds(ends[end], [text.replace(b'self-signed.pem', b'another/new.pem')], files)
        for file in files:
            socket.close(file)
'''


def test_no_other_file_is_made(tmp_path, users):
    """T-3.1: winrmd-config, which may have been captured by what it reads, is not believed."""
    programs = tmp_path / 'programs'
    winrmd_with = stand_in(programs, 'winrmd-config', 'winrmd-config')
    (programs / 'winrmd-config').write_text(MAKES_ANOTHER)
    server = Server(tmp_path / 'server', users, listener='tls = true', winrmd=winrmd_with)
    (server.folder / 'another').mkdir()
    done = subprocess.run([winrmd_with, '--config', server.config], capture_output=True, text=True,
                          timeout=HANG)
    assert done.returncode == 1
    assert 'another/new.pem is no file that winrmd makes' in done.stderr
    assert not list((server.folder / 'another').iterdir())


@pytest.mark.parametrize('content, mode, says', [
    ('nonsense\n', 0o600, 'holds no certificate'), ('', 0o600, 'holds no certificate'),
    (None, 0o000, 'Permission denied')])
def test_one_that_cannot_be_used_is_not_replaced(configured, content, mode, says):
    server = configured('tls = true')
    path = server.folder / 'self-signed.pem'
    path.write_text(content or 'x')
    path.chmod(mode)
    done = winrmd(server)
    assert done.returncode == 1
    assert says in done.stderr and 'self-signed.pem' in done.stderr
    path.chmod(0o600)
    assert path.read_text() == (content or 'x')


def test_one_that_cannot_be_written_ends_the_start(configured):
    server = configured('tls = true')
    for name in ('audit.jsonl', 'winrmd.sock'):
        edit(server.config, (name, str(server.application_folder / name)))
    server.folder.chmod(0o500)
    try:
        done = winrmd(server)
    finally:
        server.folder.chmod(0o700)
    assert done.returncode == 1
    assert 'self-signed.pem cannot be written (Permission denied)' in done.stderr


# ---- reload ----

def test_a_new_certificate_is_shown_to_new_connections_only(tls_server, pair, pairs):
    context = ssl.create_default_context(cafile=tls_server.trust)
    assert shown_certificate(tls_server) == pairs[0].fingerprint()
    held = [tls_server.connect('alice', tls=context) for _ in range(9)]
    shells = [client.create() for client in held]
    ask_again = [Work(lambda client=client: client.get_done(GET, shell=shells[0]))
                 for client in held[:3]]
    newcomers = [Work(lambda: newcomer(tls_server.port, context)) for _ in range(2)]
    try:
        for number in (1, 0, 1):
            for work in ask_again + newcomers:
                work.wait_for_more(3)
            pair.replace(pairs[number])
            reload_done(tls_server)
            # Every winrmd-net has it.
            for _ in range(9):
                assert shown_certificate(tls_server) == pairs[number].fingerprint()
        for work in ask_again + newcomers:
            work.wait_for_more(3)
    finally:
        for work in ask_again + newcomers:
            work.stop()
    assert [work.failures for work in ask_again + newcomers] == [[]] * 5
    for client, shell in zip(held, shells):
        client.delete(shell)
        client.close()


def newcomer(port, context):
    with Connection(port, 'alice', 'alice-secret', tls=context) as client:
        assert client.post('').status == 200


def test_a_certificate_that_cannot_be_used_changes_nothing(tls_server, pair, pairs):
    with tls_server.connect('alice'):
        pair.key.write_bytes(pairs[1].key.read_bytes())
        status, said = reload(tls_server)
        assert status == 1 and 'does not belong to the certificate' in said
        assert 'nothing was changed' in said
        assert shown_certificate(tls_server) == pairs[0].fingerprint()
        # A winrmd-net that starts anew has what was checked, not what is there now.
        killed = set(tls_server.pids('winrmd-net'))
        for process in killed:
            os.kill(process, signal.SIGKILL)

        def replaced():
            pids = set(tls_server.pids('winrmd-net'))
            return len(pids) == 3 and not pids & killed
        wait_until(replaced, 'new winrmd-nets')
    for _ in range(6):
        assert shown_certificate(tls_server) == pairs[0].fingerprint()


def test_a_warning_does_not_keep_a_reload_from_holding(tls_server, authority, pair):
    pair.replace(authority.issue('ended', days=-1))
    status, said = reload(tls_server)
    assert status == 0, said
    assert 'warning: certificate' in said and 'expired on' in said
    assert 'the new configuration holds' in said


def test_a_listener_begins_to_encrypt_and_ceases(new_server):
    server = new_server()
    with server.connect('alice') as before:
        shell = before.create()
        edit(server.config, ('allow-unencrypted = true', 'tls = true'))
        reload_done(server)
        path = server.folder / 'self-signed.pem'
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        server.wait_for_log('ready on https://127.0.0.1:%d/wsman' % server.port)
        context = ssl.create_default_context(cafile=path)
        with server.connect('alice', tls=context) as after:
            command = after.command(shell, 'echo both')
            assert after.receive_all(shell, command) == (b'both\n', b'', 0)
            # The connection that stood is served once more, as it was.
            assert before.post('').header('Connection') == 'close'
            edit(server.config, ('tls = true', 'allow-unencrypted = true'))
            reload_done(server)
            assert after.post('').header('Connection') == 'close'
    with server.connect('alice') as plain:
        plain.delete(shell)


def test_a_reload_that_is_refused_makes_no_certificate(new_server):
    server = new_server()
    edit(server.config, ('allow-unencrypted = true', 'tls = true'),
         ('directory = "wsman"', 'directory = "nowhere"'))
    status, said = reload(server)
    assert status == 1 and 'nowhere' in said
    assert not (server.folder / 'self-signed.pem').exists()


def test_asking_for_certificates_can_be_switched_on(tls_server, authority, pair):
    def asked():
        return subprocess.run(
            ['openssl', 's_client', '-connect', '127.0.0.1:%d' % tls_server.port], input='',
            capture_output=True, text=True, timeout=HANG).stdout
    assert 'No client certificate CA names sent' in asked()
    edit(tls_server.config, ('certificate = ', 'client-ca = "%s"\n    certificate = '
                             % authority.certificate))
    reload_done(tls_server)
    assert re.search(r'Acceptable client certificate CA names\nCN ?= ?authority\n', asked())
