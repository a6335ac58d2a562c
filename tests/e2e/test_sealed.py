# SPDX-License-Identifier: ISC
"""Sealed messages, byte for byte (MS-WSMV 2.2.9.1): what is sent, what is taken, and what ends the
connection because nobody can say any more what the client meant."""

import struct

import pytest

from negotiate import (BOTH, NO_SHELL, SPNEGO_SEALED, TAIL, WAYS, Negotiating, challenges, frame_of,
                       login_by, multipart_type, protocol_of, sealed, work)
from server import password
from wire import CREATE, GET, SOAP, basic, envelope

SHELL = '<rsp:Shell/>'
NO_SUCH_SHELL = 2150858843
EACH_WAY = pytest.mark.parametrize('way', WAYS)
EACH_MECHANISM = pytest.mark.parametrize('way', ['Kerberos', 'NTLM'])


@pytest.fixture
def client(negotiating, realm, way):
    with sealed(negotiating, login_by(realm, way)) as made:
        yield made


def assert_usable(client):
    """The login and its sequence of messages are as they were."""
    assert client.ask(GET, shell=NO_SHELL).fault.number == NO_SUCH_SHELL


def assert_ended(client, response):
    """400 without a body, and the connection is closed."""
    assert (response.status, response.body) == (400, b'')
    assert response.header('Connection') == 'close'
    assert response.header('Content-Type') == 'text/plain'
    assert client.socket.recv(1) == b''


# What is sent


@EACH_WAY
def test_an_answer_is_sealed_as_every_client_reads_it(client, way):
    """frame_of() reads as four of them do, and they agree; the fault is status 500 as in clear."""
    response = client.ask(GET, shell=NO_SHELL)
    assert (response.status, response.fault.number) == (500, NO_SUCH_SHELL)
    raw = client.raw
    assert raw.header('Content-Type') == (
        'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";'
        'boundary="Encrypted Boundary"')
    length, header, data = frame_of(raw)
    assert length == len(data) == len(response.body)
    begin = (b'--Encrypted Boundary\r\n'
             b'\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n'
             b'\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n'
             b'--Encrypted Boundary\r\n'
             b'\tContent-Type: application/octet-stream\r\n' % length)
    size = 60 if way.startswith('Kerberos') else 16
    assert raw.body == (begin + struct.pack('<I', size) + header + data +
                        b'--Encrypted Boundary--\r\n')
    # RFC 4121, 4.2.6.2: sealed by the acceptor, with its subkey, rotated by 28; MS-NLMP 2.2.2.9.
    if way.startswith('Kerberos'):
        assert header[:8] == b'\x05\x04\x07\xff\0\0\0\x1c'
    else:
        assert header[:4] == b'\1\0\0\0'
        assert header[12:] == struct.pack('<I', 1 if way.endswith('SPNEGO') else 0)


@EACH_WAY
def test_a_session_of_work(client, way):
    for count in range(20):
        assert work(client, 'echo %d' % count) == b'%d\n' % count


@EACH_MECHANISM
@pytest.mark.parametrize('size', [1, 1000, 20000, 100000, 400000])
def test_messages_of_all_sizes(client, way, size):
    """A request of about that size, and answers as large as the client takes them."""
    count = size * 2 // 3
    shell = client.create()
    command = client.command(shell, 'wc -c')
    client.send_input(shell, command, b'x' * count, end=True)
    assert client.receive_all(shell, command) == (b'%d\n' % count, b'', 0)
    command = client.command(shell, "head -c %d /dev/zero | tr '\\0' x" % count)
    assert client.receive_all(shell, command) == (b'x' * count, b'', 0)
    client.delete(shell)


@EACH_MECHANISM
def test_utf_16_is_answered_in_utf_16(client, way):
    inner = SOAP.replace('8', '16')
    text = envelope(GET, shell=NO_SHELL).replace('UTF-8', 'UTF-16')
    response = client.post(text.encode('utf-16'), inner=inner)
    assert response.header('Content-Type') == inner
    assert response.fault.number == NO_SUCH_SHELL
    assert_usable(client)


# What is taken


def framed(client, body, **settings):
    """(content type, body) of a sealed request."""
    return client.sealed_body(body, **settings)


