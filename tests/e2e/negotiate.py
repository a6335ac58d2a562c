# SPDX-License-Identifier: ISC
"""A client of Negotiate: SPNEGO, raw Kerberos and raw NTLM (RFC 4559, MS-SPNG, MS-NLMP), and messages
sealed as MS-WSMV 2.2.9.1 says.

    with sealed(server, kerberos(realm, 'alice')) as client:
        shell = client.create()

The library of python3-gssapi logs in and seals. The framing is written and read here, as strictly as
the clients that look for fixed texts.
"""

import base64
import contextlib
import hashlib
import re
import ssl
import struct

import gssapi
from gssapi.raw import (IOV, ChannelBindings, IOVBufferType, acquire_cred_with_password, unwrap, wrap,
                        wrap_iov)

from wire import SOAP, Connection, Response

KRB5 = gssapi.OID.from_int_seq('1.2.840.113554.1.2.2')
NTLM = gssapi.OID.from_int_seq('1.3.6.1.4.1.311.2.2.10')
SPNEGO = gssapi.OID.from_int_seq('1.3.6.1.5.5.2')
WAYS = {'Kerberos': KRB5, 'Kerberos by SPNEGO': SPNEGO, 'NTLM': NTLM, 'NTLM by SPNEGO': SPNEGO}
FLAGS = (gssapi.RequirementFlag.mutual_authentication | gssapi.RequirementFlag.confidentiality |
         gssapi.RequirementFlag.integrity | gssapi.RequirementFlag.replay_detection |
         gssapi.RequirementFlag.out_of_sequence_detection)

SPNEGO_SEALED = 'application/HTTP-SPNEGO-session-encrypted'
KERBEROS_SEALED = 'application/HTTP-Kerberos-session-encrypted'
# What a server with a keytab and NTLM users offers.
BOTH = ['Negotiate', 'Kerberos']
NO_SHELL = '00000000-0000-0000-0000-000000000000'
PROTOCOLS = {'Negotiate': SPNEGO_SEALED, 'Kerberos': KERBEROS_SEALED}
BOUNDARY = 'Encrypted Boundary'
TAIL = b'--Encrypted Boundary--\r\n'
PREFIX = 4


def challenges(response):
    return response.named('WWW-Authenticate')


# Contexts, one for each login


def service_name(service, host):
    return gssapi.Name('%s@%s' % (service, host), gssapi.NameType.hostbased_service)


def context_of(credentials, mechanism, service='HTTP', host='localhost', binding=None, flags=FLAGS):
    bindings = ChannelBindings(application_data=binding) if binding is not None else None
    return gssapi.SecurityContext(name=service_name(service, host), creds=credentials, mech=mechanism,
                                  usage='initiate', channel_bindings=bindings, flags=flags)


def kerberos(realm, user='alice', mechanism=SPNEGO, cache=None, **settings):
    """A login with a ticket of the user's, got for it unless there is a cache."""
    cache = cache or realm.login(user)
    credentials = gssapi.Credentials(usage='initiate', mechs=[mechanism], store={'ccache': cache})
    return context_of(credentials, mechanism, **settings)


def ntlm(user, secret, mechanism=NTLM, **settings):
    """A login with a password; `user` as DOMAIN\\user or without the domain."""
    name = gssapi.Name(user, gssapi.NameType.user)
    acquired = acquire_cred_with_password(name, secret.encode(), mechs=[mechanism], usage='initiate')
    return context_of(gssapi.Credentials(acquired.creds), mechanism, **settings)


def login_by(realm, way, user='alice', **settings):
    """A login by one of WAYS."""
    mechanism = WAYS[way]
    if way.startswith('Kerberos'):
        return kerberos(realm, user, mechanism, **settings)
    return ntlm('LAB\\' + user, user + '-secret', mechanism, **settings)


def end_point(server, digest='sha256'):
    """What binds a login to this listener's TLS (RFC 5929, 4.1)."""
    pem = ssl.get_server_certificate(('127.0.0.1', server.port))
    der = ssl.PEM_cert_to_DER_cert(pem)
    return b'tls-server-end-point:' + hashlib.new(digest, der).digest()


# Sealed messages


def mechanism_of(context):
    """Asked once: of a context whose ticket has ended the library says nothing."""
    if not hasattr(context, 'known_mechanism'):
        context.known_mechanism = context.mech
    return context.known_mechanism


