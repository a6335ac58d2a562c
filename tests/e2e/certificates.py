# SPDX-License-Identifier: ISC
"""Certificates of listeners, made with the openssl command. client_certificates.py makes those of
clients, with every fault there can be.
"""

import subprocess
from pathlib import Path

from wire import HANG

RSA = ('-newkey', 'rsa:2048')
EC = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256')
LOOPBACK = 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1'


def openssl(*arguments, **settings):
    """Runs openssl and returns what it wrote to standard output."""
    done = subprocess.run(['openssl', *map(str, arguments)], capture_output=True, text=True,
                          timeout=HANG, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Pair:
    """A certificate and its key, two PEM files."""

    def __init__(self, certificate, key):
        self.certificate, self.key = certificate, key

    @property
    def settings(self):
        """For a listener."""
        return 'certificate = "%s"\n    key = "%s"' % (self.certificate, self.key)

    def fingerprint(self, digest='sha256'):
        """As "AB:CD:..."."""
        return openssl('x509', '-in', self.certificate, '-noout', '-fingerprint',
                       '-' + digest).strip().split('=')[1]

    def replace(self, other):
        """Puts another pair into the files of this one, at once for whoever reads them."""
        for own, new in ((self.certificate, other.certificate), (self.key, other.key)):
            fresh = own.with_suffix('.new')
            fresh.write_bytes(new.read_bytes())
            fresh.chmod(0o600)
            fresh.rename(own)


def self_signed(folder, name, *arguments, key=RSA, days=90):
    """A certificate that signs itself; `arguments` are those of `openssl req`."""
    pair = Pair(Path(folder, name + '.pem'), Path(folder, name + '.key'))
    openssl('req', '-x509', '-nodes', *key, '-days', days, '-subj', '/CN=' + name, *arguments,
            '-keyout', pair.key, '-out', pair.certificate)
    pair.key.chmod(0o600)
    return pair


class Authority:
    """An authority of its own; `certificate` is what clients trust."""

    def __init__(self, folder, name='authority', key=EC):
        self.folder = Path(folder)
        self.pair = self_signed(folder, name, '-addext', 'keyUsage=critical,keyCertSign,cRLSign',
                                key=key)
        self.certificate = self.pair.certificate

    def issue(self, name, *extensions, key=RSA, days=90):
        """A pair for that common name; `extensions` are lines of openssl's configuration. `days`
        below 0 makes one that has expired."""
        pair = Pair(self.folder / (name + '.pem'), self.folder / (name + '.key'))
        request = self.folder / (name + '.csr')
        more = self.folder / (name + '.ext')
        more.write_text('\n'.join((*(extensions or (LOOPBACK, 'extendedKeyUsage=serverAuth')),
                                   'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid',
                                   '')))
        openssl('req', '-nodes', *key, '-subj', '/CN=' + name, '-keyout', pair.key, '-out', request)
        openssl('x509', '-req', '-in', request, '-CA', self.certificate, '-CAkey', self.pair.key,
                '-CAcreateserial', '-days', days, '-extfile', more, '-out', pair.certificate)
        pair.key.chmod(0o600)
        return pair