TAKEN = {
    'no tabs': lambda kind, body: (kind, body.replace(b'\r\n\t', b'\r\n', 3)),
    'blanks for tabs': lambda kind, body: (kind, body.replace(b'\r\n\t', b'\r\n  ', 3)),
    'small letters': lambda kind, body: (kind, body.replace(b'Content-Type', b'content-type').replace(
        b'OriginalContent', b'originalcontent')),
    'a blank behind the dashes': lambda kind, body: (kind, body.replace(
        b'--Encrypted', b'-- Encrypted', 2)),
    'blanks between parameters': lambda kind, body: (kind.replace(';', '; '), body),
    'the parameters turned round': lambda kind, body: (
        'multipart/encrypted;boundary="Encrypted Boundary";protocol="%s"' % SPNEGO_SEALED, body),
    'a type in capitals': lambda kind, body: (kind.replace('multipart', 'Multipart'), body),
}


@EACH_MECHANISM
@pytest.mark.parametrize('case', TAKEN)
def test_a_frame_that_is_written_otherwise(client, way, case):
    """As Ruby, PSWSMan and Exchange write it, and as HTTP allows."""
    kind, body = TAKEN[case](*framed(client, envelope(GET, shell=NO_SHELL)))
    response = client.plain(body, content_type=kind)
    assert (response.status, response.fault.number) == (500, NO_SUCH_SHELL)
    assert protocol_of(client.raw.header('Content-Type')) == SPNEGO_SEALED
    assert_usable(client)


@EACH_MECHANISM
@pytest.mark.parametrize('more', [1, 16])
def test_a_length_that_counts_padding(client, way, more):
    """Some clients do so where their library pads."""
    text = envelope(GET, shell=NO_SHELL)
    kind, body = framed(client, text, length=len(text) + more)
    assert client.plain(body, content_type=kind).fault.number == NO_SUCH_SHELL
    assert_usable(client)


@EACH_MECHANISM
def test_several_pieces_in_one_body(client, way):
    text = envelope(GET, shell=NO_SHELL)
    frames = [framed(client, piece)[1].removesuffix(TAIL) for piece in (text[:700], text[700:])]
    response = client.plain(b''.join(frames) + TAIL, content_type=multipart_type())
    assert response.fault.number == NO_SUCH_SHELL
    assert_usable(client)


@EACH_MECHANISM
def test_a_body_in_chunks(client, way):
    """Wherever they are cut: in the frame, in the header, in the data."""
    kind, body = framed(client, envelope(GET, shell=NO_SHELL))
    chunks = [body[at:at + 37] for at in range(0, len(body), 37)]
    client.socket.sendall(
        b'POST /wsman HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: ' +
        kind.encode() + b'\r\n\r\n' +
        b''.join(b'%x\r\n%s\r\n' % (len(chunk), chunk) for chunk in chunks) + b'0\r\n\r\n')
    assert client.receive().fault.number == NO_SUCH_SHELL
    assert_usable(client)


@EACH_MECHANISM
def test_a_boundary_in_the_data(negotiating, realm, way):
    """What is sealed is bytes: it may hold anything, and the end is looked for at the end."""
    with sealed(negotiating, login_by(realm, way)) as client:
        text = envelope(GET, shell=NO_SHELL, extra='<!-- %s -->' % ('--Encrypted Boundary\r\n' * 20))
        text = text.replace('-- --Encrypted', '-- Encrypted').replace('\n--Enc', '\nEnc')
        assert client.post(text).status == 500
        assert_usable(client)


# What ends the connection


def cut(count):
    return lambda kind, body: (kind, body[:-count])


def exchange(old, new, count=-1):
    def change(kind, body):
        assert old in body
        return kind, body.replace(old, new, count)
    return change


def prefix(value):
    """The length of the header."""
    def change(kind, body):
        at = body.index(b'octet-stream\r\n') + len(b'octet-stream\r\n')
        return kind, body[:at] + struct.pack('<I', value) + body[at + 4:]
    return change


