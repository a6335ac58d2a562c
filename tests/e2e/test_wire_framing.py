# SPDX-License-Identifier: ISC
"""The first table of docs/http.md, sent byte by byte to a running service."""

import socket

import pytest

from server import password
from wire import GET, basic, envelope

ALICE = 'Authorization: %s\r\n' % basic('alice', password('alice'))
SOAP = 'Content-Type: application/soap+xml;charset=UTF-8\r\n'
POST = 'POST /wsman HTTP/1.1\r\nHost: x\r\n'
EMPTY = POST + ALICE + 'Content-Length: 0\r\n\r\n'


def after(start, *headers, body=''):
    return start + ''.join(header + '\r\n' for header in headers) + '\r\n' + body


CLOSED = {
    # Content-Length and Transfer-Encoding
    'negative length': (400, after(POST, 'Content-Length: -1')),
    'signed length': (400, after(POST, 'Content-Length: +1', body='x')),
    'hexadecimal length': (400, after(POST, 'Content-Length: 0x1', body='x')),
    'length that is a word': (400, after(POST, 'Content-Length: one', body='x')),
    'empty length': (400, after(POST, 'Content-Length:')),
    'list of lengths': (400, after(POST, 'Content-Length: 0, 0')),
    'length of 16 digits': (400, after(POST, 'Content-Length: 0000000000000000')),
    'two equal lengths': (400, after(POST, 'Content-Length: 0', 'Content-Length: 0')),
    'two lengths': (400, after(POST, 'Content-Length: 0', 'Content-Length: 5', body='12345')),
    'length, then chunked': (400, after(POST, 'Content-Length: 5', 'Transfer-Encoding: chunked',
                                        body='0\r\n\r\n')),
    'chunked, then length': (400, after(POST, 'Transfer-Encoding: chunked', 'Content-Length: 5',
                                        body='0\r\n\r\n')),
    'chunked twice': (400, after(POST, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked',
                                 body='0\r\n\r\n')),
    'gzip': (501, after(POST, 'Transfer-Encoding: gzip')),
    'gzip, chunked': (501, after(POST, 'Transfer-Encoding: gzip, chunked')),
    'identity': (501, after(POST, 'Transfer-Encoding: identity')),
    'chunked in HTTP/1.0': (400, after('POST /wsman HTTP/1.0\r\nHost: x\r\n',
                                       'Transfer-Encoding: chunked', body='0\r\n\r\n')),
    'no length': (411, after(POST)),
    # headers
    'blank before the colon': (400, after(POST, 'Content-Length : 0')),
    'empty header name': (400, after(POST, ': x', 'Content-Length: 0')),
    'header without colon': (400, after(POST, 'Content-Length')),
    'control character in a name': (400, after(POST, 'X\x01: y')),
    'control character in a value': (400, after(POST, 'X: \x01')),
    'DEL in a value': (400, after(POST, 'X: \x7f')),
    'NUL': (400, after(POST, 'X: \0')),
    'bare CR': (400, after(POST, 'X: a\rb')),
    'bare LF': (400, POST + 'X: y\nContent-Length: 0\r\n\r\n'),
    'bare LF at the end': (400, POST + 'Content-Length: 0\r\n\n'),
    'bare LF in the request line': (400, 'POST /wsman HTTP/1.1\nHost: x\r\n\r\n'),
    'folded line': (400, after(POST, 'X: y', ' z', 'Content-Length: 0')),
    'no Host': (400, 'POST /wsman HTTP/1.1\r\nContent-Length: 0\r\n\r\n'),
    'two Hosts': (400, after(POST, 'Host: x', 'Content-Length: 0')),
    'two Authorizations': (400, after(POST + ALICE, 'Authorization: x', 'Content-Length: 0')),
    '65 headers': (431, after(POST, *['X: y'] * 64)),
    'large head': (431, after(POST, *['X: ' + 'y' * 9000] * 12)),
    # request line
    'leading CRLF': (400, '\r\n' + EMPTY),
    'TLS hello': (400, '\x16\x03\x01\x02\x00'),
    'NULs': (400, '\0' * 8),
    'lower-case method': (400, 'post /wsman HTTP/1.1\r\nHost: x\r\n\r\n'),
    'lower-case protocol': (400, 'POST /wsman http/1.1\r\nHost: x\r\n\r\n'),
    'HTTP/0.9': (400, 'GET /wsman\r\n'),
    'HTTP/2 preface': (505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    'HTTP/1.2': (505, 'POST /wsman HTTP/1.2\r\nHost: x\r\n\r\n'),
    'HTTP/3.0': (505, 'POST /wsman HTTP/3.0\r\nHost: x\r\n\r\n'),
    'HTTP/11': (400, 'POST /wsman HTTP/11\r\nHost: x\r\n\r\n'),
    'absolute form': (400, 'POST http://x/wsman HTTP/1.1\r\nHost: x\r\n\r\n'),
    'asterisk form': (400, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'),
    'authority form': (400, 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n'),
    'target without slash': (400, 'POST wsman HTTP/1.1\r\nHost: x\r\n\r\n'),
    'two blanks': (400, 'POST  /wsman HTTP/1.1\r\nHost: x\r\n\r\n'),
    'long target': (414, 'POST /wsman?%s HTTP/1.1\r\nHost: x\r\n\r\n' % ('a' * 8192)),
    # body
    'another expectation': (417, after(POST, 'Expect: x', 'Content-Length: 0')),
    'chunk extension': (400, after(POST + ALICE, 'Transfer-Encoding: chunked',
                                   body='1;a=b\r\nx\r\n0\r\n\r\n')),
    'trailer': (400, after(POST + ALICE, 'Transfer-Encoding: chunked', body='0\r\nX: y\r\n\r\n')),
    'negative chunk': (400, after(POST + ALICE, 'Transfer-Encoding: chunked', body='-1\r\n')),
    'chunk with 0x': (400, after(POST + ALICE, 'Transfer-Encoding: chunked', body='0x1\r\nx\r\n')),
    'chunk of 9 digits': (400, after(POST + ALICE, 'Transfer-Encoding: chunked',
                                     body='000000001\r\nx\r\n')),
    'chunk without end': (400, after(POST + ALICE, 'Transfer-Encoding: chunked', body='1\r\nxy')),
    'bare LF in chunk line': (400, after(POST + ALICE, 'Transfer-Encoding: chunked', body='1\nx')),
    'blank behind the chunk size': (400, after(POST + ALICE, 'Transfer-Encoding: chunked',
                                               body='1 \r\nx\r\n')),
    'body far above the limit': (413, after(POST + ALICE, 'Content-Length: 100000000')),
    'chunk far above the limit': (413, after(POST + ALICE, 'Transfer-Encoding: chunked',
                                             body='ffffffff\r\n')),
}

KEPT = {
    'lower-case name and blanks around the value': (200, after(
        'POST /wsman HTTP/1.1\r\nhost:x\r\n' + ALICE, 'content-length:\t 0 \t')),
    'Expect: 100-continue without a body': (200, after(POST + ALICE, 'Content-Length: 0',
                                                       'Expect: 100-continue')),
    'Upgrade to h2c': (200, after(POST + ALICE, 'Connection: Upgrade, HTTP2-Settings',
                                  'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
                                  'Content-Length: 0')),
    'GET': (405, 'GET /wsman HTTP/1.1\r\nHost: x\r\n\r\n'),
    'OPTIONS with a body': (405, 'OPTIONS /wsman HTTP/1.1\r\nHost: x\r\n'
                                 'Content-Length: 3\r\n\r\nabc'),
    'HEAD': (405, 'HEAD /wsman HTTP/1.1\r\nHost: x\r\n\r\n'),
    'another path': (404, 'POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc'),
    'a body without credentials': (401, after(POST + SOAP, 'Content-Length: 100000',
                                              body='x' * 100000)),
    'a chunked body without credentials': (401, after(
        POST + SOAP, 'Transfer-Encoding: chunked',
        body='186a0\r\n%s\r\n0\r\n\r\n' % ('x' * 100000))),
    'no type': (415, after(POST + ALICE, 'Content-Length: 1', body='x')),
    'text/plain': (415, after(POST + ALICE, 'Content-Type: text/plain', 'Content-Length: 1',
                              body='x')),
    'text/plain without a body': (200, after(
        POST + ALICE, 'Content-Type: text/plain; charset=utf-8', 'Content-Length: 0')),
    'encrypted without credentials': (401, after(
        POST, 'Content-Type: multipart/encrypted;'
        'protocol="application/HTTP-SPNEGO-session-encrypted"'
        ';boundary="Encrypted Boundary"', 'Content-Length: 5', body='--Enc')),
    'no SOAP': (400, after(POST + ALICE + SOAP, 'Content-Length: 24',
                           body='AWAITING_ENCRYPTION_KEYS')),
    'filler without credentials': (401, after(POST + SOAP, 'Content-Length: 24',
                                              body='AWAITING_ENCRYPTION_KEYS')),
    'HTTP/1.0 that wants to stay': (200, after(
        'POST /wsman HTTP/1.0\r\nHost: x\r\n' + ALICE, 'Connection: keep-alive',
        'Content-Length: 0')),
}


@pytest.fixture(scope='module')
def running(tmp_path_factory, users):
    from server import Server
    with Server(tmp_path_factory.mktemp('framing') / 'server', users) as server:
        yield server


def assert_complete(response):
    """What clients insist on in every answer."""
    assert response.header('Content-Type') == ('text/plain' if response.status >= 400 else SOAP.split()[1])
    assert response.header('Content-Length') == str(len(response.body))
    assert response.header('Server') and response.header('Date')
    assert response.body == b''


@pytest.mark.parametrize('name', CLOSED)
def test_refused_and_closed(running, name):
    status, request = CLOSED[name]
    with running.connect() as client:
        client.socket.sendall(request.encode('latin-1'))
        response = client.receive()
        assert response.status == status
        assert_complete(response)
        assert response.header('Connection') == 'close'
        assert client.pending == b'' and client.socket.recv(1) == b''


@pytest.mark.parametrize('name', KEPT)
def test_answered_and_kept(running, name):
    status, request = KEPT[name]
    with running.connect() as client:
        client.socket.sendall((request + EMPTY).encode('latin-1'))
        response = client.receive()
        assert response.status == status
        assert_complete(response)
        assert (response.header('Allow') == 'POST') == (status == 405)
        assert (response.header('WWW-Authenticate') is not None) == (status == 401)
        assert response.header('Connection') == ('keep-alive' if 'HTTP/1.0' in request else None)
        # What follows on the same connection is a request of its own.
        assert client.receive().status == 200


@pytest.mark.parametrize('name', ['no length', 'two Hosts', 'chunk extension', 'long target'])
def test_byte_by_byte(running, name):
    status, request = CLOSED[name]
    with running.connect() as client:
        for byte in request.encode('latin-1'):
            try:
                client.socket.sendall(bytes([byte]))
            except OSError:
                break
        assert client.receive().status == status


def test_continue(running):
    body = envelope(GET, shell='6B29FC40-CA47-1067-B31D-00DD010662DA').encode()
    with running.connect() as client:
        client.socket.sendall(after(POST + ALICE + SOAP, 'Expect: 100-continue',
                                    'Content-Length: %d' % len(body)).encode())
        while not client.pending.endswith(b'\r\n\r\n'):
            client._read_more()
        assert client.pending == b'HTTP/1.1 100 Continue\r\n\r\n'
        client.pending = b''
        client.socket.sendall(body)
        assert client.receive().fault.number == 2150858843


def test_pipelined_requests_are_answered_in_order(running):
    ids = ['uuid:%d' % number for number in range(40)]
    with running.connect('alice') as client:
        for message_id in ids:
            client.send(envelope(GET, shell='6B29FC40-CA47-1067-B31D-00DD010662DA',
                                 message_id=message_id))
        for message_id in ids:
            response = client.receive()
            assert response.xml.findtext('.//{*}RelatesTo') == message_id


def test_junk_behind_a_body(running):
    with running.connect('alice') as client:
        client.socket.sendall((EMPTY + 'junk').encode())
        assert client.receive().status == 200
        assert client.receive().status == 400
        assert client.socket.recv(1) == b''


def test_a_client_that_closes_its_side_is_gone(running):
    with running.connect('alice') as client:
        client.socket.sendall(EMPTY.encode())
        client.socket.shutdown(socket.SHUT_WR)
        # It may or may not have been answered before the end was seen; the end comes either way.
        while client.socket.recv(4096):
            continue