def seal(context, plain):
    """(header, data) of a sealed message: Kerberos by IOV, NTLM split behind its signature."""
    if mechanism_of(context) == NTLM:
        whole = wrap(context, plain, confidential=True)
        assert whole.encrypted
        grown = len(whole.message) - len(plain)
        return whole.message[:grown], whole.message[grown:]
    buffers = IOV(IOVBufferType.header, plain, IOVBufferType.padding, std_layout=False)
    assert wrap_iov(context, buffers, confidential=True)
    header, data, padding = (each.value or b'' for each in buffers)
    return header, data + padding


def multipart(header, data, protocol=SPNEGO_SEALED, length=None, inner=SOAP, tab='\t'):
    """As clients write it; `length` is of the message in clear."""
    length = len(data) if length is None else length
    text = ('--{0}\r\n{5}Content-Type: {1}\r\n{5}OriginalContent: type={2};Length={3}\r\n'
            '--{0}\r\n{5}Content-Type: application/octet-stream\r\n')
    text = text.format(BOUNDARY, protocol, inner, length, None, tab)
    return text.encode() + struct.pack('<I', len(header)) + header + data + TAIL


def multipart_type(protocol=SPNEGO_SEALED):
    return 'multipart/encrypted;protocol="%s";boundary="%s"' % (protocol, BOUNDARY)


MESSAGE = re.compile(
    rb'--Encrypted Boundary\r\n'
    rb'\tContent-Type: (?P<protocol>[\w/+-]+)\r\n'
    rb'\tOriginalContent: type=(?P<inner>application/soap\+xml;charset=UTF-(?:8|16));'
    rb'Length=(?P<length>\d+)\r\n'
    rb'--Encrypted Boundary\r\n'
    rb'\tContent-Type: application/octet-stream\r\n'
    rb'(?P<sealed>.{4}.*)--Encrypted Boundary--\r\n', re.DOTALL)


def parse_exactly(body):
    """(length, sealed part) when every byte of the frame is as clients expect it."""
    found = MESSAGE.fullmatch(body)
    assert found, body[:400]
    return int(found['length']), found['sealed']


def parse_as_pywinrm(body):
    """By splitting, cutting 24 bytes and removing a text."""
    parts = [part for part in body.split(b'--Encrypted Boundary\r\n') if part]
    assert len(parts) == 2
    length = int(parts[0].strip().split(b'Length=')[1])
    payload = parts[1]
    assert payload.endswith(TAIL)
    return length, payload[:-24].replace(b'\tContent-Type: application/octet-stream\r\n', b'')


def parse_as_ruby(body):
    """By a greedy expression over the whole."""
    found = re.search(rb'^.*Content-Type: application/octet-stream\r\n(.*)--Encrypted.*$', body,
                      re.DOTALL | re.MULTILINE)
    return int(re.search(rb'Length=(\d+)', body).group(1)), found.group(1)


def parse_as_pswsman(body):
    """By the boundary's last place and two bytes behind it."""
    end = body.rindex(b'--Encrypted Boundary--')
    assert len(body) - end - len(b'--Encrypted Boundary--') == 2
    begin = body.index(b'octet-stream\r\n') + len(b'octet-stream\r\n')
    return int(re.search(rb'Length=(\d+)', body).group(1)), body[begin:end]


PARSERS = (parse_exactly, parse_as_pywinrm, parse_as_ruby, parse_as_pswsman)


def protocol_of(content_type):
    """The protocol of a sealed answer's Content-Type, which clients compare as a text."""
    found = re.fullmatch('multipart/encrypted;protocol="([^"]+)";boundary="Encrypted Boundary"',
                         content_type or '')
    return found and found[1]


def frame_of(response):
    """(length, header, data) of a sealed answer, about which all clients agree."""
    results = {parse(response.body) for parse in PARSERS}
    assert len(results) == 1, response.body[:400]
    length, sealed_part = results.pop()
    count, = struct.unpack('<I', sealed_part[:PREFIX])
    rest = sealed_part[PREFIX:]
    assert 16 <= count <= len(rest)
    return length, rest[:count], rest[count:]


def unseal(context, response):
    """The same answer in clear."""
    length, header, data = frame_of(response)
    found = MESSAGE.fullmatch(response.body)
    assert found['protocol'].decode() == protocol_of(response.header('Content-Type'))
    opened = unwrap(context, header + data)
    assert opened.encrypted
    assert len(opened.message) == length
    headers = [(name, value) for name, value in response.headers if name.lower() != 'content-type']
    return Response(response.status, headers + [('Content-Type', found['inner'].decode())],
                    opened.message)


# Connections


class Refused(AssertionError):
    """The server did not want the login; `response` says how."""

    def __init__(self, response):
        super().__init__('%d %s' % (response.status, challenges(response)))
        self.response = response