def flip(place, bit=1):
    """One bit of the sealed part, counted from its first byte or from its end."""
    def change(kind, body):
        at = body.index(b'octet-stream\r\n') + len(b'octet-stream\r\n') + 4
        at = at + place if place >= 0 else len(body) - len(TAIL) + place
        return kind, body[:at] + bytes([body[at] ^ bit]) + body[at + 1:]
    return change


def length(difference):
    def change(kind, body):
        at = body.index(b'Length=') + len(b'Length=')
        end = body.index(b'\r\n', at)
        return kind, body[:at] + b'%d' % (int(body[at:end]) + difference) + body[end:]
    return change


BROKEN = {
    'nothing': lambda kind, body: (kind, b'x'),
    'no end': cut(len(TAIL)),
    'half an end': cut(1),
    'more behind the end': lambda kind, body: (kind, body + b'\r\n'),
    'something in front': lambda kind, body: (kind, b'\r\n' + body),
    'another boundary': exchange(b'Encrypted Boundary', b'Encrypted boundary'),
    'no length': exchange(b'Length=', b'Size='),
    'a length that is none': exchange(b'Length=', b'Length=-'),
    'a length of twenty digits': exchange(b'Length=', b'Length=99999999999999999'),
    'a length too small': length(-1),
    'a length too large': length(17),
    'one part': exchange(b'application/octet-stream', b'application/octet-strea'),
    'no data': lambda kind, body: (kind, body[:body.index(b'octet-stream\r\n') + 14] + TAIL),
    'a header alone': lambda kind, body: (
        kind, body[:body.index(b'octet-stream\r\n') + 18] + TAIL),
    'a header of no bytes': prefix(0),
    'a header longer than there is': prefix(100000),
    'a header of 4 GiB': prefix(0xffffffff),
    'another protocol inside': exchange(b'SPNEGO', b'CredSSP'),
    'another signature': flip(4),
    'another sequence number': flip(15),
    'another first byte': flip(70),
    'another last byte': flip(-1),
    'no bytes at the end': lambda kind, body: (kind, body.removesuffix(TAIL)[:-1] + TAIL),
    'bytes at the end': lambda kind, body: (kind, body.removesuffix(TAIL) + b'x' + TAIL),
}


@EACH_MECHANISM
@pytest.mark.parametrize('case', BROKEN)
def test_a_frame_that_is_broken(negotiating, client, way, case):
    kind, body = BROKEN[case](*framed(client, envelope(CREATE, SHELL)))
    assert_ended(client, client.plain(body, content_type=kind))
    assert negotiating.counters()['user_calls'] == 0
    assert negotiating.status()['shells'] == []


@EACH_MECHANISM
def test_a_message_that_came_before(negotiating, client, way):
    kind, body = framed(client, envelope(CREATE, SHELL))
    response = client.plain(body, content_type=kind)
    assert response.status == 200
    assert_ended(client, client.plain(body, content_type=kind))
    assert len(negotiating.status()['shells']) == 1


@EACH_MECHANISM
def test_messages_out_of_their_turn(client, way):
    framed(client, envelope(GET, shell=NO_SHELL))
    kind, second = framed(client, envelope(GET, shell=NO_SHELL))
    assert_ended(client, client.plain(second, content_type=kind))


@EACH_MECHANISM
def test_keys_of_another_connection(negotiating, realm, client, way):
    with sealed(negotiating, login_by(realm, way)) as other:
        kind, body = framed(other, envelope(CREATE, SHELL))
        assert_ended(client, client.plain(body, content_type=kind))
        # That one has lost a message and nothing else.
    assert negotiating.status()['shells'] == []


def test_nothing_to_open_it_with(new_negotiating, realm):
    """Basic has no keys; nobody has logged in at all."""
    server = new_negotiating(methods=('negotiate', 'basic'), listener='allow-unencrypted = true')
    with sealed(server, login_by(realm, 'NTLM')) as owner:
        kind, body = framed(owner, envelope(CREATE, SHELL))
    with server.connect(kind=Negotiating) as client:
        response = client.plain(body, content_type=kind)
        assert (response.status, response.body) == (401, b'')
        assert challenges(response) == BOTH + ['Basic realm="WSMAN"']
        client.authorization = basic('alice', password('alice'))
        assert_ended(client, client.plain(body, content_type=kind))
