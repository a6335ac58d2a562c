# SPDX-License-Identifier: ISC
"""Channel binding tls-server-end-point (RFC 5929, 4.1) for Kerberos and NTLM: right, wrong and absent at
each level, with certificates of several kinds."""

import pytest

import certificates
from certificates import Authority
from negotiate import (WAYS, Negotiating, assert_refused, end_point, login_by, refused, sealed, work)
from reloading import edit, reload_done

EACH_WAY = pytest.mark.parametrize('way', WAYS)
WRONG = b'tls-server-end-point:' + bytes(32)
LEVELS = ('none', 'relaxed', 'strict')
# (level, what the client says) that let it in.
LET_IN = {('none', 'right'), ('none', 'wrong'), ('none', 'absent'),
          ('relaxed', 'right'), ('relaxed', 'absent'), ('strict', 'right')}


@pytest.fixture(scope='module')
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp('authority'))


@pytest.fixture(scope='module')
def pair(authority):
    return authority.issue('server')


@pytest.fixture
def new_bound(new_negotiating, authority, pair):
    """Makes servers with TLS and that level; without one, as it is by default."""
    def make(level=None, pair=pair, trust=authority.certificate):
        setting = 'channel-binding = "%s"' % level if level else ''
        return new_negotiating(listener=pair.settings + '\n    ' + setting, trust=trust)
    return make


def assert_let_in(server, realm, way, binding):
    with sealed(server, login_by(realm, way, binding=binding)) as client:
        client.seals = False
        assert work(client) == b'hello\n'
    return server.audit('authentication', verdict='accepted')[-1]


@pytest.mark.parametrize('level', LEVELS)
def test_levels(new_bound, realm, level):
    server = new_bound(level)
    says = {'right': end_point(server), 'wrong': WRONG, 'absent': None}
    for way in WAYS:
        for what, binding in says.items():
            if (level, what) in LET_IN:
                line = assert_let_in(server, realm, way, binding)
                assert line['channel-binding'] == (level != 'none' and what == 'right'), (way, what)
                assert line['tls'].startswith('TLSv1')
            else:
                assert_refused(server, refused(server, login_by(realm, way, binding=binding)))
    refusals = sum((level, what) not in LET_IN for what in says) * len(WAYS)
    assert server.counters()['authentication_failures'] == refusals


@EACH_WAY
def test_relaxed_is_the_level_when_none_is_written(new_bound, realm, way):
    server = new_bound()
    assert_let_in(server, realm, way, None)
    assert_let_in(server, realm, way, end_point(server))
    assert_refused(server, refused(server, login_by(realm, way, binding=WRONG)))


KINDS = {
    'sha384': (('-sha384',), ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp384r1'), 'sha384'),
    'pss': (('-sha512', '-sigopt', 'rsa_padding_mode:pss'), certificates.RSA, 'sha512'),
    # RFC 5929, 4.1: MD5 and SHA-1 become SHA-256.
    'sha1': (('-sha1',), certificates.RSA, 'sha256'),
}


@pytest.mark.parametrize('kind', KINDS)
def test_the_digest_is_that_of_the_certificate(new_bound, realm, tmp_path, kind):
    arguments, key, digest = KINDS[kind]
    own = certificates.self_signed(tmp_path, 'localhost', '-addext', certificates.LOOPBACK, *arguments,
                                   key=key)
    server = new_bound('strict', own, trust=own.certificate)
    for way in 'Kerberos', 'NTLM':
        assert_let_in(server, realm, way, end_point(server, digest))
        other = 'sha512' if digest != 'sha512' else 'sha256'
        assert_refused(server, refused(
            server, login_by(realm, way, binding=end_point(server, other))))


def test_another_certificate_after_a_reload(new_bound, realm, authority, pair):
    server = new_bound('strict')
    before = end_point(server)
    with sealed(server, login_by(realm, 'NTLM', binding=before)) as client:
        other = authority.issue('other')
        edit(server.config, (str(pair.certificate), str(other.certificate)),
             (str(pair.key), str(other.key)))
        reload_done(server)
        after = end_point(server)
        assert after != before
        for way in 'Kerberos', 'NTLM':
            assert_let_in(server, realm, way, after)
            assert_refused(server, refused(server, login_by(realm, way, binding=before)))
        # Who is in stays in: the channel is the one there was.
        assert work(client) == b'hello\n'


@EACH_WAY
def test_without_tls_there_is_nothing_to_bind_to(negotiating, realm, way):
    """A client that says something all the same is let in: it has nothing to be compared with."""
    with negotiating.connect(kind=Negotiating) as client:
        assert client.login(login_by(realm, way)).status == 200
        assert work(client) == b'hello\n'
    line, = negotiating.audit('authentication', verdict='accepted')
    assert 'channel-binding' not in line
