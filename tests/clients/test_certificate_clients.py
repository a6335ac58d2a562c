# SPDX-License-Identifier: ISC
"""Clients that log in with a certificate, played: each says so in a header of every request, which is one
word without a scheme (P-6.9)."""

import ssl

import pytest

from certificates import Authority
from client_certificates import Authority as ClientAuthority
from client_pswsman import PSWSMan
from client_pypsrp import Pypsrp
from client_pywinrm import Pywinrm
from client_ruby import EvilWinRM
from conftest import POWERSHELL
from transport import Certificate


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """What the server shows, who signs clients, and alice's."""
    folder = tmp_path_factory.mktemp('authorities')
    trust, root = Authority(folder), ClientAuthority(folder, 'clients')
    return trust, trust.issue('server'), root, root.issue('alice', upn='alice@example.org')


@pytest.fixture
def with_certificate(new_server, world, tmp_path):
    """Makes a client, with her certificate in its handshake."""
    trust, pair, root, alice = world
    map_file = tmp_path / 'map'
    map_file.write_text('%s alice@example.org -> alice\n' % root.thumbprint())
    map_file.chmod(0o600)
    server = new_server(listener='%s\n    client-ca = "%s"' % (pair.settings, root.pem),
                        authentication='basic = "file:users" certificate-map = "%s"' % map_file,
                        methods=('certificate', 'basic'), trust=trust.certificate)
    tls = ssl.create_default_context(cafile=trust.certificate)
    tls.load_cert_chain(alice.chain, alice.key)
    return lambda kind, way: kind(server, way, tls=tls)


def test_evil_winrm(with_certificate):
    """-c and -k"""
    with with_certificate(EvilWinRM, Certificate()) as client:
        shell = client.open_pool()
        assert client.run_script(shell, 'echo certified') == ['certified']
        client.close(shell, POWERSHELL)


def test_pswsman(with_certificate):
    """-CertificateThumbprint; each of its connections shows the certificate."""
    with with_certificate(PSWSMan, Certificate) as client:
        client.open_pool()
        assert client.run_script('echo certified') == ['certified']
        client.close()


def test_pypsrp(with_certificate):
    with with_certificate(Pypsrp, Certificate()) as client:
        client.open_winrs()
        assert client.finish(client.begin('echo certified')).streams == {'stdout': b'certified\n'}
        client.close()


def test_pywinrm(with_certificate):
    with with_certificate(Pywinrm, Certificate()) as client:
        shell = client.open_shell()
        command = client.run_command(shell, 'echo', 'certified')
        assert client.get_command_output(shell, command) == (b'certified\n', b'', 0)
        client.close_shell(shell)
