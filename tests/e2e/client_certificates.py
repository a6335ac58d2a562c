# SPDX-License-Identifier: ISC
"""Client certificates of every kind, made with the openssl command.

    root = Authority(folder, 'root')
    alice = root.issue('alice', upn='alice@example.org')

Keys are on prime256v1 unless something else is asked for: making one costs nothing.
"""

import hashlib
import ssl
from pathlib import Path

from certificates import openssl

CONFIGURATION = '''\
[ca]
default_ca = this
[this]
database = %(folder)s/index
unique_subject = no
rand_serial = yes
certificate = %(folder)s/ca.pem
private_key = %(folder)s/ca.key
new_certs_dir = %(folder)s
default_md = sha256
default_days = 365
policy = anything
string_mask = utf8only
[anything]
domainComponent = optional
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
emailAddress = optional
[req]
distinguished_name = nothing
string_mask = utf8only
utf8 = yes
[nothing]
[authority]
basicConstraints = critical,CA:true%(path_length)s
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
'''
LEAF = 'basicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature\n'


def make_key(path, kind='prime256v1'):
    """`kind`: a curve, or the bits of an RSA key, or `ed25519`."""
    if not kind.isdigit() and kind != 'ed25519':
        options = ['EC', '-pkeyopt', 'ec_paramgen_curve:' + kind]
    elif kind == 'ed25519':
        options = ['ED25519']
    else:
        options = ['RSA', '-pkeyopt', 'rsa_keygen_bits:' + kind]
    openssl('genpkey', '-algorithm', *options, '-out', path)
    path.chmod(0o600)


class Certificate:
    """`pem` and `key` are files; `chain` is a file with it and the authorities up to the root's."""

    def __init__(self, pem, key, issuers=()):
        self.pem, self.key = pem, key
        self.chain = pem.with_suffix('.chain')
        self.chain.write_text(pem.read_text() + ''.join(each.read_text() for each in issuers))

    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.pem.read_text())

    def thumbprint(self, kind='sha1'):
        return hashlib.new(kind, self.der()).hexdigest().upper()

    def name(self, which='subject'):
        """As the server writes it: RFC 2253, and a blank behind each comma."""
        line = openssl('x509', '-in', self.pem, '-noout', '-' + which, '-nameopt',
                       'RFC2253,-esc_msb,sep_comma_plus_space')
        return line.rstrip('\n').split('=', 1)[1].strip()


class Authority(Certificate):
    def __init__(self, folder, name, parent=None, path_length='', digest='sha256', key='prime256v1',
                 subject=None, **period):
        self.folder = Path(folder) / name
        self.folder.mkdir(parents=True)
        self.configuration = self.folder / 'conf'
        self.configuration.write_text(CONFIGURATION % {
            'folder': self.folder, 'path_length': path_length and ',pathlen:%s' % path_length})
        (self.folder / 'index').touch()
        pem, private = self.folder / 'ca.pem', self.folder / 'ca.key'
        make_key(private, key)
        subject = subject or '/O=Example/CN=%s authority' % name
        self.parent = parent
        if parent is None:
            openssl('req', '-config', self.configuration, '-x509', '-new', '-key', private, '-' + digest,
                    '-days', '365', '-subj', subject, '-extensions', 'authority', '-out', pem)
        else:
            extensions = self.configuration.read_text().split('[authority]\n')[1]
            parent.sign(private, pem, subject, extensions, digest=digest, **period)
        super().__init__(pem, private, parent.up() if parent else ())

    def up(self):
        """The certificates of authorities below the root, beginning with this one's."""
        return [self.pem] + self.parent.up() if self.parent else []

    def sign(self, private, pem, subject, extensions, digest='sha256', begins=None, ends=None,
             options=()):
        request = pem.with_suffix('.request')
        openssl('req', '-config', self.configuration, '-new', '-utf8', '-key', private, '-subj', subject,
                '-out', request)
        file = pem.with_suffix('.extensions')
        file.write_text(extensions)
        openssl('ca', '-batch', '-notext', '-config', self.configuration, '-md', digest, '-in', request,
                '-out', pem, '-extfile', file, '-utf8',
                *(['-startdate', begins] if begins else []),
                *(['-enddate', ends] if ends else []), *options)

    def issue(self, name, subject=None, upn=None, dns=None, use='clientAuth', key='prime256v1',
              constraints=LEAF, extensions='', **how):
        """`begins` and `ends` are times as in 20300101000000Z."""
        pem, private = self.folder / (name + '.pem'), self.folder / (name + '.key')
        make_key(private, key)
        names = [kind % value for kind, value in (
            ('otherName:1.3.6.1.4.1.311.20.2.3;UTF8:%s', upn), ('DNS:%s', dns)) if value]
        lines = constraints + ('extendedKeyUsage = %s\n' % use if use else '')
        lines += 'subjectAltName = %s\n' % ','.join(names) if names else ''
        self.sign(private, pem, subject or '/O=Example/CN=' + name, lines + extensions, **how)
        return Certificate(pem, private, self.up())


def self_signed(folder, name, use='clientAuth'):
    """A certificate of nobody but itself."""
    authority = Authority(folder, name + '-itself')
    pem, private = authority.folder / 'own.pem', authority.folder / 'own.key'
    make_key(private)
    openssl('req', '-config', authority.configuration, '-x509', '-new', '-key', private, '-days', '365',
            '-subj', '/CN=' + name, '-addext', 'basicConstraints=critical,CA:false',
            '-addext', 'extendedKeyUsage=' + use, '-out', pem)
    return Certificate(pem, private)