class Negotiating(Connection):
    """A connection that logs in once. Afterwards `seals` says whether its requests are sealed; an
    answer that is sealed is opened in any case, and `raw` is as it came."""

    def __init__(self, *arguments, **settings):
        super().__init__(*arguments, **settings)
        self.context = None
        self.scheme = 'Negotiate'
        self.protocol = SPNEGO_SEALED
        self.seals = False
        self.raw = None
        self.legs = 0

    # Logging in

    def leg(self, token, body='', **settings):
        """One request with a token, and what came back."""
        self.authorization = '%s %s' % (self.scheme, base64.b64encode(token).decode())
        try:
            super().send(body, **settings)
        finally:
            self.authorization = None
        self.legs += 1
        return super().receive()

    def token_of(self, response):
        """The token of an answer, None without one: in the only header, spelled as clients want it."""
        values = challenges(response)
        if not values:
            return None
        assert len(values) == 1, values
        found = re.fullmatch('%s ([A-Za-z0-9+/]+=*)' % self.scheme, values[0])
        assert found, values
        return base64.b64decode(found[1], validate=True)

    def login(self, context, body='', scheme='Negotiate', seals=None, **settings):
        """Carries out the login; each leg has this body. The last answer, which is for the body.
        Raises Refused at the first answer that ends the login otherwise."""
        self.scheme, self.protocol, self.legs = scheme, PROTOCOLS[scheme], 0
        self.context, self.seals = None, False
        token = context.step()
        while True:
            response = self.leg(token, body, **settings)
            assert response.header('Connection') in (None, 'Keep-Alive', 'keep-alive')
            if response.status == 401:
                assert response.body == b'' and response.header('Content-Length') == '0'
                if challenges(response)[0] in ('Negotiate', 'Kerberos'):
                    raise Refused(response)
            elif response.status not in (200, 500):
                raise Refused(response)
            token = self.token_of(response)
            if token is not None:
                token = context.step(token)
            if response.status != 401:
                break
        assert context.complete and not token
        mechanism_of(context)
        self.context = context
        self.seals = seals if seals is not None else not body
        return self.opened(response)

    # Requests

    def sealed_body(self, body, inner=SOAP, context=None, **settings):
        """What a client sends for it: (content type, body)."""
        body = body.encode() if isinstance(body, str) else body
        header, data = seal(context or self.context, body)
        frame = multipart(header, data, self.protocol, inner=inner, **settings)
        return multipart_type(self.protocol), frame

    def send(self, body, headers=(), inner=SOAP, **settings):
        if self.seals and body:
            settings['content_type'], body = self.sealed_body(body, inner)
        super().send(body, headers, **settings)

    def receive(self):
        return self.opened(super().receive())

    def opened(self, response):
        """The answer in clear, if it was sealed."""
        self.raw = response
        protocol = protocol_of(response.header('Content-Type'))
        if protocol is None:
            return response
        assert protocol == self.protocol
        return unseal(self.context, response)

    def post(self, body, headers=(), **other):
        """A request that is sealed is answered sealed; 401, 302 and an empty 400 or 500 are not."""
        response = super().post(body, headers, **other)
        if self.seals and response.body and response.status != 302:
            assert protocol_of(self.raw.header('Content-Type')), self.raw.headers
        return response

    def plain(self, body, **settings):
        """A request as it is, whatever the login was."""
        super().send(body, **settings)
        return self.receive()


@contextlib.contextmanager
def sealed(server, context, scheme='Negotiate', **settings):
    """A connection that has logged in and seals its requests."""
    with server.connect(kind=Negotiating, **settings) as client:
        response = client.login(context, scheme=scheme)
        assert (response.status, response.body) == (200, b'')
        yield client


def refused(server, context, **settings):
    """The answer to a login that is refused."""
    with server.connect(kind=Negotiating) as client:
        try:
            client.login(context, **settings)
        except Refused as refusal:
            return refusal.response
    raise AssertionError('let in')


# What tests do with them


def work(client, line='echo hello'):
    """A shell and a command, as clients do it; standard output."""
    shell = client.create()
    out, _, code = client.receive_all(shell, client.command(shell, line))
    assert code == 0
    client.delete(shell)
    return out


def assert_refused(server, response, reason=''):
    """As every refusal: the list of the first answer and no body. The line of the audit."""
    assert (response.status, response.body) == (401, b'')
    assert challenges(response) == BOTH
    line = server.wait_for_audit('authentication', verdict='refused')[-1]
    assert line['reason'] and reason in line['reason']
    return line
